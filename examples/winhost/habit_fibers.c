/*
 * Emulators with coroutines: each chip, or the whole machine, is a fiber with a stack of its own, and the library is
 * called from whichever runs. All are one thread, so to the library the stack moves between two calls, and even
 * while the dialog is below a callback.
 */
#include <stdio.h>

#include "habits.h"
#include "host.h"

enum { SMALL = 64 << 10, LARGE = 1 << 20, FIBERS = 4, TURNS = 400 };

static struct fiber {
    SIZE_T size;
    void *handle;
    void (*run)(void);
} fibers[FIBERS]; /* 0 the thread's own, 1 the dialog, 2 and 3 the machines */

static int code = -1;

static void switch_to(int fiber)
{
    SwitchToFiber(fibers[fiber].handle);
}

/* The dialog's fiber: inside its callback the machines run, each for a frame in turn, and come back to it. */
static void play(void)
{
    for (int turn = 0; turn < TURNS && host.machine.frames == turn; turn++)
        switch_to(2 + turn % 2);
    lib_end_game();
}

static void open_dialog(void)
{
    host.play = play;
    code = host_game();
    switch_to(0);
}

static void machine(void)
{
    char text[] = "said on a fiber";

    for (;;) {
        machine_frame(&host.machine);
        if (host.machine.frames % 100 == 1)
            lib_chat_send(text);
        lib_get_frame_delay();
        switch_to(1);
    }
}

static void CALLBACK begin(void *fiber)
{
    ((struct fiber *)fiber)->run();
}

void habit_fibers(void)
{
    static const SIZE_T sizes[2][2] = {{SMALL, LARGE}, {LARGE, SMALL}};

    fibers[0].handle = ConvertThreadToFiber(NULL);
    for (int round = 0; round < 2; round++) {
        char line[100];
        long chats = host.chats;

        for (int i = 1; i < FIBERS; i++) {
            fibers[i].run = i == 1 ? open_dialog : machine;
            fibers[i].handle = CreateFiber(sizes[round][i % 2], begin, &fibers[i]);
        }
        code = -1;
        switch_to(1);
        snprintf(line, sizeof line, "dialog and %d frames on fibers of %lu KB and %lu KB", TURNS,
                 (unsigned long)sizes[round][1] / 1024, (unsigned long)sizes[round][0] / 1024);
        expect(line, code == 0 && host.games == round + 1 && host.machine.frames == TURNS && host.machine.wrong == 0);
        expect("chat came back on them", host.chats > chats);
        for (int i = 1; i < FIBERS; i++)
            DeleteFiber(fibers[i].handle);
    }
    expect("the thread's own stack: kailleraShutdown", lib_shutdown() == 0);
    host.play = NULL;
    host_expect_game("no fiber any more");
}
