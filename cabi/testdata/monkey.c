/*
 * A monkey: threads that live for one or a few calls and end in every way a thread can, each calling whatever comes to
 * its mind with any buffer, at any moment of a session that is opened, played, shut down and opened again all the time.
 */
#include <dirent.h>
#include <limits.h>

#include "driver.h"

enum {
    SLOTS = 12,
    ROOM = KAILLERA_MAX_PLAYERS * 512, /* what values need for the largest input */
    TEXT = 64 * 1024,
    PROMPT = 8,  /* s that a call takes at most which does not wait: a machine at work on other things is slow */
    WAITING = 60 /* s that one takes which waits, before somebody ends what it waits for */
};

/* A thread, and all the memory that it hands to the library. */
typedef struct {
    pthread_t thread;
    volatile int busy, ended, cancelled;
    volatile time_t since; /* of the call that it is in; 0 between two */
    const char *volatile call;
    volatile int waits;
    unsigned random;
    int dialog;
    unsigned char area[CANARY + 8 + ROOM + CANARY];
    char text[TEXT + 1];
} slot;

static slot slots[SLOTS];
static volatile int stopping;
static volatile long calls, frames, games, exits;

static unsigned next(slot *s)
{
    s->random ^= s->random << 13;
    s->random ^= s->random >> 17;
    s->random ^= s->random << 5;
    return s->random;
}

static unsigned below(slot *s, unsigned n) { return next(s) % n; }

/* Which slot the calling thread has: callbacks have no argument of ours. */
static __thread slot *mine;

static void enter_call(slot *s, const char *call, int waits)
{
    s->call = call;
    s->waits = waits;
    s->since = time(NULL);
    calls++;
}

static void leave_call(slot *s) { s->since = 0; }

static time_t seconds(void) { return time(NULL); }

/* A text of any length and any bytes, often no UTF-8; it is overwritten as soon as the call has returned. */
static char *any_text(slot *s)
{
    unsigned i, n = below(s, 3) ? below(s, 200) : below(s, TEXT), kind = below(s, 3);
    for (i = 0; i < n; i++)
        s->text[i] = (char)(kind == 0 ? 'a' + (int)(i % 26) : kind == 1 ? 1 + (int)below(s, 255) : 0xC3);
    s->text[n] = 0;
    return s->text;
}

static void do_values(slot *s, int times)
{
    static const int sizes[] = {0, -1, INT_MIN, INT_MAX, 513, 1, 512, SIZE + 1};
    int n, i, size = below(s, 12) ? SIZE : sizes[below(s, sizeof sizes / sizeof sizes[0])];
    unsigned char *values = s->area + CANARY + below(s, 8);

    for (; times > 0 && !stopping; times--) {
        memset(s->area, 0xA5, sizeof s->area);
        enter_call(s, "kailleraModifyPlayValues", 1);
        n = api.ModifyPlayValues(below(s, 200) ? values : NULL, size);
        leave_call(s);
        CHECK(n == -1 || n == 0 || (n > 0 && n % size == 0 && n <= KAILLERA_MAX_PLAYERS * size));
        for (i = 0; i < CANARY; i++)
            CHECK(s->area[i] == 0xA5);
        for (i = n > 0 ? (int)(values - s->area) + n : CANARY + 8 + ROOM; i < (int)sizeof s->area; i++)
            CHECK(s->area[i] == 0xA5);
        if (n < 0)
            return;
        frames++;
    }
}

static void do_infos(slot *s);

/* Anything but a dialog. */
static void do_any(slot *s)
{
    char version[KAILLERA_VERSION_SIZE + CANARY];
    unsigned i;
    int n;

    switch (below(s, 9)) {
    case 0:
        memset(version, 'x', sizeof version);
        enter_call(s, "kailleraGetVersion", 0);
        n = api.GetVersion(below(s, 4) ? version : NULL);
        leave_call(s);
        CHECK(n == 0 || n == -1);
        for (i = KAILLERA_VERSION_SIZE; i < sizeof version; i++)
            CHECK(version[i] == 'x');
        break;
    case 1:
        enter_call(s, "kailleraInit", 0);
        n = api.Init();
        leave_call(s);
        CHECK(n == 0);
        break;
    case 2:
        if (below(s, 16))
            break;
        enter_call(s, "kailleraShutdown", 1);
        n = api.Shutdown();
        leave_call(s);
        CHECK(n == 0);
        break;
    case 3:
        do_infos(s);
        break;
    case 4:
        do_values(s, 1);
        break;
    case 5:
        enter_call(s, "kailleraChatSend", 0);
        n = api.ChatSend(below(s, 8) ? any_text(s) : NULL);
        leave_call(s);
        memset(s->text, 0xDD, TEXT);
        CHECK(n == 0 || n == -1);
        break;
    case 6:
        if (below(s, 12))
            break;
        enter_call(s, "kailleraEndGame", 0);
        n = api.EndGame();
        leave_call(s);
        CHECK(n == 0);
        break;
    case 7:
        enter_call(s, "kailleraGetFrameDelay", 0);
        n = api.GetFrameDelay();
        leave_call(s);
        CHECK(n >= 0);
        break;
    default:
        enter_call(s, "kailleraGetFramesBehind", 0);
        n = api.GetFramesBehind();
        leave_call(s);
        CHECK(n >= 0);
        break;
    }
}

/* What a callback does: mostly nothing, sometimes calls from inside, sometimes the thread ends here. */
static void in_callback(int may_play)
{
    slot *s = mine;
    slot kept;
    if (s == NULL)
        return;
    /* The call that the callback is in goes on behind it. */
    kept.call = s->call;
    kept.waits = s->waits;
    s->since = 0;
    if (may_play && below(s, 2))
        do_values(s, 20 + (int)below(s, 200));
    else if (!may_play && below(s, 4) == 0)
        do_any(s);
    if (below(s, 40) == 0) {
        exits++;
        pthread_exit(NULL);
    }
    s->call = kept.call;
    s->waits = kept.waits;
    s->since = seconds();
}

static int KAILLERA_CALL on_game(char *name, int player, int players)
{
    CHECK(name != NULL && player >= 1 && player <= players && players <= KAILLERA_MAX_PLAYERS);
    games++;
    in_callback(1);
    return 0;
}

static void KAILLERA_CALL on_chat(char *nick, char *text)
{
    CHECK(nick != NULL && text != NULL && strlen(nick) < 4096 && strlen(text) < 4096);
    in_callback(0);
}

static void KAILLERA_CALL on_drop(char *nick, int player)
{
    CHECK(nick != NULL && player >= 1 && player <= KAILLERA_MAX_PLAYERS);
    in_callback(0);
}

static void do_infos(slot *s)
{
    kailleraInfos infos = default_infos();
    int n, empty = below(s, 20) == 0;

    infos.gameCallback = on_game;
    infos.chatReceivedCallback = below(s, 4) ? on_chat : NULL;
    infos.clientDroppedCallback = below(s, 4) ? on_drop : NULL;
    infos.moreInfosCallback = NULL;
    if (below(s, 10) == 0)
        infos.gameCallback = NULL;
    if (below(s, 10) == 0) { /* two NUL bytes end the list; appName is the same text */
        infos.gameList = any_text(s);
        infos.gameList[TEXT - 1] = infos.gameList[TEXT] = 0;
        infos.appName = infos.gameList;
    }
    if (empty)
        memset(&infos, 0, sizeof infos);
    enter_call(s, "kailleraSetInfos", 0);
    n = api.SetInfos(below(s, 20) ? &infos : NULL);
    leave_call(s);
    memset(&infos, 0xDD, sizeof infos);
    memset(s->text, 0xDD, TEXT);
    CHECK(n == 0 || n == -1);
}

static void ended(void *argument) { ((slot *)argument)->ended = 1; }

static void *live(void *argument)
{
    slot *s = (slot *)argument;
    int i;

    mine = s;
    pthread_cleanup_push(ended, s);
    if (s->dialog) {
        enter_call(s, "kailleraInit", 0);
        CHECK(api.Init() == 0);
        leave_call(s);
        do_infos(s);
        enter_call(s, "kailleraSelectServerDialog", 1);
        (void)api.SelectServerDialog(below(s, 2) ? NULL : (void *)s);
        leave_call(s);
    } else if (below(s, 3) == 0) {
        do_values(s, 1 + (int)below(s, 300));
    } else {
        for (i = (int)below(s, 3); i >= 0; i--)
            do_any(s);
    }
    if (below(s, 2))
        pthread_exit(NULL);
    pthread_cleanup_pop(1);
    return NULL;
}

static void begin(slot *s, unsigned random, int dialog)
{
    s->random = random | 1;
    s->dialog = dialog;
    s->ended = s->cancelled = 0;
    s->since = 0;
    s->busy = 1;
    run_thread(&s->thread, live, s);
}

/* Takes those in that have ended. A call that takes too long ends the test. */
static int reap(void)
{
    int i, left = 0;
    for (i = 0; i < SLOTS; i++) {
        slot *s = &slots[i];
        time_t since = s->since;
        if (!s->busy)
            continue;
        if (s->ended) {
            CHECK(pthread_join(s->thread, NULL) == 0);
            s->busy = 0;
            continue;
        }
        left++;
        if (since != 0 && seconds() - since > (s->waits ? WAITING : PROMPT)) {
            printf("%s takes more than %d s\n", s->call, s->waits ? WAITING : PROMPT);
            CHECK(0);
        }
    }
    return left;
}

static int threads_now(void)
{
    DIR *tasks = opendir("/proc/self/task");
    int n = 0;
    CHECK(tasks != NULL);
    while (readdir(tasks) != NULL)
        n++;
    closedir(tasks);
    return n - 2;
}

static long kilobytes_now(void)
{
    long pages = 0, resident = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    CHECK(f != NULL && fscanf(f, "%ld %ld", &pages, &resident) == 2);
    fclose(f);
    return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

/* monkey SEED SECONDS */
void scenario_monkey(char **arguments)
{
    static slot self; /* what the main thread does itself */
    int i, warm_threads = 0, half = 0;
    long warm = 0;
    time_t start = seconds(), length = (time_t)atoi(arguments[1]);

    self.random = (unsigned)strtoul(arguments[0], NULL, 10) | 1;
    while (seconds() - start < length) {
        int dialogs = 0;
        slot *free_one = NULL;
        reap();
        for (i = 0; i < SLOTS; i++) {
            dialogs += slots[i].busy && slots[i].dialog;
            if (!slots[i].busy)
                free_one = &slots[i];
        }
        if (free_one != NULL)
            begin(free_one, next(&self), dialogs == 0 || (dialogs < 3 && below(&self, 50) == 0));
        if (below(&self, 20) == 0) {
            slot *s = &slots[below(&self, SLOTS)];
            if (s->busy && !s->ended && !s->cancelled) {
                s->cancelled = 1;
                CHECK(pthread_cancel(s->thread) == 0);
            }
        }
        if (!half && seconds() - start >= length / 2) {
            half = 1;
            warm = kilobytes_now();
            warm_threads = threads_now();
        }
        sleep_ms((int)below(&self, 4));
    }
    stopping = 1;
    for (i = 0; reap() > 0; i++) {
        CHECK(api.Shutdown() == 0);
        CHECK(i < 1000);
        sleep_ms(10);
    }
    CHECK(api.Shutdown() == 0);
    CHECK(api.Init() == 0 && api.Init() == 0);
    CHECK(api.Shutdown() == 0);
    printf("calls %ld games %ld frames %ld exits %ld threads %d %d kilobytes %ld %ld\n", calls, games, frames, exits,
           warm_threads, threads_now(), warm, kilobytes_now());
}
