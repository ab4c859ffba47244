#include "window.h"

#include <stdio.h>
#include <string.h>

#include "checks.h"

/* Messages that the window's thread got while the library had that thread. */
static int in_lobby;
static long pumped;
static double lobby_time, lobby_since, quiet_since, longest_quiet;

enum { QUIT_STATUS = 7, TICK = 10 /* ms */ };

static int quit_after; /* ticks in the lobby, 0 for never */

static LRESULT CALLBACK on_message(HWND window, UINT message, WPARAM w, LPARAM l)
{
    if (message == WM_TIMER && in_lobby) {
        double now = seconds();
        pumped++;
        if (now - quiet_since > longest_quiet)
            longest_quiet = now - quiet_since;
        quiet_since = now;
        if (quit_after > 0 && pumped == quit_after)
            PostQuitMessage(QUIT_STATUS);
    }
    return DefWindowProcA(window, message, w, l);
}

HWND window_open(int quit)
{
    WNDCLASSA class;
    HWND window;

    quit_after = quit;
    memset(&class, 0, sizeof class);
    class.lpfnWndProc = on_message;
    class.hInstance = GetModuleHandleA(NULL);
    class.lpszClassName = "winhost";
    RegisterClassA(&class);
    window = CreateWindowExA(0, "winhost", "winhost", WS_OVERLAPPEDWINDOW | WS_VISIBLE, 0, 0, 320,
                             200, NULL, NULL, class.hInstance, NULL);
    if (window == NULL)
        fprintf(stderr, "winhost: no window: error %lu\n", GetLastError());
    else
        SetTimer(window, 1, TICK, NULL);
    return window;
}

void window_enter_lobby(void)
{
    lobby_since = quiet_since = seconds();
    in_lobby = 1;
}

void window_leave_lobby(void)
{
    in_lobby = 0;
    lobby_time += seconds() - lobby_since;
}

void window_pump(void)
{
    MSG message;

    while (PeekMessageA(&message, NULL, 0, 0, PM_REMOVE))
        DispatchMessageA(&message);
}

void window_report(void)
{
    printf("lobby %.2f s, %ld window messages in it, at most %.0f ms without one\n", lobby_time,
           pumped, longest_quiet * 1000);
}

int window_check_quit(void)
{
    MSG message;

    if (pumped < quit_after || longest_quiet > 0.5) {
        printf("FAIL the window was not alive in the lobby\n");
        return 1;
    }
    while (PeekMessageA(&message, NULL, 0, 0, PM_REMOVE))
        if (message.message == WM_QUIT && message.wParam == QUIT_STATUS)
            return 0;
    printf("FAIL our WM_QUIT is gone\n");
    return 1;
}
