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

	// maxEventBytes bounds the chat lines and drops that wait for the emulator,
	// which takes them in kailleraModifyPlayValues; eventOverhead is what each of
	// them counts for beside its text. A save that 1964 or Project64k sends as chat
	// has 2,200 lines at most, 113 bytes each (see package kclient's talk.go), and comes
	// while emulators load. The oldest is dropped first.
	maxEventBytes = 1 << 20
	eventOverhead = 64
	// maxCalls is how many callbacks wait for the thread inside
	// kailleraSelectServerDialog: a game's start and a few requests for more
	// information, which a user makes by hand.
	maxCalls = 8
	// maxWait is how long a thread waits for its wake before it looks by itself. A
	// wake is not left out, but the emulator may close a handle that is not its own.
	maxWait = 500 * time.Millisecond
	// lastFrames is how long the emulator has for the frames that had come when its
	// game ended: a frame delay's worth, of which there are 14 batches at most.
	lastFrames = time.Second
	// shutdownWait is how long kailleraShutdown waits until the user
	// interface has said good-bye to the server.
	shutdownWait = 3 * time.Second
)
