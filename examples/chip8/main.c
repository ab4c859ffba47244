/*
 * main.c: the chip8 program: its flags, and what runs when.
 */
#define _XOPEN_SOURCE 700 /* POSIX 2008, which plain C99 hides */

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "games.h"
#include "input.h"
#include "netplay.h"
#include "play.h"
#include "report.h"
#include "terminal.h"

/* Change it with anything that changes what the machine or Duel does. */
#define EMULATOR "chip8 1.1"

static const char help[] =
    "usage: chip8 [flags] [ROM...]\n"
    "\n"
    "A CHIP-8 emulator that plays over the network. Plays Duel, a game for two\n"
    "that is built in, or the ROM files given.\n"
    "\n"
    "Who plays (else the keyboard does):\n"
    "  --bot            the computer\n"
    "  --seed N         its dice; the same N plays the same (default 1)\n"
    "  --trace FILE     a recording: a line is two bytes in hex for one frame, bit k\n"
    "                   of the first for key k, of the second for key 8+k (further\n"
    "                   bytes are skipped), or xN: the line above N more times;\n"
    "                   nothing is pressed after its end\n"
    "\n"
    "How long (else until Esc or Ctrl-C):\n"
    "  --frames N       leave the game after N frames of the machine\n"
    "  --seconds N      leave the game after N seconds\n"
    "\n"
    "What comes out:\n"
    "  --no-screen      draw nothing and read no keyboard; a digest of the\n"
    "                   input that all players were given comes at the end\n"
    "  --report WHERE   per frame its number, the digest of the machine's state, the\n"
    "                   keys and the screen, in a line; WHERE is a file, or the\n"
    "                   number of an open file descriptor\n"
    "  --chat TEXT      say this when the game begins\n"
    "\n"
    "How fast:\n"
    "  --fps N          frames per second (default 60)\n"
    "  --unthrottled    as fast as the machine and the other players go\n"
    "\n"
    "  --offline        play here: both players on this keyboard, or with --bot\n"
    "                   the computer for both\n"
    "  --help           this\n"
    "\n"
    "Keyboard: the machine's pad is 1234 qwer asdf zxcv. In Duel w or the up arrow\n"
    "goes up, s or the down arrow goes down, a or space fires; player 2 at the same\n"
    "keyboard (--offline) has r, f and d. t says something to the others, Esc\n"
    "leaves the game, Ctrl-C ends the program, and a second Ctrl-C at once.\n"
    "\n"
    "The network, in the environment (of the library, libkailleraclient):\n"
    "  KAILLERA_SERVER      host[:port] of the server; needed\n"
    "  KAILLERA_NICK        your name\n"
    "  KAILLERA_ROLE        create, join or auto\n"
    "  KAILLERA_GAME        the game (default: the first of the list)\n"
    "  KAILLERA_PLAYERS     start when so many are there\n"
    "  KAILLERA_CONNECTION  1 (LAN) to 6 (bad)\n"
    "  KAILLERA_LOG         a file, or debug for stderr\n"
    "\n"
    "Exit status: 0 when the game was played or left, 1 when it was lost or could not\n"
    "begin, 2 for wrong flags.\n";

static struct play_options options = {0, 1, NULL, NULL, 0, 0, 60, 0};
static struct trace trace;
static enum play_result last_result = PLAY_LEFT;
static int screen = 1; /* draw */

static void wrong(const char *flag, const char *value, const char *takes)
{
    if (value == NULL)
        fprintf(stderr, "chip8: %s needs %s\n", flag, takes);
    else
        fprintf(stderr, "chip8: %s got \"%s\"; it takes %s\n", flag, value, takes);
    exit(2);
}

static double number(const char *flag, const char *value, double least, double most, int whole)
{
    char takes[80], *end;
    double n;

    snprintf(takes, sizeof takes, "a %snumber from %.10g to %.10g", whole ? "whole " : "", least, most);
    if (value == NULL)
        wrong(flag, value, takes);
    n = strtod(value, &end);
    if (end == value || *end != '\0' || !(n >= least && n <= most) || (whole && n != (double)(long)n))
        wrong(flag, value, takes);
    return n;
}

/* A game begins: called from inside the lobby. */
static void on_play(const char *name, int player, int players)
{
    const struct game *game = games_find(name);
    struct netplay_inputs inputs;
    char line[256];

    if (game == NULL) { /* the library offers only games of our list, but look */
        fprintf(stderr, "chip8: there is no game \"%s\" here\n", name);
        last_result = PLAY_FAILED;
        return;
    }
    snprintf(line, sizeof line, "%s: you are player %d of %d.", name, player, players);
    terminal_show(line);
    last_result = play(game, player, players, &options);
    inputs = netplay_inputs();
    report_inputs(inputs.digest, inputs.frames);
    if (!screen)
        printf("inputs digest=%016llx frames=%ld\n", (unsigned long long)inputs.digest, inputs.frames);
}

/*
 * Ctrl-C. A game waits inside the library while another player is slow, so a flag
 * alone would be seen late: another thread makes the library let go. It is
 * told through a pipe, since a signal handler may call next to nothing.
 */
static int signals[2];
static int online; /* set before the thread starts */

static void on_signal(int number)
{
    int before = errno;
    char byte = (char)number;

    if (write(signals[1], &byte, 1) < 0) {
        /* full: then the thread has enough to read */
    }
    errno = before;
}

static void *signal_thread(void *unused)
{
    char byte;

    (void)unused;
    if (read(signals[0], &byte, 1) != 1)
        return NULL;
    play_stop();
    if (online)
        netplay_quit();
    if (read(signals[0], &byte, 1) == 1) { /* again: the user is in a hurry */
        terminal_close();
        _exit(130);
    }
    return NULL;
}

static void catch_signals(void)
{
    struct sigaction action;
    pthread_t thread;

    if (pipe(signals) != 0 || pthread_create(&thread, NULL, signal_thread, NULL) != 0)
        return; /* then Ctrl-C just kills us */
    pthread_detach(thread);
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    /*
     * SA_ONSTACK, because the library holds a Go runtime: the signal may arrive on
     * one of its threads, whose stacks are small.
     */
    action.sa_flags = SA_RESTART | SA_ONSTACK;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

int main(int argc, char **argv)
{
    static const struct netplay_events events = {on_play, terminal_show};
    const char *trace_file = NULL, *report = NULL;
    int files = 0, status = 0;

    online = 1;
    for (int n = 1; n < argc; n++) {
        const char *flag = argv[n], *value = argv[n + 1]; /* NULL after the last */
        if (strcmp(flag, "--help") == 0 || strcmp(flag, "-h") == 0) {
            fputs(help, stdout);
            return 0;
        } else if (strcmp(flag, "--bot") == 0) {
            options.bot = 1;
        } else if (strcmp(flag, "--no-screen") == 0) {
            screen = 0;
        } else if (strcmp(flag, "--offline") == 0) {
            online = 0;
        } else if (strcmp(flag, "--unthrottled") == 0) {
            options.unthrottled = 1;
        } else if (strcmp(flag, "--seed") == 0) {
            options.seed = (uint32_t)number(flag, argv[++n], 0, 4294967295.0, 1);
        } else if (strcmp(flag, "--frames") == 0) {
            options.frames = (long)number(flag, argv[++n], 1, 1e9, 1);
        } else if (strcmp(flag, "--seconds") == 0) {
            options.seconds = number(flag, argv[++n], 0.001, 1e6, 0);
        } else if (strcmp(flag, "--fps") == 0) {
            options.fps = (int)number(flag, argv[++n], 1, 1000, 1);
        } else if (strcmp(flag, "--trace") == 0 || strcmp(flag, "--report") == 0 ||
                   strcmp(flag, "--chat") == 0) {
            if (value == NULL)
                wrong(flag, NULL, flag[2] == 'c' ? "a text" : "a file");
            if (flag[2] == 't')
                trace_file = value;
            else if (flag[2] == 'r')
                report = value;
            else
                options.chat = value;
            n++;
        } else if (flag[0] == '-') {
            fprintf(stderr, "chip8: there is no flag %s; chip8 --help lists them\n", flag);
            return 2;
        } else {
            argv[++files] = argv[n]; /* the ROM files move to the front */
        }
    }
    if (options.bot && trace_file != NULL) {
        fprintf(stderr, "chip8: --bot and --trace cannot both play\n");
        return 2;
    }
    if (games_load(argv + 1, files) != 0)
        return 1;
    if (trace_file != NULL) {
        if (trace_load(&trace, trace_file) != 0)
            return 1;
        options.trace = &trace;
    }
    if (report != NULL && report_open(report) != 0)
        return 1;

    catch_signals();
    if (!online) {
        terminal_open(screen, screen);
        last_result = play(games_first(), 1, 0, &options);
        terminal_close();
    } else if (netplay_open(EMULATOR, games_list(), &events) != 0) {
        fprintf(stderr, "chip8: the Kaillera library will not start; its log (KAILLERA_LOG) says why\n");
        status = 1;
    } else {
        terminal_open(screen, screen);
        status = netplay_lobby();
        terminal_close();
        netplay_close();
        if (status != 0)
            fprintf(stderr, "chip8: no game: is KAILLERA_SERVER set, and is that server there? "
                            "The library's log (KAILLERA_LOG) says more.\n");
        else if (last_result == PLAY_LOST)
            fprintf(stderr, "chip8: the game ended before its time; the library's log "
                            "(KAILLERA_LOG) says why\n");
    }
    report_close();
    trace_free(&trace);
    games_free();
    return status != 0 || last_result == PLAY_LOST || last_result == PLAY_FAILED;
}
