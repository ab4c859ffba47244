/*
 * The window of a lobby that has none: the lobby is a page in a browser, but emulators know that Kaillera's
 * is a window of the thread that called kailleraSelectServerDialog, and do things to it.
 *
 * - Nestopia 1.09 (NstKaillera.cpp) looks in gameCallback for the windows of its thread (EnumThreadWindows,
 *   GetWindowTextA) whose first nine characters are "Kaillera ", says that netplay cannot begin if there
 *   is none, hides them for the game and shows them after it. Its hook for WM_CLOSE looks at them, too.
 * - Atari800Win PLus 4 (kaillera.c) looks for "Kaillera Client v" or "Kaillera v" and the version that
 *   kailleraGetVersion says, on the dialog's thread. When the emulator ends it sends them WM_CLOSE
 *   from another thread (SendMessageTimeout, 1 s), and gives that thread a second to end.
 * - meisei (netplay.c) names the original's windows: "Kaillera Client v0.9" with the list of servers and, once
 *   connected, "Kaillera v0.9: …".
 *
 * In n02 (kaillera_ui.cpp) closing the window ends the game and then the dialog; so does ours. It cannot
 * be shown, so that it is not seen after Nestopia's game, and it takes no focus.
 *
 * It is not owned by the parent: the windows of two threads, one owning the other, share their
 * input queue, so that a dialog's thread that waits in gameCallback (FBNeo) would block the keyboard of the
 * emulator; and it lives on when the emulator makes its window anew.
 */
#include "window.h"

#include "_cgo_export.h"
#include "gocall.h"

static const char class_name[] = "kbridge lobby";
static const char title[] = "Kaillera Client v0.9";

/* What the window keeps: the dialog's id, and the keeper of its parent or 0. Ids count dialogs: 32 bits do. */
enum { ID = 0, KEEPER = sizeof(LONG_PTR), EXTRA = 2 * sizeof(LONG_PTR) };

/* The last window that was opened, NULL again when it was closed in good order. */
static HWND volatile last;

/* Whether a window is one of these, in this process and made by this copy of the DLL. */
static int is_ours(HWND window, DWORD *thread)
{
    char name[sizeof class_name + 1];
    DWORD process = 0;

    *thread = GetWindowThreadProcessId(window, &process);
    return process == GetCurrentProcessId() && GetClassLongPtrA(window, GCLP_HMODULE) == (ULONG_PTR)kb_instance() &&
           GetClassNameA(window, name, sizeof name) > 0 && lstrcmpA(name, class_name) == 0;
}

static kb_keeper *keeper_of(HWND window)
{
    return (kb_keeper *)GetWindowLongPtrA(window, KEEPER);
}

/* Old compilers' programs call this with their stack, by way of DispatchMessage: see ENTRY in shim.c. */
#if defined(__i386__)
__attribute__((force_align_arg_pointer))
#endif
static LRESULT CALLBACK on_message(HWND window, UINT message, WPARAM w, LPARAM l)
{
    switch (message) {
    case WM_CLOSE:
        /* Also within a game, when the emulator handles messages in its callback. Nothing is waited for. */
        if (!kb_refused())
            GO(kb_dialog_close((uint64_t)(ULONG_PTR)GetWindowLongPtrA(window, ID)));
        return 0;
    case WM_WINDOWPOSCHANGING: {
        WINDOWPOS *pos = (WINDOWPOS *)l;
        pos->flags &= ~(UINT)SWP_SHOWWINDOW;
        pos->flags |= SWP_NOACTIVATE | SWP_NOZORDER;
        return 0;
    }
    case WM_USER: /* kb_window_forget's, unless somebody sends this to all windows */
        if ((HINSTANCE)w == kb_instance() && l == GetWindowLongPtrA(window, ID))
            DestroyWindow(window);
        return 0;
    case WM_NCDESTROY: {
        kb_keeper *keeper = keeper_of(window);
        SetWindowLongPtrA(window, KEEPER, 0);
        if (keeper != NULL)
            kb_keeper_end(keeper);
        break;
    }
    }
    return DefWindowProcA(window, message, w, l);
}

/* Of a dialog on this thread that was left by a longjmp, or that this one takes over from. */
static BOOL CALLBACK destroy_left_over(HWND window, LPARAM unused)
{
    DWORD thread;

    (void)unused;
    if (is_ours(window, &thread))
        DestroyWindow(window);
    return TRUE;
}

void kb_window_forget(void)
{
    HWND window = InterlockedExchangePointer((void *volatile *)&last, NULL);
    DWORD thread;

    if (window == NULL || !is_ours(window, &thread))
        return;
    if (thread == GetCurrentThreadId())
        DestroyWindow(window);
    else
        PostMessageA(window, WM_USER, (WPARAM)kb_instance(), GetWindowLongPtrA(window, ID));
}

void kb_window_open(kb_window *window, uint64_t id, void *parent)
{
    WNDCLASSA class = {0};
    DWORD thread = 0;
    HWND top = kb_parent_of(parent, &thread);

    ZeroMemory(window, sizeof *window);
    kb_window_forget();
    EnumThreadWindows(GetCurrentThreadId(), destroy_left_over, 0);
    class.lpfnWndProc = on_message;
    class.hInstance = kb_instance(); /* classes are each copy's own */
    class.lpszClassName = class_name;
    class.cbWndExtra = EXTRA;
    RegisterClassA(&class); /* fails when it is there already */
    window->window = CreateWindowExA(WS_EX_TOOLWINDOW | WS_EX_NOACTIVATE, class_name, title, WS_POPUP, 0, 0, 0, 0, NULL,
                                     NULL, kb_instance(), NULL);
    if (window->window == NULL)
        return; /* there is no desktop, so there is nothing to disable on it either */
    SetWindowLongPtrA(window->window, ID, (LONG_PTR)id);
    if (top != NULL && thread == GetCurrentThreadId())
        window->parent.window = top;
    else if (top != NULL)
        SetWindowLongPtrA(window->window, KEEPER, (LONG_PTR)kb_keeper_start(top));
    last = window->window;
}

void kb_window_modal(kb_window *window, int modal)
{
    DWORD thread;

    if (window->parent.modal == modal)
        return;
    kb_parent_modal(&window->parent, modal);
    /* Asked of the window each time: with a window that is gone, the keeper is gone. */
    if (window->window != NULL && is_ours(window->window, &thread) && keeper_of(window->window) != NULL)
        kb_keeper_modal(keeper_of(window->window), modal);
}

void kb_window_close(kb_window *window)
{
    DWORD thread;

    kb_window_modal(window, 0);
    if (window->window == NULL)
        return;
    InterlockedCompareExchangePointer((void *volatile *)&last, NULL, window->window);
    if (is_ours(window->window, &thread))
        DestroyWindow(window->window);
}
