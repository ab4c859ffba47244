/* What the C half and the Go half of the library say to each other. */
#ifndef KBRIDGE_SHIM_H
#define KBRIDGE_SHIM_H

#include <stdint.h>

#include "kailleraclient.h"

/* bridge.CallKind; main.go asserts that they agree. */
enum {
    KB_CALL_NONE,
    KB_CALL_GAME,
    KB_CALL_CHAT,
    KB_CALL_DROP,
    KB_CALL_MORE_INFOS,
    KB_CALL_WAIT
};

/* Why a call was refused before it came to Go. */
enum {
    KB_REFUSED_IN_DLL_MAIN,
    KB_REFUSED_STILL_ENDING,
    KB_REFUSED_LARGE_STACK,
    KB_REFUSED_LITTLE_STACK,
    KB_REFUSED_REASONS
};

/*
 * The longest name and chat line with their NUL: bridge.MaxNickBytes and
 * MaxTextBytes. The struct lies on the stack of the calling thread, so a
 * callback that is left by a longjmp leaks nothing.
 */
#define KB_NICK_SIZE 94
#define KB_TEXT_SIZE 961

typedef struct {
    int32_t kind;
    int32_t player;
    int32_t players;
    int32_t wait;       /* milliseconds, for KB_CALL_WAIT: at most so long */
    uint64_t game_id;   /* bridge.Call.GameID */
    int32_t modal;      /* KB_CALL_WAIT: the parent window is to be disabled meanwhile */
    uintptr_t function; /* the emulator's callback */
    char *game;         /* stays valid for good */
    char nick[KB_NICK_SIZE];
    char text[KB_TEXT_SIZE];
} kb_call;

/* What ends something, and can be left to another thread. */
enum {
    KB_END_GAME = 1,
    KB_SHUTDOWN = 2
};

/* kb_end does what is asked for: a sum of those. In shim.c; no callback is called. */
void kb_end(int what);

/*
 * kb_refused: Go cannot be called now, or would not come back. Asked at each entry.
 * kb_left_to_helper: another thread does it, since this one must not wait for Go.
 */
#ifdef _WIN32
/* entry_windows.c */
int kb_refused(void);
void kb_entry_attach(void); /* from DllMain */
void kb_entry_go_is_up(void);
int kb_in_dll_main(void);
int kb_process_ends(void);
/* helper_windows.c */
int kb_left_to_helper(int what);
void kb_helper_begin(void);
int kb_helper_is_busy(void);
void kb_helper_wait(void);
#elif defined(__linux__)
/* entry_linux.c */
int kb_refused(void);
#else
static inline int kb_refused(void)
{
    return 0;
}
#endif

#ifndef _WIN32
static inline int kb_left_to_helper(int what)
{
    (void)what;
    return 0;
}
#endif

#endif /* KBRIDGE_SHIM_H */
