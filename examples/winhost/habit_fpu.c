/*
 * fpu: Direct3D 8 computes with 24 bits, recompilers round as their console did, Delphi's programs have divisions by
 * zero trap, and MMX code forgets its EMMS. However the floating-point unit is set before a call, so it must be in the
 * callbacks and after it, the flags included.
 */
#include "habits.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

static const struct mode {
    const char *what;
    uint16_t control, status, tags; /* of the x87 */
    uint32_t mxcsr;
} modes[] = {
    {"as a process starts", 0x027F, 0, 0xFFFF, 0x1F80},
    {"24 bits (Direct3D)", 0x007F, 0, 0xFFFF, 0x1F80},
    {"64 bits, flush to zero", 0x037F, 0, 0xFFFF, 0x9F80},
    {"24 bits, round to zero", 0x0C7F, 0, 0xFFFF, 0x7F80},
    {"Delphi's, which traps, and round down", 0x1372, 0, 0xFFFF, 0x3F80},
    {"round up, flush to zero, denormals are zeros", 0x0A7F, 0, 0xFFFF, 0xDFC0},
    {"all flags pending, masked", 0x037F, 0x007F, 0xFFFF, 0x1FBF},
    {"everything traps", 0x0340, 0, 0xFFFF, 0x0000},
    {"everything traps and is pending", 0x0340, 0x80FF, 0xFFFF, 0x003F},
    {"inexact traps", 0x025F, 0, 0xFFFF, 0x0F80},
    {"MMX without EMMS", 0x027F, 0, 0x0000, 0x1F80},
    {"seven values left on the x87's stack", 0x027F, 0x0800, 0x0003, 0x1F80},
};
enum { MODES = sizeof modes / sizeof modes[0] };

static const struct mode *given; /* what the host has set */
static int wrong, chats;
static char what[200];

/* fnstenv masks everything, so what it has stored is loaded again. */
static struct mode now(void)
{
    struct mode is = {"", 0, 0, 0, 0};
    uint32_t x87[7];

    __asm__ volatile("stmxcsr %0\n\tfnstenv %1\n\tfldenv %1" : "=m"(is.mxcsr), "=m"(x87));
    is.control = (uint16_t)x87[0];
    is.status = (uint16_t)x87[1];
    is.tags = (uint16_t)x87[2];
    return is;
}

static void set(const struct mode *mode)
{
    uint32_t x87[7];

    __asm__ volatile("fninit\n\tfnstenv %0" : "=m"(x87));
    x87[0] = (x87[0] & 0xFFFF0000u) | mode->control;
    x87[1] = (x87[1] & 0xFFFF0000u) | mode->status;
    x87[2] = (x87[2] & 0xFFFF0000u) | mode->tags;
    __asm__ volatile("fldenv %0\n\tldmxcsr %1" : : "m"(x87), "m"(mode->mxcsr));
}

static void have(int mode)
{
    given = &modes[mode];
    set(given);
}

/* Which registers are full: that is the host's to say, the tags of full ones tell what is in them. */
static uint16_t full(uint16_t tags)
{
    uint16_t set = 0;

    for (int r = 0; r < 8; r++)
        set |= (uint16_t)(((tags >> 2 * r & 3) != 3) << r);
    return set;
}

static void compare(const char *where)
{
    struct mode is = now();

    if (is.control == given->control && is.status == given->status && full(is.tags) == full(given->tags) &&
        is.mxcsr == given->mxcsr)
        return;
    set(&modes[0]); /* printf is no test of ours */
    printf("     %s: %s: control %04x is %04x, status %04x is %04x, tags %04x is %04x, MXCSR %04x is %04x\n",
           given->what, where, given->control, is.control, given->status, is.status, given->tags, is.tags, (unsigned)given->mxcsr,
           (unsigned)is.mxcsr);
    wrong++;
    set(given);
}

static void call_all(void)
{
    static char text[] = "hello";
    char version[KAILLERA_VERSION_SIZE], values[2 * KAILLERA_MAX_PLAYERS] = {0};

    lib_version(version);
    compare("after kailleraGetVersion");
    lib_chat_send(text);
    compare("after kailleraChatSend");
    lib_get_frame_delay();
    compare("after kailleraGetFrameDelay");
    lib_get_frames_behind();
    compare("after kailleraGetFramesBehind");
    lib_modify_play_values(values, 2);
    compare("after kailleraModifyPlayValues");
}

/* A game list of 256 kB, so often that Go collects its garbage on this thread, which it calculates with doubles. */
static void make_garbage(kailleraInfos infos)
{
    static char list[256 * 1024];

    for (int n = 0; n < (int)sizeof list - 2; n++)
        list[n] = (char)(n % 64 == 63 ? 0 : 'a' + n % 23);
    infos.gameList = list;
    for (int n = 0; n < 64; n++)
        lib_set_infos(&infos);
    compare("after kailleraSetInfos with large lists");
}

/* A callback finds the host's, and what it sets itself stays. */
static void KAILLERA_CALL on_chat(char *nick, char *text)
{
    (void)nick, (void)text;
    compare("in chatReceivedCallback");
    have((int)(given - modes + 5) % MODES);
    chats++;
}

static int KAILLERA_CALL on_game(char *game, int player, int players)
{
    (void)game, (void)player, (void)players;
    compare("in gameCallback");
    for (int mode = 0; mode < MODES; mode++) {
        char values[2 * KAILLERA_MAX_PLAYERS] = {0};
        int heard = chats, n = 0;

        have(mode);
        call_all();
        for (int frame = 1; n >= 0 && chats == heard && frame < 10000; frame++) {
            n = lib_modify_play_values(values, 2);
            compare("after kailleraModifyPlayValues in a game");
            if (frame % 1000 == 0)
                call_all(); /* the server takes only so many lines a second */
        }
    }
    /* On x64 flags of the x87 are nobody's across a call, and Wine's windows drop them when the dialog ends. */
    have(sizeof(void *) == 8 ? 4 : 8);
    lib_end_game();
    compare("after kailleraEndGame");
    return 0;
}

/* A direction flag that was left set is wrong of the host, and did no harm to other libraries. */
static int backwards(void)
{
    __asm__ volatile("std");
    return lib_get_frame_delay();
}

void habit_fpu(void)
{
    kailleraInfos infos;
    int dialog;

    habits_infos(&infos);
    infos.gameCallback = on_game;
    infos.chatReceivedCallback = on_chat;
    for (int mode = 0; mode < MODES; mode++) {
        have(mode);
        lib_init();
        compare("after kailleraInit");
        lib_set_infos(&infos);
        compare("after kailleraSetInfos");
        make_garbage(infos);
        call_all();
        lib_end_game();
        compare("after kailleraEndGame outside a game");
        lib_shutdown();
        compare("after kailleraShutdown");
    }
    have(4);
    lib_init();
    lib_set_infos(&infos);
    dialog = lib_select_server_dialog(NULL);
    compare("after kailleraSelectServerDialog");
    lib_shutdown();
    compare("after the last kailleraShutdown");
    set(&modes[0]);
    snprintf(what, sizeof what, "the x87 and MXCSR are the host's in callbacks and after calls (%d modes)", MODES);
    expect(what, wrong == 0);
    expect("kailleraSelectServerDialog returns 0", dialog == 0);
    expect("chat came in every mode", chats >= MODES);
    expect("a call with the direction flag set", backwards() == 0);
}
