package lobby

import (
	"net/netip"
	"slices"
	"time"

	"kbridge/kclient/guard"
	"kbridge/server/door"
	"kbridge/server/room"
	"kbridge/server/timer"
)

// HoldAll takes the locks of all rooms.
func (l *Lobby) HoldAll() {
	for _, r := range l.rooms {
		l.Hold(r.Room)
	}
}

// internalError is what users are told about a panic. What it was stands in the log.
const internalError = "internal error of the server"

// CloseBroken closes a room in which something has panicked. When that panics too, the room is cut out of every table,
// see Mend.
func (l *Lobby) CloseBroken(now time.Time, of *room.Room, here func(*User) bool) {
	if r := l.listed(of); r != nil && guard.Run("server: close a room", func() {
		l.Hold(of)
		for _, s := range r.Seats() {
			s.Notify(now, "The room is closed: "+internalError)
		}
		r.close(now, r.Owner())
	}, nil) {
		return
	}
	of.Break()
	l.Mend(now, here)
	l.Broadcast(now, door.Closed{Room: of.ID})
}

// End ends a user's session in which something has panicked. A room of its lives on while others play there.
func (u *User) End(now time.Time) {
	u.say(now, "Your session ends: "+internalError)
	u.Quit(now, internalError, false)
}

// Lost tells everybody that a user is gone who could not even be ended.
func (l *Lobby) Lost(now time.Time, u *User) {
	l.Broadcast(now, door.Gone{Member: &u.Member, Message: internalError})
}

// Mend makes all tables agree after a panic, whatever was half changed by then: users are those who are here, rooms are
// those that can go on, and nobody is in a room that is not there. It looks at everything, and uses nothing that could
// have been left in disorder.
func (l *Lobby) Mend(now time.Time, here func(*User) bool) {
	l.HoldAll()
	l.users = slices.DeleteFunc(l.users, func(u *User) bool { return u == nil || !here(u) })
	l.many.Store(int64(len(l.users)))
	l.byID, l.byName, l.places = map[uint16]*User{}, map[string]*User{}, map[netip.Addr]int{}
	for _, u := range l.users {
		l.byID[u.ID], l.byName[u.Key] = u, u
		l.countPlace(u)
	}
	l.mendRooms(now)
	var rooms []*room.Room
	for _, r := range l.rooms {
		rooms = append(rooms, r.Room)
	}
	l.shared.Mend(rooms)
	l.mendNews(now)
}

func (l *Lobby) mendRooms(now time.Time) {
	for again := true; again; {
		again = false
		l.rooms = slices.DeleteFunc(l.rooms, func(r *listing) bool { return r.Broken() })
		l.roomByID = map[uint32]*listing{}
		for _, r := range l.rooms {
			l.roomByID[r.ID] = r
			if !r.Mend(now, func(s *room.Seat) bool { return l.byID[s.ID] != nil && l.byID[s.ID].seat == s }) {
				r.Break()
				again = true // another round without it
			}
		}
	}
	for _, u := range l.users {
		if u.seat == nil {
			continue
		}
		if r := u.Room(); r == nil || l.listed(r) == nil || !slices.Contains(r.Seats(), u.seat) {
			u.seat.Cut()
			guard.Run("server: put a user out", func() { u.door.Tell(now, door.Out{}) }, nil)
			u.putOut()
		}
	}
}

// mendNews: what waits to be told is there, and says that it waits.
func (l *Lobby) mendNews(now time.Time) {
	items := l.news.items
	for _, u := range l.users {
		u.news.waiting = false
	}
	for _, r := range l.rooms {
		r.news.waiting = false
	}
	l.news.items = nil
	for _, it := range items {
		r, _ := it.(*listing)
		u, _ := it.(*User)
		if r != nil && l.roomByID[r.ID] == r || u != nil && l.byID[u.ID] == u {
			it.newsState().waiting = true
			l.news.items = append(l.news.items, it)
		}
	}
	l.news.schedule(now)
}

// ForgetNews forgets what waits to be told: one of it panics, and would again.
func (l *Lobby) ForgetNews() { l.news.items = nil }

// Everybody does something for every user. It holds no room's lock.
func (l *Lobby) Everybody(do func(u *User)) {
	for _, u := range l.users {
		do(u)
	}
}

// Wakes reports whether a timer may wake its owner, which is of this room. The room's lock is held if it is there.
func (l *Lobby) Wakes(r *room.Room, owner timer.Owner) bool {
	return l.listed(r) != nil && r.Wakes(owner)
}
