/*
 * library.h: a kailleraclient.dll loaded the way Windows emulators load it, with
 * LoadLibrary and GetProcAddress, and called the way they call it.
 */
#ifndef WINHOST_LIBRARY_H
#define WINHOST_LIBRARY_H

#include <windows.h>

#include "kailleraclient.h"

enum function {
    GET_VERSION,
    INIT,
    SHUTDOWN,
    SET_INFOS,
    SELECT_SERVER_DIALOG,
    MODIFY_PLAY_VALUES,
    CHAT_SEND,
    END_GAME,
    GET_FRAME_DELAY,
    GET_FRAMES_BEHIND,
    FUNCTIONS
};

/* How the functions are spelled in the DLL; 64-bit ones have the plain names only. */
enum spelling {
    UNDERSCORE, /* _kailleraInit@0 */
    AT,         /* kailleraInit@0 */
    PLAIN       /* kailleraInit */
};

/*
 * Loads the DLL and looks all functions up. Returns its handle, or NULL with
 * a message on stderr. Loading again only looks the functions up again.
 */
HMODULE library_load(const char *file, enum spelling spelling);

/* Looks the functions up in a DLL that was loaded in another way. Whether all are there; a message on stderr if not. */
int library_look_up(HMODULE library, enum spelling spelling);

enum { LIBRARY_COPIES = 2 };

/* For programs with two DLLs: which of them, 0 or 1, the calling thread looks up and calls from now on; 0 at first. */
void library_choose(int which);

/*
 * With on, calls come with the stack pointer at 4, 8 and 12 bytes beside a multiple of
 * 16 in turn, as old compilers' programs do, which keep it at a multiple of 4 only.
 * Has no effect in a 64-bit program, whose stack is always right.
 */
void library_misalign(int on);

/*
 * The calls. Each is checked for having taken exactly its own arguments off the
 * stack, as __stdcall functions must on x86; if not, the program ends with a message.
 */
int lib_version(char *version);
int lib_init(void);
int lib_shutdown(void);
int lib_set_infos(kailleraInfos *infos);
int lib_select_server_dialog(HWND parent);
int lib_modify_play_values(void *values, int size);
int lib_chat_send(char *text);
int lib_end_game(void);
int lib_get_frame_delay(void);
int lib_get_frames_behind(void);

#endif
