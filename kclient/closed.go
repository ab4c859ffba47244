package kclient

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"kbridge/kclient/udp"
)

// NotListeningError says that nothing listens at the server's UDP port: its host says
// so, again and again (on Linux; elsewhere there is a *TimeoutError later).
type NotListeningError struct {
	Server string // host:port
	Ended  bool   // a session was there; else nobody has answered yet
}

func (e *NotListeningError) Error() string {
	if e.Ended {
		return fmt.Sprintf("kclient: nothing listens on UDP %s any more: the server was stopped", e.Server)
	}
	return fmt.Sprintf("kclient: nothing listens on UDP %s: check the port, and that the server runs", e.Server)
}

const (
	// A port counts as closed after so many reports over so long without anything from
	// there: one alone may be forged or late. Hosts send one a second at most (Linux,
	// icmp_ratelimit).
	closedReports = 3
	closedAfter   = 3 * time.Second
	// closedAsk is how often a quiet session sends something meanwhile, so that there is
	// something to refuse.
	closedAsk = 500 * time.Millisecond
	// staleReport is how long a report counts.
	staleReport = 5 * time.Second
)

// refusals are the reports that a port is closed, since anything came from there.
type refusals struct {
	count       int
	first, last time.Time
	asked       time.Time
}

// add takes a socket's error. It reports whether that is a refusal at all.
func (r *refusals) add(now time.Time, err error, server netip.AddrPort) bool {
	var refused *udp.RefusedError
	if !errors.As(err, &refused) {
		return false
	}
	if unmap(refused.To) != server {
		return true
	}
	if r.count == 0 || now.Sub(r.last) > staleReport {
		r.count, r.first = 0, now
	}
	r.count++
	r.last = now
	return true
}

func (r *refusals) certain() bool {
	return r.count >= closedReports && r.last.Sub(r.first) >= closedAfter
}

// next is when to send something, so that it may be refused; zero is never.
func (r *refusals) next() time.Time {
	if r.count == 0 {
		return time.Time{}
	}
	return later(r.last, r.asked).Add(closedAsk)
}

// refusedLocked takes an error of the socket's; false if it says nothing of a closed port.
func (s *session) refusedLocked(now time.Time, err error) bool {
	return s.closed.add(now, err, s.server)
}

// closedPortLocked ends a session whose port is closed, and sees to it that something is
// sent until that is known. It reports whether the session goes on.
func (s *session) closedPortLocked(now time.Time) bool {
	c := &s.closed
	if c.count == 0 {
		return true
	}
	if now.Sub(c.last) > staleReport {
		*c = refusals{}
		return true
	}
	if c.certain() {
		s.endLocked(&NotListeningError{s.server.String(), s.login.in})
		return false
	}
	if !now.Before(c.next()) {
		c.asked = now
		s.link.Ask()
	}
	return true
}
