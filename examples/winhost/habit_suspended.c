/*
 * A process whose threads all stand still for a while: a virus scanner, a debugger that is attached, a laptop's lid.
 * After 11 s of silence our server lets the others play on, and keeps the place for a minute. All threads are stopped,
 * the library's included.
 */
#include <stdio.h>
#include <windows.h>

#include <tlhelp32.h>

#include "habits.h"
#include "host.h"
#include "partner.h"

enum {
    STILL = 12,       /* s */
    BEFORE = 30,      /* frames that are played when all stops */
    FRAMES = 60,      /* that the partner plays at once, then and later */
    PATIENCE = 18,    /* s, for a second of play and coming back */
    MAX_THREADS = 256 /* of a process; Go has some ten */
};

static int stopped, resumed;

/*
 * In the thread that stops the others. Between the first stop and the last start nothing may take a lock: its owner may
 * stand still.
 */
static DWORD WINAPI stop_all(void *unused)
{
    static HANDLE threads[MAX_THREADS];
    THREADENTRY32 entry = {.dwSize = sizeof entry};
    HANDLE all = CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0);
    int count = 0;

    (void)unused;
    for (BOOL more = Thread32First(all, &entry); more && count < MAX_THREADS; more = Thread32Next(all, &entry)) {
        if (entry.th32OwnerProcessID != GetCurrentProcessId() || entry.th32ThreadID == GetCurrentThreadId())
            continue;
        threads[count] = OpenThread(THREAD_SUSPEND_RESUME, FALSE, entry.th32ThreadID);
        count += threads[count] != NULL;
    }
    CloseHandle(all);
    for (int i = 0; i < count; i++)
        stopped += SuspendThread(threads[i]) != (DWORD)-1;
    Sleep(STILL * 1000);
    for (int i = 0; i < count; i++)
        resumed += ResumeThread(threads[i]) != (DWORD)-1;
    return 0;
}

static DWORD WINAPI play_thread(void *unused)
{
    (void)unused;
    host.play_thread = GetCurrentThreadId();
    machine_play(&host.machine, 1000000, 1);
    return 0;
}

/* Has the partner play on to so many frames, and sees that we get there as well, with the same input. */
static void play_on(const char *when, long frames)
{
    long partners = 0;
    DWORD digest = 0;
    char line[100];
    double begun = host_seconds();
    int played = partner_wait(PATIENCE, &partners, &digest);

    while (host.machine.frames < frames && host_seconds() - begun < PATIENCE)
        Sleep(10);
    snprintf(line, sizeof line, "%s: both play, and are in step after %ld frames", when, frames);
    expect(line, played && partners == frames && digest == machine_digest(&host.machine, frames) &&
                     host.machine.wrong == 0);
}

static void play(void)
{
    HANDLE player = CreateThread(NULL, 0, play_thread, NULL, 0, NULL), stopper;
    long own;
    double begun;
    char line[100];

    host.machine.away = 1; /* after 11 s without a word from us our server lets the others play on */
    partner_play(BEFORE);
    play_on("before", BEFORE);
    partner_play(FRAMES);
    begun = host_seconds();
    stopper = CreateThread(NULL, 0, stop_all, NULL, 0, NULL);
    WaitForSingleObject(stopper, INFINITE);
    CloseHandle(stopper);
    snprintf(line, sizeof line, "%d threads stood still for %.1f s", stopped, host_seconds() - begun);
    expect(line, stopped > 3 && resumed == stopped && host_seconds() - begun >= STILL - 0.5);
    play_on("afterwards", BEFORE + FRAMES);
    own = host.machine.own;
    partner_play(FRAMES);
    play_on("later", BEFORE + 2 * FRAMES);
    expect("our own input counts again", host.machine.own > own + FRAMES / 2);
    expect("nobody was dropped", host.drops == 0);
    partner_stop();
    lib_end_game();
    expect("the play thread is told that the game is over", WaitForSingleObject(player, 10000) == WAIT_OBJECT_0);
    CloseHandle(player);
}

void habit_suspended(void)
{
    expect("the partner starts", partner_start());
    host.play = play;
    expect("the dialog of the game", host_game() == 0 && host.games == 1 && host.strangers == 0);
    expect("kailleraShutdown", lib_shutdown() == 0);
}
