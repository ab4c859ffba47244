#include "input.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Two hex digits; -1 if they are not. */
static int hex_byte(const char *text)
{
    char digits[3] = {text[0], text[0] == '\0' ? '\0' : text[1], '\0'};

    if (!isxdigit((unsigned char)digits[0]) || !isxdigit((unsigned char)digits[1]))
        return -1;
    return (int)strtol(digits, NULL, 16);
}

/* Takes in one line; returns what is wrong with it, or NULL. */
static const char *trace_line(struct trace *t, const char *line)
{
    if (line[0] == 'x') {
        char *end;
        unsigned long frames = strtoul(line + 1, &end, 10);
        if (!isdigit((unsigned char)line[1]) || *end != '\0' || frames > 100000000)
            return "xN needs a number of frames";
        if (t->count == 0)
            return "xN repeats the line above, and there is none";
        t->runs[t->count - 1].frames += (uint32_t)frames;
        return NULL;
    }
    int low = hex_byte(line), high = low < 0 ? -1 : hex_byte(line + 2);
    if (high < 0)
        return "neither xN nor two bytes in hex";
    if ((t->count & (t->count - 1)) == 0) { /* full at every power of two */
        struct trace_run *more = realloc(t->runs, (t->count == 0 ? 1 : 2 * t->count) * sizeof *more);
        if (more == NULL)
            return "out of memory";
        t->runs = more;
    }
    t->runs[t->count].keys = (uint16_t)(low | high << 8);
    t->runs[t->count++].frames = 1;
    return NULL;
}

int trace_load(struct trace *t, const char *path)
{
    FILE *file = fopen(path, "r");
    const char *wrong = NULL;
    char line[2048];
    int number = 0;

    memset(t, 0, sizeof *t);
    if (file == NULL) {
        fprintf(stderr, "chip8: cannot read the trace %s: %s\n", path, strerror(errno));
        return -1;
    }
    while (wrong == NULL && fgets(line, sizeof line, file) != NULL) {
        number++;
        line[strcspn(line, "\r\n")] = '\0';
        if (line[0] != '\0')
            wrong = trace_line(t, line);
    }
    if (wrong == NULL && ferror(file))
        wrong = strerror(errno);
    if (wrong == NULL && t->count == 0)
        wrong = "there is no input in it";
    fclose(file);
    if (wrong != NULL) {
        fprintf(stderr, "chip8: trace %s, line %d: %s\n", path, number, wrong);
        trace_free(t);
        return -1;
    }
    return 0;
}

uint16_t trace_keys(struct trace *t)
{
    if (t->at < t->count && t->played == t->runs[t->at].frames) {
        t->at++;
        t->played = 0;
    }
    if (t->at == t->count)
        return 0;
    t->played++;
    return t->runs[t->at].keys;
}

void trace_free(struct trace *t)
{
    free(t->runs);
    memset(t, 0, sizeof *t);
}

/* Duel, as it looks: see duel.8s. */
enum {
    FIELD_TOP = 6, GUNNER_ROWS = 5, GUNNER_LOW = MACHINE_HEIGHT - GUNNER_ROWS,
    BOLT_TICKS = 14, /* from one edge to the other */
    KEY_UP = 0x5, KEY_DOWN = 0x8, KEY_FIRE = 0x7
};

void bot_init(struct bot *b, uint32_t seed, int player)
{
    memset(b, 0, sizeof *b);
    b->player = player;
    b->own_y = b->enemy_y = -1;
    /* Spread the seed, so that seeds 1 and 2 are not alike; xorshift needs non-0. */
    b->random = (seed * 2654435761u + (uint32_t)player * 40503u) | 1;
}

static uint32_t bot_random(struct bot *b, uint32_t below)
{
    b->random ^= b->random << 13;
    b->random ^= b->random >> 17;
    b->random ^= b->random << 5;
    return (b->random >> 8) % below;
}

/* The top row of the gunner whose back is at column x, or -1. */
static int gunner_row(const struct machine *m, int x)
{
    for (int y = FIELD_TOP; y <= GUNNER_LOW; y++) {
        int rows = 0;
        while (rows < GUNNER_ROWS && machine_pixel(m, x, y + rows))
            rows++;
        if (rows == GUNNER_ROWS)
            return y;
    }
    return -1;
}

/* Is a bolt coming, close by and at the height of our gunner? */
static int bolt_near(const struct bot *b, const struct machine *m, int own_y)
{
    for (int distance = 6; distance < 24; distance++)
        for (int y = own_y; y < own_y + GUNNER_ROWS; y++)
            if (machine_pixel(m, b->player == 1 ? distance : MACHINE_WIDTH - 1 - distance, y))
                return 1;
    return 0;
}

static void press(struct bot *b, int key, int frames)
{
    b->keys = (uint16_t)(1u << key);
    b->hold = frames;
}

/* Where a gunner will be when a bolt gets there, if nobody turns it. */
static int glide(int y, int dy, int ticks)
{
    while (ticks-- > 0) {
        if (y <= FIELD_TOP)
            dy = 1;
        if (y >= GUNNER_LOW)
            dy = -1;
        y += dy;
    }
    return y;
}

uint16_t bot_keys(struct bot *b, const struct machine *m)
{
    static const uint8_t pad[8] = {0x1, 0x2, 0x4, 0x5, 0x7, 0x8, 0xa, 0x0};
    int own_y = gunner_row(m, b->player == 1 ? 0 : MACHINE_WIDTH - 1);
    int enemy_y = gunner_row(m, b->player == 1 ? MACHINE_WIDTH - 1 : 0);

    if (b->enemy_y >= 0 && enemy_y >= 0 && enemy_y != b->enemy_y)
        b->enemy_dy = enemy_y > b->enemy_y ? 1 : -1;
    if (b->own_y >= 0 && own_y >= 0 && own_y != b->own_y)
        b->own_dy = own_y > b->own_y ? 1 : -1;
    b->own_y = own_y;
    b->enemy_y = enemy_y;

    if (b->hold > 0) {
        b->hold--;
        return b->keys;
    }
    b->keys = 0;
    if (own_y < 0 || enemy_y < 0) { /* another game, or a pause: press anything */
        if (bot_random(b, 8) == 0)
            press(b, pad[bot_random(b, 8)], 3 + (int)bot_random(b, 12));
        return b->keys;
    }
    int aim = glide(enemy_y, b->enemy_dy, BOLT_TICKS) - own_y;
    if (aim >= -2 && aim <= 2 && bot_random(b, 4) == 0)
        press(b, KEY_FIRE, 4);
    else if (bolt_near(b, m, own_y) && bot_random(b, 3) == 0)
        press(b, b->own_dy < 0 ? KEY_DOWN : KEY_UP, 4);
    else if (bot_random(b, 50) == 0)
        press(b, bot_random(b, 2) ? KEY_UP : KEY_DOWN, 4);
    return b->keys;
}
