/*
 * netplay.h: everything the emulator needs to be played over a network.
 *
 * netplay.c is the file to read, and to copy from, when adding Kaillera to
 * an emulator. Nothing else here includes kailleraclient.h.
 */
#ifndef CHIP8_NETPLAY_H
#define CHIP8_NETPLAY_H

#include <stdint.h>

struct netplay_events {
    /* A game starts: play until it ends or the user has enough. Never NULL. */
    void (*play)(const char *game, int player, int players);
    /* Show this line to the user. Never NULL. */
    void (*show)(const char *line);
};

enum netplay_result {
    NETPLAY_OVER,  /* the player is not in the game any more: stop */
    NETPLAY_FRAME  /* run the machine for one frame with the keys given */
};

/*
 * Gets ready. game_list is the names of the games, each with a NUL behind it,
 * and one more NUL at the end. Returns 0, or -1 if the library will not start.
 */
int netplay_open(const char *emulator, const char *game_list, const struct netplay_events *events);

/*
 * Runs the lobby, and events->play for every game that starts in it. Returns 0
 * when the user has left it, and non-zero if there is none.
 */
int netplay_lobby(void);

/*
 * Sends the keys that this player holds, and gives the keys that the machine
 * sees: the same, for the same call, on every player's machine. Blocks until
 * they are known. Every call is a frame of the machine, from the first one on:
 * as long as nothing has come back from the others (netplay_frame_delay) the
 * machine sees no keys.
 */
enum netplay_result netplay_frame(uint16_t own_keys, uint16_t *machine_keys);

/*
 * The input of all players for every frame of the machine in this game, as one
 * number: players whose numbers and frames are equal were given the same input for
 * the same frame. Frames inside the frame delay count as zeros of everybody. A
 * digest of the machine (machine.h) says more; this one also compares with emulators
 * of other machines.
 */
struct netplay_inputs {
    uint64_t digest; /* FNV-1a */
    long frames;
};
struct netplay_inputs netplay_inputs(void);

/*
 * How many frames the others are ahead, because this player was away: run without
 * a speed limit while it is above 0. Otherwise 0.
 */
int netplay_frames_behind(void);

/* How many frames lie between pressing a key and seeing it. */
int netplay_frame_delay(void);

/* Says a line to everybody in the room. */
void netplay_chat(const char *text);

/* Leaves the game and the lobby. Any thread; wakes what waits in them. */
void netplay_quit(void);

/* The last call. */
void netplay_close(void);

/*
 * How the keypads of the players become the one keypad of the machine.
 * CHIP-8 has a single pad of 4 x 4 keys, so each player gets half of it: everybody
 * presses keys of the two left columns, player 1's stay where they are,
 * player 2's arrive two columns further right (5 as D, 8 as E, 7 as 9), and
 * further players only watch.
 */
uint16_t netplay_player_keys(int player, uint16_t own_keys);

#endif
