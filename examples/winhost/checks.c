#include "checks.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

static int failed;

static void check(const char *what, int ok)
{
    printf("%s %s\n", ok ? "ok  " : "FAIL", what);
    failed += !ok;
}

/* What holds while no lobby is open and no game runs, initialised or not. */
static void check_outside(const char *when)
{
    char values[KAILLERA_MAX_PLAYERS * 2] = {1, 2}, text[] = "anybody there?", line[100];

#define SAY(what) (snprintf(line, sizeof line, "%s: %s", when, what), line)
    check(SAY("kailleraModifyPlayValues returns -1"), lib_modify_play_values(values, 2) == -1);
    check(SAY("and leaves the values alone"), values[0] == 1 && values[1] == 2 && values[2] == 0);
    check(SAY("kailleraChatSend returns -1"), lib_chat_send(text) == -1);
    check(SAY("kailleraEndGame returns 0"), lib_end_game() == 0);
    check(SAY("kailleraGetFrameDelay returns 0"), lib_get_frame_delay() == 0);
    check(SAY("kailleraGetFramesBehind returns 0"), lib_get_frames_behind() == 0);
#undef SAY
}

static void check_closed(const char *when)
{
    kailleraInfos infos;
    char line[100];

    memset(&infos, 0, sizeof infos);
    check_outside(when);
    snprintf(line, sizeof line, "%s: kailleraSetInfos returns -1", when);
    check(line, lib_set_infos(&infos) == -1);
    snprintf(line, sizeof line, "%s: kailleraSelectServerDialog returns non-zero", when);
    check(line, lib_select_server_dialog(NULL) != 0);
}

int check_order(void)
{
    char version[KAILLERA_VERSION_SIZE];

    failed = 0;
    memset(version, '?', sizeof version);
    check("before kailleraInit: kailleraGetVersion says 0.9",
          lib_version(version) == 0 && strcmp(version, "0.9") == 0);
    check_closed("before kailleraInit");
    check("kailleraShutdown before kailleraInit returns 0", lib_shutdown() == 0);
    check("kailleraInit returns 0", lib_init() == 0);
    check("a second kailleraInit returns 0", lib_init() == 0);
    check_outside("no game");
    check("kailleraShutdown returns 0", lib_shutdown() == 0);
    check("a second kailleraShutdown returns 0", lib_shutdown() == 0);
    check_closed("after kailleraShutdown");
    check("kailleraInit after kailleraShutdown returns 0", lib_init() == 0);
    check("kailleraShutdown returns 0 once more", lib_shutdown() == 0);
    return failed;
}

int check_nulls(void)
{
    static const int sizes[] = {0, -1, INT_MIN, INT_MAX, 513};
    char values[KAILLERA_MAX_PLAYERS * 2] = {0};
    kailleraInfos infos;

    failed = 0;
    memset(&infos, 0, sizeof infos);
    check("kailleraInit returns 0", lib_init() == 0);
    check("kailleraGetVersion(NULL) returns -1", lib_version(NULL) == -1);
    check("kailleraSetInfos(NULL) returns -1", lib_set_infos(NULL) == -1);
    lib_set_infos(&infos);
    check("kailleraSetInfos with nothing but NULL comes back", 1);
    check("kailleraChatSend(NULL) returns -1", lib_chat_send(NULL) == -1);
    check("kailleraModifyPlayValues(NULL, 2) returns -1", lib_modify_play_values(NULL, 2) == -1);
    for (size_t n = 0; n < sizeof sizes / sizeof sizes[0]; n++) {
        char line[100];
        snprintf(line, sizeof line, "kailleraModifyPlayValues(values, %d) returns -1", sizes[n]);
        check(line, lib_modify_play_values(values, sizes[n]) == -1);
    }
    check("kailleraShutdown returns 0", lib_shutdown() == 0);
    return failed;
}

int check_load_free_load(const char *file, enum spelling spelling)
{
    char version[KAILLERA_VERSION_SIZE];
    HMODULE first = library_load(file, spelling), again;

    failed = 0;
    check("load", first != NULL && lib_version(version) == 0);
    check("free", FreeLibrary(first));
    check("the functions are still there", lib_version(version) == 0);
    again = library_load(file, spelling);
    check("load again: the same library", again == first);
    check("and it works", lib_init() == 0 && lib_shutdown() == 0);
    check("load it twice", library_load(file, spelling) == first);
    for (int n = 0; n < 5; n++)
        FreeLibrary(first);
    check("free it five times: the functions are still there",
          lib_init() == 0 && lib_version(version) == 0 && lib_shutdown() == 0);
    check("load once more: the same library", library_load(file, spelling) == first);
    return failed;
}

double seconds(void)
{
    LARGE_INTEGER now, frequency;

    QueryPerformanceCounter(&now);
    QueryPerformanceFrequency(&frequency);
    return (double)now.QuadPart / (double)frequency.QuadPart;
}

static void bench(const char *what, int (*one)(void))
{
    double best = 0;

    for (int round = 0; round < 5; round++) {
        enum { CALLS = 5000 };
        double begun = seconds(), took;
        for (int n = 0; n < CALLS; n++)
            one();
        took = (seconds() - begun) / CALLS;
        if (round == 0 || took < best)
            best = took;
    }
    printf("bench %s: %.0f ns per call\n", what, best * 1e9);
}

static int one_version(void)
{
    char version[KAILLERA_VERSION_SIZE];

    return lib_version(version);
}

static int one_modify(void)
{
    char values[KAILLERA_MAX_PLAYERS * 2] = {0};

    return lib_modify_play_values(values, 2);
}

void bench_calls(void)
{
    bench("kailleraGetVersion", one_version);
    bench("kailleraGetFrameDelay, no game", lib_get_frame_delay);
    bench("kailleraModifyPlayValues, no game", one_modify);
}

struct address_space address_space_left(void)
{
    struct address_space left = {0, 0};

#if !defined(_WIN64)
    /*
     * Asking VirtualQuery would be simpler, but Wine counts what it keeps for
     * Windows programs as reserved. So everything is reserved and given back.
     */
    static void *blocks[65536];
    size_t count = 0;

    for (SIZE_T size = (SIZE_T)4095 << 20; size >= 65536; size = size > 1 << 20 ? size - (1 << 20) : size - 65536) {
        void *block;
        while (count < sizeof blocks / sizeof blocks[0] &&
               (block = VirtualAlloc(NULL, size, MEM_RESERVE, PAGE_NOACCESS)) != NULL) {
            blocks[count++] = block;
            left.all += size;
            if (left.largest == 0)
                left.largest = size;
        }
    }
    while (count > 0)
        VirtualFree(blocks[--count], 0, MEM_RELEASE);
#endif
    return left;
}
