package server

import (
	"log/slog"
	"time"

	"kbridge/kclient/link"
	"kbridge/kclient/wire"
	"kbridge/kclient/wire/ext"
	"kbridge/server/limits"
	"kbridge/server/rate"
	"kbridge/server/timer"
)

// state is where a session stands; with the table in dispatch.go it decides
// which messages mean anything.
type state uint8

const (
	stateLogin   state = iota // its rounds of 05 and 06 are under way
	stateLobby                // logged in, in no room
	stateRoom                 // in a room, not playing
	stateNetsync              // its game has started, not everyone is ready
	statePlaying              // its game runs
	stateClosed               // over; the goodbye is being repeated
	states
)

// session is one client: its link, who it is, and where it stands.
type session struct {
	server *Server
	loginAddr
	link      *link.Link
	state     state
	timer     timer.Timer
	touched   bool // in server.touched
	forgotten bool // no longer in server.sessions
	failed    bool // its link has panicked: nothing is sent any more

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

	// Known from the login on.
	user, emulator string // wire bytes, clean
	key            string // of user, for comparing
	connection     wire.ConnectionType
	id             uint16
	ping           uint32 // milliseconds

	// Between our own two ends, see ticket.go, away.go and rejoin.go.
	proven    bool // it has returned the nonce
	ticket    ext.Ticket
	former    *ext.Ticket // that it rejoined with; good until its client shows that it has the new one
	acks      uint32      // 06 that have come
	moves     uint32      // the counter of its last move
	calls     rate.Limiter
	noAddress bool   // its player's seat is kept, and nobody is at its address
	toldAway  uint16 // seq of the last Behind, which tells that it is away

	news    newsState // of the others
	listed  uint64    // when it got the list of everything, see newsState.since
	room    *room
	player  int       // in the room's game, from 0; valid in netsync and play
	ready   bool      // in netsync
	started uint16    // seq of the start message
	batched time.Time // when its last batch came
	waits   bool      // for its first message, although it has sent fewer batches than it should have

	held int // bytes that its link keeps beyond its own, see memory.go

	closeAt time.Time // in stateClosed: when the goodbye is over and the link goes

	*userRates // while it is logged in

	// Of commands.
	partner    partner
	noMessages bool   // of other users in private
	kickedFrom uint32 // the room that it was kicked from last; 0 is none

	lines   *lineQueue // said in its room and not heard yet; nil when there is none
	dropped int        // lines, since it was last told
}

// touch has the session flushed before the lock is given back.
func (s *session) touch() {
	if !s.touched {
		s.touched = true
		s.server.touched = append(s.server.touched, s)
	}
}

// body is any message's body.
type body interface{ AppendTo(b []byte) []byte }

// send queues one message for this session.
func (s *session) send(now time.Time, t wire.Type, m body) uint16 {
	s.server.body = m.AppendTo(s.server.body[:0])
	return s.sendBody(now, t, s.server.body)
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

// broadcast queues one message for everyone who is logged in.
func (s *Server) broadcast(now time.Time, t wire.Type, m body) {
	s.body = m.AppendTo(s.body[:0])
	for _, u := range s.users {
		u.sendBody(now, t, s.body)
	}
}

// tell sends a line from the server.
func (s *session) tell(now time.Time, text string) {
	s.send(now, wire.TypeServerMessage, wire.ServerMessage{From: serverName, Text: s.server.clean.encode(text,
		limits.MaxGameChat)})
}

// flush sends every datagram that is due.
func (s *session) flush(now time.Time) {
	if s.forgotten || s.link == nil || s.failed {
		s.heldMore()
		return
	}
	defer s.caught("server: flush")
	paced := !s.inGame() && !s.proven
	for {
		if paced && !s.pace.Fits(now, 0, limits.PaceRate, limits.PaceBurst) || s.heldBack() {
			break
		}
		out := s.nextDatagram(now)
		if len(out) == 0 {
			break
		}
		s.server.out = out[:0]
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
	if next := s.pace.FitsAt(0, limits.PaceRate, limits.PaceBurst); !at.IsZero() && !s.inGame() && !s.proven &&
		at.Before(next) {
		at = next
	}
	switch s.state {
	case stateClosed:
		at = earliest(at, s.closeAt)
	case stateLogin:
		at = earliest(at, s.login.until)
	default:
		at = earliest(at, s.link.LastReceived().Add(s.patience()))
		at = earliest(at, s.askAt())
		at = earliest(at, s.proveAt())
		if s.behindItsBytes {
			at = now
		}
		at = earliest(at, s.earlyAt())
		if s.doubt.open() {
			at = earliest(at, earliest(s.doubt.until, s.doubt.ask))
		}
	}
	if since, ok := s.link.Hole(); ok && s.state != stateClosed {
		at = earliest(at, since.Add(s.holePatience()))
	}
	// Whatever is due has been done; the loop must not come back at once.
	if floor := now.Add(time.Millisecond); at.Before(floor) {
		at = floor
	}
	s.server.timers.Set(&s.timer, at)
}

func earliest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// tick does what the time has come for.
func (s *session) Tick(now time.Time) {
	switch {
	case s.state == stateClosed:
		if !now.Before(s.closeAt.Add(limits.Tombstone)) {
			s.forget()
			return
		}
		if !now.Before(s.closeAt) {
			s.link = nil
			s.heldMore()
			s.server.timers.Set(&s.timer, s.closeAt.Add(limits.Tombstone))
			return
		}
	case s.state == stateLogin:
		s.tickHole(now)
		if !s.tickLogin(now) {
			return
		}
	case !now.Before(s.link.LastReceived().Add(s.patience())):
		s.vanish(now)
	default:
		s.tickDoubt(now)
		if !s.loggedIn() {
			break
		}
		s.tickHole(now)
		s.ask(now)
		s.prove(now)
		s.tickUnproven(now)
		s.tickEarly(now)
	}
	s.touch()
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
func (s *session) tickHole(now time.Time) {
	since, ok := s.link.Hole()
	if !ok || now.Before(since.Add(s.holePatience())) {
		return
	}
	if s.inGame() {
		s.server.cfg.Logger.Info("player lost messages", s.attrs()...)
		s.expel(now, "messages of yours were lost for good")
	}
	n := s.link.Skip()
	if !s.reached {
		s.prover.lose(n)
	}
	s.server.cfg.Logger.Debug("messages of a client lost", append(s.attrs(), slog.Int("count", n))...)
	s.deliver(now)
}

func (s *session) inGame() bool { return s.state == stateNetsync || s.state == statePlaying }

// loggedIn reports whether the session is a user.
func (s *session) loggedIn() bool { return s.state > stateLogin && s.state < stateClosed }

// setPhase keeps the link's phase in step with the state.
func (s *session) setPhase(now time.Time, p link.Phase) {
	if s.failed || s.link.Phase() == p {
		return
	}
	defer s.caught("server: phase")
	s.link.SetPhase(now, p)
	s.touch()
}

// closeSession ends the session; what was queued is still sent, and repeated for
// a while.
func (s *session) closeSession(now time.Time) {
	if s.doubt.open() {
		s.server.wakeWaiting(now, s)
	}
	s.enlist(nil)
	s.server.releaseHost(s)
	s.server.takeTicket(s)
	s.releaseRates(now)
	s.state, s.doubt, s.asks = stateClosed, nil, asks{}
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
	s.state, s.forgotten = stateClosed, true
	s.heldMore()
	s.server.timers.Remove(&s.timer)
	s.leaveAddress()
}

// attrs describe the session in the log.
func (s *session) attrs() []any {
	return []any{slog.String("user", s.server.clean.text(s.user)), slog.Any("addr", s.addr)}
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
