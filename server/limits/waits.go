package limits

import (
	"time"
)

// How long is waited, and what for.

// ToldWait is from which wait on the players are told for whom they waited: three
// frames, which somebody notices.
const ToldWait = 50 * time.Millisecond

// Proofs outside of play.
const (
	// the age of an unproven message that asks for proof; also the least time between two (protocol notes)
	AskAfter = time.Second
	MaxAsks  = 4  // without an answer, until something new is sent
	MaxOpen  = 64 // unanswered ones in all; n02 with a set ping answers none
)

// The server's own pauses, see kaillera/standstill.go: while games run it wants to wake each PulseEvery, and has stood
// still when it wakes Standstill too late, which no scheduler does. QueuedWait is how long no datagram comes when all
// that were queued are read; the socket holds MaxQueued small ones at most.
const (
	PulseEvery = time.Second
	Standstill = 250 * time.Millisecond
	QueuedWait = 2 * time.Millisecond
	MaxQueued  = 4096
)

// HolePatience is how long the server waits for a message that later ones have
// overtaken. Clients repeat their last few messages whenever they send, so what
// has not come by then never will: classic clients no longer have it.
// When a client has shown that it no longer has the message, only what the network may have
// delayed is waited for: GonePatience.
const (
	HolePatience = 5 * time.Second
	GonePatience = time.Second
)

// An old client that sends its last three messages and repeats them only after a second
// (SupraClient) is asked for a repeat with a 05 when the room waits for its input. The 06 takes one of the three
// places, so what it has sent and we lack must be no more than two: a frame delay of
// MaxAskDelay lets no more be outstanding, and one 05 must do. Clients that repeat themselves sooner are
// never that silent: PlayAskAfter beyond two batches of sixty frames a second.
const (
	MaxAskDelay  = 1
	PlayAskAfter = 50 * time.Millisecond
)

// How a player may hold up a game, see room/stalls.go: with a Stall of 10 s, waits above a second count, for half a
// minute. A computer that makes a frame in a second is of no use to anybody; a single hiccup of nine seconds is
// forgiven. Who loses the line more than maxLosses times, each within the window after the one before, does not rejoin
// that game.
const (
	LeastStall   = time.Second
	StallPart    = 10
	StallWindow  = 3
	MaxTimesAway = 3
)

// Who was waited for, see room/lag.go. EmuLinker-K keeps a minute in steps of five seconds. What comes less than a
// frame late nobody notices; a player with a long frame delay may vary by a part of it, one in LagShare, as lines that
// are that long do. A game is not slower than SlowestPace; a step with fewer than LeastPaced frames says nothing of it.
// A step that took longer than the pace by one part in SlowShare has been slowed down, by whoever completed more than
// LastShare percent of its frames.
const (
	LagStep     = 5 * time.Second
	LagSteps    = 12
	LeastLag    = time.Second / 60
	LagShare    = 8
	LagSpare    = 8 // batches more than the frame delay's: lockstep lets who is catching up have four more
	SlowestPace = 100 * time.Millisecond
	LeastPaced  = 30
	SlowShare   = 20
	LastShare   = 80
)
