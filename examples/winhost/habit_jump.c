/*
 * jump: emulators that stop a game with a longjmp out of whatever was running, a callback for example. On x64 that is
 * an unwinding of every frame on the way, as for an exception.
 */
#include "habits.h"

#include <setjmp.h>
#include <string.h>

static jmp_buf back;
static volatile int games, jumps, chats;

static int play(int frames)
{
    int n = 0;

    while (frames-- > 0 && n >= 0) {
        char values[2 * KAILLERA_MAX_PLAYERS] = {0};
        n = lib_modify_play_values(values, 2);
    }
    return n;
}

static int KAILLERA_CALL jump_from_game(char *game, int player, int players)
{
    (void)game, (void)player, (void)players;
    games++;
    play(20);
    longjmp(back, 1);
    return 0;
}

static void KAILLERA_CALL jump_from_chat(char *nick, char *text)
{
    (void)nick, (void)text;
    chats++;
    longjmp(back, 1);
}

static int KAILLERA_CALL game_with_jumps(char *game, int player, int players)
{
    static char text[] = "hello";

    (void)game, (void)player, (void)players;
    games++;
    for (volatile int n = 0; n < 10; n++) { /* as many lines as the server takes at once */
        lib_chat_send(text);
        if (setjmp(back) == 0)
            play(1000); /* until it is left by the jump */
        else
            jumps++;
        play(5);
    }
    lib_end_game();
    return 0;
}

void habit_jump(void)
{
    kailleraInfos infos;

    habits_infos(&infos);
    infos.gameCallback = jump_from_game;
    for (volatile int n = 0; n < 3; n++) {
        lib_init();
        lib_set_infos(&infos);
        if (setjmp(back) == 0)
            lib_select_server_dialog(NULL);
        else
            jumps++;
    }
    expect("three jumps out of gameCallback", games == 3 && jumps == 3);

    games = jumps = 0;
    infos.gameCallback = game_with_jumps;
    infos.chatReceivedCallback = jump_from_chat;
    lib_init();
    lib_set_infos(&infos);
    expect("a dialog after that", lib_select_server_dialog(NULL) == 0 && games == 1);
    expect("ten jumps out of chatReceivedCallback", chats == 10 && jumps == 10);
    expect("kailleraShutdown", lib_shutdown() == 0);
}
