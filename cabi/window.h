/*
 * The window that stands for the lobby on the dialog's thread, and the emulator's own meanwhile. Only
 * Windows has either.
 */
#ifndef KBRIDGE_WINDOW_H
#define KBRIDGE_WINDOW_H

#include <stdint.h>

#include "threads.h"

#ifdef _WIN32
#include <windows.h>

/*
 * parent_windows.c: a top-level window of the emulator, which a modal dialog would disable. What it
 * does, it does when modal changes, so that what the emulator does with its window in between holds.
 */
typedef struct {
    HWND window; /* NULL: none that may be disabled */
    HWND focus;  /* what had the keyboard before, NULL if nothing in it */
    int modal;
    int disabled; /* by us: a window that was disabled already stays so */
} kb_parent;

/* The window to disable for what the emulator calls its parent; thread is whose it is. NULL for none. */
HWND kb_parent_of(HWND parent, DWORD *thread);

/* For a window of the calling thread. */
void kb_parent_modal(kb_parent *parent, int modal);

/*
 * For a window of another thread: a thread that does it instead. It also enables the window when the thread that
 * called kb_keeper_start is gone without a word.
 */
typedef struct kb_keeper kb_keeper;
kb_keeper *kb_keeper_start(HWND window);
void kb_keeper_modal(kb_keeper *keeper, int modal);
void kb_keeper_end(kb_keeper *keeper);

/*
 * window_windows.c: the window. One kailleraSelectServerDialog has one of these on its stack; nothing is lost
 * if that stack is left by a longjmp.
 */
typedef struct kb_window {
    HWND window; /* NULL if there is none, such as in a service */
    kb_parent parent;
} kb_window;

void kb_window_open(kb_window *window, uint64_t id, void *parent);

/* With modal, the parent is disabled from now on; without, it is enabled. For the dialog's thread. */
void kb_window_modal(kb_window *window, int modal);

/* Enables the parent and then destroys the window. */
void kb_window_close(kb_window *window);

/* For kailleraShutdown: the window of a dialog that was left by a longjmp goes, soon if it is another thread's. */
void kb_window_forget(void);

/* shim_windows.c: kb_wait that handles the calling thread's window messages meanwhile. */
void kb_dialog_wait(kb_window *window, int milliseconds);

/* shim_windows.c: this DLL. */
HINSTANCE kb_instance(void);

#else

typedef struct kb_window {
    char none;
} kb_window;

static inline void kb_window_open(kb_window *window, uint64_t id, void *parent)
{
    (void)window, (void)id, (void)parent;
}

static inline void kb_window_modal(kb_window *window, int modal)
{
    (void)window, (void)modal;
}

static inline void kb_window_close(kb_window *window)
{
    (void)window;
}

static inline void kb_window_forget(void)
{
}

static inline void kb_dialog_wait(kb_window *window, int milliseconds)
{
    (void)window;
    kb_wait(milliseconds);
}

#endif

#endif /* KBRIDGE_WINDOW_H */
