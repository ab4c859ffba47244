// Package bridge is the classic Kaillera API as Go: what stands behind the nine
// C functions of include/kailleraclient.h.
//
// A [Session] is the API of one process. Init, SetInfos, ChatSend, EndGame,
// FrameDelay and Shutdown are what their C namesakes are. The two functions
// that call the emulator back are pulled step by step instead:
//
//   - kailleraSelectServerDialog is BeginDialog, then NextCall again and again;
//   - kailleraModifyPlayValues is ModifyPlayValues again and again, until it says
//     that there is nothing to call any more.
//
// Each step returns what to call, and the C code calls it when no Go code is
// left on that thread. So a callback may be left by a longjmp or an exception,
// may call any function of the API again, and runs on a thread of the emulator's:
// gameCallback on the one inside kailleraSelectServerDialog, the others on the
// one inside either function. No lock is held meanwhile.
//
// What the user deals with while the dialog is open is a [UI]: it gets a
// [Dialog], which describes the emulator, and hands it one [Match] after the
// other. bridge/autoplay is the UI that takes its orders from the environment.
//
// # Calls are frames
//
// The emulator advances its machine by one frame for each ModifyPlayValues that did
// not return -1, with neutral input of all players where it returned 0. Servers line
// up the players' calls, so what plays a game by Go code, or plays a recording
// back, must answer each call as the library would: not one 0 more or less.
//
// # Threads
//
// All methods of Session and Dialog may be called from any thread. One lock,
// held for a few instructions, guards the state; nothing waits under it. A
// frame costs two or three turns of it and no allocation. The UI has a goroutine
// of its own, because the emulator's thread is wanted for callbacks.
//
// A thread that has to wait is told so (CallWait) and waits outside, where it holds
// nothing: emulators kill theirs there. What it waits for wakes it through
// Config.Threads, which also says whether a thread still lives: the game or dialog of
// one that does not is anybody's. Only programs in Go wait inside, with Session.Wait.
//
// # When a game is over
//
// A game begins with the call of gameCallback, and is over when the emulator
// calls EndGame or Shutdown, when its connection or room is gone, or when the
// thread that ran the dialog begins another. That gameCallback returns means
// nothing: MAME32k plays inside it, RMG-K returns at once and plays on another
// thread, FBNeo waits in it while another thread plays. Each end is one line in the
// log, msg="game ended", with the figures of the game.
//
// # Recordings and the log
//
// A game is recorded as .krec when its Match names a folder; a relative one lies in
// the Config's Folder, which is where the library may write. The log goes where
// KAILLERA_LOG says: unset, nowhere; debug, info, warn or error, to stderr; anything
// else is a file that is appended to, and that only its user may read.
//
// # What it must not do
//
// It calls nobody back, ends no process, and prints nothing unless KAILLERA_LOG
// asks for it, but for what package lobby says. It knows no C: pointers stay in cabi, functions of the emulator are
// numbers here.
package bridge
