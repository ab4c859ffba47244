#include "partner.h"

#include <stdio.h>
#include <stdlib.h>

#include "habits.h"
#include "host.h"

enum { PATIENCE = 5000 /* ms, until it has left the room and the server */ };

static PROCESS_INFORMATION process;
static HANDLE orders, answers;

static int pipe_for_child(HANDLE *ours, HANDLE *childs, int child_reads)
{
    SECURITY_ATTRIBUTES inherited = {sizeof inherited, NULL, TRUE};
    HANDLE read, write;

    if (!CreatePipe(&read, &write, &inherited, 0))
        return 0;
    *ours = child_reads ? write : read;
    *childs = child_reads ? read : write;
    return SetHandleInformation(*ours, HANDLE_FLAG_INHERIT, 0);
}

int partner_start(void)
{
    char program[MAX_PATH], line[3 * MAX_PATH], game[64];
    STARTUPINFOA startup = {.cb = sizeof startup, .dwFlags = STARTF_USESTDHANDLES};
    int started;

    /* A room of this name is nobody else's. */
    snprintf(game, sizeof game, "Pair %lu.%lu", (unsigned long)GetCurrentProcessId(), (unsigned long)GetTickCount());
    SetEnvironmentVariableA("KAILLERA_GAME", game);
    SetEnvironmentVariableA("KAILLERA_PLAYERS", "2");
    SetEnvironmentVariableA("KAILLERA_ROLE", "join");
    GetEnvironmentVariableA("KAILLERA_NICK", line, sizeof line);
    snprintf(game, sizeof game, "P%.20s", line);
    GetModuleFileNameA(NULL, program, sizeof program);
    snprintf(line, sizeof line, "\"%s\" --library \"%s\" partner", program, habits_options.library);
    if (!pipe_for_child(&orders, &startup.hStdInput, 1) || !pipe_for_child(&answers, &startup.hStdOutput, 0))
        return 0;
    startup.hStdError = GetStdHandle(STD_ERROR_HANDLE);
    SetEnvironmentVariableA("KAILLERA_PARTNER", game);
    started = CreateProcessA(program, line, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &process);
    CloseHandle(startup.hStdInput);
    CloseHandle(startup.hStdOutput);
    SetEnvironmentVariableA("KAILLERA_ROLE", "create");
    return started;
}

void partner_play(int frames)
{
    char line[32];
    DWORD written;

    WriteFile(orders, line, (DWORD)snprintf(line, sizeof line, "%d\n", frames), &written, NULL);
}

int partner_wait(double limit, long *frames, DWORD *digest)
{
    double begun = host_seconds();
    char line[128];
    DWORD size = 0, there, got;
    unsigned long value;

    while (size == 0 || line[size - 1] != '\n') {
        if (!PeekNamedPipe(answers, NULL, 0, NULL, &there, NULL) || host_seconds() - begun > limit ||
            size == sizeof line - 1)
            return 0;
        if (there == 0) {
            Sleep(1);
            continue;
        }
        if (!ReadFile(answers, line + size, 1, &got, NULL))
            return 0;
        size += got;
    }
    line[size] = '\0';
    if (sscanf(line, "played %ld %lx", frames, &value) != 2) {
        printf("     the partner says: %s", line);
        return 0;
    }
    *digest = (DWORD)value;
    return 1;
}

void partner_stop(void)
{
    if (process.hProcess != NULL) {
        CloseHandle(orders);
        if (WaitForSingleObject(process.hProcess, PATIENCE) != WAIT_OBJECT_0)
            TerminateProcess(process.hProcess, 1);
        CloseHandle(process.hProcess);
        CloseHandle(process.hThread);
        CloseHandle(answers);
        process.hProcess = NULL;
    }
    SetEnvironmentVariableA("KAILLERA_PLAYERS", "1");
}

/* In the partner's own process. */
static void play_as_told(void)
{
    int frames;

    while (scanf("%d", &frames) == 1) {
        int left = !machine_play(&host.machine, frames, 0);
        if (left || host.machine.wrong > 0) {
            printf("left the game after %ld frames, %ld of them wrong\n", host.machine.frames, host.machine.wrong);
            break;
        }
        printf("played %ld %08lx\n", host.machine.frames, (unsigned long)host.machine.digest);
    }
    lib_end_game();
}

void habit_partner(void)
{
    char nick[64];

    GetEnvironmentVariableA("KAILLERA_PARTNER", nick, sizeof nick);
    SetEnvironmentVariableA("KAILLERA_NICK", nick);
    host.play = play_as_told;
    if (host_game() != 0)
        printf("dialog failed\n");
    lib_shutdown();
}
