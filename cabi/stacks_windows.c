/*
 * Go's threads get a stack of their own size.
 *
 * Go leaves the size to Windows, which takes what the emulator's file asks for, and does not run on more than 64 MB
 * (runtime.minit): an emulator that was linked with a larger stack ended as it loaded the library, and in a 32-bit one
 * each of Go's threads took as much of the 2 GB as its main thread. So what Go imports as CreateThread is this.
 */
#include <windows.h>

#if defined(__i386__)
#define NAME "_CreateThread@24"
#else
#define NAME "CreateThread"
#endif

/* Bytes, reserved and not used before they are needed. What a program has unless it says otherwise. */
#define STACK_SIZE ((SIZE_T)1 << 20)

typedef HANDLE(WINAPI *create_thread_function)(LPSECURITY_ATTRIBUTES, SIZE_T, LPTHREAD_START_ROUTINE, LPVOID, DWORD,
                                               LPDWORD);

/* Called before DllMain for the first time, so nothing can have been looked up for it. */
HANDLE WINAPI kb_create_thread(LPSECURITY_ATTRIBUTES attributes, SIZE_T stack, LPTHREAD_START_ROUTINE start,
                               LPVOID argument, DWORD flags, LPDWORD id) __asm__(NAME);

HANDLE WINAPI kb_create_thread(LPSECURITY_ATTRIBUTES attributes, SIZE_T stack, LPTHREAD_START_ROUTINE start,
                               LPVOID argument, DWORD flags, LPDWORD id)
{
    static create_thread_function volatile create;

    if (create == NULL)
        create = (create_thread_function)(void (*)(void))GetProcAddress(GetModuleHandleW(L"kernel32.dll"),
                                                                        "CreateThread");
    if (stack == 0) {
        stack = STACK_SIZE;
        flags |= STACK_SIZE_PARAM_IS_A_RESERVATION;
    }
    return create(attributes, stack, start, argument, flags, id);
}

/* The import's own place, for those who call through it. With both here the linker does not look for another. */
extern const create_thread_function kb_imported __asm__("__imp_" NAME);
const create_thread_function kb_imported = kb_create_thread;
