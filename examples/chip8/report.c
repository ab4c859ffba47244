#define _XOPEN_SOURCE 700 /* POSIX 2008, which plain C99 hides */

#include "report.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static FILE *report;

int report_open(const char *where)
{
    if (where[0] != '\0' && where[strspn(where, "0123456789")] == '\0')
        report = fdopen(atoi(where), "w");
    else
        report = fopen(where, "w");
    if (report == NULL) {
        fprintf(stderr, "chip8: cannot report to %s: %s\n", where, strerror(errno));
        return -1;
    }
    /* A reader that goes away is an error of the next write, not the end of us. */
    signal(SIGPIPE, SIG_IGN);
    return 0;
}

void report_start(const char *game, int player, int players)
{
    if (report == NULL)
        return;
    if (players == 0)
        fprintf(report, "# start offline, game %s\n", game);
    else
        fprintf(report, "# start player %d of %d, game %s\n", player, players, game);
    fflush(report);
}

int report_frame(const struct machine *m, uint16_t keys)
{
    char screen[2 * MACHINE_SCREEN + 1];

    if (report == NULL)
        return 0;
    for (int n = 0; n < MACHINE_SCREEN; n++) {
        screen[2 * n] = "0123456789abcdef"[m->screen[n] >> 4];
        screen[2 * n + 1] = "0123456789abcdef"[m->screen[n] & 15];
    }
    screen[2 * MACHINE_SCREEN] = '\0';
    fprintf(report, "%lu %016llx %04x %s\n", (unsigned long)m->frame,
            (unsigned long long)machine_digest(m), keys, screen);
    return fflush(report) == 0 ? 0 : -1;
}

void report_end(const struct machine *m, const char *reason)
{
    if (report == NULL)
        return;
    fprintf(report, "# end %lu frames: %s\n", (unsigned long)m->frame, reason);
    fflush(report);
}

void report_inputs(uint64_t digest, long frames)
{
    if (report == NULL)
        return;
    fprintf(report, "# inputs digest=%016llx frames=%ld\n", (unsigned long long)digest, frames);
    fflush(report);
}

void report_close(void)
{
    if (report != NULL)
        fclose(report);
    report = NULL;
}
