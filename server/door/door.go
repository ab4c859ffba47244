// Package door says what rooms and the lobby ask of the door through which somebody has come: a door speaks a protocol
// with a client, and stands for it inside. Rooms and the lobby know nothing else of it, and no protocol.
package door

import (
	"net/netip"
	"time"

	"kbridge/kclient/lockstep"
)

// Door is one client. Its methods are called with the lock held of the room where it is, or of the lobby where it is in
// none; they do not block, and do not call back.
type Door interface {
	// Tell tells the client something. The event is valid during the call.
	Tell(now time.Time, e Event)
	// Frame hands over the next message of game data, which is valid during the call. It does not allocate in the
	// steady state.
	Frame(now time.Time, data lockstep.GameData)
	// Proven says that the client has had so many messages of the game that runs.
	Proven(now time.Time, messages int)
	// Heard is when something came from the client last.
	Heard() time.Time
	// Addr is where the client is.
	Addr() netip.AddrPort
}

// Member is who somebody is to everybody else. It does not change while they are logged in.
type Member struct {
	ID         uint16 // from 1
	Name       string // as others see it, in the server's charset
	Shown      string // the same in UTF-8, for the log and for words of the server's own
	Key        string // of the name, for comparing
	Emulator   string // in the server's charset
	Connection int    // the connection type, 1 (LAN) to 6 (Bad): how many frames a batch of input has
	Ping       uint32 // milliseconds
	MaxDelay   int    // the largest frame delay that the client can bear, in batches beyond the first

	// Rejoins: the client is one of ours. It can rejoin a game, and knows Behind, InStep and Waited.
	Rejoins bool
	// LateStart: the client must not get game data before the calls of its frame delay are over.
	LateStart bool
}
