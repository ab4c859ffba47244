package lobby

import (
	"errors"
	"fmt"
	"time"

	"kbridge/server/room"
)

// Check says what is wrong with the lobby's tables and its rooms, for tests; nil if nothing is. Whoever calls it has
// the lobby's lock.
func (l *Lobby) Check(now time.Time) error {
	l.HoldAll()
	var errs []error
	wrong := func(yes bool, format string, args ...any) {
		if yes {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	wrong(len(l.users) != len(l.byID) || len(l.users) != len(l.byName) || len(l.users) != l.Users(),
		"%d users, %d by ID, %d by name, %d counted", len(l.users), len(l.byID), len(l.byName), l.Users())
	seats, places := 0, 0
	for _, u := range l.users {
		wrong(l.byID[u.ID] != u || l.byName[u.Key] != u, "user %s is not found", u.Shown)
		if u.seat != nil {
			seats++
			wrong(u.Room() == nil || l.listed(u.Room()) == nil, "user %s is in a room that is not there", u.Shown)
		}
	}
	for _, n := range l.places {
		places += n
	}
	wrong(places != len(l.users), "%d places of %d users", places, len(l.users))
	wrong(len(l.rooms) != len(l.roomByID), "%d rooms, %d by ID", len(l.rooms), len(l.roomByID))
	var rooms []*room.Room
	for _, r := range l.rooms {
		rooms = append(rooms, r.Room)
		seats -= len(r.Seats())
		wrong(l.roomByID[r.ID] != r, "room %d is not found", r.ID)
		errs = append(errs, r.Check(func(s *room.Seat) bool { return l.byID[s.ID] != nil && l.byID[s.ID].seat == s }))
		wrong(len(l.held) == 0 && !r.Idle(), "somebody in room %d waits to be flushed", r.ID)
	}
	wrong(seats != 0, "%d users too many in rooms", seats)
	for _, it := range l.news.items {
		wrong(!it.newsState().waiting, "news that do not wait")
	}
	wrong(!l.Idle(), "somebody in the lobby waits to be flushed")
	return errors.Join(append(errs, l.shared.Check(rooms))...)
}
