package room

import (
	"log/slog"
	"net/netip"
	"slices"
	"time"

	"kbridge/kclient/history"
	"kbridge/kclient/lockstep"
	"kbridge/server/door"
	"kbridge/server/limits"
	"kbridge/server/lock"
	"kbridge/server/timer"
)

// Opening is what a room is from the beginning to its end. Texts are in the server's charset, but for Runs.
type Opening struct {
	ID        uint32 // from 1
	Game      string
	Emulator  string
	Runs      string // Emulator in UTF-8
	OwnerName string // of whoever has opened it
	Host      netip.Addr
	ChatOnly  bool // no game starts in it
}

// Room is a game that somebody has opened. It lives until its owner leaves, or, when the owner's connection was lost,
// until nobody plays any more.
type Room struct {
	lock.Lock
	Opening
	shared  *Shared
	outside Outside
	owner   *Seat // nil when the owner has vanished
	seats   []*Seat
	state   door.State
	timer   timer.Timer
	broken  bool // something has panicked in it and again when it was closed: it is to be in no table

	// What its owner has chosen.
	delay  FrameDelay // FrameDelayAuto leaves it to the server
	max    int        // who may be in it; 0 is limits.MaxPlayers
	startN int        // the next game starts when so many are there; 0 is never

	lines lines

	// Of the game that runs; see start.go and play.go.
	mixer   *lockstep.Mixer
	players []*Seat   // by player; nil once dropped
	frames  int       // ready so far
	since   time.Time // when netsync began, or when the game got its last frame
	stalls  [limits.MaxPlayers]stallRecord
	lag     lagMeter        // of the last one, when none runs
	history *history.Record // nil when nobody could rejoin
	kept    *kept           // of the history
	frame   []byte          // scratch for one combined frame

	reserved int // of the memory for games, beyond the game's own
	recorded int // of the memory for histories
}

// New opens a room with nobody in it. Enter follows.
func New(shared *Shared, outside Outside, o Opening) *Room {
	r := &Room{Opening: o, shared: shared, outside: outside}
	r.timer.Owner = r
	r.lines.room, r.lines.timer.Owner = r, &r.lines
	return r
}

// Enter gives somebody a seat, the first one the owner's. The others are told by Welcome, when the one who enters has
// been told who is there.
func (r *Room) Enter(m *door.Member, d door.Door, used *Rates) *Seat {
	s := &Seat{Member: m, room: r, door: d, rates: used, player: -1}
	r.seats = append(r.seats, s)
	if len(r.seats) == 1 && r.owner == nil {
		r.owner = s
	}
	r.lines.enter(s)
	return s
}

// Welcome tells everybody in the room that somebody has entered it, who is told who is there.
func (r *Room) Welcome(now time.Time, s *Seat) {
	r.announce(now)
	s.door.Tell(now, r.present(s))
	r.broadcast(now, door.Joined{Room: r.ID, Member: s.Member})
}

// present are those in the room but one.
func (r *Room) present(but *Seat) (p door.Present) {
	for _, s := range r.seats {
		if s != but {
			p.Members = append(p.Members, s.Member)
		}
	}
	return p
}

// broadcast tells everybody in the room.
func (r *Room) broadcast(now time.Time, e door.Event) {
	for _, s := range r.seats {
		s.door.Tell(now, e)
	}
}

// Notify is a line of the server's for everybody in the room, at the room's pace.
func (r *Room) Notify(now time.Time, text string) {
	r.lines.notify(now, text)
}

// announce tells how full the room is and whether it runs: those in it, and those outside.
func (r *Room) announce(now time.Time) {
	r.broadcast(now, r.Status())
	r.outside.Changed(now, r)
}

// Status is how full the room is and whether it runs.
func (r *Room) Status() door.Status {
	return door.Status{Room: r.ID, State: r.state, Players: len(r.seats), Max: r.Capacity()}
}

// Running reports whether a game is in netsync or in play.
func (r *Room) Running() bool { return r.state != door.Waiting }

// Capacity is how many the room holds.
func (r *Room) Capacity() int {
	if r.max == 0 {
		return limits.MaxPlayers
	}
	return min(r.max, limits.MaxPlayers)
}

// SetCapacity lets so many in; limits.MaxPlayers is the most.
func (r *Room) SetCapacity(now time.Time, n int) {
	r.max = n
	r.announce(now)
}

// Seats are those in the room, in the order of their places. The slice is the room's.
func (r *Room) Seats() []*Seat { return r.seats }

// Owner is whose room it is; nil when that one has vanished.
func (r *Room) Owner() *Seat { return r.owner }

// Numbered is the player of a number, from 1: in a game the one who plays as that, else whoever is at that place. nil
// if there is none.
func (r *Room) Numbered(n int) *Seat {
	from := r.seats
	if r.Running() {
		from = r.players
	}
	if n < 1 || n > len(from) {
		return nil
	}
	return from[n-1]
}

// Numbers is how many numbers there are; some may be nobody's.
func (r *Room) Numbers() int { return max(len(r.seats), len(r.players)) }

// Swap gives those in the room new places: to[i] is the place, from 0, of the one at place i. Each is there once. A
// player's number is its place when the game starts.
func (r *Room) Swap(to []int) {
	places := make([]*Seat, len(r.seats))
	for i, place := range to {
		places[place] = r.seats[i]
	}
	copy(r.seats, places)
}

// Leave takes somebody out of the room; out of its game first. It reports whether the room is to be closed instead: the
// owner has left. One that has vanished does not close it while others play.
func (s *Seat) Leave(now time.Time, vanished bool) (closes bool) {
	r := s.room
	if s.Plays() {
		s.Drop(now)
	}
	if r.owner == s {
		if !vanished || !r.Running() {
			return true
		}
		r.owner = nil
	}
	r.remove(s)
	s.room = nil
	r.announce(now)
	r.broadcast(now, door.Left{Member: s.Member})
	if r.owner == nil && !r.Running() {
		r.outside.Over(now, r)
	}
	r.shared.Logger.Info("left", append(s.attrs(), slog.Uint64("room", uint64(r.ID)))...)
	return false
}

func (r *Room) remove(s *Seat) {
	if i := slices.Index(r.seats, s); i >= 0 {
		r.seats = slices.Delete(r.seats, i, i+1)
	}
}

// Close ends the room, and returns those who were in it. They have been told, and the leaver as one who has left; nil
// when nobody has.
func (r *Room) Close(now time.Time, leaver *Seat) (left []*Seat) {
	r.endGame(now)
	r.lines.close()
	r.shared.Timers.Remove(&r.timer)
	r.broadcast(now, door.Closed{Room: r.ID})
	if leaver != nil {
		r.broadcast(now, door.Left{Member: leaver.Member})
	}
	left, r.seats = r.seats, nil
	for _, s := range left {
		s.room = nil
	}
	r.shared.Logger.Info("room closed", slog.Uint64("room", uint64(r.ID)))
	return left
}

// Forgive takes a time in which the server itself stood still out of what the game has waited for its players.
func (r *Room) Forgive(now time.Time, stood time.Duration) {
	if !r.Running() {
		return
	}
	r.lag.forgive(now, stood)
	r.since = r.since.Add(stood)
	if r.since.After(now) {
		r.since = now
	}
}
