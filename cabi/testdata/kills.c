/*
 * Threads that end inside a call of the library: killed while they wait (pthread_cancel stands for Windows'
 * TerminateThread), or gone from inside a callback. The process goes on, and so must the library.
 */
#include "driver.h"

enum {
    ROUNDS = 20,
    BURST = 10,  /* frames that the partner plays when it is told to */
    WAITED = 60, /* ms that a thread has been in the call at least when it is killed */
    LIMIT = 20,  /* s for what takes less than one if nothing hangs */
    GAMES = 4000 /* entries of a list that makes the library allocate */
};

/* What the driver is at: if that takes too long, the library hangs. */
static const char *volatile doing;
static volatile int steps;

static int reused_not; /* threads whose pthread_t was not given to another */

static void *watch(void *unused)
{
    int seen = -1;
    (void)unused;
    while (steps != seen) {
        seen = steps;
        sleep_ms(LIMIT * 1000);
    }
    fail(__FILE__, __LINE__, doing);
    return NULL;
}

static void at(const char *what)
{
    pthread_t thread;
    if (doing == NULL)
        run_thread(&thread, watch, NULL);
    doing = what;
    steps++;
}

/* Calls that allocate, some 30 MB: several garbage collections, which look at all threads that Go knows. */
static void collect_garbage(void)
{
    static char list[GAMES * 24 + 16];
    kailleraInfos infos = default_infos();
    char *end = list;
    int i;

    at("hangs in a garbage collection");
    end += sprintf(end, "Duel") + 1;
    for (i = 0; i < GAMES; i++)
        end += sprintf(end, "Another game %d", i) + 1;
    *end = 0;
    infos.gameList = list;
    for (i = 0; i < 100; i++)
        CHECK(api.SetInfos(&infos) == 0);
    at("hangs after a garbage collection");
    CHECK(api.GetFrameDelay() >= 0);
}

/* What the partner does: 'p' plays BURST frames, 'e' leaves. */
static void tell(char order)
{
    static FILE *partner;
    if (partner == NULL)
        partner = fopen(getenv("DRIVER_PARTNER"), "w");
    CHECK(partner != NULL);
    CHECK(fputc(order, partner) == order && fflush(partner) == 0);
}

static unsigned digests[ROUNDS * BURST + 100]; /* by the number of frames */

static void *play_on(void *kind)
{
    int n;
    CHECK(pthread_setcanceltype(*(int *)kind, NULL) == 0);
    while ((n = frame()) >= 0)
        if (game.frames < (int)(sizeof digests / sizeof *digests)) /* alone it plays as fast as it can */
            digests[game.frames] = game.digest;
    CHECK(n == -1);
    fail(__FILE__, __LINE__, "the thread was refused, or the game is over");
    return NULL;
}

/* Waits until so many frames were played and the thread has waited for the next one for a while. */
static void wait_for_stall(int frames)
{
    int longer = rand() % 40, seen;
    do {
        seen = game.frames;
        sleep_ms(WAITED + longer);
    } while (game.frames != seen || seen < frames);
}

static void *live_on(void *unused)
{
    (void)unused;
    for (;;)
        pause();
    return NULL;
}

/*
 * After a thread has gone: another one, which has nothing to do with the library, gets its stack and so its pthread_t.
 * What is meant for the dead one must not hit it, and whoever takes the dead one's place has another number.
 */
static void reuse_number(pthread_t dead)
{
    pthread_t thread;
    run_thread(&thread, live_on, NULL);
    CHECK(pthread_detach(thread) == 0);
    if (!pthread_equal(thread, dead))
        reused_not++;
}

/*
 * That it can be joined says that it is dead: it ends in no other way, but for fail(). Its result says nothing: glibc
 * 2.36 gives NULL, not PTHREAD_CANCELED, where the thread had cancelling disabled at the time and ends in its next poll.
 */
static void kill_thread(pthread_t thread)
{
    at("hangs: a waiting thread does not die");
    CHECK(pthread_cancel(thread) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
    reuse_number(thread);
}

/*
 * Both kinds of cancelling: at once, and where the thread calls something that waits. The first thread is killed
 * while the partner still loads.
 */
static int KAILLERA_CALL play_and_kill(char *name, int player, int players)
{
    int round;

    (void)name;
    start_machine(player, players);
    for (round = 0; round <= ROUNDS; round++) {
        int kind = round % 2 == 0 ? PTHREAD_CANCEL_ASYNCHRONOUS : PTHREAD_CANCEL_DEFERRED;
        pthread_t thread;
        at("hangs: a thread cannot play on");
        run_thread(&thread, play_on, &kind);
        if (round > 0)
            tell('p');
        wait_for_stall(round * BURST);
        kill_thread(thread);
        collect_garbage();
    }
    tell('e');
    at("hangs in kailleraEndGame");
    CHECK(api.EndGame() == 0);
    printf("frames %d digest %08x\n", ROUNDS * BURST, digests[ROUNDS * BURST]);
    return 0;
}

static void alone_again(void)
{
    setenv("KAILLERA_PLAYERS", "1", 1);
}

static int KAILLERA_CALL play_alone(char *name, int player, int players)
{
    (void)name;
    start_machine(player, players);
    play_frames(60);
    CHECK(api.EndGame() == 0);
    return 0;
}

static void game_alone(void)
{
    kailleraInfos infos = default_infos();
    at("hangs in the next game");
    alone_again();
    infos.gameCallback = play_alone;
    init(infos);
    CHECK(api.SelectServerDialog(NULL) == 0);
    CHECK(game.frames == 60);
    at("hangs in kailleraShutdown");
    CHECK(api.Shutdown() == 0);
}

/* kill-play-thread: with a partner. */
void scenario_kill_play_thread(char **arguments)
{
    kailleraInfos infos = default_infos();
    (void)arguments;
    infos.gameCallback = play_and_kill;
    init(infos);
    CHECK(api.SelectServerDialog(NULL) == 0);
    CHECK(reused_not < ROUNDS); /* else it was not tried */
    game_alone();
}

/* Plays with no machine behind it, which would not bear to be killed anywhere. */
static void *press_on(void *unused)
{
    char values[8 * 4];
    (void)unused;
    CHECK(pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL) == 0);
    do
        memset(values, 0, sizeof values);
    while (api.ModifyPlayValues(values, 4) >= 0);
    fail(__FILE__, __LINE__, "the thread was refused, or the game is over");
    return NULL;
}

/* Alone nobody is waited for: the threads are killed wherever they are. */
static int KAILLERA_CALL play_and_kill_at_once(char *name, int player, int players)
{
    int round;

    (void)name;
    start_machine(player, players);
    for (round = 0; round < 20 * ROUNDS; round++) {
        pthread_t thread;
        at("hangs: a thread cannot play on");
        run_thread(&thread, press_on, NULL);
        sleep_ms(1 + rand() % 3);
        kill_thread(thread);
    }
    at("hangs in kailleraEndGame");
    CHECK(api.EndGame() == 0);
    return 0;
}

/* kill-playing-thread: alone. */
void scenario_kill_playing_thread(char **arguments)
{
    kailleraInfos infos = default_infos();
    (void)arguments;
    infos.gameCallback = play_and_kill_at_once;
    init(infos);
    CHECK(api.SelectServerDialog(NULL) == 0);
    game_alone();
}

static int (KAILLERA_CALL *callback)(char *game, int player, int players);

static void *dialog(void *unused)
{
    kailleraInfos infos = default_infos();
    (void)unused;
    CHECK(pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL) == 0);
    infos.gameCallback = callback;
    init(infos);
    api.SelectServerDialog(NULL);
    fail(__FILE__, __LINE__, "the dialog has returned");
    return NULL;
}

/* kill-dialog-thread: while the lobby waits for a second player who does not come. */
void scenario_kill_dialog_thread(char **arguments)
{
    char text[] = "nobody comes";
    int round;
    (void)arguments;
    callback = play_alone;
    for (round = 0; round < 3; round++) {
        pthread_t thread;
        at("hangs: no room is opened");
        setenv("KAILLERA_PLAYERS", "2", 1);
        run_thread(&thread, dialog, NULL);
        while (api.ChatSend(text) != 0) /* there is no room yet */
            sleep_ms(10);
        sleep_ms(WAITED + rand() % 40);
        kill_thread(thread);
        collect_garbage();
        game_alone();
    }
}

static int KAILLERA_CALL play_in_callback(char *name, int player, int players)
{
    int kind = PTHREAD_CANCEL_ASYNCHRONOUS;
    (void)name;
    start_machine(player, players);
    game_calls++;
    play_on(&kind);
    return 0;
}

/* kill-in-game END: the thread that plays is the dialog's; END is end-game or dialog, what is called next. */
void scenario_kill_in_game(char **arguments)
{
    pthread_t thread;
    at("hangs: the game does not begin");
    callback = play_in_callback;
    run_thread(&thread, dialog, NULL);
    tell('p');
    while (game_calls == 0)
        sleep_ms(10);
    wait_for_stall(BURST);
    tell('e');
    kill_thread(thread);
    if (strcmp(arguments[0], "end-game") == 0) {
        at("hangs in kailleraEndGame");
        CHECK(api.EndGame() == 0);
    }
    collect_garbage();
    game_alone();
}

static void KAILLERA_CALL exit_on_chat(char *nick, char *text)
{
    (void)nick;
    (void)text;
    chat_calls++;
    pthread_exit(NULL);
}

static int KAILLERA_CALL play_and_exit(char *name, int player, int players)
{
    char text[] = "go";
    int round, kind = PTHREAD_CANCEL_DEFERRED;

    (void)name;
    start_machine(player, players);
    for (round = 1; round <= 3; round++) {
        pthread_t thread;
        at("hangs: a thread cannot play on");
        run_thread(&thread, play_on, &kind);
        while (game.frames < round * 10)
            sleep_ms(1);
        CHECK(api.ChatSend(text) == 0);
        at("hangs: the thread does not exit");
        CHECK(pthread_join(thread, NULL) == 0);
        CHECK(chat_calls == round);
        reuse_number(thread);
    }
    CHECK(api.EndGame() == 0);
    return 0;
}

/* exit-in-callback: the play thread ends itself in the chat callback, and leaves its exchange open. */
void scenario_exit_in_callback(char **arguments)
{
    kailleraInfos infos = default_infos();
    (void)arguments;
    infos.gameCallback = play_and_exit;
    infos.chatReceivedCallback = exit_on_chat;
    init(infos);
    CHECK(api.SelectServerDialog(NULL) == 0);
    game_alone();
}
