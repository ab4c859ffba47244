/*
 * Emulators lie where their users put them: in folders with names that the ANSI code page does not have, and deeper
 * than MAX_PATH. The library finds its own folder all the same, and records there.
 */
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include "habits.h"
#include "host.h"

enum { LENGTH = 520 /* characters of the DLL's path */ };

/* path + name; path has room for LENGTH + 100. */
static void append(wchar_t *path, const wchar_t *name)
{
    size_t n = wcslen(path);

    wcsncpy(path + n, name, LENGTH + 99 - n);
    path[LENGTH + 99] = L'\0';
}

/* A folder beside the DLL of the command line, as \\?\C:\..., ended by a backslash. */
static void folder_for_copies(wchar_t *path)
{
    wchar_t full[LENGTH], given[MAX_PATH];

    MultiByteToWideChar(CP_ACP, 0, habits_options.library, -1, given, MAX_PATH);
    GetFullPathNameW(given, LENGTH, full, NULL);
    wcsrchr(full, L'\\')[1] = L'\0';
    wcscpy(path, L"\\\\?\\");
    append(path, full);
    append(path, L"habit-paths\\");
    CreateDirectoryW(path, NULL);
}

/* Removes the recordings of the folder records below folder; how many there were. */
static int take_recordings(const wchar_t *folder)
{
    wchar_t path[LENGTH + 100];
    WIN32_FIND_DATAW entry;
    HANDLE found;
    size_t n;
    int count = 0;

    wcscpy(path, folder);
    append(path, L"habit-records\\");
    n = wcslen(path);
    append(path, L"*.krec");
    while ((found = FindFirstFileW(path, &entry)) != INVALID_HANDLE_VALUE) {
        FindClose(found);
        path[n] = L'\0';
        append(path, entry.cFileName);
        if (!DeleteFileW(path))
            return -1;
        count++;
        path[n] = L'\0';
        append(path, L"*.krec");
    }
    return count;
}

/* Copies the DLL to file in folder, loads it there, plays, and looks for the recording. */
static void play_there(const wchar_t *folder, const wchar_t *file)
{
    wchar_t path[LENGTH + 100], original[MAX_PATH], loaded[LENGTH + 100] = L"";
    HMODULE module;
    char line[100];

    wcscpy(path, folder);
    append(path, file);
    MultiByteToWideChar(CP_ACP, 0, habits_options.library, -1, original, MAX_PATH);
    CopyFileW(original, path, FALSE);
    module = LoadLibraryW(path);
    snprintf(line, sizeof line, "LoadLibraryW of %lu characters", (unsigned long)wcslen(path));
    expect(line, module != NULL);
    if (module == NULL) {
        printf("     error %lu\n", (unsigned long)GetLastError());
        return;
    }
    GetModuleFileNameW(module, loaded, LENGTH + 100);
    expect("it is that one", wcsstr(loaded, wcschr(folder, L':')) != NULL);
    if (!library_look_up(module, habits_options.spelling))
        return;
    take_recordings(folder);
    SetEnvironmentVariableA("KAILLERA_RECORD", "habit-records");
    host_expect_game("from there");
    expect("the recording lies beside the DLL", take_recordings(folder) == 1);
}

void habit_path_japanese(void)
{
    wchar_t folder[LENGTH + 100];

    folder_for_copies(folder);
    /* "Emulator", and the character whose second byte in Shift-JIS is a backslash. */
    append(folder, L"\x30a8\x30df\x30e5\x30ec\x30fc\x30bf \x8868\\");
    CreateDirectoryW(folder, NULL);
    play_there(folder + wcslen(L"\\\\?\\"), L"kaillera\x30af\x30e9\x30a4\x30a2\x30f3\x30c8.dll");
}

void habit_path_long(void)
{
    static const wchar_t name[] = L"kailleraclient.dll";
    wchar_t folder[LENGTH + 100];

    folder_for_copies(folder);
    for (size_t left; (left = LENGTH - wcslen(folder) - wcslen(name)) > 0;) {
        wchar_t part[101];
        size_t n = left > 101 ? 100 : left - 1; /* and a backslash */
        if (left == 102)
            n = 99; /* the last one needs a character */
        wmemset(part, L'l', n);
        part[n] = L'\0';
        append(folder, part);
        CreateDirectoryW(folder, NULL);
        append(folder, L"\\");
    }
    play_there(folder, name);
}
