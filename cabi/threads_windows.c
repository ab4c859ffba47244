/* threads.h with Windows: a thread is woken through an auto-reset event. */
#include "threads.h"

struct thread {
    uintptr_t number;
    HANDLE thread; /* signalled once it has ended, also when it was killed */
    HANDLE wake;
    struct thread *next;
};

static SRWLOCK lock = SRWLOCK_INIT; /* guards the list */
static struct thread *all;
static uintptr_t last;

static DWORD slot = TLS_OUT_OF_INDEXES; /* a thread's own struct */

void kb_threads_attach(void)
{
    slot = TlsAlloc();
}

static struct thread *mine(void)
{
    DWORD error = GetLastError(); /* which TlsGetValue clears, and the emulator may want */
    struct thread *t = slot == TLS_OUT_OF_INDEXES ? NULL : TlsGetValue(slot);

    SetLastError(error);
    return t;
}

static void forget(struct thread *t)
{
    if (t->thread != NULL)
        CloseHandle(t->thread);
    if (t->wake != NULL)
        CloseHandle(t->wake);
    HeapFree(GetProcessHeap(), 0, t);
}

static int has_ended(const struct thread *t)
{
    return WaitForSingleObject(t->thread, 0) == WAIT_OBJECT_0;
}

/* Takes one thread out of the list, or with NULL all that were killed; with the lock held. */
static void take_out(const struct thread *which)
{
    for (struct thread **at = &all; *at != NULL;) {
        struct thread *t = *at;
        if (which != NULL ? t == which : has_ended(t)) {
            *at = t->next;
            forget(t);
        } else {
            at = &t->next;
        }
    }
}

void kb_threads_detach(void)
{
    struct thread *t = mine();

    if (t == NULL)
        return;
    TlsSetValue(slot, NULL);
    AcquireSRWLockExclusive(&lock);
    take_out(t);
    ReleaseSRWLockExclusive(&lock);
}

static struct thread *new_thread(void)
{
    struct thread *t;

    if (slot == TLS_OUT_OF_INDEXES)
        return NULL;
    t = HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, sizeof *t);
    if (t == NULL)
        return NULL;
    t->wake = CreateEventW(NULL, FALSE, FALSE, NULL);
    if (t->wake == NULL ||
        !DuplicateHandle(GetCurrentProcess(), GetCurrentThread(), GetCurrentProcess(), &t->thread, SYNCHRONIZE, FALSE, 0) ||
        !TlsSetValue(slot, t)) {
        forget(t);
        return NULL;
    }
    AcquireSRWLockExclusive(&lock);
    take_out(NULL); /* killed threads do not say good-bye */
    t->number = ++last;
    t->next = all;
    all = t;
    ReleaseSRWLockExclusive(&lock);
    return t;
}

uintptr_t kb_this_thread(void)
{
    struct thread *t = mine();

    if (t == NULL)
        t = new_thread();
    return t == NULL ? 0 : t->number;
}

HANDLE kb_wake_handle(void)
{
    struct thread *t = mine();

    return t == NULL ? NULL : t->wake;
}

void kb_wait(int milliseconds)
{
    HANDLE wake = kb_wake_handle();

    if (wake == NULL || WaitForSingleObject(wake, (DWORD)milliseconds) == WAIT_FAILED)
        Sleep(1); /* not woken by anybody, so it looks often */
}

/* The thread with that number, NULL if there is none; with the lock held. */
static struct thread *find(uintptr_t thread)
{
    struct thread *t = all;

    while (t != NULL && t->number != thread)
        t = t->next;
    return t;
}

void kb_wake(uintptr_t thread)
{
    struct thread *t;

    AcquireSRWLockExclusive(&lock);
    t = find(thread);
    if (t != NULL)
        SetEvent(t->wake);
    ReleaseSRWLockExclusive(&lock);
}

int kb_thread_lives(uintptr_t thread)
{
    struct thread *t;
    int lives;

    AcquireSRWLockExclusive(&lock);
    t = find(thread);
    lives = thread == 0 || (t != NULL && !has_ended(t));
    ReleaseSRWLockExclusive(&lock);
    return lives;
}
