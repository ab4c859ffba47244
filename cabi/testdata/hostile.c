/* A server that means harm, and memory that shows what the library does to it. */
#include "driver.h"

#define BUFFER (KAILLERA_MAX_PLAYERS * SIZE)

/* The emulator's buffer between canaries; next to it one of exactly the
 * documented size on the heap, where AddressSanitizer watches. */
typedef struct {
    unsigned char before[CANARY], values[BUFFER], after[CANARY];
} fenced;

static void check_fence(const fenced *f)
{
    int i;
    for (i = 0; i < CANARY; i++)
        CHECK(f->before[i] == 0xA5 && f->after[i] == 0xA5);
}

static int KAILLERA_CALL on_game(char *name, int player, int players)
{
    fenced f;
    unsigned char *exact = (unsigned char *)malloc(BUFFER), *values, was[BUFFER];
    int i, n;

    game_calls++;
    CHECK(strlen(name) < 128);
    CHECK(player >= 1 && player <= players && players <= KAILLERA_MAX_PLAYERS);
    start_machine(player, players);
    memset(&f, 0xA5, sizeof f);
    for (;;) {
        values = game.frames % 2 ? exact : f.values;
        memset(was, 0xA5, sizeof was);
        memset(was, game.frames, SIZE);
        memcpy(values, was, BUFFER);
        n = api.ModifyPlayValues(values, SIZE);
        check_fence(&f);
        CHECK(n == -1 || n == 0 || n == players * SIZE);
        i = n > 0 ? n : 0; /* nothing behind the frame, and nothing without one */
        CHECK(memcmp(values + i, was + i, (size_t)(BUFFER - i)) == 0);
        if (n < 0)
            break;
        game.frames++;
        game.returned += n > 0;
    }
    for (i = 0; i < 3; i++)
        CHECK(api.ModifyPlayValues(exact, SIZE) == -1);
    free(exact);
    CHECK(api.EndGame() == 0);
    return 0;
}

/* hostile: plays until the library says that the game is over. */
void scenario_hostile(char **arguments)
{
    kailleraInfos infos = default_infos();

    infos.gameCallback = on_game;
    if (arguments[0] != NULL && strcmp(arguments[0], "null") == 0) {
        infos.chatReceivedCallback = NULL;
        infos.clientDroppedCallback = NULL;
        infos.moreInfosCallback = NULL;
    }
    init(infos);
    api.SelectServerDialog(NULL); /* how it ends is the server's */
    CHECK(game_calls == 1);
    CHECK(strlen(last_nick) <= 3 * 31);
    CHECK(strlen(last_text) <= 3 * 320);
    CHECK(api.Shutdown() == 0);
    printf("returned %d chats %d drops %d\n", game.returned, chat_calls, drop_calls);
}

static int KAILLERA_CALL on_game_null(char *name, int player, int players)
{
    unsigned char *exact = (unsigned char *)malloc(BUFFER);
    char *text = (char *)malloc(1);
    int i, n;

    CHECK(name != NULL);
    start_machine(player, players);
    text[0] = 0;
    for (i = 0; i < 20; i++) {
        memset(exact, 0, BUFFER);
        n = api.ModifyPlayValues(exact, SIZE);
        CHECK(n >= 0);
        CHECK(api.ModifyPlayValues(NULL, SIZE) == -1);
        CHECK(api.ChatSend(text) != -2);
        CHECK(api.ChatSend(NULL) == -1);
        CHECK(api.GetVersion(NULL) == -1);
    }
    free(text);
    free(exact);
    game.frames = i;
    CHECK(api.EndGame() == 0);
    return 0;
}

/* nulls: every pointer of kailleraInfos NULL, one at a time and all at once. */
void scenario_nulls(char **arguments)
{
    kailleraInfos infos;
    int i;

    (void)arguments;
    for (i = 0; i < 6; i++) {
        infos = default_infos();
        infos.gameCallback = on_game_null;
        if (i == 0 || i == 5)
            infos.appName = NULL;
        if (i == 1 || i == 5)
            infos.gameList = NULL;
        if (i == 2 || i == 5)
            infos.chatReceivedCallback = NULL;
        if (i == 3 || i == 5)
            infos.clientDroppedCallback = NULL;
        if (i == 4 || i == 5)
            infos.moreInfosCallback = NULL;
        game.frames = 0;
        init(infos);
        api.SelectServerDialog(NULL); /* without games there may be none */
        CHECK(game.frames == 20 || i == 1 || i == 5);
        CHECK(api.Shutdown() == 0);
    }
}

static int KAILLERA_CALL on_game_overrun(char *name, int player, int players)
{
    unsigned char *small = (unsigned char *)malloc(SIZE);
    int n = 0;

    (void)name;
    start_machine(player, players);
    memset(small, 0, SIZE);
    while (n == 0)
        n = api.ModifyPlayValues(small, SIZE); /* a frame is larger */
    free(small);
    CHECK(api.EndGame() == 0);
    return 0;
}

/* overrun: an emulator that breaks the contract; AddressSanitizer must see the
 * library write behind the buffer, or it watches nothing. */
void scenario_overrun(char **arguments)
{
    kailleraInfos infos = default_infos();
    (void)arguments;
    infos.gameCallback = on_game_overrun;
    init(infos);
    api.SelectServerDialog(NULL);
}
