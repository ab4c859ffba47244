package kclient

import (
	"errors"
	"time"

	"kbridge/kclient/wire"
)

// PONG proves that some server is there, not that the session lives: one that was
// restarted answers PING and knows nobody. So a quiet session is asked with what only a
// living one answers: with our own server a Move, with an old one our last datagram
// again, if it has answered such a repeat before (EmuLinker does, direlera-rs never).
// When PING is answered and nothing of that is, or only as to a stranger (link's stranger.go
// has what servers say to one), the session is over.

// ErrForgotten ends a session that the server no longer knows.
var ErrForgotten = errors.New("kclient: the server no longer knows this session: it was restarted, or it logged us out; log in again")

const (
	// oursQuiet and oldQuiet are how long a server, of ours or an old one, may say nothing before it is
	// asked. An old server does not repeat itself, so this makes a lost message come within three
	// seconds at any time. It costs an idle client 24 datagrams a minute each way, of some 60 bytes
	// out and up to 2,048 in.
	oursQuiet = 5 * time.Second
	oldQuiet  = 2500 * time.Millisecond

	// A session is forgotten when so many asks in a row, for so long, were not
	// answered, although the line was there all the while: so many PONGs, or answers to a
	// stranger, came, the last of them within lineGap. At 10 % loss each way that happens to a
	// living session once in 10^11 silences (see link's limits), and within 15 s of the server's
	// restart: oldQuiet or oursQuiet, a second until the first PONG, and this.
	forgottenAsks  = 16
	forgottenPongs = 3
	forgottenAfter = 8 * time.Second
	lineGap        = 4 * time.Second

	// pingFrom is after how many asks in vain PING is sent beside them; every
	// askGap until the first PONG, every second from then on.
	pingFrom = 2
	askGap   = 500 * time.Millisecond
	pongGap  = time.Second
	// quickAsks is how many asks go out every askGap; then the line counts as dead and
	// is tried every slowAsk.
	quickAsks = 24
	slowAsk   = 4 * time.Second
)

// vigil is what is known of a session that says nothing; the session's lock guards it.
type vigil struct {
	pinged time.Time
	pongs  int       // and answers to a stranger, since the session was last heard
	since  time.Time // of the first of them
	last   time.Time
}

// watchedLocked reports whether a living session would answer what it is asked.
func (s *session) watchedLocked() bool {
	return s.login.in && (s.ticket.have || s.link.AnswersRepeats())
}

// quietLocked is after how long without a datagram the server is asked.
func (s *session) quietLocked() time.Duration {
	if s.ticket.have {
		return oursQuiet
	}
	return oldQuiet
}

// asksLocked is how many asks were sent since anything of the session was received, or
// since the line was seen to be there.
func (s *session) asksLocked() int {
	if s.ticket.have {
		return s.ticket.tries
	}
	return s.link.Unanswered()
}

// pongLocked takes the answer of the query port.
func (s *session) pongLocked(now time.Time) {
	s.ponged = now
	s.thereLocked(now)
}

// strangerLocked takes what the server answers to somebody whom it does not know. As a
// PONG it shows that the line is there; EmuLinker-K, restarted, gives no PONG to whom it has
// begun to answer so. A session that hears nothing else is silent all the same.
func (s *session) strangerLocked(now time.Time) { s.thereLocked(now) }

// thereLocked: the line to the server is there. With the first sign of that in a silence the
// asking begins anew: what was asked before may have been lost with the line.
func (s *session) thereLocked(now time.Time) {
	v := &s.vigil
	if !s.watchedLocked() || s.asksLocked() < pingFrom && v.pongs == 0 {
		return
	}
	if v.pongs == 0 || now.Sub(v.last) > lineGap {
		v.pongs, v.since = 0, now
		s.ticket.tries = 0
		s.link.AskAnew()
	}
	v.pongs++
	v.last = now
}

// pingAtLocked is when PING goes out beside the asks; zero is never.
func (s *session) pingAtLocked() time.Time {
	v := &s.vigil
	asks := s.asksLocked()
	switch {
	case !s.watchedLocked() || v.pongs == 0 && asks < pingFrom:
		return time.Time{}
	case v.pongs > 0:
		return v.pinged.Add(pongGap)
	case asks < quickAsks:
		return v.pinged.Add(askGap)
	}
	return v.pinged.Add(slowAsk)
}

// vigilLocked looks after a silence. It reports whether the session goes on.
func (s *session) vigilLocked(now time.Time) bool {
	if !s.ticket.have && s.login.in {
		s.link.Watch(s.quietLocked())
	}
	at := s.pingAtLocked()
	if at.IsZero() {
		return true
	}
	v := &s.vigil
	if v.pongs >= forgottenPongs && now.Sub(v.last) <= lineGap && now.Sub(v.since) >= forgottenAfter &&
		s.asksLocked() >= forgottenAsks {
		s.endLocked(ErrForgotten)
		return false
	}
	if !now.Before(at) {
		v.pinged = now
		s.writeLocked(wire.AppendPing(s.body[:0]), s.query)
	}
	return true
}
