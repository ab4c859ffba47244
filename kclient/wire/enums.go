package wire

import "fmt"

// ConnectionType is how many frames of input a player sends at once. Parsers
// keep whatever byte came (one odd user must not hide a whole list), so ask
// Valid before it counts frames; LoginRequest alone refuses an invalid one.
type ConnectionType uint8

// The connection types, with their numbers on the wire.
const (
	LAN       ConnectionType = 1 // one frame a message
	Excellent ConnectionType = 2
	Good      ConnectionType = 3
	Average   ConnectionType = 4
	Low       ConnectionType = 5
	Bad       ConnectionType = 6 // six frames a message
)

// Valid reports whether c is one of the six types.
func (c ConnectionType) Valid() bool { return c >= LAN && c <= Bad }

// Frames is the number of frames in one game data of this type: 1..6, and 1
// for a type that is not valid, so that nothing divides by zero.
func (c ConnectionType) Frames() int {
	if !c.Valid() {
		return 1
	}
	return int(c)
}

// String is the name that clients show.
func (c ConnectionType) String() string {
	switch c {
	case LAN:
		return "LAN"
	case Excellent:
		return "Excellent"
	case Good:
		return "Good"
	case Average:
		return "Average"
	case Low:
		return "Low"
	case Bad:
		return "Bad"
	}
	return fmt.Sprintf("connection type %d", uint8(c))
}

// GameState is the state of a room. The values are the protocol notes' and
// direlera-rs'; EmuLinker has 1 and 2 the other way round, so a receiver may
// only tell waiting from running: use Joinable.
type GameState uint8

// The room states, with their numbers on the wire.
const (
	GameWaiting GameState = 0
	GamePlaying GameState = 1
	GameNetsync GameState = 2 // started, waiting until every player is ready
)

// Valid reports whether s is one of the three states.
func (s GameState) Valid() bool { return s <= GameNetsync }

// Joinable reports whether a room in this state takes players. Every value
// but GameWaiting counts as running, the unknown ones too.
func (s GameState) Joinable() bool { return s == GameWaiting }

// String is a word for the state, by the protocol notes' values.
func (s GameState) String() string {
	switch s {
	case GameWaiting:
		return "waiting"
	case GamePlaying:
		return "playing"
	case GameNetsync:
		return "netsync"
	}
	return fmt.Sprintf("game state %d", uint8(s))
}

// UserState is what a user in a ServerStatus is doing.
type UserState uint8

// The user states, with their numbers on the wire.
const (
	UserPlaying    UserState = 0 // in a room
	UserIdle       UserState = 1 // in the lobby
	UserConnecting UserState = 2 // logging in; some servers: playing
)

// Valid reports whether s is one of the three states.
func (s UserState) Valid() bool { return s <= UserConnecting }

// String is a word for the state.
func (s UserState) String() string {
	switch s {
	case UserPlaying:
		return "playing"
	case UserIdle:
		return "idle"
	case UserConnecting:
		return "connecting"
	}
	return fmt.Sprintf("user state %d", uint8(s))
}
