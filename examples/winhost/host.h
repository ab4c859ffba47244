/* The host that most habits have in common: a machine without a screen that plays, by itself or with others. */
#ifndef HOST_H
#define HOST_H

#include <windows.h>

#include "library.h"

enum {
    HOST_SIZE = 4,     /* bytes of input per player and frame */
    HOST_VALUES = 64,  /* bytes that a machine hands over with a call: eight times 4, and some that must not change */
    HOST_DIGESTS = 256 /* frames whose digest a machine still knows */
};

/* A machine that is played. Each call of kailleraModifyPlayValues that is not -1 is a frame of it. */
struct machine {
    int player, players;
    volatile long frames; /* of the machine */
    long returned; /* those that came with input; the first ones of a game return 0 */
    long own;      /* those with input of our own: the server may throw the first ones away */
    int away;      /* set by a habit: for a while the server may play without us, which shows as zeros in our place */
    long wrong;    /* answers that are not what the header promises */
    DWORD digest;  /* FNV-1a of every frame's input: equal for players in step */
    DWORD digests[HOST_DIGESTS]; /* by the number of frames it is made of */
};

void machine_start(struct machine *m, int player, int players);

/* One call of kailleraModifyPlayValues; its result. What it answered is looked at, and counted in wrong. */
int machine_frame(struct machine *m);

/* The same with HOST_VALUES bytes of the caller's, and before, unless it is NULL, just before the call. */
int machine_frame_in(struct machine *m, unsigned char *values, void (*before)(unsigned char *values));

/* So many frames, 60 a second if paced; whether all of them came. */
int machine_play(struct machine *m, long frames, int paced);

/* What host_game plays, and what its callbacks have seen. */
extern struct host {
    long frames;        /* to play, before kailleraEndGame; 60 if 0 */
    int paced;          /* 60 frames a second instead of as fast as it goes */
    void (*play)(void); /* instead of playing in the callback; kailleraEndGame is its own to call */
    HWND window;        /* the parent of the dialog */
    struct machine machine;
    volatile LONG games, chats, drops, strangers; /* callbacks; those on a thread that is none of ours */
    DWORD dialog_thread, play_thread;             /* where callbacks may come; 0 for the play thread: nowhere else */
    char last_game[256], last_text[1024];
} host;

/* The digest after so many frames, 0 if that is too long ago or still to come. */
DWORD machine_digest(const struct machine *m, long frames);

/* infos whose callbacks are host's, for the game that KAILLERA_GAME names, else "Duel". */
void host_infos(kailleraInfos *infos);

/*
 * kailleraInit, kailleraSetInfos and kailleraSelectServerDialog, and in its game callback host.play
 * or host.frames frames. Returns what the dialog returned. The orders for the lobby (server, room) are in the
 * environment. kailleraShutdown is the caller's.
 */
int host_game(void);

/* host_game and kailleraShutdown, and that all of it went as it should: for a game with oneself. */
void host_expect_game(const char *what);

/* Seconds of a clock that only goes forward. */
double host_seconds(void);

#endif /* HOST_H */
