/*
 * Plug-ins that call the library in their DllMain (plugin.c): at the begin, where the loader's lock keeps Go from
 * starting; at the end of the process, when all other threads are dead; and when they are freed.
 */
#include "habits.h"

#include <stdio.h>
#include <string.h>

#include "plugin.h"

enum { PATIENCE = 20000 }; /* ms, until what should take no time counts as hung */

static volatile LONG frames;
static HMODULE plugin;

static volatile LONG watching;

static DWORD WINAPI watch(void *what)
{
    InterlockedExchange(&watching, 1);
    Sleep(PATIENCE);
    expect(what, 0);
    TerminateProcess(GetCurrentProcess(), 1); /* ExitProcess would wait as well */
    return 0;
}

/* must_end lets the process fail if it is still there after PATIENCE. */
static void must_end(const char *what)
{
    HANDLE thread = CreateThread(NULL, 0, watch, (void *)what, 0, NULL);

    while (!watching) /* a lock of the loader's would keep it from beginning */
        Sleep(1);
    CloseHandle(thread);
}

/* load_plugin loads plugin.dll, which lies beside this program; calls is PLUGIN_AT_BEGIN or PLUGIN_AT_END. */
static const int *load_plugin(const char *calls)
{
    char file[MAX_PATH];
    plugin_results_function results;

    SetEnvironmentVariableA(PLUGIN_LIBRARY, habits_options.library);
    SetEnvironmentVariableA(PLUGIN_CALLS, calls);
    GetModuleFileNameA(NULL, file, sizeof file);
    strcpy(strrchr(file, '\\') + 1, "plugin.dll");
    plugin = LoadLibraryA(file);
    if (plugin == NULL) {
        expect("plugin.dll loads", 0);
        ExitProcess(1);
    }
    results = (plugin_results_function)(void (*)(void))GetProcAddress(plugin, "plugin_results");
    return results();
}

/* dllmain */
void habit_dllmain(void)
{
    const int *results;
    HMODULE library;

    must_end("kailleraInit in a DllMain returns");
    results = load_plugin(PLUGIN_AT_BEGIN);
    expect("kailleraInit in a DllMain is refused: -1", results[INIT] == -1);
    expect("so are the others", results[GET_VERSION] == -1 && results[SET_INFOS] == -1 &&
                                    results[MODIFY_PLAY_VALUES] == -1 && results[CHAT_SEND] == -1);
    expect("those that have no error return 0", results[SHUTDOWN] == 0 && results[END_GAME] == 0 &&
                                                    results[GET_FRAME_DELAY] == 0 && results[GET_FRAMES_BEHIND] == 0);
    library = library_load(habits_options.library, habits_options.spelling);
    expect("kailleraInit after it returns 0", library != NULL && lib_init() == 0);
    FreeLibrary(plugin);
    results = load_plugin(PLUGIN_AT_BEGIN);
    expect("kailleraInit in a DllMain when the library has started returns 0", results[INIT] == 0);
    expect("kailleraShutdown returns 0", lib_shutdown() == 0);
}

static DWORD WINAPI play(void *unused)
{
    char values[2 * KAILLERA_MAX_PLAYERS] = {0};

    (void)unused;
    while (lib_modify_play_values(values, 2) >= 0)
        InterlockedIncrement(&frames);
    return 0;
}

static int freed;

/* The game runs on a thread of its own; the plug-in ends in the middle of it. */
static int KAILLERA_CALL on_game(char *game, int player, int players)
{
    HANDLE thread = CreateThread(NULL, 0, play, NULL, 0, NULL);

    (void)game, (void)player, (void)players;
    for (int n = 0; n < 1000 && frames < 100; n++)
        Sleep(10);
    expect("a game runs", frames >= 100);
    if (!freed)
        ExitProcess(0);
    FreeLibrary(plugin);
    expect("the game has ended", WaitForSingleObject(thread, PATIENCE) == WAIT_OBJECT_0);
    CloseHandle(thread);
    return 0;
}

static int play_game(void)
{
    kailleraInfos infos;

    load_plugin(PLUGIN_AT_END);
    habits_infos(&infos);
    infos.gameCallback = on_game;
    lib_init();
    lib_set_infos(&infos);
    return lib_select_server_dialog(NULL);
}

/* freed */
void habit_freed(void)
{
    must_end("kailleraShutdown while a plug-in is freed returns");
    freed = 1;
    expect("kailleraSelectServerDialog returns", (play_game(), 1));
    expect("kailleraInit returns 0 after that", lib_init() == 0 && lib_shutdown() == 0);
}

/* exit: in a process of its own, since a process that hangs there can say nothing. */
void habit_exit(void)
{
    static const char child[] = "WINHOST_HABIT_CHILD";
    STARTUPINFOA startup;
    PROCESS_INFORMATION process;
    DWORD status = 1;

    if (GetEnvironmentVariableA(child, NULL, 0) > 0) {
        play_game();
        ExitProcess(1);
    }
    memset(&startup, 0, sizeof startup);
    startup.cb = sizeof startup;
    SetEnvironmentVariableA(child, "1");
    if (!CreateProcessA(NULL, GetCommandLineA(), NULL, NULL, TRUE, 0, NULL, NULL, &startup, &process)) {
        expect("a second process starts", 0);
        return;
    }
    if (WaitForSingleObject(process.hProcess, PATIENCE) != WAIT_OBJECT_0)
        TerminateProcess(process.hProcess, 99);
    WaitForSingleObject(process.hProcess, INFINITE);
    GetExitCodeProcess(process.hProcess, &status);
    expect("the process ends when its plug-in calls kailleraShutdown at the end", status == 0);
}
