package bridge

import (
	"time"

	"kbridge/kclient/lockstep"
	"kbridge/kclient/wire"
)

// Limits on what an emulator and the other players may ask for.
const (
	// MaxFrameSize is the largest input of one player for one frame, in
	// bytes.
	MaxFrameSize = lockstep.MaxFrameSize
	// MaxPlayers is how many players' input an emulator's buffer must hold.
	MaxPlayers = wire.MaxPlayers
	// MaxGameList is the longest game list that is copied, in bytes. The
	// largest known ones are arcade emulators' with some 40,000 names of
	// fewer than 128 bytes.
	MaxGameList = 16 << 20
	// MaxText is the longest chat line that is looked at, in bytes; the wire
	// takes far less (wire.MaxGameChat), in any charset.
	MaxText = 4 << 10
	// MaxNickBytes and MaxTextBytes are the longest name and chat line that
	// reach a callback, in bytes without the NUL: what the wire takes, when
	// each of its bytes becomes a character of three bytes of UTF-8.
	MaxNickBytes = 3 * wire.MaxUserName
	MaxTextBytes = 3 * wire.MaxGameChat

	// maxEvents is how many chat lines and drops wait for the emulator, which
	// takes them in kailleraModifyPlayValues. It is a minute of chat at the
	// rate that servers allow; the oldest is dropped first.
	maxEvents = 64
	// maxCalls is how many callbacks wait for the thread inside
	// kailleraSelectServerDialog: a game's start and a few requests for more
	// information, which a user makes by hand.
	maxCalls = 8
	// maxWait is how long a thread waits for its wake before it looks by itself. A
	// wake is not left out, but the emulator may close a handle that is not its own.
	maxWait = 500 * time.Millisecond
	// shutdownWait is how long kailleraShutdown waits until the user
	// interface has said good-bye to the server.
	shutdownWait = 3 * time.Second
)
