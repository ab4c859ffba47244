package server

import (
	"time"

	"kbridge/kclient/wire"
)

// What an administrator may change, and how far; and what deployed peers bear. The budgets stand in limits.go.

// Defaults and bounds of Config that others need too; the table of settings has the rest.
const (
	defaultMaxUsers = 100    // EmuLinker
	maxMaxUsers     = 10_000 // user IDs are 16 bits; the lists of more are no use to anybody

	// defaultStall is how long a player may hold up a game, and how long the others wait for one who may come back.
	defaultStall = 10 * time.Second

	maxMaxPing   = time.Second // EmuLinker: 1 to 1,000 ms
	maxMOTD      = 32          // lines: a message each at every login
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

// maxOldDelay is the largest d for a client that has not shown itself to be ours: SupraClient's ring holds 15 batches,
// d + 1 of which are under way. Ours bears lockstep.MaxFrameDelay.
const maxOldDelay = 14

// maxSameDelayEmulators bounds Config.SameDelayEmulators: all of them are compared at every start.
const maxSameDelayEmulators = 64
