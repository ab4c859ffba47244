/*
 * play.h: the emulator's loop: input, one frame of the machine, screen, sixty
 * times a second; with other players or without.
 */
#ifndef CHIP8_PLAY_H
#define CHIP8_PLAY_H

#include <stdint.h>

#include "games.h"
#include "input.h"

struct play_options {
    int bot;              /* the computer presses the keys */
    uint32_t seed;        /* of the bot */
    struct trace *trace;  /* or a recording does; NULL = neither */
    const char *chat;     /* said when the game begins; NULL = nothing */
    long frames;          /* leave after so many; 0 = no limit */
    double seconds;       /* leave after so long; 0 = no limit */
    int fps;              /* frames per second */
    int unthrottled;      /* as fast as it goes instead */
};

enum play_result {
    PLAY_FINISHED,  /* the set number of frames or seconds is over */
    PLAY_LEFT,      /* the user left */
    PLAY_LOST,      /* the game ended under us, see the library's log */
    PLAY_FAILED     /* the report cannot be written, or no such game */
};

/*
 * Plays a game from its start until it ends. player is 1 to players; players is 0
 * to play without a network, where the keyboard has the machine's whole keypad
 * and bots play both sides.
 */
enum play_result play(const struct game *game, int player, int players,
                      const struct play_options *options);

/* Makes play leave its game. Any thread. */
void play_stop(void);

#endif
