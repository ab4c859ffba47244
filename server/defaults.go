package server

import (
	"time"

	"kbridge/kclient/wire"
)

// What an administrator may change, and how far; and what deployed peers bear. The budgets stand in limits.go.

// Defaults of Config.
const (
	defaultName     = "kbridge server"
	defaultMaxUsers = 100                    // EmuLinker
	defaultMaxGames = 100                    // a room each at most; a user is in one room only
	defaultMaxPing  = 250 * time.Millisecond // EmuLinker as shipped

	// defaultKeepAlive is EmuLinker's. Clients send a keep-alive every 60 s
	// (SupraClient every 20 s), so three of them may get lost.
	defaultKeepAlive = 190 * time.Second

	// defaultStall is how long a player may hold up a game, and
	// defaultNetsyncStall how long it may load: n02 itself waits 120 s there.
	defaultStall        = 10 * time.Second
	defaultNetsyncStall = 120 * time.Second
)

// Bounds of Config.
const (
	maxMaxUsers  = 10_000 // user IDs are 16 bits; the lists of more are no use to anybody
	minMaxPing   = time.Millisecond
	maxMaxPing   = time.Second // EmuLinker: 1 to 1,000 ms
	minStall     = time.Second
	minKeepAlive = 70 * time.Second // clients send one every 60 s
	maxStall     = time.Hour
	maxComeback  = time.Hour // also what fits into the ticket
	maxMOTD      = 32        // lines: a message each at every login
	maxMOTDLine  = wire.MaxChat
	maxNameBytes = wire.MaxGameName
)

// Texts, in bytes of the session's charset (EmuLinker).
const (
	maxUserName     = wire.MaxUserName
	maxEmulatorName = wire.MaxEmulatorName
	maxGameName     = wire.MaxGameName
	maxChat         = wire.MaxChat
	maxGameChat     = wire.MaxGameChat
	maxQuitMessage  = wire.MaxQuitMessage
)

// maxPlayers in a room: the classic API's buffer has room for 8.
const maxPlayers = wire.MaxPlayers

// maxOldDelay is the largest d for a client that has not shown itself to be ours: SupraClient's ring holds 15 batches, d + 1 of which
// are under way. Ours bears lockstep.MaxFrameDelay.
const maxOldDelay = 14

// maxSameDelayEmulators bounds Config.SameDelayEmulators: all of them are compared at every start.
const maxSameDelayEmulators = 64
