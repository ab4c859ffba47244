/* Go runs on the stack of its caller: where that is at its end the call is refused, and any size will do. */
#include "driver.h"

#include <alloca.h>

static struct {
    size_t left; /* bytes to be left at the call; 0: as it comes */
    int result;
    char *volatile sink;
} deep;

static __attribute__((noinline)) void call_init(void)
{
    deep.result = api.Init();
}

static void *go_down(void *unused)
{
    pthread_attr_t attributes;
    void *lowest;
    size_t size, left;

    (void)unused;
    CHECK(pthread_getattr_np(pthread_self(), &attributes) == 0);
    CHECK(pthread_attr_getstack(&attributes, &lowest, &size) == 0);
    CHECK(pthread_attr_destroy(&attributes) == 0);
    left = (size_t)((char *)__builtin_frame_address(0) - (char *)lowest);
    if (deep.left > 0)
        deep.sink = (char *)alloca(left - deep.left);
    call_init();
    return NULL;
}

static int init_on(size_t size, size_t left)
{
    pthread_attr_t attributes;
    pthread_t thread;

    deep.left = left;
    CHECK(pthread_attr_init(&attributes) == 0);
    CHECK(pthread_attr_setstacksize(&attributes, size) == 0);
    CHECK(pthread_create(&thread, &attributes, go_down, NULL) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK(pthread_attr_destroy(&attributes) == 0);
    return deep.result;
}

/* stack */
void scenario_stack(char **arguments)
{
    (void)arguments;
    CHECK(init_on(256 << 20, 0) == 0);
    CHECK(init_on(16 << 10, 0) == 0);
    CHECK(init_on(1 << 20, 12 << 10) == 0);
    CHECK(init_on(1 << 20, 7 << 10) == -1);
    CHECK(init_on(1 << 20, 4 << 10) == -1);
    CHECK(init_on(1 << 20, 2 << 10) == -1);
    CHECK(api.Init() == 0);
}
