/*
 * save: 1964 and Project64k send the saves of player 1 as chat of the room when a game begins: hundreds of lines at
 * once, and all players call on, without running their machine, until the last line has come.
 */
#include <stdio.h>
#include <string.h>

#include "habits.h"
#include "host.h"

enum {
    LINES = 400,
    BUFFERED = 20,    /* calls before the first line, as theirs */
    LONGEST = 60 * 60 /* calls until the last one is given up: a minute */
};

static const char last[] = "!!!StartGame!!!";
static volatile long heard, wrong, refused, started;

static void make_line(char *line, long number)
{
    int begin = sprintf(line, "!MEMPAK%ld=", number);

    memset(line + begin, 'A' + (int)(number % 26), 100);
    line[begin + 100] = '\0';
}

static void KAILLERA_CALL on_line(char *nick, char *text)
{
    char line[160];

    (void)nick;
    if (heard < LINES) {
        make_line(line, heard);
        wrong += strcmp(text, line) != 0;
        heard++;
    } else {
        wrong += strcmp(text, last) != 0 || started;
        started = 1;
    }
}

static int KAILLERA_CALL on_game(char *game, int player, int players)
{
    char line[160];

    (void)game;
    machine_start(&host.machine, player, players);
    machine_play(&host.machine, BUFFERED, 1);
    for (long number = 0; number < LINES; number++) {
        make_line(line, number);
        refused += lib_chat_send(line) != 0;
    }
    strcpy(line, last);
    refused += lib_chat_send(line) != 0;
    for (int call = 0; call < LONGEST && !started; call++)
        if (!machine_play(&host.machine, 1, 0))
            break;
        else
            Sleep(10);
    lib_end_game();
    return 0;
}

/* More than any save is: what is not taken is said, and what was taken before comes. */
static int KAILLERA_CALL on_large_game(char *game, int player, int players)
{
    enum { MORE = 10000 };
    char line[160];
    long taken = 0;

    (void)game;
    machine_start(&host.machine, player, players);
    machine_play(&host.machine, BUFFERED, 1);
    for (make_line(line, 0); taken < MORE && lib_chat_send(line) == 0; make_line(line, taken))
        taken++;
    printf("     %ld lines were taken\n", taken);
    expect("a line too many is refused by the return code", taken > 2200 && taken < MORE);
    for (int call = 0; call < LONGEST && heard < 100; call++)
        if (!machine_play(&host.machine, 1, 0))
            break;
        else
            Sleep(10);
    expect("what was taken comes, in order", heard >= 100 && wrong == 0);
    expect("and there is room again", lib_chat_send(line) == 0);
    lib_end_game();
    return 0;
}

void habit_save(void)
{
    kailleraInfos infos;

    host_infos(&infos);
    infos.gameCallback = on_game;
    infos.chatReceivedCallback = on_line;
    lib_init();
    lib_set_infos(&infos);
    expect("the dialog returns 0", lib_select_server_dialog(NULL) == 0);
    expect("400 lines that are said at once are all taken", refused == 0);
    printf("     %ld came, %ld wrong, the last one %s\n", heard, wrong, started ? "too" : "not");
    expect("and come back, in order, the last one last", heard == LINES && started && wrong == 0);

    heard = 0;
    infos.gameCallback = on_large_game;
    lib_set_infos(&infos);
    expect("the dialog returns 0", lib_select_server_dialog(NULL) == 0);
    expect("kailleraShutdown", lib_shutdown() == 0);
}
