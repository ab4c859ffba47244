/*
 * driver: an emulator for the tests of the library. A scenario is a function
 * that returns when all went well, and exits through fail otherwise.
 */
#ifndef DRIVER_H
#define DRIVER_H

#include <dlfcn.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "kailleraclient.h"

/* The library, linked or loaded by name. */
typedef struct {
    int(KAILLERA_CALL *GetVersion)(char *version);
    int(KAILLERA_CALL *Init)(void);
    int(KAILLERA_CALL *Shutdown)(void);
    int(KAILLERA_CALL *SetInfos)(kailleraInfos *infos);
    int(KAILLERA_CALL *SelectServerDialog)(void *parent);
    int(KAILLERA_CALL *ModifyPlayValues)(void *values, int size);
    int(KAILLERA_CALL *ChatSend)(char *text);
    int(KAILLERA_CALL *EndGame)(void);
    int(KAILLERA_CALL *GetFrameDelay)(void);
    int(KAILLERA_CALL *GetFramesBehind)(void);
} kaillera_api;

extern kaillera_api api;

#define SIZE 4 /* bytes of input per player and frame */
#define CANARY 64

/* A machine that is played: what a frame does to it is its digest. */
typedef struct {
    int player, players;
    int frames;   /* of the machine: calls of ModifyPlayValues that were answered with >= 0 */
    int returned; /* those that were answered with input */
    unsigned digest;
    struct {
        int at;    /* which eight of its inputs it is in, from 1; 0 before the first came */
        int run;   /* how many of these came */
        int begun; /* eights of which some came */
    } heard[KAILLERA_MAX_PLAYERS];
} machine;

extern machine game; /* the one that is played, set by start_machine */

#define CHECK(condition) \
    do { \
        if (!(condition)) \
            fail(__FILE__, __LINE__, #condition); \
    } while (0)

void fail(const char *file, int line, const char *what);
void open_library(void); /* fills api in */

/* infos with every callback; a test replaces what it wants to. */
kailleraInfos default_infos(void);
void init(kailleraInfos infos);

void start_machine(int player, int players);
int frame(void);             /* one ModifyPlayValues with all its checks; its result */
void play_frames(int count); /* so many of the machine */
void sleep_ms(int ms);
void run_thread(pthread_t *thread, void *(*body)(void *), void *argument);

/* What default_infos' callbacks saw last, and how often they ran. */
extern volatile int game_calls, chat_calls, drop_calls;
extern char last_game[4096], last_nick[256], last_text[2048];

/* The scenarios, by file. */
void scenario_game(char **arguments);
void scenario_dialog(char **arguments);
void scenario_names(char **arguments);
void scenario_misuse(char **arguments);
void scenario_misuse_in_game(char **arguments);
void scenario_null_callbacks(char **arguments);
void scenario_end_game_wakes(char **arguments);
void scenario_shutdown_wakes(char **arguments);
void scenario_exit_in_game(char **arguments);
void scenario_jump_out_of_game(char **arguments);
void scenario_jump_out_of_chat(char **arguments);
void scenario_reentrant(char **arguments);
void scenario_signals(char **arguments);
void scenario_reload(char **arguments);
void scenario_hostile(char **arguments);
void scenario_nulls(char **arguments);
void scenario_overrun(char **arguments);
void scenario_save(char **arguments);
void scenario_save_too_large(char **arguments);
void scenario_kill_play_thread(char **arguments);
void scenario_kill_playing_thread(char **arguments);
void scenario_kill_dialog_thread(char **arguments);
void scenario_kill_in_game(char **arguments);
void scenario_exit_in_callback(char **arguments);
void scenario_stack(char **arguments);
void scenario_fpu(char **arguments);
void scenario_fpu_load(char **arguments);
void scenario_monkey(char **arguments);
void scenario_cancelled_caller(char **arguments);
#ifdef __cplusplus
void scenario_throw(char **arguments);
#endif

#endif /* DRIVER_H */
