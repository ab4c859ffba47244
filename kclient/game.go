package kclient

import (
	"context"
	"fmt"
	"time"

	"kbridge/kclient/link"
	"kbridge/kclient/lockstep"
	"kbridge/kclient/wire"
)

// Game is one game in a room, from the server's start to our drop, the room's
// end, or a fault. Every client computes the same frames from it.
type Game struct {
	s       *session
	room    *Room
	player  int
	players int
	delay   int           // frames
	wake    chan struct{} // capacity 1: something that Receive waits for
	notify  func()        // nil, or told of the same

	// The session's lock guards what follows.
	batcher     *lockstep.Batcher
	input       []byte // of the first frame, until everybody is ready
	held        bool   // input was not collected yet
	ready       bool   // we told the server that we are ready
	started     bool   // the server told that everybody is
	receiving   bool   // somebody is in Receive
	interrupted bool
	submitted   bool      // a frame was submitted and not received yet
	waitFrom    time.Time // when the wait under way began; zero when none is
	stallFrom   time.Time // the same, without the others' loading
	err         error
	dropSeq     uint16
	dropping    bool
	clock       gameClock
	before      tally      // when the game began
	after       link.Stats // when it ended

	size   int // bytes of our input; 0 before the first
	calls  int // of Submit
	handed int // combined frames given out
	rejoin rejoin
}

func newGame(r *Room, m wire.GameStarted) (*Game, error) {
	b, err := lockstep.NewBatcher(lockstep.BatcherConfig{
		Connection: r.s.cfg.Connection.Frames(),
		FrameDelay: int(m.FrameDelay),
		Players:    int(m.Players),
		Numbering:  r.s.cfg.Numbering,
	})
	if err != nil {
		return nil, err
	}
	return &Game{s: r.s, room: r, player: int(m.Player), players: int(m.Players), delay: b.Delay(),
		wake: make(chan struct{}, 1), batcher: b}, nil
}

// Player is our number in the game, 1-based.
func (g *Game) Player() int { return g.player }

// Players is how many play, 1 to 8. It stays the same when some drop.
func (g *Game) Players() int { return g.players }

// FrameDelay is how many calls of Exchange return 0 before the first frame comes
// back, D = (d + 1) × connection type - 1: the frames from a key press to its
// effect. It is our own; other players' differ.
func (g *Game) FrameDelay() int { return g.delay }

// Room is where the game is played.
func (g *Game) Room() *Room { return g.room }

// Err is nil while we play, and then why we do not: ErrGameOver, ErrDropped,
// ErrLost, a *TimeoutError, or the room's error.
func (g *Game) Err() error {
	g.s.mu.Lock()
	defer g.s.release(nil)
	return g.err
}

// Exchange is one frame: it gives our input, values[:size], and returns the
// combined input of all players in values[:n], player 1 first, n = players × size.
// size (bytes per player) must stay the same for the whole game, and values must
// have room for players × size bytes.
//
// Calls are frames: the emulator runs one frame of its machine for each call, from
// the first on. n is 0 during the first FrameDelay calls, since nothing has come
// back yet: values is then untouched, with our own input in it, and the frame is run
// with neutral input of all players, players × size zeros. FrameDelay
// differs between players, and servers line up calls, the zero ones included.
//
// The first call tells the server that we are ready and waits for all players to
// load. Later calls wait for the slowest player; the wait ends with the context,
// Drop, Interrupt, or the end of the game.
func (g *Game) Exchange(ctx context.Context, values []byte, size int) (n int, err error) {
	if err := g.Submit(values, size); err != nil {
		return 0, err
	}
	return g.Receive(ctx, values)
}

// Submit is the first half of Exchange: it takes values[:size] as our input of
// the next frame and does not wait. Every Submit is followed by one Receive that
// returns without ErrInterrupted.
func (g *Game) Submit(values []byte, size int) (err error) {
	s := g.s
	s.mu.Lock()
	defer s.release(&err)
	if g.err != nil && !g.leftoversLocked() {
		return g.err
	}
	if g.submitted || g.receiving {
		return ErrConcurrent
	}
	if size <= 0 || size > lockstep.MaxFrameSize {
		return lockstep.ErrSize
	}
	if len(values) < size*g.players {
		return fmt.Errorf("%w: %d bytes for %d players with %d bytes each", ErrBuffer, len(values), g.players, size)
	}
	now := time.Now()
	if g.rejoin.presence != lockstep.Present {
		if err := g.submitAwayLocked(now, values[:size]); err != nil {
			return err
		}
		g.submitted = true
		return nil
	}
	if g.size == 0 {
		g.size = size
	}
	if !g.ready {
		g.ready = true
		g.input = append(g.input[:0], values[:size]...)
		g.held = true
		s.sendLocked(now, wire.TypeReady, wire.ReadyRequest{}.AppendTo(s.body[:0]))
		s.flushLocked(now)
	} else if err := g.collectLocked(now, values[:size]); err != nil {
		return err
	}
	g.submitted = true
	return nil
}

// collectLocked gives one frame of input to the batcher and sends the batch when
// it is full.
func (g *Game) collectLocked(now time.Time, input []byte) error {
	out, send, err := g.batcher.Collect(input)
	if err != nil {
		return err
	}
	g.calls++
	g.clock.frame(now)
	if !send || g.err != nil {
		return nil
	}
	s := g.s
	s.spoke = now
	if out.Cached {
		s.body = wire.AppendGameCache(s.body[:0], out.Position)
		s.link.SendGame(now, wire.TypeGameCache, s.body)
	} else {
		s.body = wire.AppendGameData(s.body[:0], out.Payload)
		s.link.SendGame(now, wire.TypeGameData, s.body)
	}
	s.talkWithFrameLocked(now)
	s.flushLocked(now)
	return nil
}

// Drop ends the game for us; the others play on with zeros for our input. It does
// not wait: a waiting Receive returns ErrGameOver at once. We stay in the room.
func (g *Game) Drop() (err error) {
	s := g.s
	s.mu.Lock()
	defer s.release(&err)
	if g.err != nil {
		return nil
	}
	g.dropLocked(time.Now(), ErrGameOver)
	return nil
}

// dropLocked tells the server that we no longer play, and ends the game.
func (g *Game) dropLocked(now time.Time, reason error) {
	s := g.s
	g.endLocked(now, reason)
	if s.err == nil {
		g.dropSeq = s.sendLocked(now, wire.TypeDropGame, wire.DropRequest{}.AppendTo(s.body[:0]))
		g.dropping = true
		s.flushLocked(now)
	}
}

// beginLocked: the server has started the game; emulators load now.
func (g *Game) beginLocked(now time.Time) {
	g.before.Stats = g.s.link.Stats()
	g.clock.begin(now)
	g.s.link.SetPhase(now, link.Netsync)
}

// allReadyLocked: S 15. Some servers send it at the first player's ready, so it
// may come before ours, and then proves nothing about ours.
func (g *Game) allReadyLocked(now time.Time, _ []byte) {
	if g.started {
		return
	}
	g.started = true
	g.s.link.SetPhase(now, link.Play)
	g.wakeLocked()
}

// dataLocked takes the server's game data.
func (g *Game) dataLocked(now time.Time, body []byte) {
	payload, err := wire.ParseGameData(body)
	if err == nil {
		err = g.batcher.Receive(payload)
	}
	g.tookLocked(now, wire.TypeGameData, err)
}

// cacheLocked takes the server's game cache.
func (g *Game) cacheLocked(now time.Time, body []byte) {
	pos, err := wire.ParseGameCache(body)
	if err == nil {
		err = g.batcher.ReceiveCached(pos)
	}
	g.tookLocked(now, wire.TypeGameCache, err)
}

// tookLocked follows game data and game cache.
func (g *Game) tookLocked(now time.Time, t wire.Type, err error) {
	if err != nil {
		// Without this message every later frame would be another one than the
		// other players', so the game is over, cleanly.
		g.s.log.Warn("the server's game data cannot be used", "type", t, "err", err)
		g.dropLocked(now, fmt.Errorf("kclient: the server's game data cannot be used: %w", err))
		return
	}
	g.s.link.ProveGame(now, g.batcher.ServerProven())
	g.wakeLocked()
}

// droppedLocked: S 14, about us or another player.
func (g *Game) droppedLocked(now time.Time, m wire.PlayerDropped) {
	s := g.s
	if m.Player < 1 || int(m.Player) > g.players {
		return // emulators index tables with it
	}
	if int(m.Player) == g.player {
		if g.dropping {
			g.dropping = false
			s.link.Prove(now, g.dropSeq)
		}
		g.endLocked(now, ErrDropped)
	}
	s.events.push(PlayerDropped{s.text(m.User), int(m.Player)})
}

// deadlineLocked is when a wait under way has lasted too long.
func (g *Game) deadlineLocked() time.Time {
	if g.waitFrom.IsZero() {
		return time.Time{}
	}
	if !g.started {
		return g.waitFrom.Add(g.s.cfg.NetsyncTimeout)
	}
	return later(g.waitFrom, g.s.link.LastReceived()).Add(g.stallTimeoutLocked())
}

// stallTimeoutLocked is how long the server may be silent: as long as it keeps our
// seat, if it does.
func (g *Game) stallTimeoutLocked() time.Duration {
	if g.s.ticket.have {
		return max(g.s.cfg.StallTimeout, g.s.ticket.ticket.Comeback)
	}
	return g.s.cfg.StallTimeout
}

// tickLocked ends a wait that has lasted too long.
func (g *Game) tickLocked(now time.Time) {
	g.fetchLocked(now)
	at := g.deadlineLocked()
	if at.IsZero() || now.Before(at) {
		return
	}
	silent := &TimeoutError{Waiting: "any datagram in the game", Server: g.s.server.String(),
		After: g.stallTimeoutLocked(), Kind: TimeoutGame, Cause: g.s.trouble.send}
	if !g.started {
		silent.Waiting, silent.After, silent.Kind = "all players to load the game", g.s.cfg.NetsyncTimeout,
			TimeoutNetsync
	}
	g.dropLocked(now, silent)
}

// endLocked ends the game once and wakes who waits in it.
func (g *Game) endLocked(now time.Time, err error) {
	if g.err != nil {
		return
	}
	g.err = err
	g.batcher.End()
	g.waitedLocked()
	g.after = g.s.link.Stats()
	g.clock.end(now)
	g.s.link.SetPhase(now, link.Lobby)
	g.wakeLocked()
}
