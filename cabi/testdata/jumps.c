/* Callbacks that are left by a jump, and callbacks that call back. */
#include "driver.h"

static jmp_buf back;
static int jumps;

static int KAILLERA_CALL jump_from_game(char *name, int player, int players)
{
    (void)name;
    start_machine(player, players);
    play_frames(20);
    jumps++;
    longjmp(back, 1);
    return 0;
}

static int KAILLERA_CALL play_and_end(char *name, int player, int players)
{
    (void)name;
    start_machine(player, players);
    play_frames(20);
    CHECK(api.EndGame() == 0);
    return 0;
}

/* jump-out-of-game: three times, and then a game that goes to its end. */
void scenario_jump_out_of_game(char **arguments)
{
    kailleraInfos infos = default_infos();
    (void)arguments;
    infos.gameCallback = jump_from_game;
    init(infos);
    if (setjmp(back) == 0 || jumps < 3) {
        api.SelectServerDialog(NULL);
        CHECK(0); /* it never returns */
    }
    infos.gameCallback = play_and_end;
    init(infos);
    CHECK(api.SelectServerDialog(NULL) == 0);
    CHECK(game.frames == 20);
    CHECK(api.Shutdown() == 0);
}

static void KAILLERA_CALL jump_from_chat(char *nick, char *text)
{
    CHECK(strcmp(text, "jump") == 0 && nick[0] != 0);
    jumps++;
    longjmp(back, 1);
}

static int KAILLERA_CALL play_and_jump(char *name, int player, int players)
{
    char text[] = "jump";
    volatile int i;

    (void)name;
    start_machine(player, players);
    for (i = 0; i < 10; i++) {
        CHECK(api.ChatSend(text) == 0);
        while (jumps == i) {
            /* A call that is jumped out of is made again with the same input. */
            if (setjmp(back) == 0)
                CHECK(frame() >= 0);
        }
        play_frames(5); /* each is checked: nothing is missing or doubled */
    }
    CHECK(api.EndGame() == 0);
    return 0;
}

/* jump-out-of-chat: the frames stay in step. */
void scenario_jump_out_of_chat(char **arguments)
{
    kailleraInfos infos = default_infos();
    (void)arguments;
    infos.gameCallback = play_and_jump;
    infos.chatReceivedCallback = jump_from_chat;
    init(infos);
    CHECK(api.SelectServerDialog(NULL) == 0);
    CHECK(jumps == 10 && game.frames >= 50);
    infos.gameCallback = play_and_end;
    init(infos);
    CHECK(api.SelectServerDialog(NULL) == 0);
    CHECK(api.Shutdown() == 0);
}

static int inner_dialogs;

static void KAILLERA_CALL call_everything(char *nick, char *text)
{
    char version[KAILLERA_VERSION_SIZE];
    kailleraInfos infos;

    (void)nick;
    chat_calls++;
    CHECK(api.GetVersion(version) == 0);
    CHECK(api.Init() == 0);
    if (strcmp(text, "dialog") == 0) {
        infos = default_infos();
        infos.gameCallback = play_and_end;
        CHECK(api.SetInfos(&infos) == 0);
        inner_dialogs++;
        CHECK(api.SelectServerDialog(NULL) == 0);
        CHECK(game.frames == 20);
    }
}

/* Like frame, without its checks: the outer call's input may stand for another frame. */
static int plain_frame(void)
{
    unsigned char values[KAILLERA_MAX_PLAYERS * SIZE];
    int i;
    for (i = 0; i < SIZE; i++)
        values[i] = (unsigned char)(i + 1);
    return api.ModifyPlayValues(values, SIZE);
}

static int KAILLERA_CALL play_and_be_called(char *name, int player, int players)
{
    char text[] = "dialog";
    (void)name;
    start_machine(player, players);
    play_frames(20);
    CHECK(api.ChatSend(text) == 0);
    while (plain_frame() >= 0) /* until the inner dialog has taken over */
        ;
    CHECK(inner_dialogs == 1);
    return 0;
}

static void *send_frame_chat(void *unused)
{
    char text[] = "frame";
    (void)unused;
    CHECK(api.ChatSend(text) == 0);
    return NULL;
}

static int KAILLERA_CALL play_with_inner_frames(char *name, int player, int players)
{
    unsigned char values[KAILLERA_MAX_PLAYERS * SIZE];
    pthread_t thread;
    int seen = chat_calls;

    (void)name;
    start_machine(player, players);
    play_frames(20);
    run_thread(&thread, send_frame_chat, NULL);
    /* All calls submit zeros from here on, whoever makes them. */
    while (chat_calls < seen + 2) {
        memset(values, 0, sizeof values);
        CHECK(api.ModifyPlayValues(values, SIZE) >= 0);
    }
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK(api.EndGame() == 0);
    return 0;
}

static void KAILLERA_CALL inner_frame(char *nick, char *text)
{
    unsigned char values[KAILLERA_MAX_PLAYERS * SIZE];
    (void)nick;
    chat_calls++;
    memset(values, 0, sizeof values);
    if (strcmp(text, "frame") == 0) {
        char answer[] = "an answer";
        CHECK(api.ModifyPlayValues(values, SIZE) >= 0);
        CHECK(api.ChatSend(answer) == 0);
    }
}

static void KAILLERA_CALL end_from_chat(char *nick, char *text)
{
    (void)nick;
    (void)text;
    chat_calls++;
    CHECK(api.EndGame() == 0);
    CHECK(api.GetFrameDelay() == 0);
}

static int KAILLERA_CALL play_until_ended(char *name, int player, int players)
{
    char text[] = "end";
    (void)name;
    start_machine(player, players);
    play_frames(20);
    CHECK(api.ChatSend(text) == 0);
    while (frame() >= 0)
        ;
    return 0;
}

static int KAILLERA_CALL shut_down_inside(char *name, int player, int players)
{
    (void)name;
    start_machine(player, players);
    play_frames(20);
    CHECK(api.Shutdown() == 0);
    CHECK(frame() == -1);
    return 0;
}

/* reentrant: every function from inside a callback. */
void scenario_reentrant(char **arguments)
{
    kailleraInfos infos = default_infos();
    (void)arguments;

    infos.gameCallback = play_and_be_called;
    infos.chatReceivedCallback = call_everything;
    init(infos);
    CHECK(api.SelectServerDialog(NULL) == 0);
    CHECK(inner_dialogs == 1);

    infos.gameCallback = play_with_inner_frames;
    infos.chatReceivedCallback = inner_frame;
    init(infos);
    CHECK(api.SelectServerDialog(NULL) == 0);

    infos.gameCallback = play_until_ended;
    infos.chatReceivedCallback = end_from_chat;
    init(infos);
    CHECK(api.SelectServerDialog(NULL) == 0);

    infos.gameCallback = shut_down_inside;
    init(infos);
    CHECK(api.SelectServerDialog(NULL) == 0);

    infos.gameCallback = play_and_end;
    init(infos);
    CHECK(api.SelectServerDialog(NULL) == 0);
    CHECK(api.Shutdown() == 0);
}
