package server

import (
	"net/netip"
	"slices"
	"time"

	"kbridge/kclient/guard"
	"kbridge/kclient/link"
	"kbridge/kclient/wire"
	"kbridge/server/limits"
	"kbridge/server/timer"
)

// mend makes all tables agree after a panic, whatever was half changed by then: who is broken or forgotten is in none
// of them. It looks at everything, and uses nothing that could have been left in disorder.
func (s *Server) mend(now time.Time) {
	for _, step := range []func(){s.mendSessions, func() { s.mendRooms(now) }, s.mendLogins, s.mendLines, s.mendMemory,
		s.mendTimers, func() { s.mendNews(now) }} {
		guard.Run("server: mend", step, func(f *guard.Fault) { s.report(f) })
	}
}

// mendSessions: users are those sessions that are logged in, and are found by address, ID, name and ticket.
func (s *Server) mendSessions() {
	for addr, se := range s.sessions {
		if se.forgotten || se.addr != addr {
			delete(s.sessions, addr)
		}
	}
	s.users = slices.DeleteFunc(s.users, func(u *session) bool {
		return u.forgotten || !u.loggedIn() || !u.noAddress &&
			s.sessions[u.addr] != u
	})
	s.byID, s.byName, s.places = map[uint16]*session{}, map[string]*session{}, map[netip.Addr]int{}
	for _, u := range s.users {
		s.byID[u.id], s.byName[u.key] = u, u
		s.countPlace(u)
	}
	for addr, se := range s.sessions {
		if se.loggedIn() && s.byID[se.id] != se { // its login, or its end, was not completed
			se.state, se.forgotten = stateClosed, true
			delete(s.sessions, addr)
		}
	}
	for id, se := range s.byTicket {
		if se.forgotten || se.state == stateClosed || se.ticket.ID != id && (se.former == nil || se.former.ID != id) {
			delete(s.byTicket, id)
		}
	}
}

// mendRooms: members are users who are in that room, players are members who play, and nobody is in a room that is not
// there.
func (s *Server) mendRooms(now time.Time) {
	for again := true; again; {
		again = false
		s.rooms = slices.DeleteFunc(s.rooms, func(r *room) bool { return r.broken || len(r.members) == 0 })
		s.roomByID = map[uint32]*room{}
		for _, r := range s.rooms {
			s.roomByID[r.id] = r
			if !s.mendRoom(now, r) {
				again = true // another round without it
			}
		}
	}
	for _, u := range s.users {
		switch r := u.room; {
		case r == nil:
			if u.state != stateLobby {
				s.putOut(now, u)
			}
		case s.roomByID[r.id] != r || !slices.Contains(r.members, u):
			s.putOut(now, u)
		case u.inGame() && (u.player < 0 || u.player >= len(r.players) || r.players[u.player] != u):
			s.putOut(now, u)
			u.room, u.state = r, stateRoom
		}
	}
}

// mendRoom reports whether the room can go on.
func (s *Server) mendRoom(now time.Time, r *room) bool {
	here := func(m *session) bool { return m != nil && m.room == r && m.loggedIn() && s.byID[m.id] == m }
	r.members = slices.DeleteFunc(r.members, func(m *session) bool { return !here(m) })
	if r.owner != nil && !slices.Contains(r.members, r.owner) {
		r.owner = nil
	}
	for i, p := range r.players {
		if p == nil || here(p) && p.inGame() && p.player == i {
			continue
		}
		r.players[i] = nil
		if r.mixer == nil || !guard.Run("server: drop a player", func() { r.mixer.Drop(i) }, nil) {
			r.broken = true
		}
	}
	if r.running() && (r.mixer == nil || !r.anyPlayer()) || !r.running() && r.owner == nil {
		r.broken = true
	}
	return !r.broken && len(r.members) > 0
}

// putOut puts a user into the lobby.
func (s *Server) putOut(now time.Time, u *session) {
	u.room, u.state, u.player, u.lines, u.ready = nil, stateLobby, -1, nil, false
	u.setPhase(now, link.Lobby)
}

// mendLogins: the lists of sessions hold those of their state, and each host has as many logins as there are of it.
func (s *Server) mendLogins() {
	s.logins.mend(stateLogin, len(s.sessions))
	s.closed.mend(stateClosed, len(s.sessions))
	s.hosts = map[netip.Addr]*host{}
	s.pending.mend()
	for _, se := range s.sessions {
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

// mendLines: the bytes of chat that wait are those of the rooms that are there.
func (s *Server) mendLines() {
	s.lineBytes = 0
	for _, r := range s.rooms {
		l := &r.lines
		l.queues = slices.DeleteFunc(l.queues, func(q *lineQueue) bool { return q == nil || len(q.lines) == 0 })
		l.bytes = 0
		for _, q := range l.queues {
			l.bytes += q.bytes
		}
		s.lineBytes += l.bytes
	}
	for _, u := range s.users {
		if u.lines != nil && (u.room == nil || !slices.Contains(u.room.lines.queues, u.lines)) {
			u.lines = nil
		}
	}
}

// mendMemory: of the pots is taken what those have who are there.
func (s *Server) mendMemory() {
	m := &s.memory
	m.games.used, m.histories.used, m.links.used = 0, 0, 0
	for _, r := range s.rooms {
		m.games.used += r.reserved
		m.histories.used += r.recorded
	}
	for _, se := range s.sessions {
		m.links.used += se.held
	}
	for _, u := range s.users {
		if u.noAddress {
			m.links.used += u.held
		}
	}
}

// mendTimers: a timer wakes something that is there.
func (s *Server) mendTimers() {
	s.timers.Mend(s.alive)
}

// mendNews: what waits to be told is there, and says that it waits.
func (s *Server) mendNews(now time.Time) {
	items := s.news.items
	for _, u := range s.users {
		u.news.waiting = false
	}
	for _, r := range s.rooms {
		r.news.waiting = false
	}
	s.news.items = nil
	for _, it := range items {
		room, _ := it.(*room)
		user, _ := it.(*session)
		if room != nil && s.roomByID[room.id] == room || user != nil && s.byID[user.id] == user {
			it.newsState().waiting = true
			s.news.items = append(s.news.items, it)
		}
	}
	s.news.schedule(now)
}

// alive reports whether the owner of a timer is in the server's tables.
func (s *Server) alive(owner timer.Owner) bool {
	switch o := owner.(type) {
	case *session:
		return s.sessions[o.addr] == o || o.noAddress && s.byID[o.id] == o
	case *room:
		return s.roomByID[o.id] == o && o.state != wire.GameWaiting
	case *roomLines:
		return s.roomByID[o.room.id] == o.room && len(o.queues) > 0
	case *pendingLogin:
		return s.pending.find(o.loginAddr) == o
	}
	return true
}
