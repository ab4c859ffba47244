/*
 * window.h: the host's window, and whether it stays alive while the library has
 * the window's thread: a timer ticks in it every 10 ms.
 */
#ifndef WINHOST_WINDOW_H
#define WINHOST_WINDOW_H

#include <windows.h>

/*
 * Opens the window. After quit ticks in the lobby it is closed as a user would;
 * 0 is never. NULL with a message on stderr if there is none.
 */
HWND window_open(int quit);

/* What an emulator does between frames: its window's messages. */
void window_pump(void);

/* Call these around the time in which the library has the thread. */
void window_enter_lobby(void);
void window_leave_lobby(void);

/* Prints how alive the window was in the lobby. */
void window_report(void);

/*
 * After the window was closed: 0 if it had been alive until then and its WM_QUIT
 * has reached us, else 1 with a message on stdout.
 */
int window_check_quit(void);

#endif
