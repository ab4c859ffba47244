// Exceptions through the library's C functions. The rest of the driver is
// compiled as C++ beside this file.
#include "driver.h"

#include <stdexcept>

namespace {

int KAILLERA_CALL throw_from_game(char *, int player, int players)
{
    start_machine(player, players);
    play_frames(20);
    throw std::runtime_error("game");
}

void KAILLERA_CALL throw_from_chat(char *, char *text)
{
    throw std::runtime_error(text);
}

int KAILLERA_CALL play_and_catch(char *, int player, int players)
{
    char text[] = "chat";
    int caught = 0;
    start_machine(player, players);
    CHECK(api.ChatSend(text) == 0);
    while (caught == 0) {
        try {
            CHECK(frame() >= 0);
        } catch (const std::runtime_error &e) {
            CHECK(strcmp(e.what(), "chat") == 0);
            caught++;
        }
    }
    play_frames(20);
    CHECK(api.EndGame() == 0);
    return 0;
}

} // namespace

void scenario_throw(char **)
{
    kailleraInfos infos = default_infos();
    int caught = 0;
    for (int i = 0; i < 2; i++) {
        infos.gameCallback = throw_from_game;
        init(infos);
        try {
            api.SelectServerDialog(NULL);
        } catch (const std::runtime_error &e) {
            CHECK(strcmp(e.what(), "game") == 0);
            caught++;
        }
    }
    CHECK(caught == 2);
    infos.gameCallback = play_and_catch;
    infos.chatReceivedCallback = throw_from_chat;
    init(infos);
    CHECK(api.SelectServerDialog(NULL) == 0);
    CHECK(game.frames >= 20);
    CHECK(api.Shutdown() == 0);
}
