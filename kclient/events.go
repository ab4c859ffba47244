package kclient

import (
	"time"

	"kbridge/kclient/wire"
)

// Event is something that happened on the server. All text in it is UTF-8
// without control characters.
type Event interface{ event() }

type (
	// UserJoined: somebody (we too) logged in.
	UserJoined struct{ User User }
	// UserQuit: somebody left the server.
	UserQuit struct {
		User    User
		Message string
	}
	// GlobalChat is a line in the lobby's chat.
	GlobalChat struct{ User, Text string }
	// RoomChat is a line in the chat of the room we are in. One that is data begins with a
	// mark, see wire.CutDataMark; all others have no control characters.
	RoomChat struct{ User, Text string }
	// ServerMessage is the server's own word, such as its welcome.
	ServerMessage struct{ From, Text string }
	// PrivateChat is a line that only its two ends see. EmuLinker and our server
	// send it as words of their own, in a form that their messages do not have
	// otherwise.
	PrivateChat struct {
		From, To     string
		FromID, ToID uint16
		Text         string
	}
	// GameCreated: a room was opened.
	GameCreated struct{ Game GameInfo }
	// GameChanged: players or state of a room changed.
	GameChanged struct{ Game GameInfo }
	// GameClosed: a room is gone.
	GameClosed struct{ Game GameInfo }
	// PlayerJoined: somebody (we too) entered the room we are in.
	PlayerJoined struct{ Player Player }
	// PlayerLeft: somebody left the room we are in, by will or kicked.
	PlayerLeft struct{ Player Player }
	// PlayerDropped: a player is no longer in the running game; zeros stand
	// for its input from now on.
	PlayerDropped struct {
		User   string
		Player int // 1-based
	}
	// GameStarted: the owner started the game; Room.WaitStart returns it. Player
	// is our number, 1-based.
	GameStarted struct{ Player, Players int }
	// MixedTypes: those in our room have different connection types, and this server
	// does not line up their calls. Emulators that advance on a return of 0, as most do,
	// will come apart in a game, so one type for all should be chosen before it starts.
	MixedTypes struct{ Players []Player }
	// MessagesLost: a server has thrown messages away that we never got. In
	// the lobby lists may be out of date; a game ends with ErrLost.
	MessagesLost struct{ Count int }
	// ChatLost: these lines of ours are not known to have arrived. Dropped: the session goes on, and the
	// server did not pass them on, as servers do when too much is said, or the room was left before they were sent.
	// Else the session has ended; it comes before Disconnected.
	ChatLost struct {
		Lines   []LostLine
		Dropped bool
	}
	// Disconnected is the last event of a session; Err is nil after Quit.
	Disconnected struct{ Err error }
)

func (UserJoined) event()    {}
func (UserQuit) event()      {}
func (GlobalChat) event()    {}
func (RoomChat) event()      {}
func (ServerMessage) event() {}
func (PrivateChat) event()   {}
func (GameCreated) event()   {}
func (GameChanged) event()   {}
func (GameClosed) event()    {}
func (PlayerJoined) event()  {}
func (PlayerLeft) event()    {}
func (PlayerDropped) event() {}
func (GameStarted) event()   {}
func (MixedTypes) event()    {}
func (MessagesLost) event()  {}
func (ChatLost) event()      {}
func (Disconnected) event()  {}

// LostLine is a chat line of ours, to the room, to one user (ToID), or to the lobby.
type LostLine struct {
	Room bool
	ToID uint16
	Text string // as it was to be read by the others
}

// User is somebody on the server.
type User struct {
	ID         uint16
	Name       string
	Ping       time.Duration
	State      wire.UserState
	Connection wire.ConnectionType // may be invalid, as the server sent it
}

// GameInfo is a room as the lobby shows it.
type GameInfo struct {
	ID                  uint32
	Name                string // UTF-8 without control characters
	WireName            string // the exact bytes on the wire
	Emulator, Owner     string
	State               wire.GameState
	Players, MaxPlayers int
}

// Player is somebody in the room.
type Player struct {
	ID         uint16
	Name       string
	Ping       time.Duration
	Connection wire.ConnectionType
}
