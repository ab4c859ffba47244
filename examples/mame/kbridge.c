/*
 * kbridge.c: the Kaillera API for Lua, as the module "kbridge".
 *
 * MAME's emulation thread must not block for as long as a lobby is open, so the
 * dialog runs on a thread of this module. Its game callback only notes the start
 * and returns; the plugin asks for it with kbridge.poll and then plays on MAME's
 * own thread with kbridge.exchange. Lua is never called from the dialog's thread:
 * what happens there waits in variables and a bounded queue for the plugin to ask.
 *
 *   kbridge.open(emulator, game)   starts the lobby; true, or nil and why not
 *   kbridge.poll()                 "lobby", "game" (with player, players), or
 *                                  "closed" (with the dialog's return code)
 *   kbridge.exchange(input)        one frame of input (a string of 1 to 512 bytes,
 *                                  the same length in all calls): all players'
 *                                  input; 0 inside the frame delay, which is a frame
 *                                  of zeros from everybody; -1 out of the game
 *   kbridge.messages()             what people said and who left since the last
 *                                  call: a list of texts, or nil
 *   kbridge.say(text)              room chat
 *   kbridge.delay()                the frame delay, in frames
 *   kbridge.leave()                ends the game; the lobby goes on
 *   kbridge.close()                ends everything; waits for the lobby's thread
 *   kbridge.sleep(seconds)         for pacing
 *   kbridge.hash(text, from)       64-bit digest of text, chained from another
 *
 * It needs a MAME that uses the Lua library of the system, as Debian's does.
 */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <lauxlib.h>
#include <lua.h>

#include "kailleraclient.h"

/* The library's limit of input per player and frame, in bytes. */
enum { INPUT_SIZE_MAX = 512 };

/* Texts that wait for the plugin. It asks 60 times a second; more are dropped. */
enum { MAX_MESSAGES = 32, MESSAGE_SIZE = 512 };

enum phase { PHASE_NONE, PHASE_LOBBY, PHASE_GAME, PHASE_CLOSED };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* lock guards these: the dialog's thread writes, MAME's thread reads. */
static enum phase phase;
static int player, players, code;
static char messages[MAX_MESSAGES][MESSAGE_SIZE];
static int waiting;

static pthread_t dialog;

static void note(const char *text)
{
    pthread_mutex_lock(&lock);
    if (waiting < MAX_MESSAGES)
        snprintf(messages[waiting++], MESSAGE_SIZE, "%s", text);
    pthread_mutex_unlock(&lock);
}

static int KAILLERA_CALL on_game(char *game, int number, int of)
{
    (void)game;
    pthread_mutex_lock(&lock);
    phase = PHASE_GAME;
    player = number;
    players = of;
    pthread_mutex_unlock(&lock);
    return 0;
}

static void KAILLERA_CALL on_chat(char *nick, char *text)
{
    char line[MESSAGE_SIZE];

    snprintf(line, sizeof line, "<%s> %s", nick, text);
    note(line);
}

static void KAILLERA_CALL on_drop(char *nick, int number)
{
    char line[MESSAGE_SIZE];

    snprintf(line, sizeof line, "%s (player %d) has left the game", nick, number);
    note(line);
}

static void *run_dialog(void *unused)
{
    int result = kailleraSelectServerDialog(NULL);

    (void)unused;
    pthread_mutex_lock(&lock);
    phase = PHASE_CLOSED;
    code = result;
    pthread_mutex_unlock(&lock);
    return NULL;
}

static int fail(lua_State *L, const char *why)
{
    lua_pushnil(L);
    lua_pushstring(L, why);
    return 2;
}

static int l_open(lua_State *L)
{
    const char *emulator = luaL_checkstring(L, 1);
    const char *game = luaL_checkstring(L, 2);
    char list[INPUT_SIZE_MAX];
    kailleraInfos infos;

    if (dialog)
        return fail(L, "the lobby is open already");
    if (kailleraInit() != 0)
        return fail(L, "the Kaillera library does not start: set KAILLERA_LOG to a file and read why there");
    memset(list, 0, sizeof list); /* a second NUL ends the list */
    snprintf(list, sizeof list - 1, "%s", game);
    memset(&infos, 0, sizeof infos);
    infos.appName = (char *)emulator;
    infos.gameList = list;
    infos.gameCallback = on_game;
    infos.chatReceivedCallback = on_chat;
    infos.clientDroppedCallback = on_drop;
    if (kailleraSetInfos(&infos) != 0)
        return fail(L, "the Kaillera library refuses the game's name");
    phase = PHASE_LOBBY; /* there is no other thread yet */
    if (pthread_create(&dialog, NULL, run_dialog, NULL) != 0) {
        phase = PHASE_NONE;
        dialog = 0;
        return fail(L, "there is no thread for the lobby");
    }
    lua_pushboolean(L, 1);
    return 1;
}

static int l_poll(lua_State *L)
{
    static const char *const names[] = {"closed", "lobby", "game", "closed"};
    enum phase now;
    int number, of, result;

    pthread_mutex_lock(&lock);
    now = phase;
    number = player;
    of = players;
    result = code;
    pthread_mutex_unlock(&lock);
    lua_pushstring(L, names[now]);
    if (now == PHASE_GAME) {
        lua_pushinteger(L, number);
        lua_pushinteger(L, of);
        return 3;
    }
    lua_pushinteger(L, result);
    return 2;
}

static int l_exchange(lua_State *L)
{
    uint8_t values[KAILLERA_MAX_PLAYERS * INPUT_SIZE_MAX];
    size_t size;
    const char *input = luaL_checklstring(L, 1, &size);
    int n;

    luaL_argcheck(L, size >= 1 && size <= INPUT_SIZE_MAX, 1, "an input has 1 to 512 bytes");
    memcpy(values, input, size);
    n = kailleraModifyPlayValues(values, (int)size);
    if (n > 0)
        lua_pushlstring(L, (const char *)values, (size_t)n);
    else
        lua_pushinteger(L, n);
    return 1;
}

static int l_messages(lua_State *L)
{
    char copy[MAX_MESSAGES][MESSAGE_SIZE];
    int n;

    pthread_mutex_lock(&lock);
    n = waiting;
    memcpy(copy, messages, (size_t)n * MESSAGE_SIZE);
    waiting = 0;
    pthread_mutex_unlock(&lock);
    if (n == 0)
        return 0;
    lua_createtable(L, n, 0);
    for (int i = 0; i < n; i++) {
        lua_pushstring(L, copy[i]);
        lua_rawseti(L, -2, i + 1);
    }
    return 1;
}

static int l_say(lua_State *L)
{
    lua_pushboolean(L, kailleraChatSend((char *)luaL_checkstring(L, 1)) == 0);
    return 1;
}

static int l_delay(lua_State *L)
{
    lua_pushinteger(L, kailleraGetFrameDelay());
    return 1;
}

static int l_leave(lua_State *L)
{
    (void)L;
    kailleraEndGame();
    pthread_mutex_lock(&lock);
    if (phase == PHASE_GAME)
        phase = PHASE_LOBBY;
    pthread_mutex_unlock(&lock);
    return 0;
}

static int l_close(lua_State *L)
{
    (void)L;
    if (!dialog)
        return 0;
    kailleraShutdown(); /* which makes the dialog return */
    pthread_join(dialog, NULL);
    dialog = 0;
    phase = PHASE_NONE;
    return 0;
}

static int l_sleep(lua_State *L)
{
    double seconds = luaL_checknumber(L, 1);
    struct timespec t;

    if (seconds > 0 && seconds < 60) {
        t.tv_sec = (time_t)seconds;
        t.tv_nsec = (long)((seconds - (double)t.tv_sec) * 1e9);
        while (nanosleep(&t, &t) != 0 && errno == EINTR)
            ;
    }
    return 0;
}

/*
 * Eight bytes at a time, since half a megabyte of pixels is digested while the
 * machine waits. The mixing step is that of splitmix64. Digests are compared with those
 * of other players, so the bytes are read in the same order on every processor.
 */
static int l_hash(lua_State *L)
{
    size_t size;
    const unsigned char *text = (const unsigned char *)luaL_checklstring(L, 1, &size);
    uint64_t h = (uint64_t)luaL_optinteger(L, 2, 0) ^ ((uint64_t)size * 0x9e3779b97f4a7c15u);

    while (size > 0) {
        uint64_t word = 0;
        size_t n = size < 8 ? size : 8;

        for (size_t i = 0; i < n; i++)
            word |= (uint64_t)text[i] << (8 * i);
        text += n;
        size -= n;
        h = (h ^ word) + 0x9e3779b97f4a7c15u;
        h = (h ^ (h >> 30)) * 0xbf58476d1ce4e5b9u;
        h = (h ^ (h >> 27)) * 0x94d049bb133111ebu;
        h ^= h >> 31;
    }
    lua_pushinteger(L, (lua_Integer)h);
    return 1;
}

int luaopen_kbridge(lua_State *L);

int luaopen_kbridge(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"open", l_open},         {"poll", l_poll},   {"exchange", l_exchange}, {"messages", l_messages},
        {"say", l_say},           {"delay", l_delay}, {"leave", l_leave},       {"close", l_close},
        {"sleep", l_sleep},       {"hash", l_hash},   {NULL, NULL},
    };

    luaL_newlib(L, functions);
    return 1;
}
