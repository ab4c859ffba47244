package bridge

import (
	"context"
	"errors"
)

// modalLocked reports whether the emulator's window is to be disabled now: the lobby waits for its
// user, and no game is played, on whichever thread.
func (d *Dialog) modalLocked() bool {
	r := d.s.game
	playing := r != nil && r.dialog == d && r.called && !r.over
	return d.modal && !d.alone && d.s.dialog == d && !playing && d.ctx.Err() == nil
}

func (d *Dialog) modalNow() bool {
	d.s.mu.Lock()
	defer d.s.mu.Unlock()
	return d.modalLocked()
}

// Attended says whether the lobby is before the user's eyes. It is taken to be until the UI says otherwise. While it is
// not, the emulator's window is enabled: it is all that the user can go to.
func (d *Dialog) Attended(yes bool) {
	d.s.mu.Lock()
	news := d.alone == yes
	d.alone = !yes
	d.s.mu.Unlock()
	if news {
		d.waiter.wake(d.s.threads)
	}
}

// CloseDialog ends a dialog, and its game, as its user closing it does: it leaves room and server, and
// kailleraSelectServerDialog returns 0. It does not wait, and is harmless when that dialog is over.
func (s *Session) CloseDialog(id uint64) {
	s.mu.Lock()
	d := s.dialog
	s.mu.Unlock()
	if d != nil && d.id == id {
		d.cancel(ErrClosed)
		d.waiter.wake(s.threads)
	}
}

// closed reports whether CloseDialog ended the dialog, so that what its UI returns is of no interest.
func (d *Dialog) closed() bool { return errors.Is(context.Cause(d.ctx), ErrClosed) }
