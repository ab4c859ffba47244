package lobby

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"kbridge/server/room"
	"kbridge/server/timer"
)

// later is what rooms have told the lobby and it has not looked at yet. Its lock is a leaf, so that a room can tell it
// with its own lock held.
type later struct {
	lobby *Lobby
	timer timer.Timer // wakes whoever takes the lobby's lock next

	owes atomic.Bool // there is something

	mu      sync.Mutex
	changed []*room.Room
	over    []*room.Room
	orders  []said
}

// said is a command in a room's chat.
type said struct {
	seat *room.Seat
	line string
}

// Changed has everybody outside of the room told of its state. It implements [room.Outside].
func (l *Lobby) Changed(now time.Time, r *room.Room) {
	l.later.add(now, func(t *later) {
		if !slices.Contains(t.changed, r) {
			t.changed = append(t.changed, r)
		}
	})
}

// Over has the room closed. It implements [room.Outside].
func (l *Lobby) Over(now time.Time, r *room.Room) {
	l.later.add(now, func(t *later) { t.over = append(t.over, r) })
}

// Command has a command done. It implements [room.Outside].
func (l *Lobby) Command(now time.Time, s *room.Seat, line string) {
	l.later.add(now, func(t *later) { t.orders = append(t.orders, said{s, line}) })
}

func (t *later) add(now time.Time, what func(t *later)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	what(t)
	t.owes.Store(true)
	t.lobby.Timers.Set(&t.timer, now)
}

// take is what there is to do.
func (t *later) take() (changed, over []*room.Room, orders []said) {
	t.mu.Lock()
	defer t.mu.Unlock()
	changed, over, orders = t.changed, t.over, t.orders
	t.changed, t.over, t.orders = nil, nil, nil
	t.owes.Store(false)
	t.lobby.Timers.Remove(&t.timer)
	return changed, over, orders
}

// Tick is for whoever has the lobby's lock.
func (t *later) Tick(now time.Time) { t.lobby.Settle(now) }

// Owes reports whether rooms have asked for something that Settle would do. Anybody may ask.
func (l *Lobby) Owes() bool { return l.later.owes.Load() }

// Settle does what rooms have asked for.
func (l *Lobby) Settle(now time.Time) {
	for l.Owes() {
		changed, over, orders := l.later.take()
		if len(changed)+len(over)+len(orders) == 0 {
			return
		}
		for _, of := range changed {
			if r := l.listed(of); r != nil {
				l.pulse.begin(now)
				l.news.add(now, r)
			}
		}
		for _, of := range over {
			if r := l.listed(of); r != nil {
				l.Hold(of)
				l.work.Room = of
				if r.Owner() == nil && !r.Running() {
					r.close(now, nil)
				}
			}
		}
		for _, o := range orders {
			if u := l.byID[o.seat.ID]; u != nil && u.seat == o.seat {
				l.Hold(u.Room())
				l.work.Room = u.Room()
				u.commandInRoom(now, o.line)
			}
		}
	}
}

// listed is what stands for a room that is there; nil for one that is closed.
func (l *Lobby) listed(of *room.Room) *listing {
	if r := l.roomByID[of.ID]; r != nil && r.Room == of {
		return r
	}
	return nil
}
