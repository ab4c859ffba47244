/*
 * A thread that ends a game, or the library, for a DllMain.
 *
 * Whoever is in a DllMain holds the loader's lock, and every new thread waits for that lock before it runs. Go gives
 * its processors (GOMAXPROCS) to threads that it starts, so when it starts some just then, nothing of Go runs any more until the
 * DllMain has returned: who waits for Go there waits for ever. Ending a game sets much of Go in motion. This thread is
 * there beforehand; the DllMain waits for it, not for Go, and not for long.
 */
#include <windows.h>

#include "shim.h"

enum {
    HELPER_STACK = 256 << 10, /* bytes; the program's own size may be many megabytes */
    IN_DLL_MAIN = 1000,       /* ms: a good-bye takes some, and if Go waits for the lock, more would not help */
    OUTSIDE = 5000            /* ms: bridge's shutdownWait and what comes after it */
};

static HANDLE helper, wanted;
static volatile LONG runs, asked;

static DWORD WINAPI help(void *unused)
{
    (void)unused;
    InterlockedExchange(&runs, 1);
    while (WaitForSingleObject(wanted, INFINITE) == WAIT_OBJECT_0) {
        LONG what;

        while ((what = asked) != 0) {
            kb_end((int)what);
            InterlockedExchangeAdd(&asked, 0 - what); /* bits are only added meanwhile */
        }
    }
    return 0;
}

/* Go has started; this may be in the middle of a LoadLibrary, and the thread runs when that is over. */
void kb_helper_begin(void)
{
    wanted = CreateEventW(NULL, FALSE, FALSE, NULL);
    if (wanted != NULL)
        helper = CreateThread(NULL, HELPER_STACK, help, NULL, STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
}

/* Whether something is under way; not if somebody has killed the thread. */
int kb_helper_is_busy(void)
{
    return asked != 0 && WaitForSingleObject(helper, 0) == WAIT_TIMEOUT;
}

static void wait_for(LONG what, DWORD most)
{
    DWORD begun = GetTickCount();

    while ((asked & what) != 0 && kb_helper_is_busy() && GetTickCount() - begun < most)
        Sleep(1);
}

void kb_helper_wait(void)
{
    wait_for(KB_END_GAME | KB_SHUTDOWN, OUTSIDE);
}

int kb_left_to_helper(int what)
{
    if (!runs || kb_process_ends() || !kb_in_dll_main() || WaitForSingleObject(helper, 0) != WAIT_TIMEOUT)
        return 0;
    InterlockedOr(&asked, what);
    SetEvent(wanted);
    wait_for(what, IN_DLL_MAIN);
    return 1;
}
