#include "games.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine.h"

enum {
    GAMES_MAX = 64,
    FILE_STEPS = 12,  /* 720 instructions a second: what most programs were made for */
    DUEL_STEPS = 60,
    TITLE_MAX = 100   /* bytes of a file's name; with the number it stays within 127 */
};

/* Assembled from duel.8s when the emulator is built. */
extern const unsigned char duel_rom[];
extern const size_t duel_rom_size;

static struct game games[GAMES_MAX + 1];
static int game_count;
static char list[(GAMES_MAX + 1) * sizeof games[0].name + 1];

/* A number that tells one ROM from another (FNV-1a, 32 bits). */
static uint32_t rom_number(const uint8_t *rom, size_t size)
{
    uint32_t hash = 2166136261u;

    for (size_t n = 0; n < size; n++)
        hash = (hash ^ rom[n]) * 16777619u;
    return hash;
}

/*
 * All players of a game must run the same ROM, and the name is all that they tell
 * each other. So a file's game is named after what is in it as well as after the
 * file: "maze [1a2b3c4d]". Duel comes with the emulator and is told apart by the
 * emulator's version.
 */
static void name_file(struct game *game, const char *path)
{
    const char *title = strrchr(path, '/'), *dot;
    size_t length;

    title = title == NULL ? path : title + 1;
    dot = strrchr(title, '.');
    length = dot == NULL || dot == title ? strlen(title) : (size_t)(dot - title);
    if (length > TITLE_MAX)
        length = TITLE_MAX;
    while (length > 0 && ((unsigned char)title[length] & 0xc0) == 0x80)
        length--; /* not within a character of UTF-8 */
    snprintf(game->name, sizeof game->name, "%.*s [%08lx]", (int)length, title,
             (unsigned long)rom_number(game->rom, game->size));
}

static int load_file(struct game *game, const char *path)
{
    uint8_t *rom = malloc(MACHINE_ROM_MAX + 1);
    FILE *file = fopen(path, "rb");
    size_t size = 0;

    if (file == NULL || rom == NULL) {
        fprintf(stderr, "chip8: cannot read the ROM %s: %s\n", path, strerror(errno));
    } else {
        size = fread(rom, 1, MACHINE_ROM_MAX + 1, file);
        if (ferror(file)) {
            fprintf(stderr, "chip8: cannot read the ROM %s: %s\n", path, strerror(errno));
            size = 0;
        } else if (size == 0 || size > MACHINE_ROM_MAX) {
            fprintf(stderr, "chip8: %s is not a CHIP-8 ROM: those have 1 to %d bytes\n", path,
                    MACHINE_ROM_MAX);
            size = 0;
        }
    }
    if (file != NULL)
        fclose(file);
    if (size == 0) {
        free(rom);
        return -1;
    }
    game->rom = rom;
    game->size = size;
    game->steps = FILE_STEPS;
    name_file(game, path);
    return 0;
}

int games_load(char *const *files, int count)
{
    size_t used = 0;

    if (count > GAMES_MAX) {
        fprintf(stderr, "chip8: %d ROM files; %d is the most\n", count, GAMES_MAX);
        return -1;
    }
    for (game_count = 0; game_count < count; game_count++)
        if (load_file(&games[game_count], files[game_count]) != 0)
            return -1;
    strcpy(games[game_count].name, "Duel");
    games[game_count].rom = duel_rom;
    games[game_count].size = duel_rom_size;
    games[game_count].steps = DUEL_STEPS;
    game_count++;

    for (int n = 0; n < game_count; n++) {
        strcpy(list + used, games[n].name);
        used += strlen(games[n].name) + 1;
    }
    list[used] = '\0';
    return 0;
}

const struct game *games_first(void)
{
    return &games[0];
}

const struct game *games_find(const char *name)
{
    for (int n = 0; n < game_count; n++)
        if (strcmp(games[n].name, name) == 0)
            return &games[n];
    return NULL;
}

const char *games_list(void)
{
    return list;
}

void games_free(void)
{
    for (int n = 0; n < game_count; n++)
        if (games[n].rom != duel_rom)
            free((void *)games[n].rom);
    game_count = 0;
}
