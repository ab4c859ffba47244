package kclient

import (
	"context"
	"time"

	"kbridge/kclient/lockstep"
)

// Receive is the second half of Exchange: it waits for the combined frame that
// belongs to the last Submit.
func (g *Game) Receive(ctx context.Context, values []byte) (n int, err error) {
	s := g.s
	s.mu.Lock()
	defer s.release(&err)
	if g.receiving {
		return 0, ErrConcurrent
	}
	g.receiving = true
	defer func() {
		g.receiving = false
		g.waitedLocked()
	}()
	for {
		n, ok, err := g.takeLocked(values)
		if ok || err != nil {
			return n, err
		}
		if g.interrupted {
			g.interrupted = false
			return 0, ErrInterrupted
		}
		if err := g.pauseLocked(ctx); err != nil {
			return 0, err
		}
	}
}

// pauseLocked waits without the lock until there may be something to take.
func (g *Game) pauseLocked(ctx context.Context) error {
	g.s.mu.Unlock()
	defer g.s.mu.Lock()
	select {
	case <-g.wake:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// TryReceive is Receive for a thread that must not wait in Go. wait is 0 when n is
// what Receive would return; else nothing was taken: try again when the function
// given to Notify was called, or after wait. It may be called on another thread than
// the one before.
func (g *Game) TryReceive(values []byte) (n int, wait time.Duration, err error) {
	g.s.mu.Lock()
	defer g.s.release(&err)
	if g.receiving {
		return 0, 0, ErrConcurrent
	}
	n, ok, err := g.takeLocked(values)
	if !ok && err == nil {
		return 0, tryAgain, nil
	}
	g.waitedLocked()
	return n, 0, err
}

// tryAgain is how long a TryReceive waits at most for the call of Notify. That is
// never left out; a second look costs nothing.
const tryAgain = time.Second

// Notify has wake called whenever a TryReceive that had to wait may find what it
// waits for, or the end of the game. It is called with the session's lock held, from
// any goroutine: it must not wait, and call nothing of the game or its session.
func (g *Game) Notify(wake func()) {
	g.s.mu.Lock()
	defer g.s.release(nil)
	g.notify = wake
}

func (g *Game) wakeLocked() {
	signal(g.wake)
	if g.notify != nil {
		g.notify()
	}
}

// takeLocked hands out the frame that belongs to the last Submit; ok is false, and a wait
// is under way, while it is not there.
func (g *Game) takeLocked(values []byte) (n int, ok bool, err error) {
	for {
		if g.err != nil {
			if g.submitted && !g.held && g.leftoversLocked() && len(values) >= g.batcher.FrameSize() {
				if n, ok, err := g.nextLocked(values); err == nil && ok && n > 0 {
					g.submitted = false
					return n, true, nil
				}
			}
			return 0, false, g.err
		}
		if !g.submitted {
			return 0, false, lockstep.ErrOrder
		}
		if g.started && g.held {
			g.held = false
			g.stallFrom = time.Time{} // the others' loading is not a stall
			if err := g.collectLocked(time.Now(), g.input); err != nil {
				return 0, false, err
			}
		}
		if !g.held {
			if len(values) < g.size*g.players {
				return 0, false, ErrBuffer
			}
			n, ok, err := g.nextLocked(values)
			if err != nil {
				g.dropLocked(time.Now(), err)
				continue
			}
			if ok {
				g.submitted = false
				return n, true, nil
			}
		}
		if g.waitFrom.IsZero() || g.stallFrom.IsZero() {
			now := time.Now()
			g.stallFrom = now
			if g.waitFrom.IsZero() {
				g.waitFrom = now
				g.s.flushLocked(now) // the wait has a deadline of its own
			}
		}
		return 0, false, nil
	}
}

// waitedLocked: nobody waits any more.
func (g *Game) waitedLocked() {
	if !g.stallFrom.IsZero() && g.started {
		g.clock.stalled(time.Since(g.stallFrom))
	}
	g.waitFrom, g.stallFrom = time.Time{}, time.Time{}
}

// leftoversLocked reports whether the server has ended the game for us and there
// are frames that had arrived before. They are handed out first, so that every
// player runs as many frames as it was given, whoever left first.
func (g *Game) leftoversLocked() bool {
	return (g.err == ErrDropped || g.err == ErrRoomClosed || g.err == ErrKicked) && g.batcher.Queued() > 0
}

// Interrupt makes a Receive that waits return ErrInterrupted, from any goroutine;
// without one the next Receive that would have to wait does.
func (g *Game) Interrupt() {
	g.s.mu.Lock()
	defer g.s.release(nil)
	g.interrupted = true
	g.wakeLocked()
}
