/*
 * The emulator's threads. One that waits does so in C, so that an emulator may kill it
 * there: a thread that dies inside Go takes the Go runtime along.
 */
#ifndef KBRIDGE_THREADS_H
#define KBRIDGE_THREADS_H

#include <stdint.h>

/*
 * The calling thread's number, which no other thread has or had: the system's own are given
 * again, and a new thread would pass for one that was killed. 0 if there is no memory.
 */
uintptr_t kb_this_thread(void);

/* Waits until the calling thread is woken, at most so long; a wake that came before ends it at once. */
void kb_wait(int milliseconds);

/* Ends a thread's wait, or its next one. For any thread; it does not wait. */
void kb_wake(uintptr_t thread);

/* Whether a thread still runs. */
int kb_thread_lives(uintptr_t thread);

#ifdef _WIN32
#include <windows.h>

/* What the calling thread's wake is, for waits of another kind; NULL if there is none. */
HANDLE kb_wake_handle(void);

/* From DllMain: the library is attached; a thread ends. */
void kb_threads_attach(void);
void kb_threads_detach(void);
#endif

#endif /* KBRIDGE_THREADS_H */
