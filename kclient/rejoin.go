package kclient

import (
	"fmt"
	"time"

	"kbridge/kclient/history"
	"kbridge/kclient/link"
	"kbridge/kclient/lockstep"
	"kbridge/kclient/wire"
	"kbridge/kclient/wire/ext"
)

const (
	// maxFetched bounds the history that was fetched and not run yet, in bytes.
	maxFetched = 1 << 20
	// fetchParts is how many datagrams one request asks for; our server sends no
	// more.
	fetchParts = 8
	// fetchAgain is how soon the end of the history is looked for again while the
	// game goes on, and the least time after which a request counts as lost.
	fetchAgain = 100 * time.Millisecond
	// fetchPatience is how much longer than that a request is waited for at most: on a line that loses a third of
	// everything a round trip is measured as long as what it took to get through.
	fetchPatience = 500 * time.Millisecond
	// catchUpBatches is how many batches more than the frame delay may be there
	// and not run yet when we take up our input again.
	catchUpBatches = 2
)

// catchUp is how a player who was away becomes present again; the session's lock
// guards it. What was fetched once is kept for the next time.
type rejoin struct {
	// Away: the frames come from the server's history, our input is not sent. CatchingUp: CaughtUp was sent, game data
	// comes again, and our input goes out.
	presence lockstep.Presence
	past     *history.Reader
	fetched  int // bytes of the history
	total    int // its bytes, and frames, when last told
	frames   int
	complete bool // all of it was fetched
	asked    time.Time
	until    int       // the bytes that the request under way asks for; 0 when none is
	heard    time.Time // when something last came
	seq      uint16    // of CaughtUp
}

// Behind is how many combined frames the player has still to run until it is
// present again; 0 means that it is. While it is above 0 Exchange
// hands frames out as fast as it is called, inputs are ignored, and an emulator
// should run unthrottled.
func (g *Game) Behind() int {
	g.s.mu.Lock()
	defer g.s.release(nil)
	if g.err != nil {
		return 0
	}
	c := &g.rejoin
	switch c.presence {
	case lockstep.Away:
		return max(c.frames-g.handed, 1)
	case lockstep.CatchingUp:
		return max(c.frames-g.handed, 0) + g.batcher.Queued()
	}
	return 0
}

// awayLocked: the server has played on without us, or says that what we asked
// for is gone already.
func (s *session) awayLocked(now time.Time, m ext.Behind) {
	if !s.ticket.have {
		return // nobody of ours
	}
	r := s.room
	if r == nil && !s.login.in && s.cfg.Comeback != nil {
		r = &Room{s: s, id: m.GameID, wireName: m.Game, known: true, started: make(chan struct{}, 1),
			over: make(chan struct{})}
		s.room, s.back = r, r
		s.cfg.Connection = m.Connection
	}
	if r == nil || r.id != m.GameID || m.Loading {
		return
	}
	g := r.game
	if g == nil && r == s.back {
		var err error
		if g, err = newGame(r, wire.GameStarted{FrameDelay: m.FrameDelay, Player: m.Player,
			Players: m.Players}); err != nil {
			s.log.Warn("the server has a game that cannot be played", "err", err)
			return
		}
		g.beginLocked(now)
		g.ready, g.started = true, true
		r.game, r.next = g, g
		signal(r.started)
	}
	if g != nil && g.err == nil && g.started {
		g.setAwayLocked(now, m)
	}
}

func (g *Game) setAwayLocked(now time.Time, m ext.Behind) {
	c := &g.rejoin
	g.s.link.SetPhase(now, link.Play)
	if c.presence == lockstep.CatchingUp {
		g.s.link.Prove(now, c.seq)
	}
	size := int(m.Size)
	if size == 0 { // nobody has played yet: it is the emulator's own, once that is known
		size = g.size
	}
	if size > 0 && !g.fitSizeLocked(now, size) {
		return
	}
	c.presence, c.complete, c.until = lockstep.Away, false, 0
	if g.held { // the call that waited for the beginning is one: what comes of it are the frames of the history
		g.held = false
		g.calls++
	}
	g.s.log.Info("away from the game", "frame", g.handed)
	g.fetchLocked(now)
	g.wakeLocked()
}

// fitSizeLocked makes sure that the input has the size of the game.
func (g *Game) fitSizeLocked(now time.Time, size int) bool {
	if g.size != 0 && g.size != size {
		g.dropLocked(now,
			fmt.Errorf("kclient: this emulator has %d bytes of input a frame, the game has %d: it is not the same emulator or game: %w",
				g.size, size, lockstep.ErrSizeChanged))
		return false
	}
	g.size = size
	if g.rejoin.past == nil {
		g.rejoin.past = history.NewReader(size * g.players)
	}
	return true
}

// fetchAtLocked is when fetchLocked has something to do, which may be long ago; ok
// is false for never.
func (g *Game) fetchAtLocked() (at time.Time, ok bool) {
	c := &g.rejoin
	if c.presence != lockstep.Away || c.past == nil || c.past.Buffered() > maxFetched {
		return time.Time{}, false
	}
	switch {
	case c.until > 0: // a request is under way
		return c.asked.Add(fetchAgain + min(2*g.s.link.RTT(), fetchPatience)), true
	case c.complete:
		return c.heard.Add(fetchAgain), true
	}
	return c.asked, true
}

// fetchLocked asks for the next part of the history.
func (g *Game) fetchLocked(now time.Time) {
	if at, ok := g.fetchAtLocked(); !ok || now.Before(at) {
		return
	}
	c := &g.rejoin
	c.asked, c.until = now, c.fetched+fetchParts*ext.MaxHistory
	g.s.spoke = now
	g.s.writeLocked(ext.HistoryRequest{ID: g.s.ticket.ticket.ID, Offset: uint32(c.fetched),
		Count: fetchParts}.AppendTo(g.s.out[:0]), g.s.server)
}

// historyLocked takes a part of the history. One that does not follow what is
// there is left out: a part before it was lost, and is asked for again.
func (g *Game) historyLocked(now time.Time, h ext.History) {
	c := &g.rejoin
	if c.presence != lockstep.Away || c.past == nil {
		return
	}
	g.s.link.Heard(now)
	if int(h.Offset) != c.fetched || int(h.Total) < c.total || len(h.Data) > 0 &&
		c.past.Buffered() > maxFetched+fetchParts*ext.MaxHistory {
		return
	}
	c.past.Append(h.Data)
	c.fetched += len(h.Data)
	c.total, c.frames, c.heard = int(h.Total), int(h.Frames), now
	c.complete = c.fetched == c.total
	if c.complete || c.fetched >= c.until {
		c.until = 0
		g.fetchLocked(now)
	}
	g.wakeLocked()
}

// submitAwayLocked is Submit for a player who is away or catching up.
func (g *Game) submitAwayLocked(now time.Time, input []byte) error {
	if !g.fitSizeLocked(now, len(input)) {
		return g.err
	}
	g.clock.frame(now)
	c := &g.rejoin
	if c.presence == lockstep.Away && c.complete {
		g.catchUpLocked(now)
	}
	if c.presence == lockstep.CatchingUp {
		return g.collectLocked(now, input)
	}
	g.fetchLocked(now)
	g.calls++
	return nil
}

// catchUpLocked takes up game data again once there is nothing left to fetch but what
// the game is just making.
func (g *Game) catchUpLocked(now time.Time) {
	c := &g.rejoin
	left := c.frames + g.batcher.Delay() - g.calls // calls that are answered with what is there
	if left < 0 && !g.submitted || left < -1 || left > g.batcher.Delay()+catchUpBatches*g.s.cfg.Connection.Frames() {
		return
	}
	g.before.batches += g.batcher.Batches()
	g.before.cached += g.batcher.Cached()
	g.before.messages += g.batcher.Messages()
	if err := g.batcher.Rejoin(c.frames, g.calls, g.size, left == -1); err != nil {
		g.dropLocked(now, err)
		return
	}
	c.presence = lockstep.CatchingUp
	s := g.s
	c.seq = s.sendLocked(now, ext.TypeCaughtUp, ext.CaughtUp{Frames: uint32(c.frames), Calls: uint32(g.calls),
		Size: uint16(g.size)}.AppendTo(s.body[:0]))
	// Game messages are counted from 1 again.
	s.link.SetPhase(now, link.Netsync)
	s.link.SetPhase(now, link.Play)
	s.flushLocked(now)
}

// nextLocked answers the last Submit; ok is false while it has to wait.
func (g *Game) nextLocked(values []byte) (n int, ok bool, err error) {
	c := &g.rejoin
	switch c.presence {
	case lockstep.Away:
		if n, ok, err = g.pastLocked(values); !ok && err == nil && c.complete && g.size > 0 {
			g.catchUpLocked(time.Now()) // there is nothing to fetch until somebody plays on
		}
	case lockstep.CatchingUp:
		if n, ok = g.batcher.Next(values); ok && n == 0 {
			n, ok, err = g.pastLocked(values)
			break
		}
		if ok && g.batcher.Queued() == 0 {
			c.presence = lockstep.Present
			g.s.log.Info("present in the game again", "frame", g.handed)
		}
	default:
		n, ok = g.batcher.Next(values)
	}
	if ok && n > 0 {
		g.handed++
	}
	return n, ok, err
}

// pastLocked hands out the next frame that was fetched.
func (g *Game) pastLocked(values []byte) (n int, ok bool, err error) {
	if g.calls <= g.batcher.Delay() {
		return 0, true, nil
	}
	past := g.rejoin.past
	if past == nil {
		return 0, false, nil
	}
	for {
		n, ok, err := past.Next(values)
		if !ok || err != nil {
			return 0, false, err
		}
		if past.Frames() > g.handed { // those before it were run already
			return n, true, nil
		}
	}
}
