/* The library as a guest in the process: signals, dlopen and dlclose. */
#include "driver.h"

static sigjmp_buf out;
static volatile sig_atomic_t first_handler, second_handler;

static void on_fault_first(int number, siginfo_t *info, void *context)
{
    (void)context;
    CHECK(number == SIGSEGV && info->si_addr == (void *)16);
    first_handler++;
    siglongjmp(out, 1);
}

static void on_fault_second(int number, siginfo_t *info, void *context)
{
    (void)context;
    CHECK(number == SIGSEGV && info->si_addr == (void *)16);
    second_handler++;
    siglongjmp(out, 1);
}

static void install(void (*handler)(int, siginfo_t *, void *))
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = handler;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK; /* what Go asks of its hosts */
    sigemptyset(&action.sa_mask);
    CHECK(sigaction(SIGSEGV, &action, NULL) == 0);
}

/* What an emulator with a recompiler does on purpose. */
static void fault(void)
{
    if (sigsetjmp(out, 1) == 0) {
        *(volatile int *)16 = 1;
        CHECK(0);
    }
}

static void *fault_on_a_thread(void *unused)
{
    (void)unused;
    fault();
    CHECK(api.GetFrameDelay() >= 0); /* the thread has been in the library now */
    fault();
    return NULL;
}

static int KAILLERA_CALL fault_in_game(char *name, int player, int players)
{
    pthread_t thread;
    int i;
    (void)name;
    start_machine(player, players);
    for (i = 0; i < 20; i++) {
        play_frames(5);
        fault();
    }
    run_thread(&thread, fault_on_a_thread, NULL);
    CHECK(pthread_join(thread, NULL) == 0);
    play_frames(5);
    CHECK(api.EndGame() == 0);
    return 0;
}

/* signals: a handler that was there before the library, then one from after. */
void scenario_signals(char **arguments)
{
    kailleraInfos infos = default_infos();
    (void)arguments;

    infos.gameCallback = fault_in_game;
    install(on_fault_first);
    fault();
    CHECK(first_handler == 1);
    open_library();
    fault();
    CHECK(first_handler == 2);
    init(infos);
    fault();
    CHECK(first_handler == 3);
    CHECK(api.SelectServerDialog(NULL) == 0);
    CHECK(first_handler == 25);

    install(on_fault_second);
    fault();
    CHECK(second_handler == 1);
    CHECK(api.SelectServerDialog(NULL) == 0);
    CHECK(second_handler == 23);
    CHECK(api.Shutdown() == 0);
    fault();
    CHECK(second_handler == 24 && first_handler == 25);
}

static int KAILLERA_CALL play_a_little(char *name, int player, int players)
{
    (void)name;
    start_machine(player, players);
    play_frames(20);
    CHECK(api.EndGame() == 0);
    return 0;
}

/* reload: as FBNeo, which loads and frees the library around every dialog. */
void scenario_reload(char **arguments)
{
    kailleraInfos infos = default_infos();
    kaillera_api once;
    int i;
    (void)arguments;
    infos.gameCallback = play_a_little;
    open_library();
    once = api;
    for (i = 0; i < 3; i++) {
        void *again = dlopen(getenv("DRIVER_LIBRARY"), RTLD_NOW);
        CHECK(again != NULL);
        open_library();
        CHECK(memcmp(&once, &api, sizeof api) == 0);
        init(infos);
        CHECK(api.SelectServerDialog(NULL) == 0);
        CHECK(game.frames == 20);
        CHECK(api.Shutdown() == 0);
        CHECK(dlclose(again) == 0);
    }
}
