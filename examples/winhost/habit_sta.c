/*
 * DirectShow, DirectInput and the shell's dialogs want COM, so the window's thread of many emulators is an apartment
 * (STA): calls from other threads come as messages to a hidden window on that thread. The library handles the thread's
 * messages while the lobby is open, so those calls are answered then as well; and the apartment is the same when the
 * library returns.
 */
#define COBJMACROS
#include <windows.h>

#include <ole2.h>
#include <stdio.h>

#include "habits.h"
#include "host.h"

enum { CALLS = 50, NOTE = WM_APP + 1 };

static DWORD apartment; /* the thread */
static volatile LONG calls, strangers, notes;
static HWND window;

/* An object of the apartment: IPersist, which is small and which COM can carry between threads. */
static const CLSID class_id = {0x6b626469, 0x7267, 0x4665, {1, 2, 3, 4, 5, 6, 7, 8}};

static HRESULT STDMETHODCALLTYPE query(IPersist *this, REFIID iid, void **object)
{
    int known = IsEqualIID(iid, &IID_IUnknown) || IsEqualIID(iid, &IID_IPersist);

    *object = known ? this : NULL;
    return known ? S_OK : E_NOINTERFACE;
}

static ULONG STDMETHODCALLTYPE count(IPersist *this)
{
    (void)this; /* it is never freed */
    return 2;
}

static HRESULT STDMETHODCALLTYPE get_class_id(IPersist *this, CLSID *id)
{
    (void)this;
    InterlockedIncrement(&calls);
    if (GetCurrentThreadId() != apartment)
        InterlockedIncrement(&strangers);
    *id = class_id;
    return S_OK;
}

static IPersistVtbl table = {query, count, count, get_class_id};
static IPersist object = {&table};

static LRESULT CALLBACK on_message(HWND which, UINT message, WPARAM w, LPARAM l)
{
    if (message == NOTE)
        InterlockedIncrement(&notes);
    return DefWindowProcA(which, message, w, l);
}

struct caller {
    IStream *stream; /* holds the object's way here */
    int ends_lobby;
    int right; /* calls that were answered */
};

/* Another apartment (MTA): calls the object, and posts to the window, once the lobby is open. */
static DWORD WINAPI call_across(void *argument)
{
    struct caller *c = argument;
    IPersist *proxy = NULL;
    char text[] = "nobody comes";
    CLSID id;

    CoInitializeEx(NULL, COINIT_MULTITHREADED);
    for (int ms = 0; c->ends_lobby && ms < 10000 && lib_chat_send(text) != 0; ms += 10)
        Sleep(10); /* there is no room yet */
    if (CoGetInterfaceAndReleaseStream(c->stream, &IID_IPersist, (void **)&proxy) == S_OK && proxy != &object) {
        for (int n = 0; n < CALLS; n++) {
            c->right += IPersist_GetClassID(proxy, &id) == S_OK && IsEqualCLSID(&id, &class_id);
            PostMessageA(window, NOTE, 0, 0);
        }
        IPersist_Release(proxy);
    }
    CoUninitialize();
    if (c->ends_lobby)
        lib_shutdown();
    return 0;
}

static HANDLE start_caller(struct caller *c)
{
    calls = strangers = notes = 0;
    if (CoMarshalInterThreadInterfaceInStream(&IID_IPersist, (IUnknown *)&object, &c->stream) != S_OK)
        return NULL;
    return CreateThread(NULL, 0, call_across, c, 0, NULL);
}

static void expect_calls(const char *when, const struct caller *c)
{
    char line[200];

    snprintf(line, sizeof line, "%s: %d calls from another apartment and %ld messages, on the right thread", when,
             c->right, notes);
    expect(line, c->right == CALLS && calls == CALLS && strangers == 0 && notes == CALLS);
}

static void pump(void)
{
    MSG message;

    while (PeekMessageA(&message, NULL, 0, 0, PM_REMOVE))
        DispatchMessageA(&message);
}

void habit_sta(void)
{
    WNDCLASSA class = {.lpfnWndProc = on_message, .hInstance = GetModuleHandleA(NULL), .lpszClassName = "habit"};
    struct caller in_lobby = {.ends_lobby = 1}, afterwards = {.ends_lobby = 0};
    HANDLE thread;
    int code;

    apartment = GetCurrentThreadId();
    expect("CoInitialize", CoInitialize(NULL) == S_OK);
    RegisterClassA(&class);
    window = CreateWindowExA(0, "habit", "", 0, 0, 0, 0, 0, HWND_MESSAGE, NULL, class.hInstance, NULL);
    expect("a window for messages only", window != NULL);

    SetEnvironmentVariableA("KAILLERA_PLAYERS", "2"); /* and nobody comes */
    thread = start_caller(&in_lobby);
    expect("an object for another apartment", thread != NULL);
    if (thread == NULL)
        return;
    code = host_game();
    expect("the lobby, until kailleraShutdown from the other apartment", code == 0 && host.games == 0);
    WaitForSingleObject(thread, INFINITE);
    pump(); /* what was posted last; the calls are answered already */
    expect_calls("in the lobby", &in_lobby);
    CloseHandle(thread);

    SetEnvironmentVariableA("KAILLERA_PLAYERS", "1");
    host_expect_game("in the apartment");
    expect("it is an apartment still, of the same kind", CoInitialize(NULL) == S_FALSE);
    CoUninitialize();
    thread = start_caller(&afterwards);
    while (MsgWaitForMultipleObjects(1, &thread, FALSE, 10000, QS_ALLINPUT) == WAIT_OBJECT_0 + 1)
        pump();
    pump();
    expect_calls("afterwards", &afterwards);
    CloseHandle(thread);
    DestroyWindow(window);
    CoUninitialize();
    expect("no apartment any more", CoInitializeEx(NULL, COINIT_MULTITHREADED) == S_OK);
    CoUninitialize();
}
