/* Whole games, in the ways that emulators play them. */
#include "driver.h"

static int wanted;
static const char *mode;
static pthread_t player_thread;

static void finish(void)
{
    CHECK(api.GetFrameDelay() == game.frames - game.returned);
    CHECK(api.EndGame() == 0);
    CHECK(api.GetFrameDelay() == 0 && api.GetFramesBehind() == 0);
    CHECK(frame() == -1);
}

static void *play_elsewhere(void *unused)
{
    (void)unused;
    play_frames(wanted);
    finish();
    return NULL;
}

static pthread_t dialog_thread;

static int KAILLERA_CALL on_game(char *name, int player, int players)
{
    game_calls++;
    CHECK(strcmp(name, "Duel") == 0);
    CHECK(pthread_equal(pthread_self(), dialog_thread));
    start_machine(player, players);
    if (strcmp(mode, "inside") == 0) { /* as MAME32k */
        play_frames(wanted);
        finish();
        return 0;
    }
    run_thread(&player_thread, play_elsewhere, NULL);
    if (strcmp(mode, "blocked") == 0) /* as FBNeo; else at once, as RMG-K */
        CHECK(pthread_join(player_thread, NULL) == 0);
    return 0;
}

/* game MODE FRAMES: plays FRAMES frames and prints the digest. */
void scenario_game(char **arguments)
{
    kailleraInfos infos = default_infos();

    mode = arguments[0];
    wanted = atoi(arguments[1]);
    dialog_thread = pthread_self();
    infos.gameCallback = on_game;
    init(infos);
    CHECK(api.SelectServerDialog(NULL) == 0);
    if (strcmp(mode, "elsewhere") == 0)
        CHECK(pthread_join(player_thread, NULL) == 0);
    CHECK(game_calls == 1);
    CHECK(api.Shutdown() == 0);
    printf("player %d of %d frames %d digest %08x\n", game.player, game.players, game.frames, game.digest);
}

/* dialog: opens it and prints what it returned. */
void scenario_dialog(char **arguments)
{
    (void)arguments;
    init(default_infos());
    printf("code %d\n", api.SelectServerDialog(NULL));
    CHECK(api.Shutdown() == 0);
}

static char long_names[4096];

static int KAILLERA_CALL on_named_game(char *name, int player, int players)
{
    CHECK(strcmp(name, long_names) == 0);
    start_machine(player, players);
    play_frames(10);
    CHECK(api.EndGame() == 0);
    return 0;
}

/*
 * names: everything too long and full of control characters, in memory that is
 * reused at once.
 */
void scenario_names(char **arguments)
{
    kailleraInfos infos = default_infos();
    char *app = (char *)malloc(1000), *list = (char *)malloc(sizeof long_names);
    int i;

    (void)arguments;
    for (i = 0; i < 999; i++)
        app[i] = (char)(i % 32 == 0 ? '\n' : 'a' + i % 26);
    app[999] = 0;
    for (i = 0; i < 1000; i++)
        memcpy(long_names + 2 * i, i % 50 == 25 ? "\x1b\x07" : "\xc3\xa9", 2); /* e with an acute accent */
    long_names[2000] = 0;
    memset(list, 0, sizeof long_names);
    strcpy(list, long_names);
    strcpy(list + 2001, "Another one");

    infos.appName = app;
    infos.gameList = list;
    infos.gameCallback = on_named_game;
    init(infos);
    memset(app, 'X', 1000);
    memset(list, 'X', sizeof long_names);
    free(app);
    free(list);
    CHECK(api.SelectServerDialog(NULL) == 0);
    CHECK(game.frames == 10);
}

static int KAILLERA_CALL on_game_exit(char *name, int player, int players)
{
    (void)name;
    start_machine(player, players);
    play_frames(10);
    run_thread(&player_thread, play_elsewhere, NULL);
    sleep_ms(50);
    printf("ok\n");
    fflush(stdout);
    exit(0);
    return 0;
}

/* exit-in-game: the process ends while a game runs on another thread. */
void scenario_exit_in_game(char **arguments)
{
    kailleraInfos infos = default_infos();
    (void)arguments;
    wanted = 1 << 30;
    infos.gameCallback = on_game_exit;
    init(infos);
    api.SelectServerDialog(NULL);
    CHECK(0);
}
