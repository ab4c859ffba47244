#define _XOPEN_SOURCE 700 /* POSIX 2008, which plain C99 hides */

#include "play.h"

#include <signal.h>
#include <stdio.h>
#include <time.h>

#include "machine.h"
#include "netplay.h"
#include "report.h"
#include "terminal.h"

/*
 * How far behind its timetable the loop may be and still catch up by
 * running faster; more is forgotten. Without it, waiting for a late
 * packet would cost frames per second for good; without a bound, the game
 * would race after a long wait.
 */
static const double catch_up = 0.1; /* seconds */

static volatile sig_atomic_t stopping;

void play_stop(void)
{
    stopping = 1;
}

/* Seconds on a clock that nobody sets. For pacing only: never for the machine. */
static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Sleeps until the next frame is due, and moves the timetable on by one. */
static void pace(double *due, const struct play_options *options)
{
    double ahead;

    if (options->unthrottled)
        return;
    /* Coming back into a game that went on: what the others have seen already is run as fast as it goes. */
    if (netplay_frames_behind() > 0) {
        *due = now();
        return;
    }
    *due += 1.0 / options->fps;
    ahead = *due - now();
    if (ahead > 0) {
        struct timespec t = {(time_t)ahead, (long)((ahead - (double)(time_t)ahead) * 1e9)};
        nanosleep(&t, NULL);
    } else if (ahead < -catch_up) {
        *due -= ahead + catch_up;
    }
}

/* The keys that this player holds now. */
static uint16_t own_keys(const struct machine *m, struct bot *bots, int players,
                         const struct play_options *options)
{
    uint16_t keyboard = terminal_keys(); /* always: Esc and chat come from there */

    if (options->trace != NULL)
        return trace_keys(options->trace);
    if (!options->bot)
        return keyboard;
    if (players > 0)
        return bot_keys(&bots[0], m);
    return netplay_player_keys(1, bot_keys(&bots[0], m)) |
           netplay_player_keys(2, bot_keys(&bots[1], m));
}

enum play_result play(const struct game *game, int player, int players,
                      const struct play_options *options)
{
    static const char *const reasons[] = {"finished", "left", "lost", "failed"};
    static struct machine m;
    struct bot bots[2];
    enum play_result result;
    double start = now(), due = start;
    int said = 0;

    /* Every player's machine starts in the same state... */
    if (machine_init(&m, game->rom, game->size, game->steps) != 0)
        return PLAY_FAILED;
    bot_init(&bots[0], options->seed, players == 0 ? 1 : player);
    bot_init(&bots[1], options->seed, 2);
    report_start(game->name, player, players);

    for (;;) {
        uint16_t own = own_keys(&m, bots, players, options), keys = own;
        const char *chat;

        if (stopping || terminal_left()) {
            result = PLAY_LEFT;
            break;
        }
        /* ...and gets the same keys for the same frame, of which every call is one. */
        if (players > 0 && netplay_frame(own, &keys) == NETPLAY_OVER) {
            result = stopping ? PLAY_LEFT : PLAY_LOST;
            break;
        }
        /* The timetable begins with the game, not with the wait for the others. */
        if (m.frame == 0)
            due = now();
        machine_frame(&m, keys);
        if (report_frame(&m, keys) != 0) {
            fprintf(stderr, "chip8: nobody reads the report any more; leaving the game\n");
            result = PLAY_FAILED;
            break;
        }
        if (players > 0 && !said && options->chat != NULL) {
            netplay_chat(options->chat);
            said = 1;
        }
        if ((chat = terminal_chat()) != NULL && players > 0)
            netplay_chat(chat);

        if (m.frame % 2 == 0) { /* 30 pictures a second are plenty for a terminal */
            char status[160];
            if (players > 0)
                snprintf(status, sizeof status,
                         "%.80s - player %d of %d - frame %lu - delay %d frames%s", game->name,
                         player, players, (unsigned long)m.frame, netplay_frame_delay(),
                         m.halted ? " - halted" : "");
            else
                snprintf(status, sizeof status, "%.80s - frame %lu%s", game->name,
                         (unsigned long)m.frame, m.halted ? " - halted" : "");
            terminal_draw(&m, status);
        }
        if ((options->frames > 0 && (long)m.frame >= options->frames) ||
            (options->seconds > 0 && now() - start >= options->seconds)) {
            result = PLAY_FINISHED;
            break;
        }
        pace(&due, options);
    }
    report_end(&m, reasons[result]);
    return result;
}
