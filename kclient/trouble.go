package kclient

import (
	"errors"
	"net"
	"time"
)

const (
	// sendPatience is how long nothing at all could be sent before HELLO gives up: a computer that wakes up, or changes
	// its network, has a way again within two or three seconds.
	sendPatience = 5 * time.Second

	// A socket whose reads fail at once is read again after a pause, which grows by a millisecond each time; after
	// maxReadErrors in a row, five seconds in all, it is of no use any more. On some systems an error only tells that
	// an earlier datagram could not be delivered.
	maxReadErrors = 100
)

// trouble is what the socket itself complains of.
type trouble struct {
	send  error     // of the latest datagram; nil when it could be sent
	since time.Time // of the first one in a row that could not
	said  time.Time // when that was last logged
	reads int       // in a row that failed
}

// sent takes what came of sending a datagram. It reports whether that is to be logged: not for each one.
func (t *trouble) sent(now time.Time, err error) (log bool) {
	if err == nil {
		t.send = nil
		return false
	}
	if t.send == nil {
		t.since = now
	}
	t.send = err
	if log = t.said.IsZero() || now.Sub(t.said) >= sendPatience; log {
		t.said = now
	}
	return log
}

// stuck reports whether nothing could be sent for sendPatience.
func (t *trouble) stuck(now time.Time) bool { return t.send != nil && now.Sub(t.since) >= sendPatience }

// readFailed takes a read that failed, and says how long to pause before the next one; ok is false when the socket is
// of no use any more.
func (t *trouble) readFailed(err error) (pause time.Duration, ok bool) {
	t.reads++
	if errors.Is(err, net.ErrClosed) || t.reads >= maxReadErrors {
		return 0, false
	}
	return time.Duration(t.reads) * time.Millisecond, true
}
