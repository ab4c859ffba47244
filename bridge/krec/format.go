package krec

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"
)

// Header is what a recording says about its game. Its strings are raw bytes.
type Header struct {
	Version int       // 0 for KRC0, 1 for KRC1; a Writer always writes 1
	App     string    // the emulator's name, at most MaxName bytes
	Game    string    // the game's name, at most MaxName bytes
	Time    time.Time // when the game started, to the second; zero when it is not known
	Player  int       // whose recording it is, 1 to Players
	Players int       // 1 to 8
	Names   []string  // the names of the first four players, at most MaxPlayerName bytes each; none in KRC0
}

const (
	// MaxName, MaxPlayerName and maxNames are the header's field sizes less the NUL.
	MaxName       = 128 - 1
	MaxPlayerName = 32 - 1
	maxNames      = 4

	maxPlayers = 8 // players in a Kaillera room (protocol notes)

	// MaxFrame is the most bytes a frame can have: its length is an i16.
	MaxFrame = 1<<15 - 1
	// MaxNick and MaxText bound what a Writer writes of a chat line. n02's player has
	// 100 and 500 bytes for them and writes one NUL behind what it counted.
	MaxNick = 98
	MaxText = 498

	// maxReadString bounds a nick or text when reading. n02 buffers all records between
	// two frames in 500 bytes, other programs write what a server let through (320 bytes of
	// game chat, in up to three bytes each as UTF-8).
	maxReadString = 1024
)

const (
	sizeKRC0   = 272
	sizeKRC1   = 400
	appAt      = 4
	gameAt     = 132
	timeAt     = 260
	playerAt   = 264
	playersAt  = 268
	namesAt    = 272
	nameField  = 128
	playerName = 32
)

// Kind says what a record is; its value is the record's type byte.
type Kind uint8

// The kinds of records.
const (
	Chat  Kind = 0x08
	Frame Kind = 0x12
	Drop  Kind = 0x14
)

func (k Kind) String() string {
	switch k {
	case Chat:
		return "chat"
	case Frame:
		return "frame"
	case Drop:
		return "drop"
	}
	return fmt.Sprintf("record type 0x%02x", uint8(k))
}

// The ways in which a file can be wrong. A Reader wraps them in a *FormatError that
// says where.
var (
	ErrNotRecording  = errors.New("not a .krec recording: it starts with neither KRC0 nor KRC1")
	ErrTruncated     = fmt.Errorf("the recording breaks off: %w", io.ErrUnexpectedEOF)
	ErrPlayers       = errors.New("the recording's player numbers are out of range (1 to 8)")
	ErrRecordType    = errors.New("unknown type of record")
	ErrStringTooLong = errors.New("a name or text is longer than 1,024 bytes")
)

// What a Writer refuses.
var (
	ErrFrameTooLong = errors.New("krec: a frame has more than 32,767 bytes")
	ErrFull         = errors.New("krec: the recording has reached its greatest size")
	ErrClosed       = errors.New("krec: the recording is closed")
)

// FormatError is a fault in a file and where it is.
type FormatError struct {
	Offset int64 // of the record or field that is wrong, in bytes from the start
	Err    error // one of the Err values above
}

func (e *FormatError) Error() string { return fmt.Sprintf("krec: at byte %d: %v", e.Offset, e.Err) }

func (e *FormatError) Unwrap() error { return e.Err }

func validPlayers(player, players int) bool {
	return players >= 1 && players <= maxPlayers && player >= 1 && player <= players
}

// unixTime is how a file and its name say a time; 0 means that it is not known. It is good
// until 2106.
func unixTime(t time.Time) uint32 {
	if t.IsZero() {
		return 0
	}
	return uint32(t.Unix())
}

// cut returns s as a field of at most limit bytes can hold it: up to its first
// NUL, and not ending inside a character if it is UTF-8.
func cut(s string, limit int) string {
	if i := strings.IndexByte(s, 0); i >= 0 {
		s = s[:i]
	}
	if len(s) <= limit {
		return s
	}
	for i := limit; i >= 0 && i > limit-utf8.UTFMax; i-- {
		if utf8.RuneStart(s[i]) {
			if r, size := utf8.DecodeRuneInString(s[i:]); r != utf8.RuneError && i+size > limit {
				return s[:i]
			}
			break
		}
	}
	return s[:limit]
}
