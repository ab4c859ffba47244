/* A thread that has been cancelled already, and has not come by a point where that takes effect, calls the library. */
#include "driver.h"

static volatile int armed, cancelled, returned;

static void *end_game_cancelled(void *unused)
{
    (void)unused;
    CHECK(pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL) == 0);
    armed = 1;
    while (!cancelled)
        sleep_ms(1);
    CHECK(pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL) == 0);
    CHECK(api.EndGame() == 0); /* wakes the thread that waits in the game */
    returned = 1;
    pthread_testcancel();
    CHECK(0);
    return NULL;
}

static void *cancel_it(void *unused)
{
    pthread_t thread;
    void *result;

    (void)unused;
    run_thread(&thread, end_game_cancelled, NULL);
    while (!armed)
        sleep_ms(1);
    sleep_ms(200); /* the other one waits by now */
    CHECK(pthread_cancel(thread) == 0);
    cancelled = 1;
    CHECK(pthread_join(thread, &result) == 0);
    CHECK(result == PTHREAD_CANCELED);
    return NULL;
}

static int KAILLERA_CALL on_game(char *name, int player, int players)
{
    pthread_t thread;

    (void)name;
    start_machine(player, players);
    run_thread(&thread, cancel_it, NULL);
    CHECK(frame() == -1); /* the other player never loads the game */
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK(returned);
    CHECK(frame() == -1);
    return 0;
}

/* cancelled-caller: it comes back from its call, and only then it ends. */
void scenario_cancelled_caller(char **arguments)
{
    kailleraInfos infos = default_infos();

    (void)arguments;
    infos.gameCallback = on_game;
    init(infos);
    CHECK(api.SelectServerDialog(NULL) == 0);
    CHECK(api.Shutdown() == 0);
}
