/*
 * games.h: the games that can be played, and the names they go by.
 */
#ifndef CHIP8_GAMES_H
#define CHIP8_GAMES_H

#include <stddef.h>
#include <stdint.h>

struct game {
    char name[128];
    const uint8_t *rom;
    size_t size;   /* bytes */
    int steps;     /* instructions per frame */
};

/*
 * Makes the list: the ROM files, in this order, and then Duel, which is built in.
 * Returns 0, or -1 with a message on stderr.
 */
int games_load(char *const *files, int count);

/* The first game of the list. */
const struct game *games_first(void);

/* The game of that name, or NULL. */
const struct game *games_find(const char *name);

/* All names, each with a NUL behind it, and one more NUL at the end. */
const char *games_list(void);

void games_free(void);

#endif
