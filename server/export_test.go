package server

import (
	"fmt"
	"slices"

	"kbridge/kclient/history"
	"kbridge/kclient/race"
	"kbridge/kclient/wire"
)

// RaceEnabled: the race detector is on, which is too slow for all that a test could play.
const RaceEnabled = race.Enabled

// Break brings something in a room, or in its owner's session, into a state that no message can bring it into, so that
// the server panics as soon as it works with it.
func (s *Server) Break(what string, roomID uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.roomByID[roomID]
	switch what {
	case "mixer":
		r.mixer = nil
	case "lines":
		r.lines.queues = []*lineQueue{nil}
		s.timers.Set(&r.lines.timer, r.since)
	case "timer":
		r.mixer = nil
		s.timers.Set(&r.timer, r.since)
	case "room": // closing it panics too
		r.mixer, r.server = nil, nil
	case "history":
		r.history = &history.Record{}
		r.history.Add(nil) // as if a frame had been ready before the size was known
	case "link":
		r.owner.link = nil
	case "session": // parting with it panics too
		r.owner.server = nil
	case "names":
		s.byName = nil
	default:
		panic(what)
	}
}

// Disorder is where the server's tables do not agree.
func (s *Server) Disorder() (found []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	wrong := func(yes bool, format string, args ...any) {
		if yes {
			found = append(found, fmt.Sprintf(format, args...))
		}
	}
	wrong(len(s.users) != len(s.byID) || len(s.users) != len(s.byName), "%d users, %d by ID, %d by name", len(s.users),
		len(s.byID), len(s.byName))
	for _, u := range s.users {
		wrong(!u.noAddress && s.sessions[u.addr] != u || s.byID[u.id] != u || s.byName[u.key] != u,
			"user %s is not found", u.user)
		wrong(u.failed || u.forgotten || !u.loggedIn(), "user %s is gone", u.user)
		wrong((u.room != nil) != (u.state > stateLobby), "user %s: state %d", u.user, u.state)
		wrong(u.room != nil && (s.roomByID[u.room.id] != u.room || !slices.Contains(u.room.members, u)),
			"user %s is in a room that is not there", u.user)
		wrong(u.inGame() && u.room.players[u.player] != u, "user %s does not play", u.user)
	}
	places := 0
	for _, n := range s.places {
		places += n
	}
	wrong(places != len(s.users), "%d places of %d users", places, len(s.users))
	for addr, se := range s.sessions {
		wrong(se.addr != addr || se.loggedIn() && s.byID[se.id] != se || se.forgotten, "session %v", addr)
	}
	wrong(len(s.rooms) != len(s.roomByID), "%d rooms, %d by ID", len(s.rooms), len(s.roomByID))
	lines := 0
	for _, r := range s.rooms {
		lines += r.lines.bytes
		wrong(r.broken || len(r.members) == 0, "room %d has nobody", r.id)
		for _, m := range r.members {
			wrong(m.room != r || s.byID[m.id] != m, "room %d has a member who is not there", r.id)
		}
		wrong(r.state != wire.GameWaiting && (r.mixer == nil || !r.anyPlayer()), "room %d plays nothing", r.id)
	}
	taken := memory{}
	for _, r := range s.rooms {
		taken.games.used += r.reserved
		taken.histories.used += r.recorded
	}
	for _, se := range s.sessions {
		taken.links.used += se.held
	}
	for _, u := range s.users {
		if u.noAddress {
			taken.links.used += u.held
		}
	}
	wrong(taken.games.used != s.memory.games.used || taken.histories.used != s.memory.histories.used ||
		taken.links.used != s.memory.links.used,
		"the pots have %+v taken, and %+v is", s.memory, taken)
	wrong(lines != s.lineBytes, "%d bytes of chat wait, %d are counted", lines, s.lineBytes)
	for id, se := range s.byTicket {
		wrong(se.ticket.ID != id && (se.former == nil || se.former.ID != id) || !se.noAddress &&
			s.sessions[se.addr] != se, "a ticket of somebody who is gone")
	}
	counted := 0
	for addr, h := range s.hosts {
		counted += h.logins
		wrong(h.logins == 0, "host %v has nothing under way", addr)
	}
	wrong(counted != s.logins.n, "%d logins, %d counted by host", s.logins.n, counted)
	err := s.timers.Check(s.alive)
	wrong(err != nil, "%v", err)
	wrong(len(s.touched) > 0 || len(s.failed) > 0, "%d to flush, %d to part with", len(s.touched), len(s.failed))
	return found
}
