package bridge

import (
	"context"
	"time"

	"kbridge/kclient"
	"kbridge/kclient/text"
)

// UI is what the user deals with while the emulator is inside
// kailleraSelectServerDialog: it finds a server and a room, and hands each
// game that starts to the dialog.
type UI interface {
	// Run runs one dialog on a goroutine of its own, which is not the
	// emulator's thread. When it returns the dialog is over: nil makes
	// kailleraSelectServerDialog return 0; an error is logged and makes
	// it return -1. When ctx is done it leaves its room and server and
	// returns soon; the error is then of no interest. The next dialog's Run
	// begins after this one has returned.
	Run(ctx context.Context, d *Dialog) error
}

// Game is a started game: *kclient.Game, or a recording that is played back.
// Submit and TryReceive are called from one thread at a time, the others from any.
// None of them waits.
type Game interface {
	Player() int     // this player's number, from 1
	Players() int    // how many play
	FrameDelay() int // frames
	// Submit takes this player's input for one frame: the first size bytes of
	// values, which has room for MaxPlayers * size. It keeps nothing of values.
	Submit(values []byte, size int) error
	// TryReceive gives what the call belonging to the last Submit returns, if it
	// is there; wait is then 0. n is 0 within the frame delay, which is a frame of
	// the machine like any other, with values untouched; else the bytes of the combined
	// frame, written to values. A positive wait says that it is not there yet: it is tried
	// again when Notify's function was called, or after that time.
	TryReceive(values []byte) (n int, wait time.Duration, err error)
	// Notify names the function that is to be called when a TryReceive that had
	// to wait may find something, or an error. It does not wait.
	Notify(wake func())
	// Drop leaves the game. Harmless when it is over.
	Drop() error
	Stats() kclient.GameStats
}

// Match is a game that a UI hands to Dialog.Play.
type Match struct {
	Game Game
	// Name is the emulator's entry for the game.
	Name GameName
	// Charset is the session's: what other players say went through it.
	Charset text.Charset
	// Players are the players' names in UTF-8, in order, for the recording.
	Players []string
	// Record is the folder that a recording is written to, from the Config's
	// Folder on; empty for none.
	Record string
}

// Result says how a game went.
type Result struct {
	// Reason is why it ended, such as ErrEndGame or the connection's error.
	Reason error
	Stats  kclient.GameStats
}
