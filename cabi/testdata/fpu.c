/*
 * The floating-point unit belongs to the emulator: however it is set before a call, so it is in the callbacks and
 * after it, the flags included; and the library works with its own.
 */
#include "driver.h"

#if defined(__x86_64__)

/* What a host may have in MXCSR. */
static const struct {
    const char *what;
    unsigned mxcsr;
} modes[] = {
    {"as a process starts", 0x1F80},
    {"flush to zero", 0x9F80},
    {"flush to zero, denormals are zeros", 0x9FC0},
    {"round down", 0x3F80},
    {"round up", 0x5F80},
    {"round to zero", 0x7F80},
    {"all flags pending", 0x1FBF},
    {"division by zero traps", 0x1D80},
    {"inexact traps", 0x0F80},
    {"everything traps", 0x0000},
    {"everything traps, all flags pending", 0x003F},
    {"everything else", 0xFFEA},
};

/* And in the control word of the x87. */
static const unsigned short controls[] = {0x037F, 0x027F, 0x007F, 0x0C7F, 0x1372, 0x0360};

typedef struct {
    unsigned mxcsr;
    unsigned short control, status, tags;
} unit;

static unit now(void)
{
    unsigned x87[7];
    unit u;
    /* fnstenv masks all exceptions, so it is given back what it has stored. */
    __asm__ volatile("stmxcsr %0\n\tfnstenv %1\n\tfldenv %1" : "=m"(u.mxcsr), "=m"(x87));
    u.control = (unsigned short)x87[0];
    u.status = (unsigned short)x87[1];
    u.tags = (unsigned short)x87[2];
    return u;
}

static void set(unsigned mxcsr, unsigned short control)
{
    __asm__ volatile("fninit\n\tfldcw %1\n\tldmxcsr %0" : : "m"(mxcsr), "m"(control));
}

static unit given;      /* what the host has set */
static const char *mode; /* its name */
static int wrong;

static void compare(const char *where)
{
    unit u = now();

    if (memcmp(&u, &given, sizeof u) == 0)
        return;
    set(0x1F80, 0x037F); /* printf is no test of ours */
    printf("FAIL %s: %s: MXCSR %04x is %04x, x87 control %04x is %04x, status %04x is %04x, tags %04x is %04x\n", mode,
           where, given.mxcsr, u.mxcsr, given.control, u.control, given.status, u.status, given.tags, u.tags);
    fflush(stdout);
    wrong++;
    set(given.mxcsr, given.control);
}

static void have(size_t n)
{
    mode = modes[n].what;
    set(modes[n].mxcsr, controls[n % (sizeof controls / sizeof controls[0])]);
    given = now();
}

/* Every function, with the mode as it is. */
static void call_all(const kailleraInfos *infos, int init)
{
    unsigned char values[KAILLERA_MAX_PLAYERS * SIZE] = {0};
    char version[KAILLERA_VERSION_SIZE], text[] = "hello";
    kailleraInfos copy = *infos;

    api.GetVersion(version);
    compare("after kailleraGetVersion");
    if (init) {
        api.Init();
        compare("after kailleraInit");
        api.SetInfos(&copy);
        compare("after kailleraSetInfos");
    }
    api.ChatSend(text);
    compare("after kailleraChatSend");
    api.GetFrameDelay();
    compare("after kailleraGetFrameDelay");
    api.GetFramesBehind();
    compare("after kailleraGetFramesBehind");
    api.ModifyPlayValues(values, SIZE);
    compare("after kailleraModifyPlayValues");
}

/* A game list of 256 kB, so often that Go collects its garbage on this thread, which it calculates with doubles. */
static void make_garbage(void)
{
    static char list[256 * 1024];
    kailleraInfos infos = default_infos();
    int i;

    for (i = 0; i < (int)sizeof list - 2; i++)
        list[i] = (char)(i % 64 == 63 ? 0 : 'a' + i % 23);
    infos.gameList = list;
    for (i = 0; i < 64; i++)
        api.SetInfos(&infos);
    compare("after kailleraSetInfos with large lists");
}

static size_t next_mode;

static void KAILLERA_CALL chat_with_fpu(char *nick, char *text)
{
    (void)nick;
    (void)text;
    chat_calls++;
    compare("in chatReceivedCallback");
    have(next_mode); /* a callback may change it, and that stays */
}

static int KAILLERA_CALL game_with_fpu(char *name, int player, int players)
{
    kailleraInfos infos = default_infos();
    size_t n;

    (void)name;
    (void)player;
    (void)players;
    compare("in gameCallback");
    for (n = 0; n < sizeof modes / sizeof modes[0]; n++) {
        int seen = chat_calls;
        unsigned char values[KAILLERA_MAX_PLAYERS * SIZE] = {0};
        have(n);
        next_mode = (n + 5) % (sizeof modes / sizeof modes[0]);
        call_all(&infos, 0);
        while (chat_calls == seen) {
            CHECK(api.ModifyPlayValues(values, SIZE) >= 0);
            compare("after kailleraModifyPlayValues in a game");
        }
    }
    have(3);
    CHECK(api.EndGame() == 0);
    compare("after kailleraEndGame");
    return 0;
}

/* fpu: all modes through all functions, outside a game and in one. */
void scenario_fpu(char **arguments)
{
    kailleraInfos infos = default_infos();
    size_t n;

    (void)arguments;
    infos.gameCallback = game_with_fpu;
    infos.chatReceivedCallback = chat_with_fpu;
    for (n = 0; n < sizeof modes / sizeof modes[0]; n++) {
        have(n);
        call_all(&infos, 1);
        make_garbage();
    }
    init(infos);
    have(9);
    CHECK(api.SelectServerDialog(NULL) == 0);
    compare("after kailleraSelectServerDialog");
    have(4);
    CHECK(api.Shutdown() == 0);
    compare("after kailleraShutdown");
    CHECK(chat_calls >= (int)(sizeof modes / sizeof modes[0]));
    CHECK(wrong == 0);
}

/* fpu-load: the library is loaded by a thread for which everything traps; Go's threads do not begin with that. */
void scenario_fpu_load(char **arguments)
{
    kailleraInfos infos = default_infos();

    (void)arguments;
    have(9);
    open_library();
    compare("after dlopen");
    infos.gameCallback = game_with_fpu;
    infos.chatReceivedCallback = chat_with_fpu;
    call_all(&infos, 1);
    CHECK(api.SelectServerDialog(NULL) == 0);
    CHECK(wrong == 0);
}

#else

void scenario_fpu(char **arguments)
{
    (void)arguments;
    printf("not tried: this is for x86-64\n");
}

void scenario_fpu_load(char **arguments)
{
    scenario_fpu(arguments);
}

#endif
