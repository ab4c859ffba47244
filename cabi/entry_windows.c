/*
 * When a call may not go into Go. Everything here is asked before Go, which does not come back in these cases; there
 * is no lock, and nothing to wait for.
 */
#include <windows.h>

#include "shim.h"

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
static int in_dll_main(void)
{
    const char *peb = teb()[12];
    const CRITICAL_SECTION *lock = *(const CRITICAL_SECTION *const *)(peb + (sizeof(void *) == 8 ? 0x110 : 0xA0));

    return lock != NULL && lock->OwningThread == (HANDLE)(ULONG_PTR)GetCurrentThreadId();
}

/*
 * - The process ends (ExitProcess, in DLL_PROCESS_DETACH): Go's threads are dead, and hold what they held.
 * - Go is not up yet and cannot get there: its first thread waits for the loader's lock, which the caller has.
 */
int kb_refused(void)
{
    if (shutdown_in_progress != NULL && shutdown_in_progress())
        return 1;
    return !go_is_up && in_dll_main();
}
