package bridge

import "time"

// Shutdown ends the game and the dialog, wakes whoever waits in them and
// waits, at most a few seconds, until the server was told good-bye. Harmless
// when nothing is there to shut down. What SetInfos said is kept.
func (s *Session) Shutdown() {
	d := s.shut()
	if d == nil {
		return
	}
	select {
	case <-d.done:
	case <-time.After(shutdownWait):
	}
	s.closed(d)
}

// ShutdownStep is Shutdown for a thread that must not wait in Go: while c says
// CallWait it waits, and calls again with the same c.
func (s *Session) ShutdownStep(thread uintptr, c *Call) {
	var d *Dialog
	if c.Kind == CallWait {
		s.mu.Lock()
		d = s.closing
		s.mu.Unlock()
	} else {
		d = s.shut()
	}
	*c = Call{}
	if d == nil {
		return
	}
	d.closer.arm(thread)
	if left := d.closingFor(); left > 0 {
		*c = Call{Kind: CallWait, Wait: left}
		return
	}
	s.closed(d)
}

// shut ends everything and returns the dialog, if there is one, whose user interface is
// still to say good-bye.
func (s *Session) shut() *Dialog {
	s.mu.Lock()
	was, d, r := s.ready, s.dialog, s.game
	s.ready, s.dialog = false, nil
	if d != nil {
		s.closing, d.closeBy = d, time.Now().Add(shutdownWait)
	}
	s.mu.Unlock()
	if r != nil {
		s.end(r, ErrShutdown)
	}
	if d != nil {
		d.cancel(ErrShutdown)
		d.waiter.wake(s.threads)
	}
	if was {
		s.logger().Debug("kailleraShutdown")
	}
	return d
}

// closingFor is how long a dialog that Shutdown has ended is still waited for.
func (d *Dialog) closingFor() time.Duration {
	select {
	case <-d.done:
		return 0
	default:
		return min(time.Until(d.closeBy), maxWait)
	}
}

// closed: d was waited for.
func (s *Session) closed(d *Dialog) {
	select {
	case <-d.done:
	default:
		s.logger().Warn("kailleraShutdown: the user interface did not close in time", "after", shutdownWait)
	}
	d.waiter.wake(s.threads)
}
