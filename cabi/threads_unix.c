//go:build !windows

/* threads.h with POSIX: a thread is woken through an eventfd on Linux, a pipe elsewhere. */
#include "threads.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>
#ifdef __linux__
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#endif

struct thread {
    uintptr_t number;
    int waits, wakes; /* the two ends; the same for an eventfd */
    struct thread *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards the list */
static struct thread *all;
static uintptr_t last;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static int has_key;
static __thread struct thread *mine;

/* Runs on each thread that ends, cancelled ones included. */
static void ended(void *thread)
{
    struct thread *t = thread, **at;

    mine = NULL;
    pthread_mutex_lock(&lock);
    for (at = &all; *at != t; at = &(*at)->next)
        ;
    *at = t->next;
    pthread_mutex_unlock(&lock);
    close(t->waits);
    if (t->wakes != t->waits)
        close(t->wakes);
    free(t);
}

#if defined(__GLIBC__) && !defined(__mips__)

static void *end(void *unused)
{
    return unused;
}

/*
 * glibc (2.34 and later) sets up the signal by which threads are cancelled when one is cancelled for the first time, and
 * has it handled on the stack that the thread is on. In Go that is a goroutine's, a few kilobytes between others: the
 * kernel would write over them. Go sees to that where the handler is there when Go starts (go.dev/issue/6997). So one
 * thread is cancelled here, and the handler put on the signal stack, which Go gives every thread that calls it. glibc's
 * sigaction does not let anybody do that, so it is the system's; "flags" is its second word everywhere but on MIPS.
 */
static void handle_cancels_on_the_signal_stack(void)
{
    enum { SIGNAL = 32 };
    unsigned long action[16] = {0};
    pthread_t thread;

    if (pthread_create(&thread, NULL, end, NULL) != 0)
        return;
    pthread_cancel(thread);
    pthread_join(thread, NULL);
    if (syscall(SYS_rt_sigaction, SIGNAL, NULL, action, 8) == 0 && action[0] != (unsigned long)SIG_DFL) {
        action[1] |= SA_ONSTACK;
        syscall(SYS_rt_sigaction, SIGNAL, action, NULL, 8);
    }
}

#else

static void handle_cancels_on_the_signal_stack(void)
{
}

#endif

static void make_key(void)
{
    handle_cancels_on_the_signal_stack();
    has_key = pthread_key_create(&key, ended) == 0;
}

static int make_wake(struct thread *t)
{
#ifdef __linux__
    t->waits = t->wakes = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return t->waits >= 0;
#else
    int ends[2];

    if (pipe(ends) != 0)
        return 0;
    for (int n = 0; n < 2; n++) {
        fcntl(ends[n], F_SETFD, FD_CLOEXEC);
        fcntl(ends[n], F_SETFL, O_NONBLOCK);
    }
    t->waits = ends[0];
    t->wakes = ends[1];
    return 1;
#endif
}

static void new_thread(void)
{
    struct thread *t = malloc(sizeof *t);

    pthread_once(&once, make_key);
    if (t == NULL || !has_key || !make_wake(t)) {
        free(t);
        return;
    }
    if (pthread_setspecific(key, t) != 0) {
        close(t->waits);
        if (t->wakes != t->waits)
            close(t->wakes);
        free(t);
        return;
    }
    pthread_mutex_lock(&lock);
    t->number = ++last;
    t->next = all;
    all = t;
    pthread_mutex_unlock(&lock);
    mine = t;
}

uintptr_t kb_this_thread(void)
{
    if (mine == NULL)
        new_thread();
    return mine == NULL ? 0 : mine->number;
}

void kb_wait(int milliseconds)
{
    struct pollfd wake = {-1, POLLIN, 0};
    char bytes[64];

    if (mine == NULL) {
        poll(NULL, 0, 1); /* not woken by anybody, so it looks often */
        return;
    }
    wake.fd = mine->waits;
    if (poll(&wake, 1, milliseconds) > 0 && read(mine->waits, bytes, sizeof bytes) < 0 && errno != EAGAIN && errno != EINTR)
        poll(NULL, 0, 1); /* somebody has closed what was ours */
}

/* The thread with that number, NULL if it has ended; with the lock held. */
static struct thread *find(uintptr_t thread)
{
    struct thread *t = all;

    while (t != NULL && t->number != thread)
        t = t->next;
    return t;
}

void kb_wake(uintptr_t thread)
{
    static const uint64_t one = 1;
    struct thread *t;
    ssize_t written = 0;

    pthread_mutex_lock(&lock);
    t = find(thread);
    if (t != NULL)
        written = write(t->wakes, &one, sizeof one); /* full is as good: it has been woken then */
    pthread_mutex_unlock(&lock);
    (void)written;
}

int kb_thread_lives(uintptr_t thread)
{
    int lives;

    pthread_mutex_lock(&lock);
    lives = thread == 0 || find(thread) != NULL;
    pthread_mutex_unlock(&lock);
    return lives;
}
