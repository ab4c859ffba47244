/*
 * gocall.h: every call from C into Go is written GO(kb_something(...)).
 *
 * The floating-point unit is the host's: how it rounds, which exceptions trap and whether tiny numbers
 * are zeros is up to the emulator, and recompilers, Direct3D 8 and Delphi's programs do set it. Go wants it as a
 * process starts with it, sets the x87's control word itself on 32-bit x86 (runtime.asminit, each time a thread comes in on
 * Windows), and gives nothing back. So Go gets its own for as long as it runs, and the host's is there again,
 * the flags included, before anything of the host's can run: callbacks, window procedures, the caller.
 */
#ifndef KBRIDGE_GOCALL_H
#define KBRIDGE_GOCALL_H

#include <stdint.h>

/* No trap, nearest, no flags, tiny numbers as they are: what Go and every C compiler take for granted. */
#define KB_MXCSR 0x1F80u
/* The same for the x87, and 53 bits: Go's own on 32-bit x86 (runtime.controlWord64), and Windows'. */
#define KB_X87_CONTROL 0x027Fu

#if defined(__i386__)

/* Without SSE2 Go does not run (GO386=sse2), so MXCSR is there. */
typedef struct {
    uint32_t mxcsr;
    uint32_t x87[7]; /* control, status, tags, and where the last exception was */
} kb_fpu;

/* fninit empties the x87's stack as well: a host that has used MMX and not said EMMS has left it full. */
static inline void kb_fpu_for_go(kb_fpu *host)
{
    static const uint32_t mxcsr = KB_MXCSR;
    static const uint16_t control = KB_X87_CONTROL;

    __asm__ volatile("fnstenv %0\n\t"
                     "stmxcsr %1\n\t"
                     "fninit\n\t"
                     "fldcw %2\n\t"
                     "ldmxcsr %3\n\t"
                     "cld"
                     : "=m"(host->x87), "=m"(host->mxcsr)
                     : "m"(control), "m"(mxcsr)
                     : "memory", "cc");
}

/* A trap that is due and not masked strikes at the host's next x87 instruction, as without us. */
static inline void kb_fpu_for_host(const kb_fpu *host)
{
    __asm__ volatile("ldmxcsr %1\n\t"
                     "fldenv %0"
                     :
                     : "m"(host->x87), "m"(host->mxcsr)
                     : "memory");
}

#elif defined(__x86_64__)

/* The x87 is not touched here: Go's 64-bit code has no use for it. */
typedef struct {
    uint32_t mxcsr;
} kb_fpu;

static inline void kb_fpu_for_go(kb_fpu *host)
{
    static const uint32_t mxcsr = KB_MXCSR;

    __asm__ volatile("stmxcsr %0\n\t"
                     "ldmxcsr %1\n\t"
                     "cld"
                     : "=m"(host->mxcsr)
                     : "m"(mxcsr)
                     : "memory", "cc");
}

static inline void kb_fpu_for_host(const kb_fpu *host)
{
    __asm__ volatile("ldmxcsr %0" : : "m"(host->mxcsr) : "memory");
}

#else

/* On other processors Go changes nothing, and emulators as we know them do not either. */
typedef struct {
    char nothing;
} kb_fpu;

static inline void kb_fpu_for_go(kb_fpu *host)
{
    (void)host;
}

static inline void kb_fpu_for_host(const kb_fpu *host)
{
    (void)host;
}

#endif

/*
 * A thread that is cancelled, in its calls of write(2) or anywhere at all, must not end with the library's locks or in the
 * middle of Go: that is put off until it is back in C, where the library waits, or in the host. Disabling alone is not
 * enough: a cancellation at once that glibc (2.36) has begun when the thread disables it ends it all the same when its
 * signal comes, as long as the type is still "at once".
 */
#ifdef _WIN32
typedef struct {
    char nothing;
} kb_cancel;

static inline void kb_cancel_for_go(kb_cancel *host)
{
    (void)host;
}

static inline void kb_cancel_for_host(const kb_cancel *host)
{
    (void)host;
}
#else
#include <pthread.h>

typedef struct {
    int state, type;
} kb_cancel;

static inline void kb_cancel_for_go(kb_cancel *host)
{
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &host->state);
    pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, &host->type);
}

static inline void kb_cancel_for_host(const kb_cancel *host)
{
    pthread_setcanceltype(host->type, NULL);
    pthread_setcancelstate(host->state, NULL);
}
#endif

/* GO is what the call returns. */
#define GO(call_into_go)                            \
    __extension__({                                 \
        kb_fpu go_host;                             \
        kb_cancel go_cancel;                        \
        __typeof__(call_into_go) go_result;         \
        kb_cancel_for_go(&go_cancel);               \
        kb_fpu_for_go(&go_host);                    \
        go_result = (call_into_go);                 \
        kb_fpu_for_host(&go_host);                  \
        kb_cancel_for_host(&go_cancel);             \
        go_result;                                  \
    })

#endif /* KBRIDGE_GOCALL_H */
