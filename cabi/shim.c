/*
 * The functions of kailleraclient.h. Each asks Go and, where Go says so,
 * calls the emulator, or waits, and asks again, so that no Go frame is ever below a
 * callback, and no thread waits inside Go.
 */
#include <string.h>

#include "_cgo_export.h"
#include "callback.h"
#include "gocall.h"
#include "threads.h"
#include "window.h"

/*
 * Old Windows compilers keep the stack at multiples of 4 bytes, and gcc's code
 * trusts in 16, so every entry sees to that itself.
 */
#if defined(_WIN32) && defined(__i386__)
#define ENTRY __attribute__((force_align_arg_pointer)) KAILLERA_CALL
#else
#define ENTRY KAILLERA_CALL
#endif

int ENTRY kailleraGetVersion(char *version)
{
    return kb_refused() ? -1 : GO(kb_get_version(version));
}

int ENTRY kailleraInit(void)
{
    return kb_refused() ? -1 : GO(kb_init());
}

static void shut_down(void)
{
    kb_call call;

    call.kind = KB_CALL_NONE;
    do {
        GO(kb_shutdown(kb_this_thread(), &call));
        if (call.kind == KB_CALL_WAIT)
            kb_wait(call.wait);
    } while (call.kind == KB_CALL_WAIT);
}

void kb_end(int what)
{
    if ((what & KB_END_GAME) != 0)
        GO(kb_end_game());
    if ((what & KB_SHUTDOWN) != 0)
        shut_down();
}

int ENTRY kailleraShutdown(void)
{
    const int elsewhere = kb_left_to_helper(KB_SHUTDOWN);

    if (!elsewhere && kb_refused())
        return 0;
    kb_window_forget();
    if (!elsewhere)
        kb_end(KB_SHUTDOWN);
    return 0;
}

int ENTRY kailleraSetInfos(kailleraInfos *infos)
{
    return kb_refused() ? -1 : GO(kb_set_infos(infos));
}

int ENTRY kailleraSelectServerDialog(void *parentWindow)
{
    kb_window window;
    kb_call call;
    int result;
    uint64_t id = kb_refused() ? 0 : GO(kb_dialog_begin(kb_this_thread(), (uintptr_t)parentWindow));

    if (id == 0)
        return -1;
    kb_window_open(&window, id, parentWindow);
    for (;;) {
        result = GO(kb_dialog_next(id, &call));
        kb_window_modal(&window, call.kind == KB_CALL_WAIT && call.modal);
        switch (call.kind) {
        case KB_CALL_NONE:
            kb_window_close(&window);
            return result;
        case KB_CALL_WAIT:
            kb_dialog_wait(&window, call.wait);
            break;
        default:
            make_call(&call);
        }
    }
}

/*
 * Inputs of up to so many bytes, which are those of all emulators that we know, go through memory of our own: recompilers close
 * pages and open them in an exception handler of theirs, which a fault inside Go does not reach.
 */
enum { KB_SMALL_INPUT = 64 };

int ENTRY kailleraModifyPlayValues(void *values, int size)
{
    char own[KAILLERA_MAX_PLAYERS * KB_SMALL_INPUT];
    const int small = values != NULL && size > 0 && size <= KB_SMALL_INPUT;
    kb_call call;
    int result;

    if (kb_refused())
        return -1;
    call.kind = KB_CALL_NONE;
    call.game_id = 0;
    if (small)
        memcpy(own, values, (size_t)size);
    for (;;) {
        result = GO(kb_play(small ? own : values, size, kb_this_thread(), &call));
        switch (call.kind) {
        case KB_CALL_NONE:
            if (small && result > 0)
                memcpy(values, own, (size_t)result);
            return result;
        case KB_CALL_WAIT:
            kb_wait(call.wait);
            break;
        default:
            make_call(&call);
        }
    }
}

int ENTRY kailleraChatSend(char *text)
{
    return kb_refused() ? -1 : GO(kb_chat_send(text));
}

int ENTRY kailleraEndGame(void)
{
    if (!kb_left_to_helper(KB_END_GAME) && !kb_refused())
        kb_end(KB_END_GAME);
    return 0;
}

int ENTRY kailleraGetFramesBehind(void)
{
    return kb_refused() ? 0 : GO(kb_get_frames_behind());
}

int ENTRY kailleraGetFrameDelay(void)
{
    return kb_refused() ? 0 : GO(kb_get_frame_delay());
}
