/* Emulators that pass their window to kailleraSelectServerDialog, and what becomes of it. */
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include "habit_lobby.h"

static HWND parent;
static int enabled, disabled; /* how often the window was seen so in the lobby */
static int enabled_in_callback, focus_in_callback;

static int is_enabled(void)
{
    return IsWindowEnabled(parent);
}

static int is_disabled(void)
{
    return !IsWindowEnabled(parent);
}

static void end_dialog(void)
{
    HWND window = lobby_window(lobby.dialog_thread, NULL);

    if (window != NULL)
        PostMessageA(window, WM_CLOSE, 0, 0);
    else
        lib_shutdown();
}

/* Looks for 200 ms and then closes the lobby. */
static void look(void)
{
    if (lobby.ticks > 10 && lobby.ticks <= 30)
        *(IsWindowEnabled(parent) ? &enabled : &disabled) += 1;
    if (lobby.ticks == 30)
        end_dialog();
}

/* The lobby with that parent; the result is what the dialog returned. */
static int lobby_with(HWND window)
{
    lobby.parent = window;
    lobby.tick = look;
    enabled = disabled = 0;
    return lobby_dialog(2);
}

static void play_here(void)
{
    enabled_in_callback = IsWindowEnabled(parent);
    focus_in_callback = GetFocus() == parent;
    for (int n = 0; n < 10; n++)
        lobby_frame();
    lib_end_game();
}

static DWORD WINAPI play_elsewhere(void *unused)
{
    (void)unused;
    for (int n = 0; n < 60; n++)
        lobby_frame();
    lobby.tick = NULL; /* nothing is to be seen any more when the game is over */
    Sleep(50);
    lib_end_game();
    return 0;
}

static void look_in_game(void)
{
    *(IsWindowEnabled(parent) ? &enabled : &disabled) += 1;
}

static void play_on_a_thread(void)
{
    enabled_in_callback = IsWindowEnabled(parent);
    enabled = disabled = 0;
    lobby.tick = look_in_game;
    CloseHandle(CreateThread(NULL, 0, play_elsewhere, NULL, 0, NULL));
}

static jmp_buf out;

static void jump_out(void)
{
    enabled_in_callback = IsWindowEnabled(parent);
    longjmp(out, 1);
}

static void quit(void)
{
    if (lobby.ticks == 10)
        PostQuitMessage(0);
}

static void destroy_parent(void)
{
    if (lobby.ticks == 10)
        DestroyWindow(parent);
    if (lobby.ticks == 20)
        end_dialog();
}

static DWORD WINAPI shut_down(void *unused)
{
    (void)unused;
    Sleep(300);
    lib_shutdown();
    return 0;
}

static void ways_out(void)
{
    MSG message;
    int count = 0;

    lobby.tick = NULL;
    CloseHandle(CreateThread(NULL, 0, shut_down, NULL, 0, NULL));
    expect("kailleraShutdown on another thread leaves it enabled", lobby_dialog(2) == 0 && is_enabled());
    lobby.tick = quit;
    expect("WM_QUIT leaves it enabled", lobby_dialog(2) == 0 && is_enabled());
    while (PeekMessageA(&message, NULL, WM_QUIT, WM_QUIT, PM_REMOVE))
        ;
    lobby.tick = NULL;
    lobby.game = jump_out;
    enabled_in_callback = 0;
    if (setjmp(out) == 0)
        lobby_dialog(1);
    expect("longjmp out of gameCallback leaves it enabled", enabled_in_callback && is_enabled());
    lobby_window(GetCurrentThreadId(), &count);
    expect("with the window", count == 1);
    lobby_with(parent);
    expect("the next dialog disables it again", disabled > 0 && enabled == 0 && is_enabled());
    lobby_window(GetCurrentThreadId(), &count);
    expect("and has cleared up", count == 0);
    lobby.tick = NULL;
    if (setjmp(out) == 0)
        lobby_dialog(1);
    lib_shutdown();
    lobby_window(GetCurrentThreadId(), &count);
    expect("kailleraShutdown after a longjmp has cleared up", count == 0 && is_enabled());
}

void habit_parent(void)
{
    HWND child;

    lobby_clock();
    parent = lobby_make_parent();
    expect("the lobby", lobby_with(parent) == 0);
    expect("the parent is disabled in the lobby", disabled > 0 && enabled == 0);
    expect("and enabled after it, with the keyboard", is_enabled() && GetFocus() == parent);

    lobby.tick = NULL;
    lobby.game = play_here;
    expect("a game in the callback", lobby_dialog(1) == 0);
    expect("the parent is enabled in it, with the keyboard", enabled_in_callback && focus_in_callback);
    lobby.game = play_on_a_thread;
    expect("a game on another thread", lobby_dialog(1) == 0);
    expect("the parent is enabled in it", enabled_in_callback && enabled > 20 && disabled == 0 && is_enabled());

    child = CreateWindowExA(0, "static", "", WS_CHILD | WS_VISIBLE, 0, 0, 10, 10, parent, NULL, NULL, NULL);
    expect("a child of it as parent", lobby_with(child) == 0 && disabled > 0 && enabled == 0 && is_enabled());
    DestroyWindow(child);
    EnableWindow(parent, FALSE);
    expect("a parent that was disabled stays so", lobby_with(parent) == 0 && enabled == 0 && is_disabled());
    EnableWindow(parent, TRUE);
    SetFocus(parent);
    expect("no parent", lobby_with(NULL) == 0 && disabled == 0 && is_enabled());
    lobby_with(GetDesktopWindow());
    expect("the desktop as parent", disabled == 0 && IsWindowEnabled(GetDesktopWindow()));

    SetEnvironmentVariableA("KAILLERA_PARENT", "enabled");
    expect("KAILLERA_PARENT=enabled leaves it alone", lobby_with(parent) == 0 && enabled > 0 && disabled == 0);
    SetEnvironmentVariableA("KAILLERA_PARENT", "greyed");
    expect("a word that is none is refused", lobby_with(parent) != 0 && is_enabled());
    SetEnvironmentVariableA("KAILLERA_PARENT", "disabled");
    expect("KAILLERA_PARENT=disabled", lobby_with(parent) == 0 && disabled > 0 && enabled == 0 && is_enabled());

    ways_out();
    lobby.tick = destroy_parent;
    expect("a parent that is destroyed in the lobby", lobby_dialog(2) == 0 && lobby.ticks >= 20);
    lib_shutdown();
}

static volatile LONG in_game, leave_game;

static void wait_in_callback(void)
{
    InterlockedExchange(&in_game, 1);
    while (!leave_game && lobby_frame() >= 0)
        ;
    lib_end_game();
}

static int game_runs(void)
{
    return in_game;
}

/* The parent is this thread's, the dialog another's. */
void habit_parent_of_thread(void)
{
    HANDLE thread;

    lobby.parent = parent = lobby_make_parent();
    lobby.game = wait_in_callback;
    thread = lobby_dialog_thread(2);
    expect("another thread's lobby disables the parent", lobby_until(is_disabled, 1, 5));
    end_dialog();
    expect("and enables it at its end",
           lobby_until(is_enabled, 1, 5) && WaitForSingleObject(thread, 5000) == WAIT_OBJECT_0);

    thread = lobby_dialog_thread(1);
    lobby_until(game_runs, 1, 10);
    expect("in a game in the callback it is enabled", in_game && is_enabled());
    lobby_until(is_disabled, 1, 0.2);
    expect("and stays so", is_enabled());
    InterlockedExchange(&leave_game, 1);
    expect("the game ends", WaitForSingleObject(thread, 5000) == WAIT_OBJECT_0 && lobby_until(is_enabled, 1, 5));

    /* Atari800Win PLus: kailleraShutdown and a wait for the dialog's thread, and no message is handled meanwhile. */
    thread = lobby_dialog_thread(2);
    expect("the lobby once more", lobby_until(is_disabled, 1, 5));
    lib_shutdown();
    expect("a thread that waits for the dialog's gets it", WaitForSingleObject(thread, 5000) == WAIT_OBJECT_0);
    expect("and its window enabled", lobby_until(is_enabled, 1, 5));

    thread = lobby_dialog_thread(2);
    Sleep(1000); /* while we handle no messages */
    lib_shutdown();
    expect("a lobby that could not disable the window ends", WaitForSingleObject(thread, 5000) == WAIT_OBJECT_0);
    lobby_until(is_disabled, 1, 0.2);
    expect("and leaves it enabled", lobby_until(is_enabled, 1, 5));

    thread = lobby_dialog_thread(2);
    expect("a lobby whose thread will be killed", lobby_until(is_disabled, 1, 5));
    TerminateThread(thread, 0);
    WaitForSingleObject(thread, 5000);
    expect("the window is enabled after TerminateThread", lobby_until(is_enabled, 1, 5));
    expect("and the lobby's is gone", lobby_window(lobby.dialog_thread, NULL) == NULL);
    thread = lobby_dialog_thread(2);
    expect("the next lobby disables it again", lobby_until(is_disabled, 1, 5));
    end_dialog();
    expect("and enables it at its end",
           lobby_until(is_enabled, 1, 5) && WaitForSingleObject(thread, 5000) == WAIT_OBJECT_0);
    lib_shutdown();
}
