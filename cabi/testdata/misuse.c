/* Calls that a correct emulator does not make. */
#include <limits.h>

#include "driver.h"

/* Everything but GetVersion and Init, on a library that is not ready. */
static void call_all_not_ready(void)
{
    unsigned char values[KAILLERA_MAX_PLAYERS * SIZE];
    char text[] = "hello";
    kailleraInfos infos = default_infos();

    CHECK(api.SetInfos(&infos) == -1);
    CHECK(api.SetInfos(NULL) == -1);
    CHECK(api.SelectServerDialog(NULL) != 0);
    CHECK(api.ModifyPlayValues(values, SIZE) == -1);
    CHECK(api.ModifyPlayValues(NULL, SIZE) == -1);
    CHECK(api.ModifyPlayValues(values, INT_MIN) == -1);
    CHECK(api.ChatSend(text) == -1);
    CHECK(api.ChatSend(NULL) == -1);
    CHECK(api.EndGame() == 0);
    CHECK(api.GetFrameDelay() == 0 && api.GetFramesBehind() == 0);
    CHECK(api.Shutdown() == 0);
}

/* misuse: without a server. */
void scenario_misuse(char **arguments)
{
    unsigned char values[KAILLERA_MAX_PLAYERS * SIZE];
    char version[KAILLERA_VERSION_SIZE], text[] = "hello";
    kailleraInfos nothing;
    int i;

    (void)arguments;
    CHECK(api.GetVersion(NULL) == -1);
    memset(version, 'x', sizeof version);
    CHECK(api.GetVersion(version) == 0);
    CHECK(strcmp(version, "0.9") == 0);

    call_all_not_ready();
    for (i = 0; i < 3; i++) {
        CHECK(api.Init() == 0);
        CHECK(api.Init() == 0);
        CHECK(api.SetInfos(NULL) == -1);
        if (i == 0)
            CHECK(api.SelectServerDialog(NULL) != 0); /* no infos */
        memset(&nothing, 0, sizeof nothing);
        CHECK(api.SetInfos(&nothing) == 0);
        CHECK(api.SelectServerDialog(NULL) != 0); /* no server */
        CHECK(api.SelectServerDialog(&nothing) != 0);
        CHECK(api.ModifyPlayValues(values, SIZE) == -1);
        CHECK(api.ModifyPlayValues(NULL, 0) == -1);
        CHECK(api.ModifyPlayValues(values, -1) == -1);
        CHECK(api.ModifyPlayValues(values, INT_MAX) == -1);
        CHECK(api.ChatSend(text) == -1);
        CHECK(api.ChatSend(NULL) == -1);
        CHECK(api.EndGame() == 0);
        CHECK(api.GetFrameDelay() == 0 && api.GetFramesBehind() == 0);
        CHECK(api.Shutdown() == 0);
        call_all_not_ready();
    }
}

static volatile int go_on;

/* A second thread that plays along while the first is inside the call. */
static void *second_thread(void *unused)
{
    unsigned char values[KAILLERA_MAX_PLAYERS * SIZE];
    char text[] = "from another thread";
    (void)unused;
    while (!go_on) {
        /* It gets in only while the first thread is outside the call. */
        memset(values, 0xFF, sizeof values);
        if (api.ModifyPlayValues(values, SIZE + 1) != -1)
            CHECK(0);
        CHECK(api.SelectServerDialog(NULL) != 0);
        CHECK(api.GetFrameDelay() >= 0);
        CHECK(api.ChatSend(text) == 0);
        sleep_ms(5);
    }
    return NULL;
}

static int KAILLERA_CALL on_game(char *name, int player, int players)
{
    unsigned char values[KAILLERA_MAX_PLAYERS * SIZE];
    pthread_t thread;
    char *text = (char *)malloc(65536);
    char control[] = "bell\a escape\x1b[31m newline\n end";
    int i;

    (void)name;
    start_machine(player, players);
    play_frames(10);
    for (i = 0; i < 100; i++) {
        CHECK(api.ModifyPlayValues(NULL, SIZE) == -1);
        CHECK(api.ModifyPlayValues(values, 0) == -1);
        CHECK(api.ModifyPlayValues(values, -1) == -1);
        CHECK(api.ModifyPlayValues(values, INT_MIN) == -1);
        CHECK(api.ModifyPlayValues(values, INT_MAX) == -1);
        CHECK(api.ModifyPlayValues(values, 513) == -1);
        CHECK(api.ModifyPlayValues(values, SIZE + 1) == -1);
        CHECK(api.ModifyPlayValues(values, SIZE - 1) == -1);
        CHECK(api.ChatSend(NULL) == -1);
        CHECK(api.Init() == 0);
        play_frames(1);
    }

    /* 64 KiB of chat: what comes back is cut between two characters. */
    for (i = 0; i < 65534; i += 2)
        memcpy(text + i, "\xc3\xa9", 2);
    text[65534] = 0;
    chat_calls = 0;
    CHECK(api.ChatSend(text) == 0);
    while (chat_calls == 0)
        play_frames(1);
    CHECK(strlen(last_text) == 640 && strncmp(last_text, text, 640) == 0);
    memset(text, 'x', 65536); /* no NUL in sight of the limit */
    text[65535] = 0;
    CHECK(api.ChatSend(text) == 0);
    while (chat_calls == 1)
        play_frames(1);
    CHECK(strlen(last_text) == 320);
    CHECK(api.ChatSend(control) == 0);
    while (chat_calls == 2)
        play_frames(1);
    CHECK(strcmp(last_text, "bell escape[31m newline end") == 0);
    free(text);

    run_thread(&thread, second_thread, NULL);
    for (i = 0; i < 100; i++) {
        play_frames(1);
        sleep_ms(1);
    }
    go_on = 1;
    CHECK(pthread_join(thread, NULL) == 0);
    play_frames(10);
    CHECK(api.EndGame() == 0);
    CHECK(api.EndGame() == 0);
    return 0;
}

/* misuse-in-game: the game is not harmed by any of it. */
void scenario_misuse_in_game(char **arguments)
{
    kailleraInfos infos = default_infos();
    (void)arguments;
    infos.gameCallback = on_game;
    init(infos);
    CHECK(api.SelectServerDialog(NULL) == 0);
    CHECK(game.frames > 200);
    CHECK(api.Shutdown() == 0);
}

static int KAILLERA_CALL on_game_without_chat(char *name, int player, int players)
{
    char text[] = "nobody listens";
    (void)name;
    start_machine(player, players);
    CHECK(api.ChatSend(text) == 0);
    play_frames(50);
    CHECK(api.EndGame() == 0);
    return 0;
}

/* null-callbacks: none at all, then only the one that is needed. */
void scenario_null_callbacks(char **arguments)
{
    kailleraInfos infos = default_infos();
    (void)arguments;
    infos.gameCallback = NULL;
    infos.chatReceivedCallback = NULL;
    infos.clientDroppedCallback = NULL;
    infos.moreInfosCallback = NULL;
    init(infos);
    CHECK(api.SelectServerDialog(NULL) != 0);
    infos.gameCallback = on_game_without_chat;
    init(infos);
    CHECK(api.SelectServerDialog(NULL) == 0);
    CHECK(game.frames == 50);
}

static void *end_game_later(void *unused)
{
    (void)unused;
    sleep_ms(100);
    CHECK(api.EndGame() == 0);
    return NULL;
}

static void *shut_down_later(void *unused)
{
    (void)unused;
    sleep_ms(100);
    CHECK(api.Shutdown() == 0);
    return NULL;
}

static void *(*wake)(void *);

/* The other player never gets ready, so the first call waits for ever. */
static int KAILLERA_CALL on_game_that_waits(char *name, int player, int players)
{
    pthread_t thread;
    (void)name;
    start_machine(player, players);
    run_thread(&thread, wake, NULL);
    CHECK(frame() == -1);
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK(frame() == -1);
    return 0;
}

static void wait_and_be_woken(void *(*waker)(void *))
{
    kailleraInfos infos = default_infos();
    wake = waker;
    infos.gameCallback = on_game_that_waits;
    init(infos);
    CHECK(api.SelectServerDialog(NULL) == 0);
}

void scenario_end_game_wakes(char **arguments)
{
    (void)arguments;
    wait_and_be_woken(end_game_later);
}

/* shutdown-wakes: a blocked ModifyPlayValues, and then a blocked dialog. */
void scenario_shutdown_wakes(char **arguments)
{
    pthread_t thread;
    (void)arguments;
    wait_and_be_woken(shut_down_later);
    setenv("KAILLERA_ROLE", "create", 1); /* and nobody comes */
    setenv("KAILLERA_PLAYERS", "8", 1);
    init(default_infos());
    run_thread(&thread, shut_down_later, NULL);
    CHECK(api.SelectServerDialog(NULL) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
}
