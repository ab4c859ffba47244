/*
 * cdecl: callbacks that were declared without __stdcall leave their arguments on the stack. A library that keeps its
 * stack pointer in a frame does not notice, so such emulators can be out there.
 */
#include "habits.h"

#include <stdint.h>
#include <string.h>

#include "../../cabi/callback.h"

static int games, chats, twisted;
static uintptr_t misaligned;

/* The arguments must be where they belong, and the stack as modern compilers want it. */
static void check(const void *arguments, int right)
{
#if defined(__i386__)
    misaligned |= (uintptr_t)arguments % 16;
#else
    (void)arguments;
#endif
    chats++;
    twisted += !right;
}

/* The four callbacks in each convention. */
#define CALLBACKS(convention)                                                                  \
    static int convention convention##_any_game(char *game, int player, int players)           \
    {                                                                                          \
        check(&game, strcmp(game, "Duel") == 0 && player == 3 && players == 4);                \
        return 77;                                                                             \
    }                                                                                          \
    static void convention convention##_chat(char *nick, char *text)                           \
    {                                                                                          \
        check(&nick, nick[0] != '\0' && strcmp(text, "hello") == 0);                           \
    }                                                                                          \
    static void convention convention##_drop(char *nick, int player)                           \
    {                                                                                          \
        check(&nick, strcmp(nick, "somebody") == 0 && player == 3);                            \
    }                                                                                          \
    static void convention convention##_more_infos(char *game)                                 \
    {                                                                                          \
        check(&game, strcmp(game, "Duel") == 0);                                               \
    }

#define by_standard __stdcall
#define by_mistake __cdecl
CALLBACKS(by_standard)
CALLBACKS(by_mistake)

static int __cdecl game_by_mistake(char *game, int player, int players)
{
    static char text[] = "hello";

    games++;
    twisted += strcmp(game, "Duel") != 0 || player != 1 || players != 1;
    for (int frame = 0; frame < 3000 && chats < 20; frame++) {
        char values[2 * KAILLERA_MAX_PLAYERS] = {0};

        if (frame % 100 == 0)
            for (int line = 0; line < 3; line++)
                lib_chat_send(text);
        if (lib_modify_play_values(values, 2) < 0)
            break;
    }
    lib_end_game();
    return 0;
}

/* call_many makes the calls that the library would, and none that it cannot make without a second player. */
static void call_many(const char *what, void *game, void *chat, void *drop, void *more_infos)
{
    void *const functions[] = {game, chat, drop, more_infos};
    static char name[] = "Duel";

    chats = twisted = 0;
    misaligned = 0;
    for (int n = 0; n < 4000; n++) {
        kb_call call;

        memset(&call, 0, sizeof call);
        call.kind = KB_CALL_GAME + n % 4;
        call.function = (uintptr_t)functions[n % 4];
        call.player = 3;
        call.players = 4;
        call.game = name;
        strcpy(call.nick, "somebody");
        strcpy(call.text, "hello");
        make_call(&call);
    }
    expect(what, chats == 4000 && twisted == 0 && misaligned == 0);
}

void habit_cdecl(void)
{
    kailleraInfos infos;

    call_many("1,000 __stdcall callbacks of each kind", (void *)by_standard_any_game, (void *)by_standard_chat,
              (void *)by_standard_drop, (void *)by_standard_more_infos);
    call_many("1,000 __cdecl callbacks of each kind", (void *)by_mistake_any_game, (void *)by_mistake_chat,
              (void *)by_mistake_drop, (void *)by_mistake_more_infos);

    chats = twisted = 0;
    misaligned = 0;
    habits_infos(&infos);
    memcpy(&infos.gameCallback, &(void *){(void *)game_by_mistake}, sizeof(void *));
    memcpy(&infos.chatReceivedCallback, &(void *){(void *)by_mistake_chat}, sizeof(void *));
    memcpy(&infos.clientDroppedCallback, &(void *){(void *)by_mistake_drop}, sizeof(void *));
    memcpy(&infos.moreInfosCallback, &(void *){(void *)by_mistake_more_infos}, sizeof(void *));
    lib_init();
    lib_set_infos(&infos);
    for (int n = 0; n < 10; n++)
        twisted += lib_select_server_dialog(NULL) != 0;
    expect("games in __cdecl callbacks", games == 10 && twisted == 0);
    expect("chat in __cdecl callbacks", chats >= 20);
    expect("with the stack where it belongs", misaligned == 0);
    lib_shutdown();
}
