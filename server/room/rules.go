package room

import (
	"log/slog"
	"sync/atomic"
	"time"

	"kbridge/kclient/framecache"
	"kbridge/server/rate"
	"kbridge/server/stats"
	"kbridge/server/timer"
)

// Rules are what holds for every room of a server.
type Rules struct {
	Stall        time.Duration // how long a player may hold up a game
	NetsyncStall time.Duration // how long a player may take to load

	// Comeback is how long the place of a player who has lost the connection is kept, 0 is not at all; ComebackWait how
	// long the others wait for it before zeros stand for its input.
	Comeback, ComebackWait time.Duration

	FrameDelay         FrameDelay
	SameDelayEmulators []string // beginnings of the names of emulators, UTF-8, for FrameDelayAuto
	Padding            bool
	Numbering          framecache.Numbering

	Start, Chat rate.Rate // of one user's game starts; of the lines that a user says without waiting
}

// Shared is what all rooms of a server use. Its fields may be used from any goroutine.
type Shared struct {
	Rules  Rules
	Timers *timer.Heap
	Logger *slog.Logger
	Count  *stats.Counters
	Memory *Memory

	Shown func(line string) string // the UTF-8 of what a user has said, for the log

	lineBytes atomic.Int64 // of room chat that waits, in all rooms
}

// LineBytes is how many bytes of room chat wait in all rooms.
func (s *Shared) LineBytes() int { return int(s.lineBytes.Load()) }

// Outside is what a room tells the lobby. It is called with the room's lock held, and must not take the lobby's: what
// needs it is done later.
type Outside interface {
	// Changed: the room has another Status.
	Changed(now time.Time, r *Room)
	// Over: the room has no owner, and nobody plays there any more.
	Over(now time.Time, r *Room)
	// Command has said a line that is a command.
	Command(now time.Time, s *Seat, line string)
}
