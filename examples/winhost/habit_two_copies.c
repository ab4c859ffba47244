/*
 * A frontend whose emulators are DLLs has each bring its own kailleraclient.dll, and loads two of them. They are two
 * libraries, each with a Go runtime of its own, which know nothing of each other; one thread may have been inside both.
 */
#include <stdio.h>
#include <string.h>

#include "habits.h"
#include "host.h"

enum { ROUNDS = 3, FRAMES = 120 };

static struct copy {
    struct machine machine;
    DWORD thread; /* that has the dialog */
    int code, games, strangers;
    volatile LONG ready; /* its game has begun */
} copies[2];

/* Callbacks have no argument of ours, so each copy has its own. */
static void play(struct copy *c, int player, int players)
{
    struct copy *other = &copies[c == copies];

    c->games++;
    c->strangers += GetCurrentThreadId() != c->thread;
    machine_start(&c->machine, player, players);
    InterlockedIncrement(&c->ready);
    for (int ms = 0; other->ready < c->ready && ms < 10000; ms++)
        Sleep(1); /* so that both games run at once */
    machine_play(&c->machine, FRAMES, 1);
    lib_end_game();
}

static int KAILLERA_CALL on_game_0(char *game, int player, int players)
{
    (void)game;
    play(&copies[0], player, players);
    return 0;
}

static int KAILLERA_CALL on_game_1(char *game, int player, int players)
{
    (void)game;
    play(&copies[1], player, players);
    return 0;
}

static void init(int which)
{
    kailleraInfos infos;

    habits_infos(&infos);
    infos.gameCallback = which == 0 ? on_game_0 : on_game_1;
    library_choose(which);
    lib_init();
    lib_set_infos(&infos);
    library_choose(0);
}

static DWORD WINAPI dialog(void *which)
{
    struct copy *c = which;

    library_choose((int)(c - copies));
    c->thread = GetCurrentThreadId();
    c->code = lib_select_server_dialog(NULL);
    return 0;
}

void habit_two_copies(void)
{
    char path[MAX_PATH], nick[64], line[100];
    HMODULE second;
    int wrong = 0;

    snprintf(path, sizeof path, "%s", habits_options.library);
    strcpy(strrchr(path, '/') != NULL ? strrchr(path, '/') + 1 : path, "habit-copy.dll");
    CopyFileA(habits_options.library, path, FALSE);
    second = LoadLibraryA(path);
    library_choose(1);
    expect("a second copy of another name is loaded", second != NULL && second != habits_options.module &&
                                                          library_look_up(second, habits_options.spelling));
    library_choose(0);
    if (second == NULL)
        return;
    GetEnvironmentVariableA("KAILLERA_NICK", nick, sizeof nick - 1);
    for (int round = 0; round < ROUNDS; round++) {
        HANDLE threads[2];
        DWORD ended;

        for (int n = 0; n < 2; n++) {
            char name[80];
            init(n);
            snprintf(name, sizeof name, "%.20s.%d", nick, n);
            SetEnvironmentVariableA("KAILLERA_NICK", name);
            threads[n] = CreateThread(NULL, 0, dialog, &copies[n], 0, NULL);
            for (int ms = 0; copies[n].ready <= round && ms < 10000; ms++)
                Sleep(1); /* until it has read its name in the environment, which both have in common */
        }
        ended = WaitForMultipleObjects(2, threads, TRUE, 30000);
        snprintf(line, sizeof line, "round %d: two games at once, %ld and %ld frames", round + 1,
                 copies[0].machine.frames, copies[1].machine.frames);
        expect(line, ended == WAIT_OBJECT_0);
        if (ended != WAIT_OBJECT_0)
            return;
        for (int n = 0; n < 2; n++) {
            struct copy *c = &copies[n];
            CloseHandle(threads[n]);
            snprintf(line, sizeof line, "copy %d played its own", n + 1);
            expect(line, c->code == 0 && c->games == round + 1 && c->strangers == 0 && c->machine.frames == FRAMES &&
                             c->machine.wrong == 0 && c->machine.returned > 0);
        }
    }
    /* One thread calls both by turns. */
    for (int call = 0; call < 1000; call++) {
        library_choose(call % 2);
        wrong += lib_get_frame_delay() != 0 || lib_end_game() != 0;
    }
    expect("1,000 calls of one thread to both by turns", wrong == 0);
    for (int n = 0; n < 2; n++) {
        library_choose(n);
        expect("kailleraShutdown", lib_shutdown() == 0);
        expect("FreeLibrary", FreeLibrary(n == 0 ? habits_options.module : second));
    }
    SetEnvironmentVariableA("KAILLERA_NICK", nick);
    library_choose(0);
    host_expect_game("the first once more");
}
