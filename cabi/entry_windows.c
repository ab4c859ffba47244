/*
 * When a call may not go into Go. Everything here is asked before Go, which does not come back in these cases; there
 * is no lock, and nothing to wait for.
 */
#include <windows.h>

#include "_cgo_export.h"
#include "gocall.h"

typedef BOOLEAN(WINAPI *in_progress)(void);

static in_progress shutdown_in_progress; /* of ntdll; every Windows that Go runs on has it */
static volatile LONG go_is_up;

void kb_entry_attach(void)
{
    HMODULE ntdll = GetModuleHandleW(L"ntdll.dll");

    if (ntdll != NULL)
        shutdown_in_progress = (in_progress)(void (*)(void))GetProcAddress(ntdll, "RtlDllShutdownInProgress");
}

void kb_entry_go_is_up(void)
{
    InterlockedExchange(&go_is_up, 1);
    kb_helper_begin();
}

/* The thread's block (TEB), as far as Windows has documented it since NT: what is where is counted in pointers. */
static char *const *teb(void)
{
    char *const *block;

#if defined(__i386__)
    __asm__("movl %%fs:0x18, %0" : "=r"(block));
#elif defined(__x86_64__)
    __asm__("movq %%gs:0x30, %0" : "=r"(block));
#else
    block = (char *const *)NtCurrentTeb();
#endif
    return block;
}

/* Whether this thread is inside a DllMain: it owns the loader's lock (LoaderLock of the process's block, the PEB). */
int kb_in_dll_main(void)
{
    const char *peb = teb()[12];
    size_t at = sizeof(void *) == 8 ? 0x110 : 0xA0;
    const CRITICAL_SECTION *lock = *(const CRITICAL_SECTION *const *)(peb + at);

    return lock != NULL && lock->OwningThread == (HANDLE)(ULONG_PTR)GetCurrentThreadId();
}

/*
 * Go runs on the stack of the caller. It ends the process if more than 64 MB of it are left (runtime.minit), and takes 32 kB
 * for granted (runtime.callbackUpdateSystemStack): 20 kB ended the process under Wine, 24 did not.
 */
static const size_t least_stack = 32 << 10, most_stack = 64 << 20;

/* ExitProcess: all other threads are dead. */
int kb_process_ends(void)
{
    return shutdown_in_progress != NULL && shutdown_in_progress();
}

/* How much of this thread's stack is left, down to the end of what is reserved, as Go reckons it. */
static size_t stack_left(void)
{
    char *const *block = teb(), *here = __builtin_frame_address(0);
    char *lowest = block[sizeof(void *) == 8 ? 0x1478 / 8 : 0xE0C / 4]; /* DeallocationStack; a fiber's in a fiber */
    MEMORY_BASIC_INFORMATION memory;

    if (here <= lowest || here > block[1] /* StackBase */) {
        /* A stack that Windows does not know of: a coroutine's, from malloc for example. */
        if (VirtualQuery(here, &memory, sizeof memory) == 0)
            return least_stack;
        lowest = memory.AllocationBase;
    }
    return (size_t)(here - lowest);
}

static DWORD WINAPI tell(void *reason)
{
    GO(kb_tell_refusal((int)(INT_PTR)reason));
    return 0;
}

/* The log is Go's, so the first refusal for a reason is told on a thread on which Go can be called. */
static int refused(int reason)
{
    static volatile LONG told[KB_REFUSED_REASONS];
    HANDLE thread;

    if (InterlockedExchange(&told[reason], 1) == 0) {
        thread = CreateThread(NULL, 0, tell, (void *)(INT_PTR)reason, 0, NULL);
        if (thread != NULL)
            CloseHandle(thread);
    }
    return 1;
}

/*
 * - The process ends (ExitProcess, in DLL_PROCESS_DETACH): Go's threads are dead, and hold what they held.
 * - Go is not up yet and cannot get there: its first thread waits for the loader's lock, which the caller has.
 * - A DllMain has ended a game or the library, and that was not done in time: see helper_windows.c. Outside of one it is waited for,
 *   so that what was called first comes first.
 * - The stack of the caller is none that Go runs on.
 */
int kb_refused(void)
{
    size_t left;

    if (kb_process_ends())
        return 1;
    if (!go_is_up && kb_in_dll_main())
        return refused(KB_REFUSED_IN_DLL_MAIN);
    if (kb_helper_is_busy()) {
        if (kb_in_dll_main())
            return refused(KB_REFUSED_STILL_ENDING);
        kb_helper_wait();
    }
    left = stack_left();
    if (left > most_stack)
        return refused(KB_REFUSED_LARGE_STACK);
    if (left < least_stack)
        return left < 8 << 10 ? 1 : refused(KB_REFUSED_LITTLE_STACK);
    return 0;
}
