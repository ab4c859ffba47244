/*
 * Saves that are sent as chat, as 1964 and Project64k do when a game begins: player 1 says all lines
 * at once, everybody calls on until the last line has come, and only then the machine runs.
 */
#include "driver.h"

#define BUFFERED 20 /* calls before it: "to clear the buffer stored in the Kaillera" */
#define PAUSE 10    /* ms between calls while the players wait */
#define LAST "!!!StartGame!!!"

static int lines, heard, started;

static void make_line(char *line, int i)
{
    memset(line, 0, 128);
    sprintf(line, "!MEMPAK%d=", i);
    memset(line + strlen(line), 'A' + i % 26, 100);
}

/* Every line comes, once and in order, and the last one last. */
static void KAILLERA_CALL on_line(char *nick, char *text)
{
    char expected[128];
    CHECK(strcmp(nick, "one") == 0);
    CHECK(!started);
    if (heard < lines) {
        make_line(expected, heard++);
        CHECK(strcmp(text, expected) == 0);
        return;
    }
    CHECK(strcmp(text, LAST) == 0);
    started = 1;
}

static void wait_frame(void)
{
    CHECK(frame() >= 0);
    sleep_ms(PAUSE);
}

static int KAILLERA_CALL on_save_game(char *name, int player, int players)
{
    char line[128];
    int i;
    (void)name;
    start_machine(player, players);
    for (i = 0; i < BUFFERED; i++)
        wait_frame();
    if (player == 1) {
        for (i = 0; i < lines; i++) {
            make_line(line, i);
            CHECK(api.ChatSend(line) == 0);
        }
        CHECK(api.ChatSend((char *)LAST) == 0);
    }
    while (!started)
        wait_frame();
    for (i = 0; i < 50; i++) /* the others hear it, too */
        wait_frame();
    CHECK(api.EndGame() == 0);
    return 0;
}

/* save LINES: a save of so many lines goes through. */
void scenario_save(char **arguments)
{
    kailleraInfos infos = default_infos();
    lines = atoi(arguments[0]);
    infos.gameCallback = on_save_game;
    infos.chatReceivedCallback = on_line;
    init(infos);
    CHECK(api.SelectServerDialog(NULL) == 0);
    CHECK(started);
    CHECK(api.Shutdown() == 0);
    printf("lines %d\n", heard);
}

static int KAILLERA_CALL on_large_game(char *name, int player, int players)
{
    char line[128];
    int taken = 0, i;
    (void)name;
    start_machine(player, players);
    play_frames(BUFFERED);
    for (make_line(line, 0); api.ChatSend(line) == 0; make_line(line, ++taken))
        CHECK(taken < 4000);
    for (i = 0; i < 100; i++)
        CHECK(api.ChatSend(line) == -1);
    lines = taken;
    while (heard < 100)
        wait_frame();
    CHECK(api.ChatSend(line) == 0); /* there is room again */
    CHECK(api.EndGame() == 0);
    printf("taken %d\n", taken);
    return 0;
}

/* save-too-large: what is not taken is said, and what was taken comes. */
void scenario_save_too_large(char **arguments)
{
    kailleraInfos infos = default_infos();
    (void)arguments;
    lines = 4000;
    infos.gameCallback = on_large_game;
    infos.chatReceivedCallback = on_line;
    init(infos);
    CHECK(api.SelectServerDialog(NULL) == 0);
    CHECK(api.Shutdown() == 0);
}
