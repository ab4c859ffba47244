package limits

import (
	"time"

	"kbridge/kclient/wire"
)

// What an administrator may change, and how far; and what deployed peers bear. The budgets stand beside it.

// Defaults and bounds of Config that others need too; the table of settings has the rest.
const (
	DefaultMaxUsers = 100    // EmuLinker
	MaxMaxUsers     = 10_000 // user IDs are 16 bits; the lists of more are no use to anybody

	// DefaultStall is how long a player may hold up a game, and how long the others wait for one who may come back.
	DefaultStall = 10 * time.Second

	MaxMaxPing   = time.Second // EmuLinker: 1 to 1,000 ms
	MaxMOTD      = 32          // lines: a message each at every login
	MaxMOTDLine  = wire.MaxChat
	MaxNameBytes = wire.MaxGameName
)

// Texts, in bytes of the session's charset (EmuLinker).
const (
	MaxUserName     = wire.MaxUserName
	MaxEmulatorName = wire.MaxEmulatorName
	MaxGameName     = wire.MaxGameName
	MaxChat         = wire.MaxChat
	MaxGameChat     = wire.MaxGameChat
	MaxQuitMessage  = wire.MaxQuitMessage
)

// MaxPlayers in a room: the classic API's buffer has room for 8.
const MaxPlayers = wire.MaxPlayers

// MaxOldDelay is the largest d for a client that has not shown itself to be ours: SupraClient's ring holds 15 batches,
// d + 1 of which are under way. Ours bears lockstep.MaxFrameDelay.
const MaxOldDelay = 14

// MaxSameDelayEmulators bounds Config.SameDelayEmulators: all of them are compared at every start.
const MaxSameDelayEmulators = 64
