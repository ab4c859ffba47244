/*
 * Dynamic recompilers and emulated memory live on page faults: a vectored handler opens the page, or sees that code was
 * changed, and has the instruction run again. Go has vectored handlers of its own. The host's must get all faults of
 * the host, whether they stand before or after Go's, and none of the library's, and every thread must go on where it
 * was.
 */
#include <stdio.h>

#include "habits.h"
#include "host.h"

enum {
    PAGE = 4096,
    PAGES = 3000,    /* faults of a thread */
    PER_FRAME = 10,
    FRAMES = PAGES / PER_FRAME
};

/* Memory that a thread may touch, one fault a page; every second page is a guard page. */
static struct arena {
    unsigned char *memory;
    DWORD owner;           /* the thread that touches it, once it does */
    volatile LONG faults, wrong; /* the second: on another thread, or of another kind */
} arenas[2], shared; /* the play thread's, another's, and a page that is handed to the library */

static volatile LONG strangers; /* exceptions that are not of an arena */
static volatile DWORD stranger;

static int inside(const struct arena *a, ULONG_PTR address)
{
    return a->memory != NULL && address - (ULONG_PTR)a->memory < (ULONG_PTR)PAGES * PAGE;
}

static LONG CALLBACK on_exception(EXCEPTION_POINTERS *what)
{
    const EXCEPTION_RECORD *e = what->ExceptionRecord;
    int fault = e->ExceptionCode == EXCEPTION_ACCESS_VIOLATION, guard = e->ExceptionCode == STATUS_GUARD_PAGE_VIOLATION;
    struct arena *of[] = {&arenas[0], &arenas[1], &shared};

    for (int n = 0; n < 3 && (fault || guard); n++) {
        struct arena *a = of[n];
        ULONG_PTR address = e->ExceptionInformation[1];
        DWORD old;
        if (!inside(a, address))
            continue;
        InterlockedIncrement(&a->faults);
        a->wrong += GetCurrentThreadId() != a->owner;
        if (fault && !VirtualProtect((void *)(address / PAGE * PAGE), PAGE, PAGE_READWRITE, &old))
            a->wrong++;
        return EXCEPTION_CONTINUE_EXECUTION;
    }
    InterlockedIncrement(&strangers);
    stranger = e->ExceptionCode;
    return EXCEPTION_CONTINUE_SEARCH;
}

static void close_pages(struct arena *a)
{
    DWORD old;

    if (a->memory == NULL)
        a->memory = VirtualAlloc(NULL, PAGES * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_NOACCESS);
    a->faults = a->wrong = 0;
    for (int page = 0; page < PAGES; page++)
        VirtualProtect(a->memory + page * PAGE, PAGE, page % 2 ? PAGE_NOACCESS : PAGE_READWRITE | PAGE_GUARD, &old);
}

/* Writes into so many pages, and looks whether it has arrived. */
static void touch(struct arena *a, int first, int count)
{
    a->owner = GetCurrentThreadId();
    for (int page = first; page < first + count; page++) {
        volatile unsigned char *at = a->memory + page * PAGE + page % PAGE;
        *at = (unsigned char)page;
        a->wrong += *at != (unsigned char)page;
    }
}

static DWORD WINAPI other_thread(void *unused)
{
    (void)unused;
    for (int page = 0; page < PAGES; page += PER_FRAME) {
        touch(&arenas[1], page, PER_FRAME);
        lib_get_frame_delay();
    }
    return 0;
}

static void play(void)
{
    HANDLE other = CreateThread(NULL, 0, other_thread, NULL, 0, NULL);

    for (int frame = 0; frame < FRAMES; frame++) {
        touch(&arenas[0], frame * PER_FRAME, PER_FRAME);
        if (machine_frame(&host.machine) < 0)
            break;
    }
    WaitForSingleObject(other, INFINITE);
    CloseHandle(other);
    lib_end_game();
}

static void game(const char *when)
{
    char line[200];
    int code;

    close_pages(&arenas[0]);
    close_pages(&arenas[1]);
    host.play = play;
    code = host_game();
    snprintf(line, sizeof line, "%s: a game of %d frames", when, FRAMES);
    expect(line, code == 0 && host.machine.frames == FRAMES && host.machine.wrong == 0);
    snprintf(line, sizeof line, "%ld faults of the play thread and %ld of another, each seen once", arenas[0].faults,
             arenas[1].faults);
    expect(line, arenas[0].faults == PAGES && arenas[1].faults == PAGES && arenas[0].wrong == 0 &&
                     arenas[1].wrong == 0);
    snprintf(line, sizeof line, "%ld exceptions that are none of ours", strangers);
    expect(line, strangers == 0);
    if (strangers > 0)
        printf("     the last: %08lx\n", (unsigned long)stranger);
}

/* The library itself finds the page of the values closed. */
static void close_page(unsigned char *values)
{
    DWORD old;

    VirtualProtect(values, PAGE, PAGE_NOACCESS, &old);
}

static void play_in_closed_pages(void)
{
    shared.owner = GetCurrentThreadId();
    for (int frame = 0; frame < FRAMES; frame++)
        if (machine_frame_in(&host.machine, shared.memory, close_page) < 0)
            break;
    lib_end_game();
}

static void game_in_closed_pages(const char *when)
{
    char line[200];

    close_pages(&shared);
    host.play = play_in_closed_pages;
    snprintf(line, sizeof line, "%s, values in a page that is closed: a game of %d frames", when, FRAMES);
    expect(line, host_game() == 0 && host.machine.frames == FRAMES && host.machine.wrong == 0 && shared.wrong == 0 &&
                     shared.faults >= FRAMES && strangers == 0);
}

void habit_vectored_handlers(void)
{
    void *handler = AddVectoredExceptionHandler(0, on_exception);

    habits_options.module = library_load(habits_options.library, habits_options.spelling);
    if (habits_options.module == NULL) {
        expect("the library is loaded", 0);
        return;
    }
    game("a handler from before the library");
    RemoveVectoredExceptionHandler(handler);
    handler = AddVectoredExceptionHandler(0, on_exception);
    game("a handler behind Go's");
    game_in_closed_pages("a handler behind Go's");
    RemoveVectoredExceptionHandler(handler);
    handler = AddVectoredExceptionHandler(1, on_exception);
    game("a handler before Go's");
    game_in_closed_pages("a handler before Go's");
    expect("kailleraShutdown", lib_shutdown() == 0);
    RemoveVectoredExceptionHandler(handler);
}
