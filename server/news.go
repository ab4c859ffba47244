package server

import (
	"slices"
	"time"

	"kbridge/kclient/wire"
	"kbridge/server/limits"
	"kbridge/server/rate"
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
	server *Server
	timer  timer.Timer
	items  []newsItem // what is to be told, the longest waiting first
	pace   rate.Bucket
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
	since   uint64     // in the order of Server.lastNews; whose list is younger knows of it
	told    bool       // everybody else, too
	guests  []*session // who know of it, although they were not told with the others
	waiting bool       // there is something to tell
	next    time.Time
}

// begin is for something new.
func (st *newsState) begin(s *Server) {
	s.lastNews++
	st.since = s.lastNews
}

// knows reports whether a user knows of something.
func (s *session) knows(st *newsState) bool {
	return st.told || s.listed > st.since || slices.Contains(st.guests, s)
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
	for i, other := range n.items {
		if other == it {
			n.items = append(n.items[:i], n.items[i+1:]...)
			break
		}
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
		at = earliest(at, due)
	}
	if floor := now.Add(time.Millisecond); !at.IsZero() && at.Before(floor) {
		at = floor
	}
	n.server.timers.Set(&n.timer, at)
}

// hand lets one session stand for another that it takes the place of.
func (n *news) hand(now time.Time, from, to *session) {
	to.news.told, to.news.since = from.news.told, from.news.since
	n.forget(now, from)
	if !to.news.told {
		n.add(now, to)
	}
}

func (n *news) Tick(now time.Time) { n.tell(now) }

// newsSize is what a message with so many bytes of text counts for.
func newsSize(text int) int { return max(wire.MessageHeaderSize+text+10, limits.LeastNews) }

// tellOthers sends a message to everybody who is not in the room and knows of it, or does not.
func (r *room) tellOthers(now time.Time, known bool, t wire.Type, m body) {
	r.server.tell(now, t, m, func(u *session) bool { return u.room != r && u.knows(&r.news) == known })
}

func (s *session) tellOthers(now time.Time, known bool, t wire.Type, m body) {
	s.server.tell(now, t, m, func(u *session) bool { return u != s && u.knows(&s.news) == known })
}

func (s *Server) tell(now time.Time, t wire.Type, m body, whom func(u *session) bool) {
	s.body = m.AppendTo(s.body[:0])
	for _, u := range s.users {
		if whom(u) {
			u.sendBody(now, t, s.body)
		}
	}
}

func (r *room) newsState() *newsState { return &r.news }

func (r *room) newsCost() int {
	if r.news.told {
		return limits.LeastNews
	}
	return limits.LeastNews + newsSize(len(r.ownerName)+len(r.game)+len(r.emulator))
}

func (r *room) tellNews(now time.Time) {
	if !r.news.told {
		r.tellOthers(now, false, wire.TypeCreateGame, r.created())
		r.news.told, r.news.guests = true, nil
	}
	r.tellOthers(now, true, wire.TypeGameStatus, r.status())
}

// tellGuest tells somebody who enters it of a room that is news yet: who opened it may have given away its number.
func (r *room) tellGuest(now time.Time, s *session) {
	if !s.knows(&r.news) {
		s.send(now, wire.TypeCreateGame, r.created())
		r.news.guests = append(r.news.guests, s)
	}
}

// tellClosed tells everybody that the room is no more, those in it first.
func (r *room) tellClosed(now time.Time) {
	sv, gone := r.server, wire.GameClosed{GameID: r.id}
	sv.news.forget(now, r)
	r.broadcast(now, wire.TypeCloseGame, gone)
	r.tellOthers(now, true, wire.TypeCloseGame, gone)
	sv.news.spend(now, limits.LeastNews)
}

func (s *session) newsState() *newsState { return &s.news }

// newsCost is that of going, too: so a user's login and end are told in the room that there is for both.
func (s *session) newsCost() int { return 2 * newsSize(len(s.user)) }

func (s *session) tellNews(now time.Time) { s.tellOthers(now, false, wire.TypeUserJoined, s.entered()) }

// tellQuit tells everybody that the user is gone, and the user too, as EmuLinker does. When too much is told already
// the others are spared the user's last words.
func (s *session) tellQuit(now time.Time, message string) {
	sv, gone := s.server, wire.UserQuit{User: s.user, UserID: s.id, Message: message}
	sv.news.forget(now, s)
	s.send(now, wire.TypeUserQuit, gone)
	if !sv.news.pace.Fits(now, len(message), limits.NewsPace, limits.NewsBurst) {
		gone.Message = ""
	}
	s.tellOthers(now, true, wire.TypeUserQuit, gone)
	sv.news.spend(now, len(gone.Message))
}
