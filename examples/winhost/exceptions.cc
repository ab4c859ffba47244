// exceptions: an emulator in C++ whose callbacks throw, which has to arrive where the library was called. On x64 that
// is Windows' own unwinding; on x86 it is that of gcc's libgcc, which finds the way if both halves know the same one
// (libgcc_s_dw2-1.dll), or that of Microsoft's compilers, which steps over everything.
// Linked with the import library: the calls of library.c move the stack pointer where no unwinder knows of it.
#include <cstdio>
#include <cstring>
#include <stdexcept>

#include "kailleraclient.h"

namespace {

int failed, games, chats, drops;

void expect(const char *what, bool ok)
{
    std::printf("%s %s\n", ok ? "ok  " : "FAIL", what);
    failed += !ok;
}

// Counts its way out: destructors run on the way.
struct guard {
    ~guard() { drops++; }
};

int play(int frames)
{
    int n = 0;
    while (frames-- > 0 && n >= 0) {
        char values[2 * KAILLERA_MAX_PLAYERS] = {0};
        n = kailleraModifyPlayValues(values, 2);
    }
    return n;
}

int KAILLERA_CALL throw_from_game(char *, int, int)
{
    guard g;
    games++;
    play(20);
    throw std::runtime_error("game");
}

void KAILLERA_CALL throw_from_chat(char *, char *text)
{
    guard g;
    throw std::runtime_error(text);
}

int KAILLERA_CALL game_with_throws(char *, int, int)
{
    static char text[] = "hello";
    games++;
    for (int n = 0; n < 10; n++) {
        kailleraChatSend(text);
        try {
            play(1000);
        } catch (const std::runtime_error &e) {
            chats += std::strcmp(e.what(), text) == 0;
        }
        play(5);
    }
    kailleraEndGame();
    return 0;
}

void KAILLERA_CALL no_drop(char *, int) {}

} // namespace

int main()
{
    static char name[] = "chip8 1.1", list[] = "Duel\0";
    kailleraInfos infos;
    int caught = 0;

    std::setvbuf(stdout, nullptr, _IONBF, 0);
    std::memset(&infos, 0, sizeof infos);
    infos.appName = name;
    infos.gameList = list;
    infos.gameCallback = throw_from_game;
    infos.chatReceivedCallback = throw_from_chat;
    infos.clientDroppedCallback = no_drop;
    for (int n = 0; n < 3; n++) {
        kailleraInit();
        kailleraSetInfos(&infos);
        try {
            kailleraSelectServerDialog(nullptr);
        } catch (const std::runtime_error &e) {
            caught += std::strcmp(e.what(), "game") == 0;
        }
    }
    expect("three exceptions out of gameCallback", games == 3 && caught == 3);
    games = 0;
    infos.gameCallback = game_with_throws;
    kailleraInit();
    kailleraSetInfos(&infos);
    expect("a dialog after that", kailleraSelectServerDialog(nullptr) == 0 && games == 1);
    expect("ten exceptions out of chatReceivedCallback", chats == 10);
    expect("with the destructors on the way", drops == 13);
    expect("kailleraShutdown", kailleraShutdown() == 0);
    return failed != 0;
}
