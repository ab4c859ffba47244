/*
 * When a call may not go into Go: Go runs on the stack of the caller, and ends the process when that is at its end.
 */
#define _GNU_SOURCE /* pthread_getattr_np */
#include <pthread.h>
#include <stddef.h>

#include "shim.h"

/* 4 kB ended the process, 6 kB were enough for every function. A thread with PTHREAD_STACK_MIN (16 kB) has 12. */
static const size_t least_stack = 8 << 10;

/* The end of this thread's stack, and where it begins; 0 until it has been asked for. */
__attribute__((tls_model("initial-exec"))) static __thread char *lowest, *highest; /* as Go has its own */

/* Asked for once a thread, since that takes microseconds. */
__attribute__((noinline)) static void find_stack(void)
{
    pthread_attr_t attributes;
    void *address;
    size_t size;
    int cancel;

    lowest = highest = (char *)1; /* unknown: nothing lies in it */
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel); /* it reads a file on the main thread */
    if (pthread_getattr_np(pthread_self(), &attributes) == 0) {
        if (pthread_attr_getstack(&attributes, &address, &size) == 0) {
            lowest = address;
            highest = lowest + size;
        }
        pthread_attr_destroy(&attributes);
    }
    pthread_setcancelstate(cancel, NULL);
}

int kb_refused(void)
{
    char *here = __builtin_frame_address(0);

    if (lowest == NULL)
        find_stack();
    /* On another stack, of a coroutine or a signal handler, nobody knows. */
    return here > lowest && here <= highest && (size_t)(here - lowest) < least_stack;
}
