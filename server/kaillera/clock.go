package kaillera

import (
	"sync"
	"time"

	"kbridge/kclient/guard"
	"kbridge/server/timer"
)

// clock is until when the reader of the game socket sleeps at most. Its lock is a leaf.
type clock struct {
	conn PacketConn // set before the reader runs

	mu     sync.Mutex
	at     time.Time // the deadline that the socket's read has; zero is none
	stopAt time.Time // when the goodbyes after Close are over; zero is not known yet
}

// sleep sets how long the next read may wait, if no timer comes first at next. While a game runs the next timer moves
// with every datagram; a deadline that is set already and comes first is left alone, since waking once in vain is
// cheaper than moving it. It reports true when there is to be no read any more.
func (c *clock) sleep(conn PacketConn, now, next time.Time) (over bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.stopAt.IsZero() {
		if !now.Before(c.stopAt) {
			return true, nil
		}
		next = timer.Earliest(next, c.stopAt)
	}
	if next.Equal(c.at) || c.at.After(now) && (next.IsZero() || next.After(c.at)) {
		return false, nil
	}
	return false, c.set(conn, next)
}

// set sets the deadline. A panic of the socket's is an error, after which nothing is known of it.
func (c *clock) set(conn PacketConn, at time.Time) error {
	c.at = at
	err := guard.Try("server: deadline", func() error { return conn.SetReadDeadline(at) })
	if isFault(err) {
		c.at = time.Time{}
	}
	return err
}

// until sets the deadline of a read of what is queued.
func (c *clock) until(conn PacketConn, at time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.set(conn, at)
}

// wake ends the reader's sleep.
func (c *clock) wake() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.conn != nil {
		_ = c.set(c.conn, time.Now())
	}
}

// stop says when the goodbyes are over.
func (c *clock) stop(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopAt = at
}

// late is by how much the reader, which is awake now, wanted to be awake before.
func (c *clock) late(now time.Time) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.at.IsZero() {
		return 0
	}
	return now.Sub(c.at)
}
