package kclient

import (
	"errors"
	"fmt"
	"time"

	"kbridge/kclient/guard"
	"kbridge/kclient/wire"
)

// ErrInternal: a fault of the library itself was caught (a panic, which the log tells of with its stack), in it or in
// what it was given, such as Config.Listen's socket or Game.Notify's function. The session has ended, and nothing else.
var ErrInternal = errors.New("kclient: internal error")

// internal is the error of a fault; errors.As finds the *guard.Fault in it.
func internal(f *guard.Fault) error { return fmt.Errorf("%w: %w", ErrInternal, f) }

// release is deferred by whoever takes the session's lock: it gives it back, and a panic with it held ends the session
// and becomes the caller's error. err may be nil where there is none to return.
func (s *session) release(err *error) {
	if v := recover(); v != nil {
		// Whatever happens in there, the lock is given back.
		defer s.mu.Unlock()
		s.failLocked(guard.New("kclient: session", v))
		if err != nil {
			*err = s.err
		}
		return
	}
	s.mu.Unlock()
}

// fail ends the session because of a fault that was caught where its lock was not held.
func (s *session) fail(f *guard.Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failLocked(f)
}

// failLocked ends the session because of a fault in it: as any other end, with a goodbye, if that can be; else by doing
// what wakes everybody who waits, and nothing more.
func (s *session) failLocked(f *guard.Fault) {
	s.faults.Report(f, "server", s.server.String())
	if s.err != nil {
		return
	}
	guard.Run("kclient: goodbye", func() {
		now := time.Now()
		if r := s.room; s.gameLocked() != nil && (r.created || r == s.back) {
			// A quit would close the room that is ours, or may be, and the others play there.
			s.sendLocked(now, wire.TypeDropGame, wire.DropRequest{}.AppendTo(s.body[:0]))
		} else {
			s.sendLocked(now, wire.TypeUserQuit, wire.QuitRequest{Message: "internal error"}.AppendTo(s.body[:0]))
		}
		s.flushLocked(now)
	}, nil)
	err := internal(f)
	if !guard.Run("kclient: end", func() { s.endLocked(err) }, nil) {
		s.cutLocked(err)
	}
}

// cutLocked is what is left to do of endLocked after it has panicked. It may have got anywhere.
func (s *session) cutLocked(err error) {
	s.err = err
	r := s.room
	for i, q := range s.wait {
		if s.wait[i] = nil; q != nil {
			select {
			case q.answer <- err:
			default:
			}
		}
	}
	if r != nil {
		if g := r.game; g != nil {
			if g.err == nil {
				g.err = err
			}
			signal(g.wake)
			guard.Run("kclient: wake", g.wakeLocked, nil)
		}
		if r.err == nil {
			r.err = err
		}
		select {
		case <-r.over:
		default:
			close(r.over)
		}
		s.room = nil
	}
	select {
	case <-s.done:
	default:
		guard.Run("kclient: event", func() { s.events.push(Disconnected{err}) }, nil)
		close(s.done)
	}
	_ = guard.Try("kclient: close", s.conn.Close)
}
