/*
 * kailleraclient.h: the classic Kaillera client API (version 0.9).
 *
 * An emulator that makes these calls can be played over a network with any
 * Kaillera server. It links libkailleraclient, or loads it at run time and
 * looks the functions up by name. The header is C89 and C++.
 *
 * The calls, in order:
 *
 *     kailleraInit();
 *     kailleraSetInfos(&infos);
 *     kailleraSelectServerDialog(window);   blocks: this is the lobby
 *         infos.gameCallback(game, player, players)      a game starts:
 *             once per frame:
 *                 n = kailleraModifyPlayValues(values, size);
 *                 n > 0: every player's input: advance the machine one frame
 *                 n == 0: nothing has come back yet: advance the machine one
 *                         frame with neutral input (all zeros) of all players
 *                 n < 0: the player has left the game: stop
 *             kailleraEndGame();
 *     kailleraShutdown();
 *
 * examples/chip8 is a complete emulator that does this.
 *
 * What holds for all of it:
 *
 * - Sizes are bytes. Players are numbered from 1.
 * - Calls are frames: an emulator calls kailleraModifyPlayValues once for each
 *   frame of its machine, and advances the machine by one frame for each call
 *   that did not return -1, from the first call of a game on. Frame 100 of every
 *   player's machine is then call 100, which is what servers line up.
 * - Every function returns an int, and 0 means success unless its comment says
 *   otherwise. None of them exits the process. A NULL pointer, a wrong
 *   size and a call in the wrong order are answered by the return code, with
 *   the reason in the library's log.
 * - Strings end with a NUL byte. They are UTF-8 on Linux and macOS; on Windows
 *   they are in the ANSI code page (GetACP), whatever the session's character
 *   set is. That one is the user's choice: on Windows the same unless another
 *   was chosen, elsewhere windows-1252. Where the two are the same every byte
 *   passes as it is, also those that the code page does not define; only
 *   control characters (01 to 1F, 7F) are taken out, in UTF-8 also U+0080 to
 *   U+009F and what changes the direction of text or is not seen. Where they
 *   differ, what others have said and yours does not have becomes "?"; a chat
 *   line or a game that the session's does not have is refused, and the player is
 *   told which character it is. The game that gameCallback gets
 *   is the list's entry in any case. A name that is longer than a server takes (127
 *   bytes for the emulator and a game, 31 for a user) is cut at a character, not
 *   refused. Strings that the library passes to a callback are valid until that
 *   callback returns.
 * - Every function may be called from any thread, unless its comment says
 *   otherwise. Callbacks never come from a thread of the library's own: each
 *   says below on which of the emulator's threads it runs. No lock of the
 *   library's is held meanwhile, so a callback may call these functions, and
 *   may be left by longjmp or a C++ exception.
 * - A thread that waits in kailleraModifyPlayValues, kailleraSelectServerDialog or
 *   kailleraShutdown may be killed there (TerminateThread, pthread_cancel). Another
 *   thread can then play on, beginning with the frame that was waited for, or open
 *   the next lobby. A thread that is killed by TerminateThread in the microseconds in
 *   which it does not wait can stop the whole process; pthread_cancel takes effect
 *   where it waits, in a callback, or behind the call.
 * - On x86 and x86-64 the floating-point unit is the emulator's (the x87's control
 *   word, MXCSR, flags that are pending): callbacks run with it as the emulator has
 *   set it, and after each call it is as before.
 * - On Windows, a call that cannot be served and would never return is refused
 *   instead: it returns -1, or 0 where the function has no error. That is so in a
 *   DllMain while the library has not started yet (it starts when the loader is
 *   done: call kailleraInit later), and when the process ends (in
 *   DLL_PROCESS_DETACH, and in what runs from there), where every call returns at
 *   once. In the DllMain of a plug-in that is freed, kailleraEndGame and
 *   kailleraShutdown return after a second at the latest; what is not done by then is
 *   done as soon as that DllMain has returned, and before any later call.
 * - The library works on the stack of the calling thread. A call is refused in the
 *   same way on a stack of which less than 32 kB are left (on Linux 8 kB), and on
 *   Windows on one of which more than 64 MB are left: call it on a thread with a
 *   stack of another size. On stacks that the system does not know of (coroutines)
 *   Linux cannot tell.
 * - The library holds a Go runtime. A signal handler of the emulator's must be
 *   installed with SA_ONSTACK, the process must not fork after the library
 *   was loaded (fork followed at once by exec is fine), and the library
 *   stays in memory until the process ends, even if it is unloaded.
 */
#ifndef KAILLERACLIENT_H
#define KAILLERACLIENT_H

/*
 * The calling convention of every function and callback. (A callback that was declared __cdecl by
 * mistake does no harm.)
 */
#if defined(_WIN32) && !defined(_WIN64)
#define KAILLERA_CALL __stdcall
#else
#define KAILLERA_CALL
#endif

/* The most players a game can have. */
#define KAILLERA_MAX_PLAYERS 8

/* The room that kailleraGetVersion needs, in bytes. */
#define KAILLERA_VERSION_SIZE 16

#ifdef __cplusplus
extern "C" {
#endif

/*
 * What the emulator tells the library about itself. kailleraSetInfos copies
 * the struct, the strings and the list.
 *
 * The strings are not const because they never were in this API; the library
 * does not write to them.
 */
typedef struct {
    /*
     * The emulator's name and version, such as "chip8 1.0". Players of
     * different versions should not meet in one game, and servers compare
     * this text to keep them apart.
     */
    char *appName;

    /*
     * The games that can be played: names, each ended by a NUL byte, and the
     * whole list ended by one more: "Duel\0Maze\0" (C adds the last NUL).
     * NULL or an empty list: no games.
     */
    char *gameList;

    /*
     * A game starts. Runs on the thread that is inside
     * kailleraSelectServerDialog.
     *
     * game: the entry of gameList, byte for byte.
     * player: this player's number, 1 to numplayers.
     * numplayers: how many play, 1 to KAILLERA_MAX_PLAYERS.
     *
     * The emulator may play the whole game before it returns, or return at
     * once and play on another thread: the game goes on until kailleraEndGame
     * or until kailleraModifyPlayValues has returned -1. The library ignores
     * the returned value; return 0. NULL: no game can be played.
     */
    int (KAILLERA_CALL *gameCallback)(char *game, int player, int numplayers);

    /*
     * Somebody in the room said something (this player's own lines come
     * back too). Runs on the thread that is inside kailleraModifyPlayValues
     * or kailleraSelectServerDialog. May be NULL.
     */
    void (KAILLERA_CALL *chatReceivedCallback)(char *nick, char *text);

    /*
     * A player has left the game; from some frame on that player's input is
     * zeros, and the others play on. Runs on the thread that is inside
     * kailleraModifyPlayValues or kailleraSelectServerDialog. May be NULL.
     *
     * playernb: the number of the player who left, from 1.
     */
    void (KAILLERA_CALL *clientDroppedCallback)(char *nick, int playernb);

    /*
     * The user asks for more about a game of the list. Runs on the thread
     * that is inside kailleraSelectServerDialog. May be NULL.
     */
    void (KAILLERA_CALL *moreInfosCallback)(char *gamename);
} kailleraInfos;

/*
 * Writes the version of the API, "0.9", and a NUL byte to version, which has
 * room for KAILLERA_VERSION_SIZE bytes. May be called before kailleraInit.
 * Returns 0, or -1 if version is NULL.
 */
int KAILLERA_CALL kailleraGetVersion(char *version);

/*
 * Makes the library ready. Call it before all the others but
 * kailleraGetVersion. Calling it again is harmless, and after kailleraShutdown
 * it makes the library ready once more. Returns 0, or -1 if that failed.
 */
int KAILLERA_CALL kailleraInit(void);

/*
 * Ends any game and session, and makes a kailleraSelectServerDialog and a
 * kailleraModifyPlayValues that are still blocked on other threads return.
 * Returns 0, also when there was nothing to shut down.
 */
int KAILLERA_CALL kailleraShutdown(void);

/*
 * Tells the library about the emulator. Everything is copied: the caller may
 * free or reuse all of it afterwards. Call it after kailleraInit and before
 * kailleraSelectServerDialog; a later call replaces what an earlier one said.
 * Returns 0, or -1 if infos is NULL or the library is not initialised.
 */
int KAILLERA_CALL kailleraSetInfos(kailleraInfos *infos);

/*
 * Runs the lobby, where the user picks a server and a room, and blocks until
 * the user leaves it. The callbacks run on the calling thread; each time a game
 * starts that is gameCallback, and when the game is over the lobby is back.
 *
 * parentWindow: on Windows the HWND of the emulator's window, of any thread of
 * the process; NULL elsewhere or if there is none. It is disabled while the
 * lobby waits, as by a modal dialog, and enabled before each callback, from a
 * game's start to its end on whichever thread it is played, and after the lobby.
 * One that was disabled before stays so. KAILLERA_PARENT=enabled in the
 * environment leaves it alone.
 *
 * On Windows the calling thread's messages are handled meanwhile, and it owns a
 * hidden window titled "Kaillera Client v0.9". WM_CLOSE for that window, posted or
 * sent from any thread, ends the game and the lobby as its user does.
 *
 * Returns 0 when the lobby was closed, and non-zero at once if it could not be
 * opened: the library is not initialised, a lobby is open already, or
 * there is no server to go to.
 */
int KAILLERA_CALL kailleraSelectServerDialog(void *parentWindow);

/*
 * Exchanges one frame of input. Call it once per emulated frame, from one
 * thread at a time; it may be another thread than that of gameCallback.
 *
 * values: on entry, the first size bytes are this player's input. On return
 * with a positive result, the input of all players for one frame, player 1
 * first, size bytes each. It must have room for KAILLERA_MAX_PLAYERS * size
 * bytes whatever the number of players.
 *
 * size: bytes of input per player and frame: 1 to 512, the same for all
 * players and all frames of a game.
 *
 * Returns:
 *
 *   > 0  players * size, the bytes written to values. Every player gets
 *        exactly the same bytes for the same frame. A player who has left
 *        has zeros.
 *     0  the game is still inside the frame delay at its start: this
 *        player's input was taken, but no frame has come back yet, and values
 *        is as it was: it still holds this player's own input, which
 *        nobody else has. Advance the machine by one frame with neutral input,
 *        as if players * size zeros had been returned (players is what
 *        gameCallback was told). How often this happens differs between players:
 *        one further away gets more of these, and fewer frames of zeros
 *        after them, so that the same call is the same frame for all. A machine
 *        that stands still on 0 is apart from the others by the difference, for
 *        the whole game. (An emulator that cannot do this, and repeats the call
 *        until the result is positive, needs a server that gives all players the
 *        same frame delay: kaillera-server does so with -frame-delay same, and
 *        by itself for emulators that are known to repeat.)
 *    -1  the player is not in a game, or no longer: kailleraEndGame was
 *        called, the connection or the room is gone, or the call was wrong
 *        (values is NULL, size is out of range or differs from the size
 *        of the game's first call, or another thread is inside the call).
 *        A wrong call changes nothing; otherwise leave the game.
 *
 * It blocks until the frame is there, which is what keeps the players in step:
 * the first call of a game until all players have loaded it (at most
 * 120 s), later ones while another player is slow (-1 after 15 s without a sign
 * of life from the server; a server that keeps the place of a player whose
 * connection was lost is waited for as long as it does, usually 60 s). kailleraEndGame and kailleraShutdown on another
 * thread wake it, and it returns -1.
 *
 * chatReceivedCallback and clientDroppedCallback run inside it, before it
 * returns.
 */
int KAILLERA_CALL kailleraModifyPlayValues(void *values, int size);

/*
 * Says text to everybody in the room. The line comes back through
 * chatReceivedCallback. Servers cut long lines; 320 bytes is usual. Control
 * characters are taken out, but for the new line of "\r\nDA" and "\r\nDB" at
 * the beginning, by which MAME32k knows lines of data.
 *
 * It does not wait. Hundreds of lines may be said at once, such as a save that
 * all players need: they arrive in order, some 60 a second of 120 bytes each,
 * and the game goes on meanwhile. To know that they have, wait for the last
 * one to come back.
 *
 * Returns 0 if the line was taken. Returns -1 if it was not: text is NULL, the
 * player is in no room, or 384 KiB of lines wait to be sent already; what was
 * taken before is not affected, and there is room again a moment later. Or the
 * session's character set does not have all of it: then chatReceivedCallback gets
 * a line from "kbridge" that says which character. A server
 * may still drop a line that was taken; the log (KAILLERA_LOG) says so.
 */
int KAILLERA_CALL kailleraChatSend(char *text);

/*
 * Leaves the game; the others play on. A kailleraModifyPlayValues that is
 * blocked on another thread returns -1. Call it when the user stops the game,
 * and when the emulator itself stops playing. Returns 0, also outside a game.
 */
int KAILLERA_CALL kailleraEndGame(void);

/*
 * The frame delay of the running game, in frames: how many calls of
 * kailleraModifyPlayValues lie between a player's input and the frame that it
 * comes back in, and how many calls at the start of the game return 0. Each
 * player's own: it depends on how far away the server is. 0 when no game is
 * running.
 */
int KAILLERA_CALL kailleraGetFrameDelay(void);

/*
 * How many frames kailleraModifyPlayValues can hand out without waiting, because
 * the player lost the connection, or crashed and started the emulator again, and
 * the others have played on. An emulator that was started again runs the whole
 * game from its first call, those that return 0 included. While it is above 0 run the game without limiting its
 * speed, drawing and sound as you like: the input that is given is ignored, and
 * the game's own comes back. 0 when the player is in step with the others, and when
 * no game is running. An emulator that never asks catches up only as far
 * as it runs faster than the others. Any thread may call it.
 */
int KAILLERA_CALL kailleraGetFramesBehind(void);

#ifdef __cplusplus
}
#endif

#endif /* KAILLERACLIENT_H */
