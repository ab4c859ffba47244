#include "host.h"

#include <stdio.h>
#include <string.h>

#include "habits.h"

enum { CANARY = HOST_VALUES - KAILLERA_MAX_PLAYERS * HOST_SIZE, FRAMES = 60 };

struct host host;

double host_seconds(void)
{
    LARGE_INTEGER now, frequency;

    QueryPerformanceCounter(&now);
    QueryPerformanceFrequency(&frequency);
    return (double)now.QuadPart / (double)frequency.QuadPart;
}

/* Player p's input in its i-th call: never zeros, and no two alike within 65,536 calls. */
static void make_input(unsigned char *input, int player, long i)
{
    input[0] = (unsigned char)player;
    input[1] = (unsigned char)i;
    input[2] = (unsigned char)(i >> 8);
    input[3] = (unsigned char)(player * 31);
}

void machine_start(struct machine *m, int player, int players)
{
    memset(m, 0, sizeof *m);
    m->player = player;
    m->players = players;
    m->digest = 2166136261u;
}

int machine_frame(struct machine *m)
{
    unsigned char values[HOST_VALUES];

    return machine_frame_in(m, values, NULL);
}

int machine_frame_in(struct machine *m, unsigned char *values, void (*before)(unsigned char *values))
{
    static const unsigned char zeros[HOST_SIZE];
    unsigned char expected[HOST_SIZE];
    int n;

    memset(values, 0xA5, HOST_VALUES);
    make_input(values, m->player, m->frames);
    if (before != NULL)
        before(values);
    n = lib_modify_play_values(values, HOST_SIZE);
    for (int i = 0; i < CANARY; i++)
        m->wrong += values[KAILLERA_MAX_PLAYERS * HOST_SIZE + i] != 0xA5;
    if (n < 0)
        return n;
    if (n == 0) { /* nothing has come back yet: the machine runs this frame with zeros of all players */
        make_input(expected, m->player, m->frames);
        m->wrong += m->returned > 0 || memcmp(values, expected, HOST_SIZE) != 0;
        memset(values, 0, (size_t)(m->players * HOST_SIZE));
    } else {
        /* Our own comes back as many calls later as there were zeros, unless the server threw it away at the start. */
        const unsigned char *own = values + (m->player - 1) * HOST_SIZE;
        make_input(expected, m->player, m->returned);
        m->wrong += n != m->players * HOST_SIZE;
        if (memcmp(own, expected, HOST_SIZE) == 0)
            m->own++;
        else
            m->wrong += memcmp(own, zeros, HOST_SIZE) != 0 || (m->own > 0 && !m->away);
        m->returned++;
    }
    for (int i = 0; i < m->players * HOST_SIZE; i++)
        m->digest = (m->digest ^ values[i]) * 16777619u;
    m->frames++;
    m->digests[m->frames % HOST_DIGESTS] = m->digest;
    return n;
}

int machine_play(struct machine *m, long frames, int paced)
{
    double due = host_seconds();

    for (long n = 0; n < frames; n++) {
        double early;
        if (machine_frame(m) < 0)
            return 0;
        due += 1.0 / 60;
        early = due - host_seconds();
        if (paced && early > 0)
            Sleep((DWORD)(early * 1000));
        else if (early < -0.1)
            due -= early; /* a long wait is forgotten, not raced after */
    }
    return 1;
}

/* Whether a callback is on a thread of ours. */
static void look_at_thread(void)
{
    DWORD now = GetCurrentThreadId();

    if (now != host.dialog_thread && now != host.play_thread)
        InterlockedIncrement(&host.strangers);
}

DWORD machine_digest(const struct machine *m, long frames)
{
    return frames > m->frames - HOST_DIGESTS && frames <= m->frames ? m->digests[frames % HOST_DIGESTS] : 0;
}

static int KAILLERA_CALL on_game(char *game, int player, int players)
{
    look_at_thread();
    InterlockedIncrement(&host.games);
    snprintf(host.last_game, sizeof host.last_game, "%s", game);
    machine_start(&host.machine, player, players);
    if (host.play != NULL) {
        host.play();
        return 0;
    }
    machine_play(&host.machine, host.frames > 0 ? host.frames : FRAMES, host.paced);
    lib_end_game();
    return 0;
}

static void KAILLERA_CALL on_chat(char *nick, char *text)
{
    (void)nick;
    look_at_thread();
    InterlockedIncrement(&host.chats);
    snprintf(host.last_text, sizeof host.last_text, "%s", text);
}

static void KAILLERA_CALL on_drop(char *nick, int player)
{
    (void)nick, (void)player;
    look_at_thread();
    InterlockedIncrement(&host.drops);
}

void host_infos(kailleraInfos *infos)
{
    static char list[256]; /* and a second NUL behind the name */

    habits_infos(infos);
    if (GetEnvironmentVariableA("KAILLERA_GAME", list, sizeof list - 1) > 0)
        infos->gameList = list;
    infos->gameCallback = on_game;
    infos->chatReceivedCallback = on_chat;
    infos->clientDroppedCallback = on_drop;
}

int host_game(void)
{
    kailleraInfos infos;

    host_infos(&infos);
    host.dialog_thread = GetCurrentThreadId();
    if (lib_init() != 0 || lib_set_infos(&infos) != 0)
        return -1;
    return lib_select_server_dialog(host.window);
}

void host_expect_game(const char *what)
{
    long frames = host.frames > 0 ? host.frames : FRAMES, games = host.games;
    char line[200];
    int code = host_game();

    snprintf(line, sizeof line, "%s: a game of %ld frames", what, frames);
    expect(line, code == 0 && host.games == games + 1 && host.machine.frames == frames && host.machine.wrong == 0 &&
                     host.machine.returned > 0 && host.strangers == 0);
    if (code != 0 || host.machine.frames != frames || host.machine.wrong != 0)
        printf("     dialog %d, %ld games, frames %ld, returned %ld, wrong %ld\n", code, host.games - games,
               host.machine.frames, host.machine.returned, host.machine.wrong);
    expect("kailleraShutdown", lib_shutdown() == 0);
}
