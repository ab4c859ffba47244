package kclient

import (
	"context"
	"log/slog"
)

// Bounds on the events that wait for a slow reader. Beyond them the oldest is dropped, counted, and the log says so:
// the lists stay right, only the tale has a gap. The text of chat counts for itself: it may be a save, of up to 250 KB
// (talk.go).
const (
	maxEventBytes = 1 << 20
	eventOverhead = 128 // what an event without text counts for
	firstEvents   = 64  // places at first
)

// eventQueue is a bounded ring; the session's lock guards it.
type eventQueue struct {
	ring    []Event // as many places as a power of two
	head    int
	count   int
	bytes   int
	dropped int
	full    bool          // something was dropped since it was last empty
	wake    chan struct{} // capacity 1: something was added
	log     *slog.Logger
}

func newEventQueue(log *slog.Logger) eventQueue {
	return eventQueue{ring: make([]Event, firstEvents), wake: make(chan struct{}, 1), log: log}
}

func eventBytes(e Event) int {
	n := eventOverhead
	switch e := e.(type) {
	case RoomChat:
		n += len(e.User) + len(e.Text)
	case GlobalChat:
		n += len(e.User) + len(e.Text)
	case ServerMessage:
		n += len(e.From) + len(e.Text)
	case PrivateChat:
		n += len(e.Text)
	case ChatLost:
		for _, l := range e.Lines {
			n += eventOverhead/2 + len(l.Text)
		}
	}
	return n
}

func (q *eventQueue) push(e Event) {
	q.bytes += eventBytes(e)
	for q.bytes > maxEventBytes && q.count > 0 {
		q.pop()
		q.dropped++
		if !q.full {
			q.full = true
			q.log.Warn("nobody reads the session's events; the oldest are thrown away", "waiting", q.count)
		}
	}
	if q.count == len(q.ring) {
		ring := make([]Event, 2*len(q.ring))
		for i := range q.count {
			ring[i] = q.ring[(q.head+i)%len(q.ring)]
		}
		q.ring, q.head = ring, 0
	}
	q.ring[(q.head+q.count)%len(q.ring)] = e
	q.count++
	signal(q.wake)
}

func (q *eventQueue) pop() (Event, bool) {
	if q.count == 0 {
		q.full = false
		return nil, false
	}
	e := q.ring[q.head]
	q.ring[q.head] = nil
	q.head = (q.head + 1) % len(q.ring)
	q.count--
	q.bytes -= eventBytes(e)
	return e, true
}

// NextEvent waits for the next event. It returns the context's error, or
// ErrClosed after Disconnected was delivered. One goroutine should call it;
// with several each event goes to one of them.
func (c *Client) NextEvent(ctx context.Context) (Event, error) {
	s := c.s
	for {
		e, closed := s.nextEvent()
		switch {
		case e != nil:
			return e, nil
		case closed:
			return nil, ErrClosed
		}
		select {
		case <-s.events.wake:
		case <-s.done:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// nextEvent takes the next event, nil if there is none now; closed: there will be none.
func (s *session) nextEvent() (e Event, closed bool) {
	s.mu.Lock()
	defer s.release(nil)
	e, _ = s.events.pop()
	if s.events.count > 0 {
		signal(s.events.wake)
	}
	return e, s.err != nil
}

// DroppedEvents is how many events were dropped because nobody read them.
func (c *Client) DroppedEvents() int {
	c.s.mu.Lock()
	defer c.s.release(nil)
	return c.s.events.dropped
}

// signal wakes the reader of a channel of capacity 1 without waiting.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
