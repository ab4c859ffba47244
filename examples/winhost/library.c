#include "library.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static const struct {
    const char *name;
    int arguments; /* 4 bytes each on x86 */
} functions[FUNCTIONS] = {
    [GET_VERSION] = {"kailleraGetVersion", 1},
    [INIT] = {"kailleraInit", 0},
    [SHUTDOWN] = {"kailleraShutdown", 0},
    [SET_INFOS] = {"kailleraSetInfos", 1},
    [SELECT_SERVER_DIALOG] = {"kailleraSelectServerDialog", 1},
    [MODIFY_PLAY_VALUES] = {"kailleraModifyPlayValues", 2},
    [CHAT_SEND] = {"kailleraChatSend", 1},
    [END_GAME] = {"kailleraEndGame", 0},
    [GET_FRAME_DELAY] = {"kailleraGetFrameDelay", 0},
    [GET_FRAMES_BEHIND] = {"kailleraGetFramesBehind", 0},
};

static FARPROC copies[LIBRARY_COPIES][FUNCTIONS];

/* Which of them this thread calls. */
static __thread int copy;

#define found copies[copy]

void library_choose(int which)
{
    copy = which;
}

HMODULE library_load(const char *file, enum spelling spelling)
{
    HMODULE library = LoadLibraryA(file);

    if (library == NULL) {
        fprintf(stderr, "winhost: cannot load %s: error %lu\n", file, GetLastError());
        return NULL;
    }
    return library_look_up(library, spelling) ? library : NULL;
}

int library_look_up(HMODULE library, enum spelling spelling)
{
    for (int f = 0; f < FUNCTIONS; f++) {
        char name[64];
        if (spelling == PLAIN)
            snprintf(name, sizeof name, "%s", functions[f].name);
        else
            snprintf(name, sizeof name, "%s%s@%d", spelling == UNDERSCORE ? "_" : "",
                     functions[f].name, functions[f].arguments * 4);
        found[f] = GetProcAddress(library, name);
        if (found[f] == NULL) {
            fprintf(stderr, "winhost: the library has no %s\n", name);
            return 0;
        }
    }
    return 1;
}

static int misaligned;

void library_misalign(int on)
{
    misaligned = on;
}

#if defined(__i386__)

static int call(enum function f, uintptr_t first, uintptr_t second)
{
    static unsigned turn;
    const uintptr_t arguments[2] = {first, second};
    /* So that the stack pointer is at a multiple of 16 at the call itself. */
    uintptr_t shift = (4u - (unsigned)functions[f].arguments) % 4 * 4;
    intptr_t left;
    int result, count = functions[f].arguments;

    if (misaligned)
        shift += 4 + turn++ % 3 * 4;
    __asm__ volatile("movl %%esp, %%ebx\n\t"
                     "andl $-16, %%esp\n\t"
                     "subl %%edx, %%esp\n\t"
                     "movl %%esp, %%edi\n"
                     "1:\n\t"
                     "testl %%ecx, %%ecx\n\t"
                     "jz 2f\n\t"
                     "pushl -4(%%esi,%%ecx,4)\n\t"
                     "decl %%ecx\n\t"
                     "jmp 1b\n"
                     "2:\n\t"
                     "call *%%eax\n\t"
                     "subl %%esp, %%edi\n\t"
                     "movl %%ebx, %%esp\n\t"
                     : "=a"(result), "=&D"(left), "+c"(count), "+d"(shift)
                     : "a"(found[f]), "S"(arguments)
                     : "ebx", "memory", "cc");
    if (left != 0) {
        fprintf(stderr, "winhost: %s left the stack %ld bytes off: it is not __stdcall\n",
                functions[f].name, (long)left);
        exit(1);
    }
    return result;
}

#else

static int call(enum function f, uintptr_t first, uintptr_t second)
{
    /* Arguments travel in registers; those that a function does not have do no harm. */
    return ((int (*)(uintptr_t, uintptr_t))(void (*)(void))found[f])(first, second);
}

#endif

int lib_version(char *version)
{
    return call(GET_VERSION, (uintptr_t)version, 0);
}

int lib_init(void)
{
    return call(INIT, 0, 0);
}

int lib_shutdown(void)
{
    return call(SHUTDOWN, 0, 0);
}

int lib_set_infos(kailleraInfos *infos)
{
    return call(SET_INFOS, (uintptr_t)infos, 0);
}

int lib_select_server_dialog(HWND parent)
{
    return call(SELECT_SERVER_DIALOG, (uintptr_t)parent, 0);
}

int lib_modify_play_values(void *values, int size)
{
    return call(MODIFY_PLAY_VALUES, (uintptr_t)values, (uintptr_t)size);
}

int lib_chat_send(char *text)
{
    return call(CHAT_SEND, (uintptr_t)text, 0);
}

int lib_end_game(void)
{
    return call(END_GAME, 0, 0);
}

int lib_get_frames_behind(void)
{
    return call(GET_FRAMES_BEHIND, 0, 0);
}

int lib_get_frame_delay(void)
{
    return call(GET_FRAME_DELAY, 0, 0);
}
