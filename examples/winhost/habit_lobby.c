#include "habit_lobby.h"

#include <stdio.h>
#include <string.h>

enum { TICK = 10 /* ms */, INPUT_SIZE = 4 /* bytes */ };

struct lobby lobby;

static LRESULT CALLBACK on_message(HWND window, UINT message, WPARAM w, LPARAM l)
{
    if (message == WM_TIMER) {
        InterlockedIncrement(&lobby.ticks);
        if (lobby.tick != NULL)
            lobby.tick();
        return 0;
    }
    return DefWindowProcA(window, message, w, l);
}

static HWND make(DWORD style)
{
    static const char name[] = "habit";
    WNDCLASSA class;

    memset(&class, 0, sizeof class);
    class.lpfnWndProc = on_message;
    class.hInstance = GetModuleHandleA(NULL);
    class.lpszClassName = name;
    RegisterClassA(&class);
    return CreateWindowExA(0, name, name, style, 0, 0, 320, 200, NULL, NULL, class.hInstance, NULL);
}

void lobby_clock(void)
{
    SetTimer(make(WS_OVERLAPPED), 1, TICK, NULL);
}

HWND lobby_make_parent(void)
{
    HWND window = make(WS_OVERLAPPEDWINDOW | WS_VISIBLE);

    SetForegroundWindow(window);
    SetFocus(window);
    return window;
}

static int KAILLERA_CALL on_game(char *game, int player, int players)
{
    (void)game, (void)player, (void)players;
    lobby.game();
    return 0;
}

int lobby_dialog(int players)
{
    kailleraInfos infos;
    int result = -1;

    habits_infos(&infos);
    infos.gameCallback = on_game;
    SetEnvironmentVariableA("KAILLERA_PLAYERS", players == 1 ? "1" : "2");
    lobby.ticks = 0;
    lobby.dialog_thread = GetCurrentThreadId();
    if (lib_init() == 0 && lib_set_infos(&infos) == 0)
        result = lib_select_server_dialog(lobby.parent);
    return lobby.result = result;
}

static DWORD WINAPI dialog_thread(void *players)
{
    lobby_dialog((int)(INT_PTR)players);
    return 0;
}

HANDLE lobby_dialog_thread(int players)
{
    return CreateThread(NULL, 0, dialog_thread, (void *)(INT_PTR)players, 0, (DWORD *)&lobby.dialog_thread);
}

struct search {
    HWND window;
    int count;
};

static BOOL CALLBACK look(HWND window, LPARAM argument)
{
    struct search *search = (struct search *)argument;
    char name[10] = "";

    if (GetWindowTextA(window, name, sizeof name) == 9 && lstrcmpiA(name, "Kaillera ") == 0) {
        search->window = window;
        search->count++;
    }
    return TRUE;
}

HWND lobby_window(DWORD thread, int *count)
{
    struct search search = {NULL, 0};

    EnumThreadWindows(thread, look, (LPARAM)&search);
    if (count != NULL)
        *count = search.count;
    return search.window;
}

int lobby_frame(void)
{
    char values[KAILLERA_MAX_PLAYERS * INPUT_SIZE] = {1};

    Sleep(1000 / 60);
    return lib_modify_play_values(values, INPUT_SIZE);
}

void lobby_pump(void)
{
    MSG message;

    while (PeekMessageA(&message, NULL, 0, 0, PM_REMOVE))
        DispatchMessageA(&message);
}

int lobby_until(int (*holds)(void), int pump, double seconds)
{
    DWORD since = GetTickCount();

    while (!holds()) {
        if (GetTickCount() - since > seconds * 1000)
            return 0;
        if (pump)
            lobby_pump();
        Sleep(TICK);
    }
    return 1;
}
