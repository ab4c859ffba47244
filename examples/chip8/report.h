/*
 * report.h: tells a program outside what the machine did, frame by frame, so
 * that the machines of several players can be compared without the network that
 * they played over.
 *
 * One line per frame of the machine, of which each call of kailleraModifyPlayValues is
 * one, and lines that begin with # in between:
 *
 *     # start player 1 of 2, game Duel
 *     <frame, from 1> <digest, 16 hex digits> <keys, 4 hex digits> <screen, 512 hex digits>
 *     # end 600 frames: finished
 *     # inputs digest=<16 hex digits> frames=600
 *
 * The digest covers the whole machine after that frame (machine_digest), keys are
 * those the machine was given for it, and the screen is a bit per pixel, top
 * left first. The last line is there after a game with others (netplay_inputs).
 */
#ifndef CHIP8_REPORT_H
#define CHIP8_REPORT_H

#include "machine.h"

/*
 * Where to report: a number is an open file descriptor, anything else is the
 * name of a file to write. Returns 0, or -1 with a message on stderr.
 */
int report_open(const char *where);

/* players is 0 for a game without a network. */
void report_start(const char *game, int player, int players);

/* Returns 0, or -1 if nobody reads any more. Without report_open, 0. */
int report_frame(const struct machine *m, uint16_t keys);

void report_end(const struct machine *m, const char *reason);

void report_inputs(uint64_t digest, long frames);

void report_close(void);

#endif
