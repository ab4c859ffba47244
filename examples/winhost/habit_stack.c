/*
 * stack and large: threads and fibers with huge stacks or with little stack left, and a program that was linked with
 * a huge one. Go runs on the stack of its caller, and ends the process where it does not like it.
 */
#include "habits.h"

#include <malloc.h>
#include <stdint.h>
#include <stdio.h>

enum { KB = 1024, MB = 1024 * KB };

static struct {
    char *end;   /* the lowest address that is reserved */
    size_t left; /* bytes to be left at the call; 0: as it comes */
    int init, frame_delay;
    char *volatile sink;
} call;

static __attribute__((noinline)) void call_library(void)
{
    call.frame_delay = lib_get_frame_delay();
    call.init = lib_init();
}

/* Goes down until no more than call.left is left; _alloca touches one page after the other, as Windows wants it. */
static __attribute__((noinline)) void go_down(void)
{
    size_t left = (size_t)((char *)__builtin_frame_address(0) - call.end);

    if (call.left > 0 && left > call.left)
        call.sink = _alloca(left - call.left);
    call_library();
}

static void begin(void)
{
    MEMORY_BASIC_INFORMATION memory;

    VirtualQuery(__builtin_frame_address(0), &memory, sizeof memory);
    call.end = memory.AllocationBase;
    call.init = call.frame_delay = -99;
    go_down();
}

static DWORD WINAPI on_thread(void *unused)
{
    (void)unused;
    begin();
    return 0;
}

static void *host_fiber;

static VOID CALLBACK on_fiber(void *unused)
{
    (void)unused;
    begin();
    SwitchToFiber(host_fiber);
}

/* try_thread calls kailleraInit on a thread with such a stack. */
static void try_thread(size_t reserved, size_t left, int init)
{
    char what[120];
    HANDLE thread;

    call.left = left;
    thread = CreateThread(NULL, reserved, on_thread, NULL, STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
    snprintf(what, sizeof what, "a thread with %lu kB of stack, %lu kB left: kailleraInit returns %d",
             (unsigned long)(reserved / KB), (unsigned long)((left > 0 ? left : reserved) / KB), init);
    if (thread == NULL) {
        printf("     not tried: no address space for it\n");
        return;
    }
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
    expect(what, call.init == init && call.frame_delay == 0);
    if (call.init == 0)
        lib_shutdown();
}

static void try_fiber(size_t reserved, int init)
{
    char what[120];
    void *fiber = CreateFiberEx(0, reserved, 0, on_fiber, NULL);

    call.left = 0;
    snprintf(what, sizeof what, "a fiber with %lu kB of stack: kailleraInit returns %d", (unsigned long)(reserved / KB),
             init);
    if (fiber == NULL) {
        printf("     not tried: no address space for it\n");
        return;
    }
    SwitchToFiber(fiber);
    DeleteFiber(fiber);
    expect(what, call.init == init && call.frame_delay == 0);
    if (call.init == 0)
        lib_shutdown();
}

/* stack */
void habit_stack(void)
{
    static const size_t fine[] = {64 * KB, 256 * KB, 1 * MB, 16 * MB, 64 * MB}, large[] = {65 * MB, 128 * MB, 256 * MB};
    static const size_t little[] = {10 * KB, 14 * KB, 18 * KB, 20 * KB, 24 * KB}, enough[] = {40 * KB, 64 * KB};

    for (size_t n = 0; n < sizeof fine / sizeof fine[0]; n++)
        try_thread(fine[n], 0, 0);
    for (size_t n = 0; n < sizeof enough / sizeof enough[0]; n++)
        try_thread(1 * MB, enough[n], 0);
    host_fiber = ConvertThreadToFiber(NULL);
    try_fiber(64 * KB, 0);
    try_fiber(1 * MB, 0);
    for (size_t n = 0; n < sizeof little / sizeof little[0]; n++)
        try_thread(1 * MB, little[n], -1);
    for (size_t n = 0; n < sizeof large / sizeof large[0]; n++)
        try_thread(large[n], 0, -1);
    try_fiber(128 * MB, -1);
    expect("kailleraInit returns 0 after all that", lib_init() == 0 && lib_shutdown() == 0);
}

static int KAILLERA_CALL on_game(char *game, int player, int players)
{
    char values[2 * KAILLERA_MAX_PLAYERS] = {0};
    int frames = 0;

    (void)game, (void)player, (void)players;
    while (frames < 100 && lib_modify_play_values(values, 2) >= 0)
        frames++;
    expect("a game on a smaller one", frames == 100);
    lib_end_game();
    return 0;
}

static DWORD WINAPI play(void *unused)
{
    kailleraInfos infos;

    (void)unused;
    habits_infos(&infos);
    infos.gameCallback = on_game;
    expect("kailleraInit on a smaller one returns 0", lib_init() == 0 && lib_set_infos(&infos) == 0);
    expect("kailleraSelectServerDialog on it returns 0", lib_select_server_dialog(NULL) == 0);
    return 0;
}

/* large: in a program whose header asks for 128 MB, which is the main thread's stack, and used to be that of Go's. */
void habit_large(void)
{
    HANDLE thread;

    expect("kailleraInit on a stack of 128 MB returns -1", lib_init() == -1);
    thread = CreateThread(NULL, 1 * MB, play, NULL, STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
}
