/*
 * input.h: what this player presses: a recorded input, or a bot.
 * (The keyboard is in terminal.h.)
 */
#ifndef CHIP8_INPUT_H
#define CHIP8_INPUT_H

#include <stddef.h>
#include <stdint.h>

#include "machine.h"

/* A recorded input: runs of equal frames. */
struct trace {
    struct trace_run { uint16_t keys; uint32_t frames; } *runs;
    size_t count, at;
    uint32_t played; /* frames of runs[at] */
};

/*
 * Reads a recording: a line is one frame's values in hex, of which the first two
 * bytes are used (keys 0-7, then keys 8-F), or xN: the line above N more times.
 * Returns 0, or -1 with a message on stderr.
 */
int trace_load(struct trace *t, const char *path);

/* The keys of the next frame; none after the last. */
uint16_t trace_keys(struct trace *t);

void trace_free(struct trace *t);

/* A player that looks at the screen, as a human would, and presses keys. */
struct bot {
    uint32_t random;
    int player;
    int own_y, enemy_y;  /* where the gunners were last frame, -1 = not seen */
    int own_dy, enemy_dy;
    uint16_t keys;       /* what it is pressing */
    int hold;            /* for how many frames more */
};

/*
 * The same seed and the same screens give the same keys. player is 1 or 2.
 */
void bot_init(struct bot *b, uint32_t seed, int player);

/*
 * The bot's own keys (those of the two left columns, for either player). It plays
 * Duel properly and presses anything in any other game.
 */
uint16_t bot_keys(struct bot *b, const struct machine *m);

#endif
