/* Emulators that look for Kaillera's window, hide it, show it and close it. */
#include <stdio.h>
#include <string.h>

#include "habit_lobby.h"

static HWND seen;
static int count, visible, played;

static int stop_if_there_is_none(HWND window)
{
    if (window == NULL)
        lib_shutdown(); /* or the lobby would wait for ever */
    return window == NULL;
}

static void close_when_seen(void)
{
    if (lobby.ticks != 20)
        return;
    seen = lobby_window(GetCurrentThreadId(), &count);
    visible = IsWindowVisible(seen);
    if (!stop_if_there_is_none(seen))
        SendMessageA(seen, WM_CLOSE, 0, 0);
}

/* Nestopia 1.09: hides Kaillera's windows, plays in the callback, and shows them again. */
static void play_as_nestopia(void)
{
    seen = lobby_window(GetCurrentThreadId(), &count);
    ShowWindow(seen, SW_HIDE);
    for (played = 0; played < 30 && lobby_frame() >= 0; played++)
        lobby_pump();
    ShowWindow(seen, SW_SHOW);
    visible = IsWindowVisible(seen) || GetActiveWindow() == seen;
    lib_end_game();
}

void habit_lobby_window(void)
{
    char title[64] = "";

    lobby_clock();
    lobby.parent = lobby_make_parent();
    lobby.tick = close_when_seen;
    lobby.game = play_as_nestopia;
    expect("a dialog whose window is sent WM_CLOSE by its own thread returns 0", lobby_dialog(2) == 0 && seen != NULL);
    expect("the window was the only one, and hidden", seen != NULL && count == 1 && !visible);
    expect("and is gone", !IsWindow(seen) && lobby_window(GetCurrentThreadId(), NULL) == NULL);
    lobby.tick = NULL;
    seen = NULL;
    expect("a game", lobby_dialog(1) == 0 && played == 30);
    expect("the window is there in gameCallback", seen != NULL && count == 1);
    expect("and is not seen when it is shown after the game", seen != NULL && !visible);
    expect("the dialog is over and its window gone",
           !IsWindow(seen) && lobby_window(GetCurrentThreadId(), NULL) == NULL);
    lib_shutdown();

    /* Without a parent, and read from another thread. */
    lobby.parent = NULL;
    HANDLE thread = lobby_dialog_thread(2);
    for (int n = 0; n < 500 && (seen = lobby_window(lobby.dialog_thread, &count)) == NULL; n++)
        Sleep(10);
    GetWindowTextA(seen, title, sizeof title);
    expect("its title is that of the original", strcmp(title, "Kaillera Client v0.9") == 0);
    lib_shutdown();
    expect("kailleraShutdown ends the dialog", WaitForSingleObject(thread, 5000) == WAIT_OBJECT_0 && lobby.result == 0);
    expect("and its window", seen != NULL && !IsWindow(seen));
}

/* The ways to close it. */
enum way { POST, SEND };

static volatile LONG game_over;
static HANDLE player;

static DWORD WINAPI play_elsewhere(void *unused)
{
    (void)unused;
    while (lobby_frame() >= 0)
        ;
    InterlockedExchange(&game_over, 1);
    return 0;
}

static void play_on_a_thread(void)
{
    InterlockedExchange(&game_over, 0);
    player = CreateThread(NULL, 0, play_elsewhere, NULL, 0, NULL);
}

static void play_and_pump(void)
{
    InterlockedExchange(&game_over, 0);
    while (lobby_frame() >= 0)
        lobby_pump();
    InterlockedExchange(&game_over, 1);
}

/* Atari800Win PLus: closes the windows of the dialog's thread from another one, and gives that a second to end. */
static void close_from_here(const char *what, int players, enum way way)
{
    HANDLE thread = lobby_dialog_thread(players);
    DWORD_PTR unused;
    HWND window = NULL;
    char line[200];
    int ok;

    for (int n = 0; n < 500 && (window = lobby_window(lobby.dialog_thread, NULL)) == NULL; n++)
        Sleep(10);
    Sleep(500); /* so that the game has begun, if there is one */
    if (window == NULL)
        lib_shutdown();
    if (way == SEND)
        ok = SendMessageTimeoutA(window, WM_CLOSE, 0, 0, SMTO_ABORTIFHUNG, 1000, &unused) != 0;
    else
        ok = PostMessageA(window, WM_CLOSE, 0, 0);
    snprintf(line, sizeof line, "%s: WM_CLOSE is taken", what);
    expect(line, window != NULL && ok);
    snprintf(line, sizeof line, "%s: the dialog returns 0 within a second", what);
    expect(line, window != NULL && WaitForSingleObject(thread, 1000) == WAIT_OBJECT_0 && lobby.result == 0);
    WaitForSingleObject(thread, 5000);
    CloseHandle(thread);
}

/* Each of these begins with a login under the same name: so the one before has said good-bye to the server. */
void habit_lobby_closed(void)
{
    close_from_here("a lobby, sent", 2, SEND);
    close_from_here("a lobby, posted", 2, POST);
    lobby.game = play_and_pump;
    close_from_here("a game in the callback, sent", 1, SEND);
    expect("and that game was over for it", game_over);
    close_from_here("a game in the callback, posted", 1, POST);
    expect("and that game was over for it", game_over);
    lobby.game = play_on_a_thread;
    close_from_here("a game on another thread", 1, SEND);
    expect("and that game is over for it", WaitForSingleObject(player, 5000) == WAIT_OBJECT_0 && game_over);
    lib_shutdown();
    lobby.game = play_and_pump;
    game_over = 0;
    close_from_here("once more after kailleraShutdown", 1, POST);
    expect("and that game was over for it", game_over);
    lib_shutdown();
}

/* A plug-in and the emulator that it is for, each with a copy of the library in its folder. */
void habit_lobby_of_two(void)
{
    char copy[MAX_PATH];
    HANDLE first, second;
    HWND windows[2] = {NULL, NULL};
    DWORD threads[2];
    int alone;

    GetModuleFileNameA(NULL, copy, sizeof copy);
    strcpy(strrchr(copy, '\\'), "\\habit-copy.dll");
    first = lobby_dialog_thread(2);
    threads[0] = lobby.dialog_thread;
    for (int n = 0; n < 500 && (windows[0] = lobby_window(threads[0], NULL)) == NULL; n++)
        Sleep(10);
    if (!CopyFileA(habits_options.library, copy, FALSE) || library_load(copy, habits_options.spelling) == NULL) {
        expect("a copy of the library", 0);
        return;
    }
    SetEnvironmentVariableA("KAILLERA_NICK", "second");
    second = lobby_dialog_thread(2);
    threads[1] = lobby.dialog_thread;
    for (int n = 0; n < 500 && (windows[1] = lobby_window(threads[1], NULL)) == NULL; n++)
        Sleep(10);
    expect("two copies of the library have a lobby each", windows[0] != NULL && windows[1] != NULL);
    lib_shutdown(); /* the copy's */
    expect("kailleraShutdown of the one ends its own",
           WaitForSingleObject(second, 5000) == WAIT_OBJECT_0 && !IsWindow(windows[1]));
    alone = IsWindow(windows[0]) && WaitForSingleObject(first, 300) == WAIT_TIMEOUT;
    PostMessageA(windows[0], WM_CLOSE, 0, 0);
    expect("and WM_CLOSE the other's", alone && WaitForSingleObject(first, 5000) == WAIT_OBJECT_0);
    library_load(habits_options.library, habits_options.spelling);
    lib_shutdown();
}
