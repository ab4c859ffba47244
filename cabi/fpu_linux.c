/*
 * A thread of Linux begins with the floating-point unit of the one that made it, and Go's first thread is made
 * by the one that loads the library: an emulator that has set its own would hand that to all of Go's threads, for good.
 * So the loading thread has Go's while the library's constructors run. Those with a priority run before
 * Go's own (_rt0_amd64_lib), those without run in the order of the link, where Go's object is the first.
 */
#include "gocall.h"

static kb_fpu loader;

__attribute__((constructor(101))) static void before_go(void)
{
    kb_fpu_for_go(&loader);
}

__attribute__((constructor)) static void after_go(void)
{
    kb_fpu_for_host(&loader);
}
