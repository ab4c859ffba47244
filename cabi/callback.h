/*
 * callback.h: calls the emulator. To be included once.
 *
 * Callbacks are __stdcall on 32-bit Windows: they take their arguments off the stack. Emulators that declare them
 * without it leave them there, and it went well with libraries that keep their stack pointer in a frame, as this one.
 */
#ifndef KBRIDGE_CALLBACK_H
#define KBRIDGE_CALLBACK_H

#include "shim.h"

#if defined(_WIN32) && defined(__i386__)

/*
 * Calls function with the next three words, of which it may know the first ones only. Whatever it does to the stack
 * pointer, leave takes it from the frame; the .cfi lines say so to exceptions that come through here. gcc's functions
 * trust in a multiple of 16 at a call, which the three words and the 4 bytes beside them are.
 */
void __cdecl kb_call_emulator(uintptr_t function, ...);

__asm__(".text\n\t"
        ".p2align 4\n"
        "_kb_call_emulator:\n\t"
        ".cfi_startproc\n\t"
        "pushl %ebp\n\t"
        ".cfi_def_cfa_offset 8\n\t"
        ".cfi_offset ebp, -8\n\t"
        "movl %esp, %ebp\n\t"
        ".cfi_def_cfa_register ebp\n\t"
        "andl $-16, %esp\n\t"
        "subl $4, %esp\n\t"
        "pushl 20(%ebp)\n\t"
        "pushl 16(%ebp)\n\t"
        "pushl 12(%ebp)\n\t"
        "call *8(%ebp)\n\t"
        "leave\n\t"
        ".cfi_def_cfa esp, 4\n\t"
        ".cfi_restore ebp\n\t"
        "ret\n\t"
        ".cfi_endproc\n");

#define CALL_EMULATOR(type, ...) kb_call_emulator(call->function, __VA_ARGS__)

#else

typedef int(KAILLERA_CALL *game_callback)(char *game, int player, int players);
typedef void(KAILLERA_CALL *chat_callback)(char *nick, char *text);
typedef void(KAILLERA_CALL *drop_callback)(char *nick, int player);
typedef void(KAILLERA_CALL *more_infos_callback)(char *game);

#define CALL_EMULATOR(type, ...) ((type)call->function)(__VA_ARGS__)

#endif

/* What a callback returns was never given a meaning. */
static void make_call(kb_call *call)
{
    switch (call->kind) {
    case KB_CALL_GAME:
        CALL_EMULATOR(game_callback, call->game, call->player, call->players);
        break;
    case KB_CALL_CHAT:
        CALL_EMULATOR(chat_callback, call->nick, call->text);
        break;
    case KB_CALL_DROP:
        CALL_EMULATOR(drop_callback, call->nick, call->player);
        break;
    case KB_CALL_MORE_INFOS:
        CALL_EMULATOR(more_infos_callback, call->game);
        break;
    }
}

#endif /* KBRIDGE_CALLBACK_H */
