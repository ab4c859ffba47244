/*
 * linked.c: an emulator that was linked with the import library instead of
 * looking the functions up, and needs all nine to start at all.
 */
#include <stdio.h>
#include <string.h>
#include <windows.h>

#include "kailleraclient.h"

int main(void)
{
    void *volatile all[] = {
        (void *)kailleraSelectServerDialog, (void *)kailleraSetInfos,
        (void *)kailleraModifyPlayValues, (void *)kailleraChatSend, (void *)kailleraEndGame,
    };
    char version[KAILLERA_VERSION_SIZE];

    for (size_t n = 0; n < sizeof all / sizeof all[0]; n++)
        if (all[n] == NULL)
            return 1;
    if (kailleraGetVersion(version) != 0 || kailleraInit() != 0 || kailleraGetFrameDelay() != 0 || kailleraGetFramesBehind() != 0 ||
        kailleraShutdown() != 0) {
        printf("FAIL a call\n");
        return 1;
    }
    printf("version %s\n", version);
    return strcmp(version, "0.9") != 0;
}
