/* The other player of a game of two: a process of its own, which plays only as many frames as it is told to. */
#ifndef PARTNER_H
#define PARTNER_H

#include <windows.h>

/*
 * Starts it, and sets the environment of this process for a game of two that the next host_game opens and the partner
 * joins. Whether that worked. It loads the game at once, but is not ready before it is told to play.
 */
int partner_start(void);

/* Tells it to play so many frames more. */
void partner_play(int frames);

/*
 * Waits for at most so many seconds until it has played what it was told. 1: it has, and frames and digest are its
 * machine's; 0: it has left the game or does not answer.
 */
int partner_wait(double seconds, long *frames, DWORD *digest);

/*
 * Has it leave the game and end; it need not have been started. Before our own kailleraEndGame: the owner of a room
 * stays a while for those who still play. Sets the environment for a game with oneself.
 */
void partner_stop(void);

#endif /* PARTNER_H */
