package kaillera

import (
	"errors"
	"fmt"
	"time"

	"kbridge/server/timer"
)

// Check says what is wrong with the tables of the server, its lobby and its rooms, for tests; nil if nothing is.
func (s *Server) Check(now time.Time) error {
	s.lobby.Lock.Lock()
	defer s.lobby.Unlock(now)
	errs := []error{s.lobby.Check(now)}
	wrong := func(yes bool, format string, args ...any) {
		if yes {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	for addr, se := range s.sessions.at {
		wrong(se.addr != addr || se.forgotten || se.failed || se.touched, "session %v", addr)
		wrong(se.loggedIn() != (se.user != nil && se.user.Here()), "session %v: its user", addr)
		wrong((se.state == stateLogin) != (se.list == &s.logins) || (se.state == stateClosed) != (se.list == &s.closed),
			"session %v is in the wrong list", addr)
		wrong(!s.timers.IsSet(&se.timer), "session %v sleeps for ever", addr)
	}
	all, held := s.everybody(), 0
	for se := range all {
		held += se.held
		wrong(!se.noAddress && s.sessions.at[se.addr] != se, "session %v is not found", se.addr)
		wrong(se.user != nil && se.user.Room() != se.room.Load(), "session %v is somewhere else", se.addr)
	}
	wrong(held != s.links.Used(), "links have %d bytes, %d are counted", held, s.links.Used())
	for id, se := range s.tickets.of {
		wrong(se.ticket.ID != id && (se.former == nil || se.former.ID != id) || !all[se],
			"a ticket of somebody who is gone")
	}
	counted := 0
	for addr, h := range s.hosts {
		counted += h.logins
		wrong(h.logins == 0, "host %v has nothing under way", addr)
	}
	wrong(counted != s.logins.n, "%d logins, %d counted by host", s.logins.n, counted)
	wrong(s.failures.any(), "somebody is to be parted with")
	errs = append(errs, s.timers.Check(func(owner timer.Owner) bool { return s.alive(owner, all) }))
	return errors.Join(errs...)
}
