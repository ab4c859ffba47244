/*
 * terminal.h: the screen and the keyboard, in a terminal.
 *
 * The machine's 64 x 32 pixels are 64 x 16 characters, each half a block. The
 * keypad is the left part of a keyboard:
 *
 *     1 2 3 C        1 2 3 4
 *     4 5 6 D   is   q w e r
 *     7 8 9 E        a s d f
 *     A 0 B F        z x c v
 *
 * and the arrow keys are w a s d, the space bar is a.
 */
#ifndef CHIP8_TERMINAL_H
#define CHIP8_TERMINAL_H

#include <stdint.h>

#include "machine.h"

/*
 * Takes over the terminal: stdout for the screen, stdin for the keyboard, each if
 * asked for and if it is a terminal.
 */
void terminal_open(int screen, int keyboard);

/* Gives the terminal back as it was. Any thread; harmless when not open. */
void terminal_close(void);

/*
 * Reads what was typed since the last call; call it once per frame. Returns the
 * keys that are down. A terminal does not tell when a key comes up, so a
 * key counts as down for a few frames.
 */
uint16_t terminal_keys(void);

/* 1 once after the user pressed Esc. */
int terminal_left(void);

/* A line the user typed to be said (t, the text, Enter), once; else NULL. */
const char *terminal_chat(void);

/* Shows the machine's screen, with a line of text under it. */
void terminal_draw(const struct machine *m, const char *status);

/* Shows a line, below the screen or on stdout if there is no screen. */
void terminal_show(const char *line);

#endif
