package kclient

import (
	"time"

	"kbridge/kclient/link"
	"kbridge/kclient/wire"
)

// GameStats is how a game went so far, for logs and displays.
type GameStats struct {
	Player, Players int
	FrameDelay      int           // frames
	Frames          int           // combined frames handed out
	Duration        time.Duration // from the first frame of input to now or the end
	Ping            time.Duration // round trip through the server, smoothed, players' waits included

	Stalls       int           // calls that had to wait for a frame
	Stall        time.Duration // total of these waits
	LongestStall time.Duration
	// SilentStall is what of Stall the server said nothing at all in, for at
	// least 1.5 s at a time: then it is our own line, or the server's.
	SilentStall time.Duration
	// WaitedFor is how long the game waited for each player, by number less 1.
	// Only our server tells; with another one it is zero.
	WaitedFor [wire.MaxPlayers]time.Duration

	Batches, CachedBatches int // inputs sent, and how many of them as a cache position
	Inputs                 int // game messages received
	Resends                int // datagrams sent without anything new

	BytesSent, BytesReceived         int // UDP payload
	DatagramsSent, DatagramsReceived int
}

// Stats may be called at any time, also after the end.
func (g *Game) Stats() GameStats {
	s := g.s
	s.mu.Lock()
	defer s.release(nil)
	now := s.link.Stats()
	if g.err != nil {
		now = g.after
	}
	return GameStats{
		Player: g.player, Players: g.players, FrameDelay: g.batcher.Delay(),
		Frames: g.handed, Duration: g.clock.duration(time.Now()), Ping: now.RTT,
		Stalls: g.clock.stalls, Stall: g.clock.total, LongestStall: g.clock.longest,
		SilentStall: g.clock.silent, WaitedFor: g.clock.waitedFor,
		Batches: g.before.batches + g.batcher.Batches(), CachedBatches: g.before.cached + g.batcher.Cached(),
		Inputs:            g.before.messages + g.batcher.Messages(),
		Resends:           now.Resends - g.before.Resends,
		BytesSent:         now.BytesSent - g.before.BytesSent,
		BytesReceived:     now.BytesReceived - g.before.BytesReceived,
		DatagramsSent:     now.DatagramsSent - g.before.DatagramsSent,
		DatagramsReceived: now.DatagramsReceived - g.before.DatagramsReceived,
	}
}

// tally is what was counted before: by the link when the game began, and by the
// batcher before the player was away.
type tally struct {
	link.Stats
	batches, cached, messages int
}

// gameClock measures durations and stalls; the session's lock guards it.
type gameClock struct {
	started, first, ended time.Time
	stalls                int
	total, longest        time.Duration
	silent                time.Duration
	waitedFor             [wire.MaxPlayers]time.Duration
}

// minSilence is from which time on without a datagram a wait counts as silent.
// EmuLinker answers repeats once a second at least, ours twice.
const minSilence = 1500 * time.Millisecond

// heardLocked is called with every datagram of the session's; last is when the one before it came.
func (g *Game) heardLocked(now, last time.Time) {
	if g.waitFrom.IsZero() {
		return
	}
	if gap := now.Sub(later(g.waitFrom, last)); gap >= minSilence {
		g.clock.silent += gap
	}
}

func (c *gameClock) begin(now time.Time) { c.started = now }

func (c *gameClock) frame(now time.Time) {
	if c.first.IsZero() {
		c.first = now
	}
}

func (c *gameClock) stalled(d time.Duration) {
	c.stalls++
	c.total += d
	c.longest = max(c.longest, d)
}

func (c *gameClock) end(now time.Time) { c.ended = now }

func (c *gameClock) duration(now time.Time) time.Duration {
	if c.first.IsZero() {
		return 0
	}
	if !c.ended.IsZero() {
		now = c.ended
	}
	return now.Sub(c.first)
}
