package lobby

import (
	"slices"
	"time"

	"kbridge/server/door"
	"kbridge/server/limits"
	"kbridge/server/rate"
	"kbridge/server/room"
	"kbridge/server/timer"
)

// news is what everybody in the lobby is told of others: who has come, which rooms were opened, how full they are and
// whether they run. Those whom it concerns are told at once: a user of its own login, and whoever is in a room of
// everything there. The others are told of a room's last state, at most once in limits.NewsEvery, and of everything
// together no faster than limits.NewsPace. Who starts games and drops out of them, opens rooms and closes them, or logs
// in and quits, as fast as answers come, would otherwise send as many messages to everybody. Servers elsewhere tell
// everybody at once; a list that is a second behind is what a list looks like on a long line. When little happens there
// is no delay.
//
// A newcomer's list has everything as it is then. For those who logged in before, what they have not been told of is
// not there yet: when it is over before its turn has come they never hear of it. So nobody gets a state or an end of
// something that they do not know.
type news struct {
	lobby *Lobby
	timer timer.Timer
	items []newsItem // what is to be told, the longest waiting first
	pace  rate.Bucket
}

// newsItem is a user or a room.
type newsItem interface {
	newsState() *newsState
	// newsCost is what telling takes, in bytes.
	newsCost() int
	// tellNews tells those whom it does not concern.
	tellNews(now time.Time)
}

// newsState is where telling of a user or a room stands.
type newsState struct {
	since   uint64  // in the order of Lobby.lastNews; whose list is younger knows of it
	told    bool    // everybody else, too
	guests  []*User // who know of it, although they were not told with the others
	waiting bool    // there is something to tell
	next    time.Time
}

// begin is for something new.
func (st *newsState) begin(l *Lobby) {
	l.lastNews++
	st.since = l.lastNews
}

// knows reports whether a user knows of something.
func (u *User) knows(st *newsState) bool {
	return st.told || u.listed > st.since || slices.Contains(st.guests, u)
}

// add has something told.
func (n *news) add(now time.Time, it newsItem) {
	if st := it.newsState(); !st.waiting {
		st.waiting = true
		n.items = append(n.items, it)
	}
	n.tell(now)
}

// forget is for what is over.
func (n *news) forget(now time.Time, it newsItem) {
	if !it.newsState().waiting {
		return
	}
	it.newsState().waiting = false
	if i := slices.Index(n.items, it); i >= 0 {
		n.items = slices.Delete(n.items, i, i+1)
	}
	n.schedule(now)
}

// tell tells what may be told now. The first that the pace has no room for holds up those behind it.
func (n *news) tell(now time.Time) {
	waiting := n.items[:0]
	for i, it := range n.items {
		st := it.newsState()
		if now.Before(st.next) {
			waiting = append(waiting, it)
			continue
		}
		if !n.pace.Fits(now, it.newsCost(), limits.NewsPace, limits.NewsBurst) {
			waiting = append(waiting, n.items[i:]...)
			break
		}
		n.spend(now, it.newsCost())
		it.tellNews(now)
		st.told, st.waiting, st.next = true, false, now.Add(limits.NewsEvery)
	}
	clear(n.items[len(waiting):])
	n.items = waiting
	n.schedule(now)
}

func (n *news) spend(now time.Time, bytes int) { n.pace.Spend(now, bytes, limits.NewsPace) }

// schedule sets the timer to when something may be told.
func (n *news) schedule(now time.Time) {
	at := time.Time{}
	for _, it := range n.items {
		due := n.pace.FitsAt(it.newsCost(), limits.NewsPace, limits.NewsBurst)
		if next := it.newsState().next; due.Before(next) {
			due = next
		}
		at = timer.Earliest(at, due)
	}
	if floor := now.Add(time.Millisecond); !at.IsZero() && at.Before(floor) {
		at = floor
	}
	n.lobby.Timers.Set(&n.timer, at)
}

// Tick is for whoever has the lobby's lock.
func (n *news) Tick(now time.Time) {
	n.lobby.work.News = true
	n.tell(now)
	n.lobby.work.News = false
}

// newsSize is what a message with so many bytes of text counts for: its header is five bytes.
func newsSize(text int) int { return max(5+text+10, limits.LeastNews) }

// tellOthers tells everybody who is not in the room, and knows of it or does not.
func (r *listing) tellOthers(now time.Time, known bool, e door.Event) {
	r.lobby.each(now, func(u *User) {
		if u.Room() != r.Room && u.knows(&r.news) == known {
			u.door.Tell(now, e)
		}
	})
}

func (u *User) tellOthers(now time.Time, known bool, e door.Event) {
	u.lobby.each(now, func(other *User) {
		if other != u && other.knows(&u.news) == known {
			other.door.Tell(now, e)
		}
	})
}

func (r *listing) newsState() *newsState { return &r.news }

func (r *listing) newsCost() int {
	if r.news.told {
		return limits.LeastNews
	}
	return limits.LeastNews + newsSize(len(r.OwnerName)+len(r.Game)+len(r.Emulator))
}

func (r *listing) tellNews(now time.Time) {
	if !r.news.told {
		r.tellOthers(now, false, r.opened())
		r.news.told, r.news.guests = true, nil
	}
	var status door.Status
	r.lobby.in(now, r.Room, func() { status = r.Status() })
	r.tellOthers(now, true, status)
}

// tellGuest tells somebody who enters it of a room that is news yet: who opened it may have given away its number.
func (r *listing) tellGuest(now time.Time, u *User) {
	if !u.knows(&r.news) {
		u.door.Tell(now, r.opened())
		r.news.guests = append(r.news.guests, u)
	}
}

// tellClosed tells everybody that the room is no more, but for those who were in it and know that.
func (r *listing) tellClosed(now time.Time, seats []*room.Seat) {
	l, gone := r.lobby, door.Closed{Room: r.ID}
	l.news.forget(now, r)
	l.each(now, func(u *User) {
		if u.knows(&r.news) && !slices.Contains(seats, u.seat) {
			u.door.Tell(now, gone)
		}
	})
	l.news.spend(now, limits.LeastNews)
}

func (u *User) newsState() *newsState { return &u.news }

// newsCost is that of going, too: so a user's login and end are told in the room that there is for both.
func (u *User) newsCost() int { return 2 * newsSize(len(u.Name)) }

func (u *User) tellNews(now time.Time) { u.tellOthers(now, false, door.Entered{Member: &u.Member}) }

// tellGone tells everybody that the user is gone, and the user too, as EmuLinker does. When too much is told already
// the others are spared the user's last words.
func (u *User) tellGone(now time.Time, message string) {
	l, gone := u.lobby, door.Gone{Member: &u.Member, Message: message}
	l.news.forget(now, u)
	u.door.Tell(now, gone)
	if !l.news.pace.Fits(now, len(message), limits.NewsPace, limits.NewsBurst) {
		gone.Message = ""
	}
	u.tellOthers(now, true, gone)
	l.news.spend(now, len(gone.Message))
}
