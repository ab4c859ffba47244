/*
 * fakekaillera.c: stands in for the library, to see what the emulator makes of
 * its answers. A game of three: the emulator is the player FAKE_PLAYER, its input
 * comes back FAKE_DELAY calls later; of players 1 and 2 the other one holds key 5
 * all the time, and player 3 holds every key. After FAKE_FRAMES frames that came back
 * the emulator is out of the game.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kailleraclient.h"

enum { HISTORY = 16 };

static kailleraInfos infos;
static unsigned char history[HISTORY][2];
static int calls, frames, ends, playing;

static int setting(const char *name)
{
    const char *value = getenv(name);
    return value == NULL ? 0 : atoi(value);
}

int KAILLERA_CALL kailleraGetVersion(char *version) { strcpy(version, "0.9"); return 0; }
int KAILLERA_CALL kailleraInit(void) { return 0; }
int KAILLERA_CALL kailleraShutdown(void) { return 0; }
int KAILLERA_CALL kailleraSetInfos(kailleraInfos *i) { infos = *i; return 0; }
int KAILLERA_CALL kailleraGetFramesBehind(void) { return 0; }
int KAILLERA_CALL kailleraGetFrameDelay(void) { return setting("FAKE_DELAY"); }
int KAILLERA_CALL kailleraEndGame(void) { ends++; playing = 0; return 0; }

int KAILLERA_CALL kailleraChatSend(char *text)
{
    infos.chatReceivedCallback("me", text);
    return 0;
}

int KAILLERA_CALL kailleraSelectServerDialog(void *parent)
{
    static char game[] = "Duel";

    (void)parent;
    if (setting("FAKE_PLAYER") == 0)
        return 1;
    playing = 1;
    infos.gameCallback(game, setting("FAKE_PLAYER"), 3);
    printf("kailleraEndGame: %s\n", ends > 0 ? "called" : "not called");
    return 0;
}

int KAILLERA_CALL kailleraModifyPlayValues(void *values, int size)
{
    unsigned char *bytes = values;
    int player = setting("FAKE_PLAYER"), delay = setting("FAKE_DELAY");

    if (!playing || size != 2 || frames == setting("FAKE_FRAMES"))
        return -1;
    memcpy(history[calls % HISTORY], bytes, 2);
    if (calls++ < delay)
        return 0;
    if (++frames == 2)
        infos.clientDroppedCallback("th\033[2Jem\xc2\x9b", 3);
    memset(bytes, 0xff, 6);
    memcpy(bytes + (player - 1) * 2, history[(calls - 1 - delay) % HISTORY], 2);
    bytes[(2 - player) * 2] = 1 << 5;
    bytes[(2 - player) * 2 + 1] = 0;
    return 6;
}
