package wire

import (
	"errors"

	"kbridge/kclient/wire/internal/field"
)

// What the parsers say to bytes from outside. They are static, so that a
// flood of broken datagrams costs no formatting and no allocation.
var (
	// ErrShort: a field, a body or a list runs past the end of its bytes.
	ErrShort = field.ErrShort
	// ErrLength: a message whose length, which counts the type byte, is 0.
	ErrLength = errors.New("wire: message of length 0")
	// ErrBundleCount: a bundle of 0 messages, or of more than MaxBundle.
	ErrBundleCount = errors.New("wire: bundle count out of range")
	// ErrNoNUL: a string that its body ends without ending it.
	ErrNoNUL = field.ErrNoNUL
	// ErrStringTooLong: a string of more than MaxString bytes.
	ErrStringTooLong = field.ErrStringTooLong
	// ErrListCount: a list that claims more entries than its bytes can hold.
	ErrListCount = field.ErrListCount
	// ErrConnection: a login with a connection type outside 1..6.
	ErrConnection = errors.New("wire: no such connection type")
	// ErrPlayer: a start in which 1 <= player <= players <= MaxPlayers fails.
	ErrPlayer = errors.New("wire: player number out of range")
)

// What a server's answer to HELLO can say instead of a port.
var (
	// ErrServerFull: the server answered TOO.
	ErrServerFull = errors.New("wire: server is full")
	// ErrVersion: the server answered VER.
	ErrVersion = errors.New("wire: server refuses this protocol version")
	// ErrHandshake: not an answer to HELLO, or one without a usable port.
	ErrHandshake = errors.New("wire: not a valid answer to HELLO")
)
