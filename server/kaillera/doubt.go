package kaillera

import (
	"bytes"
	"log/slog"
	"net/netip"
	"time"

	"kbridge/kclient/wire"
	"kbridge/server/door"
	"kbridge/server/limits"
	"kbridge/server/stats"
)

// A client that has crashed says no goodbye, and its session lives on for the keep-alive time. When the same client
// seems to log in again, from the same address and port or under the same name from another port of the same IP
// address, its session is in doubt: it is asked whether anybody is there. A sign of life in its own numbering, and the
// login was a stray, a copy, or somebody else's; silence, and the session is over and the login goes on. So nobody can
// end a session by naming its address as the source of a login: whoever really is there answers.

// doubt is the question whether a session still has a client.
type doubt struct {
	until time.Time  // when silence will mean that it has none; zero when there is no question
	ask   time.Time  // when to ask our own client again
	again time.Time  // it has answered, and is not asked again before
	login []byte     // the login at the session's own address that waits for the answer; nil when none does
	local netip.Addr // ours that the login was sent to
}

func (d *doubt) open() bool { return d != nil && !d.until.IsZero() }

// isLoneLogin reports whether a datagram may be the first one of a session: a login and nothing else.
func isLoneLogin(datagram []byte) bool {
	return len(datagram) > 6 && datagram[0] == 1 && datagram[1] <= limits.MaxFirst && datagram[2] == 0 &&
		wire.Type(datagram[5]) == wire.TypeLogin
}

// startOver takes a login from the address where the session lives. Nothing of it reaches the session's link: it would
// count as a sign of life, and draw repeats that the new client cannot understand.
func (s *session) startOver(now time.Time, local netip.Addr, datagram []byte) {
	bundle, err := wire.ParseBundle(datagram, s.server.bundle[:0])
	if err != nil {
		s.server.countRefused(stats.RefusedMalformed)
		return
	}
	if _, ok := findLogin(bundle); !ok || !s.raiseDoubt(now) {
		s.server.countRefused(stats.RefusedStray)
		return
	}
	if s.doubt.login == nil {
		s.doubt.login, s.doubt.local = bytes.Clone(datagram), local
	}
}

// raiseDoubt asks whether the session has a client, if it is not asked already. It reports false when it has just
// answered, or when its silence would tell nothing.
func (s *session) raiseDoubt(now time.Time) bool {
	if s.doubt.open() {
		return true
	}
	until, ok := s.silenceTells(now)
	if !ok || s.doubt != nil && now.Before(s.doubt.again) {
		return false
	}
	s.doubt = &doubt{until: until}
	s.askDoubt(now)
	s.touch()
	return true
}

// silenceTells is when the session's silence will mean that it has no client; ok is false when there is no such time.
func (s *session) silenceTells(now time.Time) (until time.Time, ok bool) {
	soon := now.Add(limits.AnswerTime)
	heard := s.link.LastReceived()
	switch {
	case s.proven:
		return soon, true
	case s.plays() == door.Playing:
		// Its input is the answer.
		if lost := heard.Add(limits.LostAfter); lost.After(soon) {
			return lost, true
		}
		return soon, true
	case s.plays() == door.Netsync && !s.seat().Loaded():
		return soon, false // emulators that load are silent
	case s.answers:
		return soon, true
	}
	// It may be an n02 with a set ping, which answers no 05: only its keep-alives tell.
	return soon, !heard.Add(limits.ReplaceAfter).After(soon)
}

// askDoubt asks. An old client in a game is not asked: it sends all the while, and a 05 may push what is missing out of
// its last messages.
func (s *session) askDoubt(now time.Time) {
	switch {
	case s.proven:
		s.doubt.ask = now.Add(limits.AnswerTime / 4)
		if !s.noAddress {
			s.call(now, s.local, s.addr)
		}
	case s.plays() != door.Playing:
		// A new n02 at the address ignores what is ten or more ahead of nothing, as the numbers of all but the youngest
		// sessions are.
		s.asks.open(s.send(now, wire.TypeServerAck, wire.ServerAck{}))
	}
}

// heldBack reports whether what our own client is told waits, while somebody new at its address may be listening, who
// would take the old numbers for its own. In a game it does not wait.
func (s *session) heldBack() bool {
	return s.proven && !s.inGame() && s.doubt.open() && s.doubt.login != nil
}

// alive reports whether a datagram is one of the session's client as it is now: its newest message is the newest one
// that has come, or newer. A copy of an old one, or somebody else who counts from 0, has an older one.
func (s *session) alive(datagram []byte) bool {
	newest := uint16(datagram[1]) | uint16(datagram[2])<<8
	return int16(newest-s.newest) >= 0
}

// settleDoubt ends the question: the client is there.
func (s *session) settleDoubt(now time.Time) {
	if !s.doubt.open() {
		return
	}
	if s.doubt.login != nil {
		s.server.countRefused(stats.RefusedStray)
	}
	s.doubt = &doubt{again: now.Add(limits.AnswerTime)}
	s.server.wakeWaiting(now, s)
}

// tickDoubt asks again, or ends a session whose client has not answered.
func (s *session) tickDoubt(now time.Time) {
	d := s.doubt
	switch {
	case !d.open():
	case now.Before(d.until):
		if !d.ask.IsZero() && !now.Before(d.ask) {
			s.askDoubt(now)
		}
	default:
		login := d.login
		s.doubt = nil
		s.server.wakeWaiting(now, s)
		s.server.log.Info("a client logs in again and does not answer for its old session", s.attrs()...)
		if login == nil {
			s.user.Quit(now, goneMessage, false)
			return
		}
		addr := s.addr
		if s.seatIsKept() {
			s.keepSeat()
		} else {
			s.user.Quit(now, goneMessage, false)
			s.forget()
		}
		s.server.receiveLogin(now, addr, d.local, login)
	}
}

// seatIsKept reports whether the session's player can rejoin with its ticket, so that nobody else may have its name.
func (s *session) seatIsKept() bool {
	seat := s.seat()
	return seat != nil && seat.Kept()
}

// keepSeat leaves the session without an address, as the player whose seat is kept: for a login with its ticket,
// or for a Move.
func (s *session) keepSeat() {
	s.leaveAddress()
	s.noAddress = true
	s.server.log.Debug("a seat is kept for a client that is gone",
		append(s.attrs(), slog.Int("player", s.seat().Player()))...)
}

// wakeWaiting has the logins that wait for this session's answer look at it.
func (s *Server) wakeWaiting(now time.Time, se *session) {
	for x := s.logins.first; x != nil; x = x.next {
		if x.login.waits == se {
			s.timers.Set(&x.timer, now)
		}
	}
}
