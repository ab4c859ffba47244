package kaillera

import (
	"net/netip"
	"time"

	"kbridge/kclient/guard"
	"kbridge/kclient/wire/ext"
	"kbridge/server/limits"
	"kbridge/server/lobby"
	"kbridge/server/room"
	"kbridge/server/timer"
)

// mend makes all tables agree after a panic, whatever was half changed by then: who is broken or forgotten is in none
// of them. It looks at everything, and uses nothing that could have been left in disorder.
func (s *Server) mend(now time.Time) {
	s.lobby.HoldAll()
	for _, step := range []func(){s.mendSessions, func() { s.lobby.Mend(now, s.here) }, s.mendUsers, s.mendLogins,
		s.mendMemory, s.mendTimers} {
		guard.Run("server: mend", step, func(f *guard.Fault) { s.report(f) })
	}
}

// mendSessions: sessions are found by where they are, and by their tickets.
func (s *Server) mendSessions() {
	s.sessions.keep(func(addr netip.AddrPort, se *session) bool { return !se.forgotten && se.addr == addr })
	s.tickets.keep(func(id [ext.TicketIDSize]byte, se *session) bool {
		return !se.forgotten && se.state != stateClosed &&
			(se.ticket.ID == id || se.former != nil && se.former.ID == id)
	})
}

// mendUsers: who is logged in is a user of the lobby's.
func (s *Server) mendUsers() {
	for _, se := range s.sessions.all() {
		if se.loggedIn() && (se.user == nil || !se.user.Here()) { // its login, or its end, was not completed
			se.state, se.forgotten, se.user = stateClosed, true, nil
			s.sessions.remove(se.addr, se)
		}
	}
}

// mendLogins: the lists of sessions hold those of their state, and each host has as many logins as there are of it.
func (s *Server) mendLogins() {
	all := s.sessions.all()
	s.logins.mend(stateLogin, len(all))
	s.closed.mend(stateClosed, len(all))
	s.hosts = map[netip.Addr]*host{}
	s.pending.mend()
	for _, se := range all {
		if se.login.counted = se.state == stateLogin; se.login.counted {
			s.makeHost(se.addr.Addr()).logins++
		}
	}
}

// mend keeps those who are found by address, in their order.
func (t *pendingTable) mend() {
	byAddr := map[uint64]*pendingLogin{}
	lists := t.lists
	t.lists, t.free = [limits.PendingClasses]pendingList{}, nil
	for class := range lists {
		var order []*pendingLogin
		for p := lists[class].first; p != nil && len(order) <= len(t.byAddr); p = p.after {
			if h := t.hash(p.loginAddr); t.byAddr[h] == p && byAddr[h] == nil {
				byAddr[h] = p
				order = append(order, p)
			}
		}
		for _, p := range order {
			p.class = uint8(class)
			t.lists[class].push(p)
		}
	}
	t.byAddr = byAddr
}

// mend keeps those of the list that are in this state, in their order; limit bounds how many can be.
func (l *sessionList) mend(st state, limit int) {
	var order []*session
	for se := l.first; se != nil && len(order) <= limit; se = se.next {
		if !se.forgotten && se.state == st && se.list == l {
			order = append(order, se)
		}
	}
	*l = sessionList{}
	for _, se := range order {
		se.list, se.prev, se.next = nil, nil, nil
		se.enlist(l)
	}
}

// mendMemory: of the pot is taken what those have who are there.
func (s *Server) mendMemory() {
	used := 0
	for se := range s.everybody() {
		used += se.held
	}
	s.links.Mend(used)
}

// everybody are all sessions, also those without an address.
func (s *Server) everybody() map[*session]bool {
	all := map[*session]bool{}
	for _, se := range s.sessions.all() {
		all[se] = true
	}
	s.lobby.Everybody(func(u *lobby.User) {
		if se, ok := u.Door().(*session); ok {
			all[se] = true
		}
	})
	return all
}

// mendTimers: a timer wakes something that is there.
func (s *Server) mendTimers() {
	all := s.everybody()
	s.timers.Mend(func(owner timer.Owner) bool { return s.alive(owner, all) })
}

// alive reports whether the owner of a timer is there; all are the sessions that are.
func (s *Server) alive(owner timer.Owner, all map[*session]bool) bool {
	if r := room.Of(owner); r != nil {
		return s.lobby.Wakes(r, owner)
	}
	switch o := owner.(type) {
	case *session:
		return all[o]
	case *pendingLogin:
		return s.pending.find(o.loginAddr) == o
	}
	return true
}
