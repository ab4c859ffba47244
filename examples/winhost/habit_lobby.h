/* What the habits with windows have in common: a lobby that waits, or a game with oneself, and a clock in it. */
#ifndef HABIT_LOBBY_H
#define HABIT_LOBBY_H

#include "habits.h"

extern struct lobby {
    void (*tick)(void);      /* every 10 ms on the thread of lobby_clock, while messages are handled there; or NULL */
    void (*game)(void);      /* gameCallback; the game is to be ended by it or later */
    volatile LONG ticks;     /* since lobby_dialog */
    volatile LONG result;    /* what the last dialog returned */
    volatile DWORD dialog_thread;
    HWND parent;             /* what lobby_dialog passes */
} lobby;

/* The clock of this thread: a window of its own, so that it goes on whatever becomes of the parent. */
void lobby_clock(void);

/* A window as emulators have it, visible and with the keyboard. */
HWND lobby_make_parent(void);

/*
 * kailleraSelectServerDialog with lobby.parent, on this thread; what it returned. With 1 player a game begins at once,
 * with 2 the lobby waits, since nobody comes.
 */
int lobby_dialog(int players);

/* The same on a thread of its own. */
HANDLE lobby_dialog_thread(int players);

/* What Nestopia 1.09 looks for: a window of the thread whose title begins with "Kaillera "; how many there are. */
HWND lobby_window(DWORD thread, int *count);

/* A call of a game for one player, paced; what kailleraModifyPlayValues returned. */
int lobby_frame(void);

/* Handles this thread's messages, as an emulator does between frames. */
void lobby_pump(void);

/* Waits until holds is true, at most so many seconds; pumps meanwhile if told to. Whether it is true. */
int lobby_until(int (*holds)(void), int pump, double seconds);

#endif /* HABIT_LOBBY_H */
