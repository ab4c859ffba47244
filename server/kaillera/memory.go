package kaillera

import (
	"log/slog"
	"time"

	"kbridge/server/limits"
	"kbridge/server/stats"
)

// heldMore accounts for what the session's link keeps.
func (s *session) heldMore() {
	n := 0
	if s.link != nil && !s.forgotten {
		own := limits.StrangerLinkBytes
		if s.loggedIn() {
			own = limits.LinkBytes
		}
		n = max(s.link.Held()-own, 0)
	}
	s.server.links.Set(&s.held, n)
}

// relieve ends the session that keeps the most, since links keep more than they may in all, and reports whether there
// was one. That is always somebody who has long not confirmed what it was sent: of one who has, no more is kept than is
// under way. Forgetting messages instead would help nobody, since clients wait for a missing one for ever.
func (s *Server) relieve(now time.Time) (found bool) {
	s.inLobby(now, "server: memory", work{}, func() {
		s.lobby.HoldAll()
		var largest *session
		for _, se := range s.sessions.all() {
			if largest == nil || se.held > largest.held || se.held == largest.held &&
				se.addr.Compare(largest.addr) < 0 {
				largest = se
			}
		}
		if found = largest != nil && largest.held > 0; found {
			s.work.session = largest
			largest.unburden(now)
		}
	})
	return found
}

// unburden ends a session and what its link keeps. The others are told; it cannot be, behind so much that it did not
// take.
func (s *session) unburden(now time.Time) {
	s.server.countRefused(stats.RefusedMemory)
	s.server.log.Warn("client has not confirmed what it was sent", append(s.attrs(), slog.Int("bytes", s.held),
		slog.Int("messages", s.link.Unproven()))...)
	switch {
	case s.state == stateLogin:
		s.forget()
		return
	case s.loggedIn():
		s.user.Quit(now, "did not confirm what it was sent", false)
	}
	s.closeAt = now
	s.link = nil
	s.heldMore()
	s.server.timers.Set(&s.timer, s.closeAt.Add(limits.Tombstone))
}
