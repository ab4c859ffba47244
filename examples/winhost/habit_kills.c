/*
 * 1964 and Project64k end their play thread with TerminateThread, wherever it is: when the user stops the game while
 * the other player is slow, that is in kailleraModifyPlayValues. Others do so with the thread of the dialog. The
 * process goes on, and so must the library: nothing waits for a dead thread, and nobody is refused because of one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "habits.h"
#include "host.h"
#include "partner.h"

enum {
    ROUNDS = 20,
    BURST = 10,     /* frames that the partner plays in a round */
    WAITED = 60,    /* ms that a thread has been in the call at least when it is killed */
    LIMIT = 20,     /* s for what takes less than one if nothing hangs */
    THREADS = 600,  /* after so many an ID has been given again: in Wine it takes 460 */
    GAMES = 4000    /* entries of a list that makes the library allocate */
};

/* What the host is at, and since when: if that takes too long, the library hangs. */
static const char *volatile doing = "begin";
static volatile LONG steps;

static DWORD WINAPI watch(void *unused)
{
    (void)unused;
    for (LONG seen = -1; steps != seen;) {
        seen = steps;
        Sleep(LIMIT * 1000);
    }
    printf("FAIL hangs: %s\n", doing);
    TerminateProcess(GetCurrentProcess(), 1); /* nothing less would end it */
    return 0;
}

static void at(const char *what)
{
    doing = what;
    InterlockedIncrement(&steps);
}

/* Calls that allocate, some 30 MB: several garbage collections, which look at all threads that Go knows. */
static void collect_garbage(void)
{
    static char list[GAMES * 24 + 1];
    kailleraInfos infos;
    char text[] = "still there", *end;

    at("collect garbage");
    host_infos(&infos);
    end = list + sprintf(list, "%s", infos.gameList) + 1;
    for (int i = 0; i < GAMES; i++)
        end += sprintf(end, "Another game %d", i) + 1;
    *end = '\0';
    infos.gameList = list;
    for (int i = 0; i < 100; i++)
        lib_set_infos(&infos);
    lib_chat_send(text);
}

/* The thread that plays. */
static DWORD WINAPI play_on(void *machine)
{
    host.play_thread = GetCurrentThreadId();
    while (machine_frame(machine) >= 0)
        ;
    return 0;
}

static HANDLE start_thread(LPTHREAD_START_ROUTINE body, DWORD *id)
{
    return CreateThread(NULL, 0, body, &host.machine, 0, id);
}

/* Waits until the machine has stood for WAITED ms and some more: whoever plays it is in the call. */
static void wait_for_stall(void)
{
    int longer = rand() % 40;
    long frames = -1;

    do {
        frames = host.machine.frames;
        Sleep((DWORD)(WAITED + longer));
    } while (frames != host.machine.frames);
}

static DWORD WINAPI live_or_end(void *lives)
{
    while (*(int *)lives)
        Sleep(1000);
    return 0;
}

/*
 * Starts threads until one that lives on has this ID, so that whoever knows the dead one by its ID takes it for alive;
 * whether there is one. There is none while somebody holds a handle of the dead one.
 */
static int give_id_again(DWORD dead)
{
    static int lives[THREADS];

    for (int i = 0; i < THREADS; i++) {
        DWORD id;
        HANDLE thread = CreateThread(NULL, 64 << 10, live_or_end, &lives[i],
                                     CREATE_SUSPENDED | STACK_SIZE_PARAM_IS_A_RESERVATION, &id);
        lives[i] = id == dead;
        ResumeThread(thread);
        if (id != dead)
            WaitForSingleObject(thread, INFINITE);
        CloseHandle(thread);
        if (id == dead)
            return 1;
    }
    return 0;
}

static void kill_thread(HANDLE thread)
{
    at("TerminateThread");
    TerminateThread(thread, 0);
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
}

static void play_and_kill(void)
{
    int in_step = 0, reused = 0, refused = 0;

    for (int round = 0; round <= ROUNDS; round++) {
        long frames = 0;
        DWORD id, digest = 0;
        HANDLE thread = start_thread(play_on, &id);

        at("a thread plays on");
        if (round > 0) { /* the first waits for the partner to be ready */
            partner_play(BURST);
            if (!partner_wait(LIMIT / 2, &frames, &digest))
                refused++;
        }
        wait_for_stall();
        in_step += round > 0 && frames == round * BURST && digest == machine_digest(&host.machine, frames);
        if (WaitForSingleObject(thread, 0) != WAIT_TIMEOUT)
            refused++;
        kill_thread(thread);
        if (round == ROUNDS / 2) { /* it takes seconds */
            at("threads of which one gets the dead one's ID");
            reused += give_id_again(id);
        }
        collect_garbage();
        at("kailleraGetFrameDelay");
        lib_get_frame_delay();
    }
    expect("no play thread was refused or sent away", refused == 0);
    expect("both are in step after each kill", in_step == ROUNDS && host.machine.wrong == 0);
    printf("     %d threads killed, %d of their IDs given again, in step %d times, refused %d times\n", ROUNDS + 1,
           reused, in_step, refused);
    partner_stop();
    at("kailleraEndGame");
    lib_end_game();
}

static void begin(void)
{
    srand(GetTickCount());
    CloseHandle(CreateThread(NULL, 0, watch, NULL, 0, NULL));
}

void habit_kill_play_thread(void)
{
    begin();
    expect("the partner starts", partner_start());
    host.play = play_and_kill;
    expect("the dialog of the game", host_game() == 0 && host.games == 1);
    at("kailleraShutdown");
    expect("kailleraShutdown", lib_shutdown() == 0);
    at("the next game");
    host.play = NULL;
    host_expect_game("the next game");
}

/* A dialog on a thread with a window of its own. */
static DWORD WINAPI dialog(void *unused)
{
    (void)unused;
    host.window = CreateWindowExA(0, "STATIC", "habits", WS_OVERLAPPEDWINDOW, 0, 0, 100, 100, NULL, NULL,
                                  GetModuleHandleA(NULL), NULL);
    host_game();
    return 0;
}

/* Waits until the lobby has a room: chat goes somewhere. */
static int wait_for_room(void)
{
    char text[] = "nobody comes";
    double begun = host_seconds();

    while (host_seconds() - begun < LIMIT / 2) {
        if (lib_chat_send(text) == 0)
            return 1;
        Sleep(10);
    }
    return 0;
}

void habit_kill_dialog_thread(void)
{
    begin();
    for (int round = 0; round < 3; round++) {
        DWORD id;
        HANDLE thread;

        SetEnvironmentVariableA("KAILLERA_PLAYERS", "2"); /* and nobody comes */
        at("a dialog on a thread of its own");
        thread = start_thread(dialog, &id);
        expect("a dialog waits in its room", wait_for_room());
        Sleep((DWORD)(WAITED + rand() % 40));
        kill_thread(thread);
        collect_garbage();
        SetEnvironmentVariableA("KAILLERA_PLAYERS", "1");
        host.window = NULL;
        at("the next dialog");
        host_expect_game("the next dialog, after its thread was killed");
    }
}

/* In the game callback, on the thread that is killed. */
static void play_in_callback(void)
{
    play_on(&host.machine);
}

void habit_kill_in_game(void)
{
    begin();
    for (int end_game = 1; end_game >= 0; end_game--) {
        DWORD id, digest;
        HANDLE thread;
        long frames = 0, games = host.games;

        at("a game of two");
        expect("the partner starts", partner_start());
        host.play = play_in_callback;
        thread = start_thread(dialog, &id);
        partner_play(BURST);
        expect("the game runs", partner_wait(LIMIT / 2, &frames, &digest) && host.games == games + 1);
        wait_for_stall();
        kill_thread(thread);
        if (end_game) {
            at("kailleraEndGame");
            expect("kailleraEndGame", lib_end_game() == 0);
        }
        collect_garbage();
        partner_stop();
        host.play = NULL;
        host.window = NULL;
        at("the next dialog");
        host_expect_game(end_game ? "the next dialog, after kailleraEndGame" : "the next dialog, which ends the game");
    }
}
