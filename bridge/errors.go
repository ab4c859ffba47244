package bridge

import "errors"

// Why a call was refused, or a game or dialog ended. They reach the log and
// the user interface; the emulator sees a code.
var (
	// ErrNotInitialised: the call came before kailleraInit or after
	// kailleraShutdown.
	ErrNotInitialised = errors.New("kailleraInit was not called, or kailleraShutdown was")
	// ErrNoInfos: a dialog was asked for before kailleraSetInfos.
	ErrNoInfos = errors.New("kailleraSetInfos was not called")
	// ErrBusy: another thread is inside kailleraSelectServerDialog, or plays.
	ErrBusy = errors.New("a dialog or a game is running on another thread")
	// ErrNoGame: the call needs a running game.
	ErrNoGame = errors.New("no game is running")
	// ErrNoRoom: the call needs a room to talk in.
	ErrNoRoom = errors.New("the player is in no room")
	// ErrBadArgument: a NULL pointer, or a size that is out of range or differs
	// from the game's.
	ErrBadArgument = errors.New("bad argument")

	// ErrEndGame: the emulator called kailleraEndGame.
	ErrEndGame = errors.New("kailleraEndGame")
	// ErrShutdown: the emulator called kailleraShutdown.
	ErrShutdown = errors.New("kailleraShutdown")
	// ErrClosed: somebody closed the dialog's window (WM_CLOSE).
	ErrClosed = errors.New("the window of the dialog was closed")
	// ErrNewDialog: the thread that ran the dialog called
	// kailleraSelectServerDialog again, from a callback or after a longjmp
	// out of one.
	ErrNewDialog = errors.New("kailleraSelectServerDialog was called again")
	// ErrNoGameCallback: a game cannot start because the emulator gave no
	// gameCallback.
	ErrNoGameCallback = errors.New("the emulator has no gameCallback, so no game can be played")
	// ErrChatRoom: an entry of the game list that begins with * is for talking. FBNeo's
	// callback would never return from one.
	ErrChatRoom = errors.New("an entry whose name begins with * is a chat room, no game is played in it")
	// ErrDialogOver: the user interface acted on a dialog that has ended.
	ErrDialogOver = errors.New("the dialog is over")
	// ErrPlaying: the user interface started a game while another one runs.
	ErrPlaying = errors.New("a game is running already")
	// ErrInternal: a fault of the library itself was caught; the log has it.
	ErrInternal = errors.New("internal error")
)
