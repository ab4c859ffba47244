/*
 * plugin.dll: the net play of an emulator as a plug-in, which loads the library. It does in its DllMain what others do
 * there: begin with kailleraInit, end with kailleraShutdown.
 */
#include "plugin.h"

#include <stdio.h>
#include <string.h>

static int results[FUNCTIONS];

__declspec(dllexport) const int *plugin_results(void)
{
    return results;
}

static void call_all(void)
{
    static char name[] = "chip8 1.1", list[] = "Duel\0", text[] = "hello";
    char version[KAILLERA_VERSION_SIZE], values[2 * KAILLERA_MAX_PLAYERS] = {0};
    kailleraInfos infos;

    memset(&infos, 0, sizeof infos);
    infos.appName = name;
    infos.gameList = list;
    results[GET_VERSION] = lib_version(version);
    results[INIT] = lib_init();
    results[SET_INFOS] = lib_set_infos(&infos);
    results[GET_FRAME_DELAY] = lib_get_frame_delay();
    results[GET_FRAMES_BEHIND] = lib_get_frames_behind();
    results[MODIFY_PLAY_VALUES] = lib_modify_play_values(values, 2);
    results[CHAT_SEND] = lib_chat_send(text);
    results[END_GAME] = lib_end_game();
    results[SELECT_SERVER_DIALOG] = -2;
    results[SHUTDOWN] = lib_shutdown();
}

/* The process ends: stdio may be gone, and nobody is left to tell but the one that started it. */
static void say_results(void)
{
    char line[200];
    DWORD written;
    int n = sprintf(line, "plugin: in the end kailleraGetFrameDelay gave %d, kailleraEndGame %d, kailleraShutdown %d\n",
                    results[GET_FRAME_DELAY], results[END_GAME], results[SHUTDOWN]);

    WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), line, (DWORD)n, &written, NULL);
}

BOOL WINAPI DllMain(HINSTANCE instance, DWORD reason, LPVOID process_ends)
{
    char library[MAX_PATH] = "", calls[16] = "";

    (void)instance;
    GetEnvironmentVariableA(PLUGIN_LIBRARY, library, sizeof library);
    GetEnvironmentVariableA(PLUGIN_CALLS, calls, sizeof calls);
    if (reason == DLL_PROCESS_ATTACH) {
        if (library_load(library, sizeof(void *) == 8 ? PLAIN : UNDERSCORE) == NULL)
            return FALSE;
        if (strcmp(calls, PLUGIN_AT_BEGIN) == 0)
            call_all();
    }
    if (reason == DLL_PROCESS_DETACH && strcmp(calls, PLUGIN_AT_END) == 0) {
        results[GET_FRAME_DELAY] = lib_get_frame_delay();
        results[END_GAME] = lib_end_game();
        results[SHUTDOWN] = lib_shutdown();
        if (process_ends != NULL)
            say_results();
    }
    return TRUE;
}
