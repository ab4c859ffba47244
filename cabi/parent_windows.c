/*
 * The emulator's window while the lobby waits. Emulators are written against dialogs that disable it:
 * Nestopia 1.09 enables its window in gameCallback (NstKaillera.cpp), since the original leaves it
 * disabled, and SupraClient disables it, too. An emulator whose window is not disabled lets its user
 * load another game, or close it, in the middle of what the emulator takes for a modal dialog.
 *
 * EnableWindow sends messages and waits for their answer. If the window is another thread's (forks of
 * 1964 and Project64k give it to a thread that runs the dialog: CKaillera's startDialogThread), that thread
 * may be waiting for ours: so a third one waits for it, the keeper. It also sees when the dialog's thread
 * ends without a word (TerminateThread, ExitThread). A window of the dialog's own thread needs none, it
 * ends with that thread.
 */
#include "window.h"

struct kb_keeper {
    HANDLE thread; /* the dialog's */
    HANDLE wake;   /* want has changed */
    HANDLE done;   /* applied has changed */
    HWND window;
    volatile LONG want, applied;
    volatile LONG users;
};

/* What is wanted of a keeper: one of these, and above them how many wishes came before, so that each differs. */
enum { ENABLED, DISABLED, OVER, WISH = 4 };

enum {
    /* How long a callback waits for the window to be enabled before it, in ms, if its thread handles no messages. */
    KEEPER_WAIT = 100,
    /* Of its stack, in bytes, for what programs hook into EnableWindow. */
    KEEPER_STACK = 256 * 1024
};

HWND kb_parent_of(HWND parent, DWORD *thread)
{
    /* As DialogBox does: a child's window is disabled as a whole. */
    HWND top = GetAncestor(parent, GA_ROOT);
    DWORD process = 0;

    if (top == NULL || top == GetDesktopWindow())
        return NULL;
    *thread = GetWindowThreadProcessId(top, &process);
    /* What belongs to another program would stay disabled if this one crashed. */
    return process == GetCurrentProcessId() ? top : NULL;
}

void kb_parent_modal(kb_parent *parent, int modal)
{
    parent->modal = modal;
    if (modal) {
        if (parent->window == NULL || !IsWindowEnabled(parent->window))
            return;
        parent->focus = GetFocus();
        if (parent->focus != parent->window && !IsChild(parent->window, parent->focus))
            parent->focus = NULL;
        parent->disabled = 1;
        EnableWindow(parent->window, FALSE);
        return;
    }
    if (!parent->disabled)
        return;
    parent->disabled = 0;
    EnableWindow(parent->window, TRUE);
    /*
     * Windows takes the keyboard from what is disabled, and gives it back when a window is activated again. One
     * that has stayed active, since no browser came before it, would hear no key until it is clicked.
     */
    if (parent->focus != NULL && GetFocus() == NULL && GetActiveWindow() == parent->window)
        SetFocus(parent->focus);
}

static void release(kb_keeper *keeper)
{
    if (InterlockedDecrement(&keeper->users) > 0)
        return;
    if (keeper->thread != NULL)
        CloseHandle(keeper->thread);
    if (keeper->wake != NULL)
        CloseHandle(keeper->wake);
    if (keeper->done != NULL)
        CloseHandle(keeper->done);
    HeapFree(GetProcessHeap(), 0, keeper);
}

static DWORD WINAPI keep(void *argument)
{
    kb_keeper *keeper = argument;
    HANDLE either[2] = {keeper->thread, keeper->wake};
    int disabled = 0;

    for (;;) {
        int dead = WaitForMultipleObjects(2, either, FALSE, INFINITE) != WAIT_OBJECT_0 + 1;
        LONG wish = keeper->want, want = dead ? OVER : wish % WISH;

        if (want == DISABLED && !disabled && IsWindowEnabled(keeper->window)) {
            disabled = 1;
            EnableWindow(keeper->window, FALSE);
        } else if (want != DISABLED && disabled) {
            disabled = 0;
            EnableWindow(keeper->window, TRUE);
        }
        keeper->applied = wish;
        SetEvent(keeper->done);
        if (want != OVER)
            continue;
        if (dead)
            keeper->users = 1; /* nobody will come and say that it needs this no more */
        release(keeper);
        return 0;
    }
}

kb_keeper *kb_keeper_start(HWND window)
{
    kb_keeper *keeper = HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, sizeof *keeper);
    HANDLE thread = NULL;

    if (keeper == NULL)
        return NULL;
    keeper->users = 2;
    keeper->window = window;
    keeper->wake = CreateEventA(NULL, FALSE, FALSE, NULL);
    keeper->done = CreateEventA(NULL, FALSE, FALSE, NULL);
    if (keeper->wake != NULL && keeper->done != NULL &&
        DuplicateHandle(GetCurrentProcess(), GetCurrentThread(), GetCurrentProcess(), &keeper->thread, SYNCHRONIZE,
                        FALSE, 0))
        thread = CreateThread(NULL, KEEPER_STACK, keep, keeper, STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
    if (thread == NULL) { /* then the window stays as it is */
        keeper->users = 1;
        release(keeper);
        return NULL;
    }
    CloseHandle(thread);
    return keeper;
}

/* Only the dialog's thread wishes. */
static void wish(kb_keeper *keeper, LONG state)
{
    keeper->want = keeper->want / WISH * WISH + WISH + state;
    SetEvent(keeper->wake);
}

void kb_keeper_modal(kb_keeper *keeper, int modal)
{
    DWORD since = GetTickCount(), waited = 0;

    wish(keeper, modal ? DISABLED : ENABLED);
    if (modal)
        return;
    while (keeper->applied != keeper->want && waited < KEEPER_WAIT) {
        MSG message;
        DWORD left = KEEPER_WAIT - waited;
        /* What the window's thread sends to windows of this one as it hears of being enabled is answered. */
        if (MsgWaitForMultipleObjects(1, &keeper->done, FALSE, left, QS_SENDMESSAGE) == WAIT_OBJECT_0 + 1)
            PeekMessageA(&message, NULL, 0, 0, PM_NOREMOVE | PM_QS_SENDMESSAGE);
        waited = GetTickCount() - since;
    }
}

void kb_keeper_end(kb_keeper *keeper)
{
    wish(keeper, OVER);
    release(keeper);
}
