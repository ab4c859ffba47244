/*
 * netplay.c: the Kaillera part of the emulator.
 *
 * Lockstep in one paragraph: no machine state travels, only input does. Every
 * player's machine starts equal and is fed the same input for the same frame, so
 * all stay equal for ever, as long as nothing else flows into them: no clock,
 * no random numbers of the system, no setting that differs between the
 * players. The library's part is to give everybody the same input for
 * the same call; the emulator's part is to run exactly one frame of the machine
 * for each call, the first ones included, for which there is no input yet.
 */
#include "netplay.h"

#include <stdio.h>
#include <string.h>

#include "kailleraclient.h"

/*
 * The input of one player for one frame, as it travels: a bit per key, keys 0-7
 * first. It has the same size and layout for all players in all frames, and it is
 * bytes, not a uint16_t, since the other machine may store those the other way
 * round. Send what the hardware would see and nothing more: the library
 * recognises input it has sent before and sends one byte instead.
 */
enum { INPUT_SIZE = 2 };

static struct netplay_events events;
static struct netplay_inputs inputs;
static int players; /* in this game */

/*
 * A game starts. This runs on the thread that called netplay_lobby, and the whole
 * game is played before it returns, which is the simplest way. An emulator whose
 * loop runs on another thread may as well note the three arguments, wake that
 * thread and return.
 */
static int KAILLERA_CALL on_game(char *game, int player, int numplayers)
{
    players = numplayers;
    inputs.digest = 0xcbf29ce484222325u; /* FNV-1a, 64 bits */
    inputs.frames = 0;
    events.play(game, player, players);
    /*
     * However it ended. If it was the library that ended it, this does nothing;
     * if it was the user, the others would otherwise wait for our input.
     */
    kailleraEndGame();
    return 0;
}

/*
 * Chat and drops come while we are inside kailleraModifyPlayValues, on
 * our own thread, so they may touch whatever the emulator's loop may touch.
 */
static void KAILLERA_CALL on_chat(char *nick, char *text)
{
    char line[512];

    snprintf(line, sizeof line, "<%s> %s", nick, text);
    events.show(line);
}

/*
 * Somebody left. There is nothing to do for the machine: the others
 * play on, and that player's input is zeros from the same frame on for all.
 */
static void KAILLERA_CALL on_drop(char *nick, int player)
{
    char line[512];

    snprintf(line, sizeof line, "%s (player %d) has left the game.", nick, player);
    events.show(line);
}

int netplay_open(const char *emulator, const char *game_list, const struct netplay_events *to)
{
    kailleraInfos infos;

    events = *to;
    if (kailleraInit() != 0)
        return -1;
    memset(&infos, 0, sizeof infos);
    /*
     * With the version: players of different versions must not meet, their machines
     * might not be equal.
     */
    infos.appName = (char *)emulator;
    infos.gameList = (char *)game_list;
    infos.gameCallback = on_game;
    infos.chatReceivedCallback = on_chat;
    infos.clientDroppedCallback = on_drop;
    infos.moreInfosCallback = NULL; /* we have no more to tell; NULL is allowed */
    return kailleraSetInfos(&infos); /* copies all of it */
}

int netplay_lobby(void)
{
    return kailleraSelectServerDialog(NULL); /* no window to be the parent of */
}

enum netplay_result netplay_frame(uint16_t own_keys, uint16_t *machine_keys)
{
    /* Ours go in at the front; everybody's come out: room for all, always. */
    uint8_t values[KAILLERA_MAX_PLAYERS * INPUT_SIZE];
    int size;

    values[0] = (uint8_t)own_keys;
    values[1] = (uint8_t)(own_keys >> 8);
    size = kailleraModifyPlayValues(values, INPUT_SIZE);

    /* We are out: ended, kicked, disconnected. Not an error to try again. */
    if (size < 0)
        return NETPLAY_OVER;

    /*
     * The frame delay at the start of a game: our input is on its way, and
     * nothing has come back. The machine runs this frame like every other, with
     * nobody pressing anything: servers line up the players' calls, and a player
     * further away, who gets more of these, gets fewer frames of zeros after
     * them. A machine that waited here would be that many frames apart from
     * the others for the whole game. And values still holds our own keys, which
     * the others do not have: put zeros there, for all players.
     */
    if (size == 0) {
        size = players * INPUT_SIZE;
        memset(values, 0, (size_t)size);
    }

    /*
     * size / INPUT_SIZE players, player 1 first. This, and not own_keys, is
     * what the machine gets: our own keys come back in it when the others have
     * them too.
     */
    for (int n = 0; n < size; n++)
        inputs.digest = (inputs.digest ^ values[n]) * 0x100000001b3u;
    inputs.frames++;
    *machine_keys = 0;
    for (int player = 1; player * INPUT_SIZE <= size; player++) {
        const uint8_t *keys = values + (player - 1) * INPUT_SIZE;
        *machine_keys |= netplay_player_keys(player, (uint16_t)(keys[0] | keys[1] << 8));
    }
    return NETPLAY_FRAME;
}

uint16_t netplay_player_keys(int player, uint16_t own_keys)
{
    /*
     * The pad:   1 2 3 C     A key that is not in the two left columns is dropped,
     *            4 5 6 D     or one player could press the other's keys.
     *            7 8 9 E
     *            A 0 B F
     */
    static const uint8_t left[8] = {0x1, 0x2, 0x4, 0x5, 0x7, 0x8, 0xa, 0x0};
    static const uint8_t right[8] = {0x3, 0xc, 0x6, 0xd, 0x9, 0xe, 0xb, 0xf};
    uint16_t keys = 0;

    if (player != 1 && player != 2)
        return 0;
    for (int n = 0; n < 8; n++)
        if (own_keys >> left[n] & 1)
            keys |= (uint16_t)(1u << (player == 1 ? left[n] : right[n]));
    return keys;
}

struct netplay_inputs netplay_inputs(void)
{
    return inputs;
}

int netplay_frames_behind(void)
{
    return kailleraGetFramesBehind();
}

int netplay_frame_delay(void)
{
    return kailleraGetFrameDelay();
}

void netplay_chat(const char *text)
{
    kailleraChatSend((char *)text);
}

void netplay_quit(void)
{
    /* From another thread: a kailleraModifyPlayValues that waits returns -1. */
    kailleraEndGame();
    kailleraShutdown();
}

void netplay_close(void)
{
    kailleraShutdown();
}
