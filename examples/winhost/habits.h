/* Habits of Windows emulators, one function each: what they do that no rule of the API forbids. */
#ifndef HABITS_H
#define HABITS_H

#include <windows.h>

#include "library.h"

/* What the command line said; the library is loaded and has its functions looked up. */
extern struct habits_options {
    const char *library;
    enum spelling spelling;
    HMODULE module;
} habits_options;

/* expect prints what should hold and whether it does; the habit fails if it does not. */
void expect(const char *what, int ok);

/* Fills in infos for a game "Duel" of the emulator "chip8 1.1" whose callbacks do nothing. */
void habits_infos(kailleraInfos *infos);

/* The habits, by file. */
void habit_lobby_window(void); /* habit_window.c */
void habit_lobby_closed(void);
void habit_lobby_of_two(void);
void habit_parent(void); /* habit_parent.c */
void habit_parent_of_thread(void);
void habit_fibers(void);
void habit_path_japanese(void);
void habit_path_long(void);
void habit_suspended(void);
void habit_kill_play_thread(void);
void habit_kill_dialog_thread(void);
void habit_kill_in_game(void);
void habit_two_copies(void);
void habit_vectored_handlers(void);
void habit_sta(void);
void habit_partner(void);
void habit_fpu(void); /* habit_fpu.c */
void habit_cdecl(void); /* habit_cdecl.c */
void habit_jump(void); /* habit_jump.c */
void habit_dllmain(void); /* habit_ends.c */
void habit_freed(void);
void habit_exit(void);
void habit_save(void); /* habit_save.c */
void habit_stack(void); /* habit_stack.c */
void habit_large(void);

#endif /* HABITS_H */
