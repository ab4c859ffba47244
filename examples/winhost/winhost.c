/*
 * winhost.c: a stand-in for a Windows emulator that plays over the network. It
 * has a window, no machine, and input that only a computer would press.
 *
 * Its input is laid out like that of chip8 (two bytes per player) and it can pretend to
 * be one, so the two can meet in one game. What shows that all were in
 * step is the digest over the input of all players for every frame that a machine
 * would have run: one for each call of kailleraModifyPlayValues, with zeros where it
 * returned 0.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include "checks.h"
#include "library.h"
#include "text.h"
#include "window.h"

enum {
    INPUT_SIZE = 2,
    STAY = 30, /* frames that we stay on after our last, for those who are behind: more than
                  the frame delay of a player 200 ms away */
    TICKS_TO_QUIT = 100
};

static const char help[] =
    "usage: winhost [flags]\n"
    "\n"
    "Loads a kailleraclient.dll and plays a game through it, as an emulator would. Which\n"
    "server and which room is for the library to know (KAILLERA_SERVER and so on).\n"
    "\n"
    "  --library FILE    the library (default kailleraclient.dll)\n"
    "  --spelling HOW    the functions' names on 32-bit Windows: underscore\n"
    "                    (_kailleraInit@0, the default), at (kailleraInit@0) or\n"
    "                    plain (kailleraInit, the only one of 64-bit Windows)\n"
    "  --misalign        call with the stack at multiples of 4 bytes only (32-bit)\n"
    "\n"
    "A game (unless one of the checks is asked for):\n"
    "  --frames N        leave after N frames, which are calls (default 600)\n"
    "  --fps N           frames per second (default 60), 0: as fast as it goes\n"
    "  --seed N          which input (default 1)\n"
    "  --emulator NAME   who we say we are (default chip8 1.1)\n"
    "  --game NAME       the game we have (default Duel)\n"
    "  --say TEXT        say this when the game begins\n"
    "                    (NAME and TEXT may hold bytes as \\xff, and are shown so)\n"
    "  --play-thread     play on another thread than the window's\n"
    "  --no-window       have no window\n"
    "  --no-parent       have one, but do not tell the library\n"
    "  --quit-lobby      close the window after a second in the lobby\n"
    "  --again           free the library after the game, load it and play once more\n"
    "  --exit-midgame    end the process after N frames while the play thread is in a call\n"
    "  --bench           measure calls, before the game and in it\n"
    "\n"
    "Checks, instead of a game:\n"
    "  --load-free-load  load and free the library in every order\n"
    "  --wrong-order     calls that come too early, too late or twice\n"
    "  --nulls           NULL pointers and impossible sizes\n"
    "  --calls           measure calls only\n"
    "\n"
    "Exit status: 0 when all frames were played or all checks held, 1 if not, 2 for\n"
    "wrong flags.\n";

static struct {
    const char *library, *emulator, *game, *say;
    enum spelling spelling;
    long frames, fps;
    uint32_t seed;
    int misalign, play_thread, no_window, no_parent, quit_lobby, again, exit_midgame, bench;
    int load_free_load, wrong_order, nulls, calls;
} options = {
    .library = "kailleraclient.dll", .emulator = "chip8 1.1", .game = "Duel",
#if defined(_WIN64)
    .spelling = PLAIN,
#endif
    .frames = 600, .fps = 60, .seed = 1,
};

/* What the game left behind; written by the thread that plays, read after it. */
static uint64_t digest; /* FNV-1a, 64 bits */
static volatile LONG frames, over;
static double *costs; /* seconds of each call that counts as a frame */

/* Which threads may be called back: the one in the lobby, and the one that plays. */
static DWORD lobby_thread, playing_thread;

static void check_thread(const char *callback, int in_play)
{
    DWORD now = GetCurrentThreadId();

    if (now != lobby_thread && !(in_play && now == playing_thread)) {
        printf("FAIL %s came on a thread that does not belong to us\n", callback);
        exit(1);
    }
}

/* The keys of a call: the same for the same seed, held for eight calls each. */
static uint16_t keys_of(long number)
{
    uint32_t x = options.seed * 2654435761u + (uint32_t)(number / 8) * 40503u + 1;

    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return (uint16_t)(x >> 8);
}

static void play(int window_thread, int players)
{
    double due = seconds();

    playing_thread = GetCurrentThreadId();
    for (long number = 0, left = STAY; left > 0; number++) {
        uint8_t values[KAILLERA_MAX_PLAYERS * INPUT_SIZE];
        uint16_t keys = keys_of(number);
        double begun = seconds();
        int size;

        values[0] = (uint8_t)keys;
        values[1] = (uint8_t)(keys >> 8);
        size = lib_modify_play_values(values, INPUT_SIZE);
        if (size < 0) {
            InterlockedExchange(&over, 1);
            return;
        }
        if (size == 0) { /* in the frame delay: a frame of zeros, not of our own keys */
            size = players * INPUT_SIZE;
            memset(values, 0, (size_t)size);
        }
        if (frames == options.frames) {
            left -= !options.exit_midgame;
        } else {
            if (costs != NULL)
                costs[frames] = seconds() - begun;
            for (int n = 0; n < size; n++)
                digest = (digest ^ values[n]) * 0x100000001b3u;
            InterlockedIncrement(&frames);
        }
        if (window_thread)
            window_pump();
        if (options.fps > 0) {
            double now;
            due += 1.0 / (double)options.fps;
            now = seconds();
            if (due > now)
                Sleep((DWORD)((due - now) * 1000));
            else if (now - due > 0.1)
                due = now; /* a long wait is forgotten, not raced after */
        }
    }
}

static DWORD WINAPI play_thread(void *players)
{
    play(0, *(int *)players);
    return 0;
}

static int KAILLERA_CALL on_game(char *game, int player, int players)
{
    window_leave_lobby();
    check_thread("gameCallback", 0);
    printf("game ");
    text_show(game);
    printf(" player %d of %d\n", player, players);
    if (strcmp(game, options.game) != 0) {
        printf("FAIL that is no entry of our list\n");
        exit(1);
    }
    if (options.say != NULL)
        lib_chat_send((char *)options.say);
    fflush(stdout);
    if (options.play_thread) {
        HANDLE thread = CreateThread(NULL, 0, play_thread, &players, 0, NULL);
        while (options.exit_midgame && frames < options.frames && !over) {
            window_pump();
            Sleep(1);
        }
        if (options.exit_midgame) {
            /* As an emulator that was closed: no farewell, and free what was loaded. */
            printf("exit in mid-game after %ld frames\n", frames);
            fflush(stdout);
            FreeLibrary(GetModuleHandleA(options.library));
            exit(frames < options.frames);
        }
        WaitForSingleObject(thread, INFINITE);
        CloseHandle(thread);
    } else {
        play(1, players);
    }
    lib_end_game();
    window_enter_lobby();
    return 0;
}

static void KAILLERA_CALL on_chat(char *nick, char *text)
{
    check_thread("chatReceivedCallback", 1);
    printf("chat <");
    text_show(nick);
    printf("> ");
    text_show(text);
    printf("\n");
}

static void KAILLERA_CALL on_drop(char *nick, int player)
{
    check_thread("clientDroppedCallback", 1);
    printf("player %d (%s) has left\n", player, nick);
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static int play_game(void)
{
    static char list[256];
    kailleraInfos infos;
    HWND window = NULL;
    int status;

    digest = 0xcbf29ce484222325u;
    frames = over = 0;
    snprintf(list, sizeof list - 1, "%s", options.game); /* and two NUL bytes */
    memset(&infos, 0, sizeof infos);
    infos.appName = (char *)options.emulator;
    infos.gameList = list;
    infos.gameCallback = on_game;
    infos.chatReceivedCallback = on_chat;
    infos.clientDroppedCallback = on_drop;
    if (!options.no_window && (window = window_open(options.quit_lobby ? TICKS_TO_QUIT : 0)) == NULL)
        return 1;
    if (options.bench)
        costs = calloc((size_t)options.frames, sizeof *costs);
    if (lib_init() != 0 || lib_set_infos(&infos) != 0) {
        fprintf(stderr, "winhost: the library will not start\n");
        return 1;
    }
    window_enter_lobby();
    lobby_thread = GetCurrentThreadId();
    status = lib_select_server_dialog(options.no_parent ? NULL : window);
    window_leave_lobby();
    lib_shutdown();
    if (status != 0) {
        fprintf(stderr, "winhost: the lobby returned %d\n", status);
        return 1;
    }
    window_report();
    if (options.quit_lobby)
        return window_check_quit();
    if (costs != NULL && frames > 0) {
        qsort(costs, (size_t)frames, sizeof *costs, ascending);
        printf("bench kailleraModifyPlayValues in a game: %.1f us least, %.1f us median, "
               "%.1f us 99th percentile of %ld calls\n",
               costs[0] * 1e6, costs[frames / 2] * 1e6, costs[frames * 99 / 100] * 1e6, frames);
    }
    /* In two halves, since msvcrt's printf knows no %llx. */
    printf("inputs digest=%08lx%08lx frames=%ld\n", (unsigned long)(digest >> 32),
           (unsigned long)(digest & 0xffffffffu), frames);
    return frames < options.frames;
}

static long number(const char *flag, const char *value, long least)
{
    char *end = NULL;
    long n = value == NULL ? 0 : strtol(value, &end, 10);

    if (value == NULL || end == value || *end != '\0' || n < least || n > 1000000000) {
        fprintf(stderr, "winhost: %s takes a number from %ld, not \"%s\"\n", flag, least,
                value == NULL ? "" : value);
        exit(2);
    }
    return n;
}

static int switched(const char *flag)
{
    const struct { const char *flag; int *option; } switches[] = {
        {"--misalign", &options.misalign},         {"--play-thread", &options.play_thread},
        {"--no-window", &options.no_window},       {"--no-parent", &options.no_parent},
        {"--quit-lobby", &options.quit_lobby},     {"--exit-midgame", &options.exit_midgame},
        {"--bench", &options.bench},               {"--load-free-load", &options.load_free_load},
        {"--wrong-order", &options.wrong_order},   {"--nulls", &options.nulls},
        {"--calls", &options.calls},               {"--again", &options.again},
    };

    for (size_t n = 0; n < sizeof switches / sizeof switches[0]; n++)
        if (strcmp(flag, switches[n].flag) == 0)
            return *switches[n].option = 1;
    return 0;
}

static enum spelling spelling_of(const char *how)
{
    static const char *const names[] = {"underscore", "at", "plain"};

    for (int n = 0; how != NULL && n < 3; n++)
        if (strcmp(how, names[n]) == 0)
            return (enum spelling)n;
    fprintf(stderr, "winhost: --spelling takes underscore, at or plain\n");
    exit(2);
}

static void read_flags(int argc, char **argv)
{
    for (int n = 1; n < argc; n++) {
        const char *flag = argv[n], *value = argv[n + 1]; /* NULL after the last */

        if (strcmp(flag, "--help") == 0) {
            fputs(help, stdout);
            exit(0);
        }
        if (switched(flag))
            continue;
        n++;
        if (strcmp(flag, "--frames") == 0)
            options.frames = number(flag, value, 1);
        else if (strcmp(flag, "--fps") == 0)
            options.fps = number(flag, value, 0);
        else if (strcmp(flag, "--seed") == 0)
            options.seed = (uint32_t)number(flag, value, 0);
        else if (strcmp(flag, "--spelling") == 0)
            options.spelling = spelling_of(value);
        else if (strcmp(flag, "--library") == 0 && value != NULL)
            options.library = value;
        else if (strcmp(flag, "--emulator") == 0 && value != NULL)
            options.emulator = text_unescape(argv[n]);
        else if (strcmp(flag, "--game") == 0 && value != NULL)
            options.game = text_unescape(argv[n]);
        else if (strcmp(flag, "--say") == 0 && value != NULL)
            options.say = text_unescape(argv[n]);
        else {
            fprintf(stderr, "winhost: %s is no flag, or lacks its value; winhost --help lists them\n",
                    flag);
            exit(2);
        }
    }
    if (options.exit_midgame)
        options.play_thread = 1;
}

/* Our crash handler, as emulators have one. It must still be ours when the library has started. */
static LONG WINAPI on_crash(EXCEPTION_POINTERS *what)
{
    printf("FAIL a crash: exception %08lx\n", (unsigned long)what->ExceptionRecord->ExceptionCode);
    return EXCEPTION_EXECUTE_HANDLER; /* ends the process */
}

int main(int argc, char **argv)
{
    HWND console = GetConsoleWindow();
    struct address_space before, after;
    char file[MAX_PATH] = "";
    HMODULE library;
    int bad = 0;

    read_flags(argc, argv);
    setvbuf(stdout, NULL, _IONBF, 0);
    library_misalign(options.misalign);
    if (options.load_free_load)
        bad += check_load_free_load(options.library, options.spelling);

    SetUnhandledExceptionFilter(on_crash);
    before = address_space_left();
    library = library_load(options.library, options.spelling);
    if (library == NULL)
        return 1;
    lib_get_frame_delay(); /* now the library has started as well */
    after = address_space_left();
    if (SetUnhandledExceptionFilter(on_crash) != on_crash) {
        printf("FAIL the library has taken our exception filter away\n");
        bad++;
    }
    GetModuleFileNameA(library, file, sizeof file);
    printf("library %s\n", file);
    if (before.all > 0)
        printf("address space: %.0f MB before, %.0f MB after; largest block %.0f MB before, %.0f MB after\n",
               before.all / 1048576.0, after.all / 1048576.0, before.largest / 1048576.0,
               after.largest / 1048576.0);

    if (options.wrong_order)
        bad += check_order();
    if (options.nulls)
        bad += check_nulls();
    if (options.bench || options.calls)
        bench_calls();
    if (!options.wrong_order && !options.nulls && !options.calls && !options.load_free_load) {
        bad += play_game();
        if (options.again) {
            FreeLibrary(library);
            library = library_load(options.library, options.spelling);
            bad += library == NULL || play_game() != 0;
        }
    }
    if (console == NULL && GetConsoleWindow() != NULL) {
        printf("FAIL a console window has appeared\n");
        bad++;
    }
    FreeLibrary(library);
    return bad != 0;
}
