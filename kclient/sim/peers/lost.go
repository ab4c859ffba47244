package peers

import "errors"

// How a peer lost a game by its own rules.
var (
	ErrHole           = errors.New("peers: took a datagram with a hole in it, and waits for the missing message for ever")
	ErrOverrun        = errors.New("peers: more messages than its array holds, it crashed")
	ErrGaveUp         = errors.New("peers: gave up waiting")
	ErrDesynchronised = errors.New("peers: a client's message is missing, that player is out for good")
	ErrNoAnswer       = errors.New("peers: no answer, and it does not ask again")
)

// How a game or a session ended because the other side said so.
var (
	ErrDropped    = errors.New("peers: the server dropped us from the game")
	ErrRoomClosed = errors.New("peers: the room is closed, or we are no longer in it")
	ErrRefused    = errors.New("peers: refused")
	ErrClosed     = errors.New("peers: closed")
)

// ErrProtocol is wrapped by what a model says of bytes that no peer may send: a
// malformed bundle, a cache position that was never filled, game data of a wrong
// length. It is never the model's own fault, and fails every test.
var ErrProtocol = errors.New("peers: the other side broke the protocol")
