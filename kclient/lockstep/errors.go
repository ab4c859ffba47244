package lockstep

import "errors"

// Errors are static: the paths that return them are driven by a peer's bytes. None of them changes the state of the
// machine that returned it, so that the others of a room play on.
var (
	// ErrConfig is wrapped by what NewBatcher and NewMixer return.
	ErrConfig = errors.New("lockstep: invalid configuration")
	// ErrSize is an input of no bytes, or of more than MaxFrameSize for a frame.
	ErrSize = errors.New("lockstep: input size is not 1 to 512 bytes a frame")
	// ErrSizeChanged is an input whose size is not the one the game began with.
	ErrSizeChanged = errors.New("lockstep: input size is not the size of this game")
	// ErrLength is game data that is empty, or not a whole batch: a multiple of the connection type for a server,
	// exactly connection type × size × players for a client.
	ErrLength = errors.New("lockstep: game data is not a whole batch")
	// ErrPosition is a game cache with a position that was never filled.
	ErrPosition = errors.New("lockstep: no game data at that cache position")
	// ErrQueueFull is a peer that sent further ahead than the frame delay lets it.
	ErrQueueFull = errors.New("lockstep: too much game data ahead of the game")
	// ErrEarly is game data for a client that has not had its first input yet. No server can have anything to mix
	// before it.
	ErrEarly = errors.New("lockstep: game data before the first input")
	// ErrOrder is a Collect while the one before it still waits for its frame.
	ErrOrder = errors.New("lockstep: the frame before this one was not taken")
	// ErrPlayer is a player number that the room does not have.
	ErrPlayer = errors.New("lockstep: no such player")
	// ErrDropped is input of a player who has dropped.
	ErrDropped = errors.New("lockstep: the player has dropped")
)
