#include "driver.h"

kaillera_api api;
machine game;
volatile int game_calls, chat_calls, drop_calls;
char last_game[4096], last_nick[256], last_text[2048];

void fail(const char *file, int line, const char *what)
{
    printf("FAIL %s:%d: %s\n", file, line, what);
    fflush(stdout);
    _exit(1);
}

#ifdef LINKED
void open_library(void)
{
    api.GetVersion = kailleraGetVersion;
    api.Init = kailleraInit;
    api.Shutdown = kailleraShutdown;
    api.SetInfos = kailleraSetInfos;
    api.SelectServerDialog = kailleraSelectServerDialog;
    api.ModifyPlayValues = kailleraModifyPlayValues;
    api.ChatSend = kailleraChatSend;
    api.EndGame = kailleraEndGame;
    api.GetFrameDelay = kailleraGetFrameDelay;
    api.GetFramesBehind = kailleraGetFramesBehind;
}
#else
static void look_up(void *library, const char *name, void *function)
{
    void *symbol = dlsym(library, name);
    CHECK(symbol != NULL);
    memcpy(function, &symbol, sizeof symbol);
}

void open_library(void)
{
    void *library = dlopen(getenv("DRIVER_LIBRARY"), RTLD_NOW | RTLD_LOCAL);
    CHECK(library != NULL);
    look_up(library, "kailleraGetVersion", &api.GetVersion);
    look_up(library, "kailleraInit", &api.Init);
    look_up(library, "kailleraShutdown", &api.Shutdown);
    look_up(library, "kailleraSetInfos", &api.SetInfos);
    look_up(library, "kailleraSelectServerDialog", &api.SelectServerDialog);
    look_up(library, "kailleraModifyPlayValues", &api.ModifyPlayValues);
    look_up(library, "kailleraChatSend", &api.ChatSend);
    look_up(library, "kailleraEndGame", &api.EndGame);
    look_up(library, "kailleraGetFrameDelay", &api.GetFrameDelay);
    look_up(library, "kailleraGetFramesBehind", &api.GetFramesBehind);
    CHECK(dlclose(library) == 0); /* it stays where it is */
}
#endif

/* Player p's input in its i-th call, so that every frame can be checked. */
static void make_input(unsigned char *input, int player, int i)
{
    input[0] = (unsigned char)player;
    input[1] = (unsigned char)(i / 8); /* some repeat, as on a pad, for the caches */
    input[2] = (unsigned char)(i / 2048);
    input[3] = (unsigned char)(player * 31);
}

void start_machine(int player, int players)
{
    memset(&game, 0, sizeof game);
    game.player = player;
    game.players = players;
    game.digest = 2166136261u;
}

/*
 * A part of a frame that came back is an input of player p, who sends them in order,
 * each eight times: no eight is left out, has more than eight, or fewer unless it is
 * the first, of which a server may throw some away. Zeros stand before the first
 * input came, and after the player has left.
 */
static void check_input(const unsigned char *input, int p)
{
    static const unsigned char zeros[SIZE] = {0, 0, 0, 0};
    unsigned char expected[SIZE];
    int at = input[1] + 256 * input[2] + 1;

    if (memcmp(input, zeros, SIZE) == 0)
        return;
    make_input(expected, p + 1, 8 * (at - 1));
    CHECK(memcmp(input, expected, SIZE) == 0);
    CHECK(8 * (at - 1) <= game.frames);
    if (at != game.heard[p].at) {
        CHECK(game.heard[p].at == 0 || at == game.heard[p].at + 1);
        CHECK(game.heard[p].begun < 2 || game.heard[p].run == 8);
        game.heard[p].begun++;
        game.heard[p].at = at;
        game.heard[p].run = 0;
    }
    CHECK(++game.heard[p].run <= 8);
}

int frame(void)
{
    unsigned char values[KAILLERA_MAX_PLAYERS * SIZE + CANARY], expected[SIZE];
    int n, p, i;

    memset(values, 0xA5, sizeof values);
    make_input(values, game.player, game.frames);
    n = api.ModifyPlayValues(values, SIZE);
    for (i = KAILLERA_MAX_PLAYERS * SIZE; i < (int)sizeof values; i++)
        CHECK(values[i] == 0xA5);
    if (n < 0)
        return n;
    if (n == 0) {
        make_input(expected, game.player, game.frames);
        CHECK(memcmp(values, expected, SIZE) == 0);
        CHECK(values[SIZE] == 0xA5);
        CHECK(game.returned == 0);
        /* Nothing has come back yet: the machine runs this frame with zeros of all players. */
        memset(values, 0, (size_t)(game.players * SIZE));
    } else {
        CHECK(n == game.players * SIZE);
        for (p = 0; p < game.players; p++)
            check_input(values + p * SIZE, p);
        /* Our own comes back as many calls later as there were zeros, if it was not thrown away. */
        make_input(expected, game.player, game.returned);
        if (game.heard[game.player - 1].at > 0)
            CHECK(memcmp(values + (game.player - 1) * SIZE, expected, SIZE) == 0);
        game.returned++;
    }
    for (i = 0; i < game.players * SIZE; i++)
        game.digest = (game.digest ^ values[i]) * 16777619u;
    game.frames++;
    return n;
}

void play_frames(int count)
{
    count += game.frames;
    while (game.frames < count)
        CHECK(frame() >= 0);
}

void sleep_ms(int ms)
{
    struct timespec t;
    t.tv_sec = ms / 1000;
    t.tv_nsec = ms % 1000 * 1000000L;
    nanosleep(&t, NULL);
}

void run_thread(pthread_t *thread, void *(*body)(void *), void *argument)
{
    CHECK(pthread_create(thread, NULL, body, argument) == 0);
}

static void keep_text(char *to, size_t size, const char *text)
{
    CHECK(strlen(text) < size);
    strcpy(to, text);
}

static int KAILLERA_CALL on_game(char *name, int player, int players)
{
    game_calls++;
    keep_text(last_game, sizeof last_game, name);
    start_machine(player, players);
    return 0;
}

static void KAILLERA_CALL on_chat(char *nick, char *text)
{
    chat_calls++;
    keep_text(last_nick, sizeof last_nick, nick);
    keep_text(last_text, sizeof last_text, text);
}

static void KAILLERA_CALL on_drop(char *nick, int player)
{
    drop_calls++;
    keep_text(last_nick, sizeof last_nick, nick);
    CHECK(player >= 1 && player <= game.players && player != game.player);
}

static void KAILLERA_CALL on_more(char *name)
{
    keep_text(last_game, sizeof last_game, name);
}

static char app_name[] = "driver 1.0";
static char game_list[] = "Duel\0Maze\0";

kailleraInfos default_infos(void)
{
    kailleraInfos infos;
    infos.appName = app_name;
    infos.gameList = game_list;
    infos.gameCallback = on_game;
    infos.chatReceivedCallback = on_chat;
    infos.clientDroppedCallback = on_drop;
    infos.moreInfosCallback = on_more;
    return infos;
}

void init(kailleraInfos infos)
{
    CHECK(api.Init() == 0);
    CHECK(api.SetInfos(&infos) == 0);
    memset(&infos, 0xEE, sizeof infos); /* it was copied */
}

static const struct {
    const char *name;
    void (*run)(char **arguments);
    int loads; /* opens the library itself */
} scenarios[] = {
    {"game", scenario_game, 0},
    {"dialog", scenario_dialog, 0},
    {"names", scenario_names, 0},
    {"misuse", scenario_misuse, 0},
    {"misuse-in-game", scenario_misuse_in_game, 0},
    {"null-callbacks", scenario_null_callbacks, 0},
    {"end-game-wakes", scenario_end_game_wakes, 0},
    {"shutdown-wakes", scenario_shutdown_wakes, 0},
    {"exit-in-game", scenario_exit_in_game, 0},
    {"jump-out-of-game", scenario_jump_out_of_game, 0},
    {"jump-out-of-chat", scenario_jump_out_of_chat, 0},
    {"reentrant", scenario_reentrant, 0},
    {"signals", scenario_signals, 1},
    {"reload", scenario_reload, 1},
    {"hostile", scenario_hostile, 0},
    {"nulls", scenario_nulls, 0},
    {"overrun", scenario_overrun, 0},
    {"save", scenario_save, 0},
    {"save-too-large", scenario_save_too_large, 0},
    {"kill-play-thread", scenario_kill_play_thread, 0},
    {"kill-playing-thread", scenario_kill_playing_thread, 0},
    {"kill-dialog-thread", scenario_kill_dialog_thread, 0},
    {"kill-in-game", scenario_kill_in_game, 0},
    {"exit-in-callback", scenario_exit_in_callback, 0},
    {"stack", scenario_stack, 0},
    {"fpu", scenario_fpu, 0},
    {"fpu-load", scenario_fpu_load, 1},
    {"monkey", scenario_monkey, 0},
    {"cancelled-caller", scenario_cancelled_caller, 0},
#ifdef __cplusplus
    {"throw", scenario_throw, 0},
#endif
};

int main(int argc, char **argv)
{
    size_t i;
    for (i = 0; argc > 1 && i < sizeof scenarios / sizeof scenarios[0]; i++) {
        if (strcmp(argv[1], scenarios[i].name) != 0)
            continue;
        if (!scenarios[i].loads)
            open_library();
        scenarios[i].run(argv + 2);
        printf("ok\n");
        return 0;
    }
    printf("FAIL no such scenario\n");
    return 2;
}
