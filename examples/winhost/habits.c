/*
 * habits.c: does to the library what Windows emulators of 1999 to 2010 do. Each habit
 * is a process of its own, since some of them kill threads or end it.
 */
#include "habits.h"

#include <stdio.h>
#include <string.h>

struct habits_options habits_options = {
    "kailleraclient.dll",
#if defined(_WIN64)
    PLAIN,
#else
    UNDERSCORE,
#endif
    NULL,
};

static const struct habit {
    const char *name, *what;
    int loads; /* loads the library itself */
    void (*run)(void);
} habits[] = {
    {"lobby-window", "looks for the window of the lobby, hides and shows it", 0, habit_lobby_window},
    {"lobby-closed", "closes the window of the lobby, from other threads and in games", 0, habit_lobby_closed},
    {"lobby-of-two", "has two copies of the library, and a lobby of each", 0, habit_lobby_of_two},
    {"parent", "has a window that the lobby disables", 0, habit_parent},
    {"parent-of-thread", "has one of another thread than the lobby's", 0, habit_parent_of_thread},
    {"fibers", "the dialog and the frames on fibers of one thread, with small and large stacks", 0, habit_fibers},
    {"path-japanese", "the library in a folder with a Japanese name, recording beside it", 1, habit_path_japanese},
    {"path-long", "the library at a path of 520 characters, recording beside it", 1, habit_path_long},
    {"suspended", "all threads of the process stand still for 12 s in a game", 0, habit_suspended},
    {"kill-play-thread", "TerminateThread while it waits in kailleraModifyPlayValues, 20 times in one game", 0,
     habit_kill_play_thread},
    {"kill-dialog-thread", "TerminateThread while it waits in kailleraSelectServerDialog, and open the next one", 0,
     habit_kill_dialog_thread},
    {"kill-in-game", "TerminateThread of the thread that has the dialog and plays in its callback", 0,
     habit_kill_in_game},
    {"two-copies", "two copies of the library in one process, a game in each at once", 0, habit_two_copies},
    {"vectored-handlers", "3,000 page faults that the host's vectored handlers handle, on each of two threads", 1,
     habit_vectored_handlers},
    {"sta", "COM on the thread of the dialog, with calls from another apartment", 0, habit_sta},
    {"partner", "the other player of some of these; is told on stdin how many frames to play", 0, habit_partner},
    {"fpu", "have the floating-point unit set in ways of their own", 0, habit_fpu},
    {"cdecl", "have callbacks that leave their arguments on the stack", 0, habit_cdecl},
    {"jump", "leave callbacks by longjmp", 0, habit_jump},
    {"dllmain", "have a plug-in that calls kailleraInit in its DllMain", 1, habit_dllmain},
    {"freed", "have a plug-in that calls kailleraShutdown when it is freed", 0, habit_freed},
    {"exit", "have a plug-in that calls kailleraShutdown when the process ends", 0, habit_exit},
    {"stack", "call on huge stacks, and where little stack is left", 0, habit_stack},
    {"save", "say a save in hundreds of lines at once, and wait for the last one", 0, habit_save},
    {"large", "are linked with a huge stack (habits-large.exe)", 0, habit_large},
    {NULL, NULL, 0, NULL},
};

static int failed;

void expect(const char *what, int ok)
{
    printf("%s %s\n", ok ? "ok  " : "FAIL", what);
    failed += !ok;
}

static int KAILLERA_CALL no_game(char *game, int player, int players)
{
    (void)game, (void)player, (void)players;
    return 0;
}

static void KAILLERA_CALL no_chat(char *nick, char *text)
{
    (void)nick, (void)text;
}

static void KAILLERA_CALL no_drop(char *nick, int player)
{
    (void)nick, (void)player;
}

void habits_infos(kailleraInfos *infos)
{
    static char name[] = "chip8 1.1", list[] = "Duel\0";

    memset(infos, 0, sizeof *infos);
    infos->appName = name;
    infos->gameList = list;
    infos->gameCallback = no_game;
    infos->chatReceivedCallback = no_chat;
    infos->clientDroppedCallback = no_drop;
}

/* For test.sh, which tries them all. */
static int list(void)
{
    for (const struct habit *h = habits; h->name != NULL; h++)
        printf("%s\n", h->name);
    return 0;
}

static int usage(void)
{
    printf("usage: habits [--library FILE] HABIT\n       habits --list\n\nDoes as an emulator of Windows does; exit status 0 if the library stands it.\n\n");
    for (const struct habit *h = habits; h->name != NULL; h++)
        printf("  %-20s %s\n", h->name, h->what);
    return 2;
}

int main(int argc, char **argv)
{
    const struct habit *h = habits;

    setvbuf(stdout, NULL, _IONBF, 0);
    if (argc == 2 && strcmp(argv[1], "--list") == 0)
        return list();
    if (argc == 4 && strcmp(argv[1], "--library") == 0) {
        habits_options.library = argv[2];
        argv += 2;
        argc -= 2;
    }
    while (h->name != NULL && (argc != 2 || strcmp(h->name, argv[1]) != 0))
        h++;
    if (h->name == NULL)
        return usage();
    if (!h->loads) {
        habits_options.module = library_load(habits_options.library, habits_options.spelling);
        if (habits_options.module == NULL)
            return 1;
    }
    h->run();
    return failed != 0;
}
