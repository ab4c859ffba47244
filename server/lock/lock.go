// Package lock has the lock of a place where sessions are: of the lobby, or of a room.
//
// Whoever is in a place is guarded by its lock. What it is told while the lock is held goes out before the lock is
// given back, so that several messages share a datagram.
//
// The order is: the lobby's lock, then those of rooms. Whoever has the lobby's may take any number of rooms'; whoever
// has a room's and not the lobby's takes no other, but for the locks of packages timer, pot and the like, which are
// leaves: nothing is called with one of them held.
package lock

import (
	"sync"
	"time"
)

// Flusher is somebody who may have something to send.
type Flusher interface{ Flush(now time.Time) }

// Lock is the lock of one place. The zero value is not locked. All methods but Lock are for whoever has the lock.
type Lock struct {
	mu      sync.Mutex
	touched []Flusher

	// Body and Out are scratch for one message and one datagram, for whoever has the lock.
	Body, Out []byte
}

// Lock takes the lock.
func (l *Lock) Lock() { l.mu.Lock() }

// Touch has somebody flushed before the lock is given back. Who is touched twice is flushed twice.
func (l *Lock) Touch(f Flusher) { l.touched = append(l.touched, f) }

// Flush flushes those who were touched.
func (l *Lock) Flush(now time.Time) {
	for i := 0; i < len(l.touched); i++ {
		if f := l.touched[i]; f != nil { // else it has panicked, and the others are still to be flushed
			l.touched[i] = nil
			f.Flush(now)
		}
	}
	l.touched = l.touched[:0]
}

// Unlock flushes, and gives the lock back.
func (l *Lock) Unlock(now time.Time) {
	defer l.mu.Unlock() // whatever happens in a Flush
	l.Flush(now)
}

// Idle reports whether nobody waits to be flushed.
func (l *Lock) Idle() bool { return len(l.touched) == 0 }
