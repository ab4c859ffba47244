package kaillera

import (
	"log/slog"
	"sync/atomic"
	"time"

	"kbridge/kclient/link"
	"kbridge/kclient/wire"
	"kbridge/kclient/wire/ext"
	"kbridge/server/door"
	"kbridge/server/limits"
	"kbridge/server/lobby"
	"kbridge/server/lock"
	"kbridge/server/rate"
	"kbridge/server/room"
	"kbridge/server/timer"
)

// state is how far a session has come.
type state uint8

const (
	stateLogin  state = iota // its rounds of 05 and 06 are under way
	stateUser                // logged in
	stateClosed              // over; the goodbye is being repeated
)

// session is one client: its link, who it is, and where it stands.
type session struct {
	server *Server
	loginAddr
	link      *link.Link
	state     state
	room      atomic.Pointer[room.Room] // where it is, whose lock guards it; nil is the lobby
	timer     timer.Timer
	touched   bool      // it will be flushed
	handling  wire.Type // the message that is being handled; 0 is none
	forgotten bool      // no longer in the tables
	failed    bool      // its link has panicked: nothing is sent any more

	list       *sessionList // logins or closed, with its neighbours there
	prev, next *session

	login   loginState
	asks    asks
	answers bool   // it has answered a 05 since the login; an n02 with a set ping never does
	doubt   *doubt // nil while it has never been in doubt
	newest  uint16 // seq of the last message that was taken
	began   time.Time
	pace    rate.Bucket // see limits.PaceRate

	// See unproven.go.
	reached        bool   // it has proven that what is sent to its address reaches it
	prover         prover // until then
	credit         int    // bytes that may be sent to it until then
	queued         []heldMessage
	queuedBytes    int
	talk           talk
	behindItsBytes bool // in its game
	short          bool // something waits for credit
	named          bool // it has been told of its own login, see tellList

	// Known from the login on.
	who        door.Member
	connection wire.ConnectionType
	user       *lobby.User // nil before it is one, and when it is none any more

	// Between our own two ends, see ticket.go, away.go and rejoin.go.
	proven    bool // it has returned the nonce
	ticket    ext.Ticket
	former    *ext.Ticket // that it rejoined with; good until its client shows that it has the new one
	acks      uint32      // 06 that have come
	moves     uint32      // the counter of its last move
	calls     rate.Limiter
	noAddress bool   // its player's seat is kept, and nobody is at its address
	toldAway  uint16 // seq of the last Behind, which tells that it is away

	started uint16    // seq of the start message
	batched time.Time // when its last batch came

	held int // bytes that its link keeps beyond its own, see memory.go

	closeAt time.Time // in stateClosed: when the goodbye is over and the link goes
}

// seat is where the session's user sits; nil in no room.
func (s *session) seat() *room.Seat {
	if s.user == nil {
		return nil
	}
	return s.user.Seat()
}

// plays is what the game does that the session's user is in; Waiting when it is in none.
func (s *session) plays() door.State {
	if seat := s.seat(); seat != nil {
		return seat.State()
	}
	return door.Waiting
}

// inGame reports whether the session's user is in a game.
func (s *session) inGame() bool { return s.plays() != door.Waiting }

// loggedIn reports whether the session is a user.
func (s *session) loggedIn() bool { return s.state == stateUser }

// place is the lock that guards the session.
func (s *session) place() *lock.Lock {
	if r := s.room.Load(); r != nil {
		return &r.Lock
	}
	return &s.server.lobby.Lock
}

// touch has the session flushed before its lock is given back.
func (s *session) touch() {
	if !s.touched {
		s.touched = true
		s.place().Touch(s)
	}
}

// body is any message's body.
type body interface{ AppendTo(b []byte) []byte }

// send queues one message for this session.
func (s *session) send(now time.Time, t wire.Type, m body) uint16 {
	p := s.place()
	p.Body = m.AppendTo(p.Body[:0])
	return s.sendBody(now, t, p.Body)
}

func (s *session) sendBody(now time.Time, t wire.Type, b []byte) (seq uint16) {
	if s.failed || !s.reached && s.hold(t, b) || s.holdTalk(t, b) {
		return 0
	}
	return s.pass(now, t, b)
}

// pass gives a message that need not wait to the link.
func (s *session) pass(now time.Time, t wire.Type, b []byte) (seq uint16) {
	defer s.caught("server: send")
	seq = s.link.Send(now, t, b)
	s.told(seq, t)
	s.asks.news(now)
	s.touch()
	return seq
}

// Flush sends every datagram that is due. It implements [lock.Flusher].
func (s *session) Flush(now time.Time) {
	defer s.caught("server: flush")
	s.touched = false
	if s.forgotten || s.link == nil || s.failed {
		s.heldMore()
		return
	}
	p := s.place()
	paced := !s.proven && !s.inGame()
	for {
		if paced && !s.pace.Fits(now, 0, limits.PaceRate, limits.PaceBurst) || s.heldBack() {
			break
		}
		out := s.nextDatagram(now)
		if len(out) == 0 {
			break
		}
		p.Out = out[:0]
		if !s.noAddress {
			s.server.write(s.server.conn, s.local, s.addr, out)
		}
		if paced {
			s.pace.Spend(now, len(out), limits.PaceRate)
		}
		s.flushedLogin(now)
	}
	s.heldMore()
	s.schedule(now)
}

// schedule sets the session's timer to the earliest thing that it waits for.
func (s *session) schedule(now time.Time) {
	at := s.link.Next()
	if s.short || s.heldBack() {
		at = time.Time{} // until bytes come, or memory
	}
	if !at.IsZero() && !s.proven && !s.inGame() {
		if next := s.pace.FitsAt(0, limits.PaceRate, limits.PaceBurst); at.Before(next) {
			at = next
		}
	}
	switch s.state {
	case stateClosed:
		at = timer.Earliest(at, s.closeAt)
	case stateLogin:
		at = timer.Earliest(at, s.login.until)
	case stateUser:
		at = timer.Earliest(at, s.link.LastReceived().Add(s.patience()))
		at = timer.Earliest(at, s.askAt())
		at = timer.Earliest(at, s.proveAt())
		if s.behindItsBytes {
			at = now
		}
		at = timer.Earliest(at, s.earlyAt())
		if s.doubt.open() {
			at = timer.Earliest(at, timer.Earliest(s.doubt.until, s.doubt.ask))
		}
	}
	if since, ok := s.link.Hole(); ok && s.state != stateClosed {
		at = timer.Earliest(at, since.Add(s.holePatience()))
	}
	// Whatever is due has been done; the loop must not come back at once.
	if floor := now.Add(time.Millisecond); at.Before(floor) {
		at = floor
	}
	s.server.timers.Set(&s.timer, at)
}

// Tick is not used: a session's timer finds its lock by wakeSession. It implements [timer.Owner].
func (s *session) Tick(time.Time) {}

// tick does what the time has come for. It reports false when something is left that needs the lobby's lock, too, which
// is held if all is true.
func (s *session) tick(now time.Time, all bool) (complete bool) {
	complete = true
	switch {
	case !all && (s.state != stateUser || s.doubt.open() || s.silentTooLong(now)):
		return false
	case s.state == stateClosed:
		if !now.Before(s.closeAt.Add(limits.Tombstone)) {
			s.forget()
			return true
		}
		if !now.Before(s.closeAt) {
			s.link = nil
			s.heldMore()
			s.server.timers.Set(&s.timer, s.closeAt.Add(limits.Tombstone))
			return true
		}
	case s.state == stateLogin:
		s.tickHole(now, all)
		if !s.tickLogin(now) {
			return true
		}
	case s.silentTooLong(now):
		s.vanish(now)
	default:
		s.tickDoubt(now)
		if !s.loggedIn() {
			break
		}
		complete = s.tickHole(now, all)
		if !s.loggedIn() {
			break
		}
		s.ask(now)
		s.prove(now)
		s.tickUnproven(now)
		s.tickEarly(now)
	}
	s.touch()
	return complete
}

func (s *session) silentTooLong(now time.Time) bool {
	return !now.Before(s.link.LastReceived().Add(s.patience()))
}

// holePatience is how long a missing message is waited for. Our own clients keep what
// is not proven.
func (s *session) holePatience() time.Duration {
	if !s.proven && s.link.Gone() {
		return limits.GonePatience
	}
	return limits.HolePatience
}

// tickHole gives up messages that the client no longer has. A game cannot go on
// without them, and the player is told so.
// It reports false when what came behind them needs the lobby's lock, too.
func (s *session) tickHole(now time.Time, all bool) (complete bool) {
	since, ok := s.link.Hole()
	if !ok || now.Before(since.Add(s.holePatience())) {
		return true
	}
	if s.inGame() {
		s.server.log.Info("player lost messages", s.attrs()...)
		s.seat().Expel(now, "messages of yours were lost for good")
	}
	n := s.link.Skip()
	if !s.reached {
		s.prover.lose(n)
	}
	s.server.log.Debug("messages of a client lost", append(s.attrs(), slog.Int("count", n))...)
	return s.deliver(now, all)
}

// setPhase keeps the link's phase in step with the state.
func (s *session) setPhase(now time.Time, p link.Phase) {
	if s.failed || s.link.Phase() == p {
		return
	}
	defer s.caught("server: phase")
	s.link.SetPhase(now, p)
	s.touch()
}

// Close ends the session; what was queued is still sent, and repeated for a while. It implements [lobby.Door].
func (s *session) Close(now time.Time) {
	if s.doubt.open() {
		s.server.wakeWaiting(now, s)
	}
	s.enlist(nil)
	s.server.releaseHost(s)
	s.server.takeTicket(s)
	s.state, s.doubt, s.asks, s.user = stateClosed, nil, asks{}, nil
	s.login.over()
	s.closeAt = now.Add(limits.GoodbyeLinger)
	s.setPhase(now, link.Lobby)
	if s.server.closed.n >= limits.MaxClosing {
		s.server.closed.first.forget()
	}
	s.enlist(&s.server.closed)
	s.touch()
}

// forget removes every trace of a session that is nobody's user.
func (s *session) forget() {
	s.enlist(nil)
	s.server.releaseHost(s)
	s.server.takeTicket(s)
	s.state, s.forgotten, s.user = stateClosed, true, nil
	s.heldMore()
	s.server.timers.Remove(&s.timer)
	s.leaveAddress()
}

// attrs describe the session in the log.
func (s *session) attrs() []any {
	return []any{slog.String("user", s.who.Shown), slog.Any("addr", s.addr)}
}

// sessionList is a list of sessions, oldest first. A session is in one at most.
type sessionList struct {
	first, last *session
	n           int
}

// enlist moves the session to the end of a list; nil takes it out of its list.
func (s *session) enlist(to *sessionList) {
	if l := s.list; l != nil {
		if s.prev != nil {
			s.prev.next = s.next
		} else {
			l.first = s.next
		}
		if s.next != nil {
			s.next.prev = s.prev
		} else {
			l.last = s.prev
		}
		s.prev, s.next = nil, nil
		l.n--
	}
	s.list = to
	if to == nil {
		return
	}
	if s.prev = to.last; s.prev != nil {
		s.prev.next = s
	} else {
		to.first = s
	}
	to.last = s
	to.n++
}

// Session is the [lobby.Door] of the users who have come in this way.
type Session = session
