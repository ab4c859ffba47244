/*
 * What the library does for Windows alone: it stays when it is unloaded, gives the
 * emulator its crash handler back, and keeps its windows alive in the lobby.
 */
#include <windows.h>

#include "_cgo_export.h"
#include "threads.h"
#include "window.h"

static HINSTANCE library;
static LPTOP_LEVEL_EXCEPTION_FILTER host_filter;

/*
 * A Go runtime cannot be unloaded, so the library is pinned as soon as it is
 * attached: emulators free it after each game, or load it again. Go starts
 * on a thread of its own once this has returned.
 */
BOOL WINAPI DllMain(HINSTANCE instance, DWORD reason, LPVOID reserved)
{
    HMODULE pinned;

    (void)reserved;
    if (reason == DLL_THREAD_DETACH) {
        kb_threads_detach();
    } else if (reason == DLL_PROCESS_ATTACH) {
        kb_threads_attach();
        kb_entry_attach();
        library = instance;
        GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_PIN | GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS,
                           (LPCWSTR)(void *)DllMain, &pinned);
        host_filter = SetUnhandledExceptionFilter(NULL);
        SetUnhandledExceptionFilter(host_filter);
    }
    return TRUE;
}

/*
 * Called when Go has started. On x86 its runtime has then put its own filter in
 * the place of the emulator's crash handler, and in a library that filter does
 * nothing. What is no filter of ours was set by the emulator meanwhile, and stays.
 */
void kb_attached(void)
{
    LPTOP_LEVEL_EXCEPTION_FILTER now = SetUnhandledExceptionFilter(host_filter);
    HMODULE owner = NULL;

    if (now != NULL &&
        GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS |
                               GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
                           (LPCWSTR)(void *)now, &owner) &&
        owner != (HMODULE)library)
        SetUnhandledExceptionFilter(now);
    kb_entry_go_is_up();
}

HINSTANCE kb_instance(void)
{
    return library;
}

/* The library's own file, in UTF-16 with its NUL; 0 if it does not fit. */
int kb_library_file(wchar_t *file, int size)
{
    DWORD n = GetModuleFileNameW(library, file, (DWORD)size);

    return n > 0 && n < (DWORD)size ? (int)n : 0;
}

/* Some messages at a time: a window that repaints without end must not keep us here. */
enum { MESSAGES = 64 };

void kb_dialog_wait(kb_window *window, int milliseconds)
{
    MSG message;
    HANDLE wake = kb_wake_handle();

    for (int n = 0; n < MESSAGES && PeekMessageW(&message, NULL, 0, 0, PM_REMOVE); n++) {
        if (message.message == WM_QUIT) {
            /* For the emulator's own loop to see; the lobby is over. */
            kb_window_modal(window, 0);
            kailleraShutdown();
            PostQuitMessage((int)message.wParam);
            return;
        }
        TranslateMessage(&message);
        DispatchMessageW(&message);
    }
    if (wake == NULL)
        milliseconds = 10; /* not woken by anybody */
    MsgWaitForMultipleObjectsEx(wake != NULL, &wake, (DWORD)milliseconds, QS_ALLINPUT, MWMO_INPUTAVAILABLE);
}
