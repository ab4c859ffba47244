package room

import (
	"slices"
	"time"

	"kbridge/kclient/guard"
	"kbridge/server/timer"
)

// Mend makes the room agree with itself after a panic, whatever was half changed by then: its seats are those of
// members who are here, and its players are seats that play. It reports false when the room cannot go on.
func (r *Room) Mend(now time.Time, here func(*Seat) bool) bool {
	inside := func(s *Seat) bool { return s != nil && s.room == r && here(s) }
	r.seats = slices.DeleteFunc(r.seats, func(s *Seat) bool { return !inside(s) })
	if r.owner != nil && !slices.Contains(r.seats, r.owner) {
		r.owner = nil
	}
	for i, p := range r.players {
		if p == nil || inside(p) && p.player == i {
			continue
		}
		r.players[i] = nil
		if r.mixer == nil || !guard.Run("server: drop a player", func() { r.mixer.Drop(i) }, nil) {
			r.broken = true
		}
	}
	for _, s := range r.seats {
		if s.player >= 0 && (s.player >= len(r.players) || r.players[s.player] != s) {
			guard.Run("server: put a player out", func() { s.out(now) }, nil)
		}
	}
	if r.Running() && (r.mixer == nil || !r.anyPlayer()) || !r.Running() && r.owner == nil {
		r.broken = true
	}
	return !r.broken && len(r.seats) > 0
}

// mendLines makes the lines that wait agree with themselves, and returns their bytes.
func (r *Room) mendLines() int {
	l := &r.lines
	l.queues = slices.DeleteFunc(l.queues, func(q *lineQueue) bool { return q == nil || len(q.lines) == 0 })
	l.bytes = 0
	for _, q := range l.queues {
		l.bytes += q.bytes
	}
	for _, s := range r.seats {
		if s.lines != nil && !slices.Contains(l.queues, s.lines) {
			s.lines = nil
		}
	}
	return l.bytes
}

// Mend makes what is counted for all rooms that of the rooms that are there.
func (s *Shared) Mend(rooms []*Room) {
	lines, games := 0, 0
	var kept []*kept
	for _, r := range rooms {
		lines += r.mendLines()
		games += r.reserved
		if r.kept != nil {
			kept = append(kept, r.kept)
		}
	}
	s.lineBytes.Store(int64(lines))
	s.Memory.games.Mend(games)
	s.Memory.histories.mend(kept)
}

func (h *histories) mend(all []*kept) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.all, h.used = all, 0
	for _, k := range all {
		h.used += k.bytes
	}
}

// Break marks a room that could not even be closed: it is to be in no table.
func (r *Room) Break() { r.broken = true }

// Broken reports whether the room is to be in no table.
func (r *Room) Broken() bool { return r.broken || len(r.seats) == 0 }

// Of is the room whose timer wakes this owner; nil when it is another's. The room's lock guards the owner.
func Of(owner timer.Owner) *Room {
	switch o := owner.(type) {
	case *Room:
		return o
	case *lines:
		return o.room
	}
	return nil
}

// Cut makes a seat one that is in no room.
func (s *Seat) Cut() { s.room, s.player, s.lines = nil, -1, nil }

// Wakes reports whether there is something to do for a timer's owner that is of this room.
func (r *Room) Wakes(owner timer.Owner) bool {
	if l, ok := owner.(*lines); ok {
		return len(l.queues) > 0
	}
	return r.Running()
}
