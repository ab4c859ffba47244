package kaillera

import (
	"time"

	"kbridge/kclient/lockstep"
	"kbridge/kclient/wire"
	"kbridge/server/limits"
	"kbridge/server/stats"
)

// A session that has not proven where it is may be somebody else's, who has written that address into datagrams. What
// is sent to it, whatever it is and in whatever state, is paid for by what came from there: limits.UnprovenFactor bytes
// for each one. What a host is sent is the sum of that over its addresses, so that no number of sessions, one after the
// other or at once, draws more. What is too much waits: what was said already in the link, the rest in held.

// heldMessage waits for bytes that pay for it.
type heldMessage struct {
	typ  wire.Type
	body []byte
	game bool
}

// earn counts bytes that came.
func (s *session) earn(bytes int) {
	if s.reached {
		return
	}
	s.credit = min(s.credit+limits.UnprovenFactor*bytes, limits.MostCredit)
	s.short, s.prover.waiting = false, false
}

// hold keeps a message back that cannot be paid for; false when it can go out at once.
func (s *session) hold(t wire.Type, body []byte) bool {
	if s.link == nil || t == wire.TypeServerAck || s.state == stateLogin {
		return false
	}
	if len(s.queued) == 0 && s.affords(len(body)) {
		return false
	}
	if s.queuedBytes+len(body)+limits.HeldOverhead > limits.MaxHeldBytes && t != wire.TypeServerStatus {
		s.server.countRefused(stats.RefusedUnproven)
		return true
	}
	s.queued = append(s.queued, heldMessage{typ: t, body: append([]byte(nil), body...)})
	s.queuedBytes += len(body) + limits.HeldOverhead
	s.touch()
	return true
}

// holdGame is hold for game data, which is counted.
func (s *session) holdGame(data lockstep.GameData) bool {
	if len(s.queued) == 0 {
		return false
	}
	if s.queuedBytes > limits.MaxHeldBytes {
		s.behindItsBytes = true // it plays no more: see tickUnproven
		s.touch()
		return true
	}
	t, body := wire.TypeGameData, []byte(nil)
	if data.Cached {
		t, body = wire.TypeGameCache, wire.AppendGameCache(nil, data.Position)
	} else {
		body = wire.AppendGameData(nil, data.Payload)
	}
	s.queued = append(s.queued, heldMessage{typ: t, body: body, game: true})
	s.queuedBytes += len(body) + limits.HeldOverhead
	s.touch()
	return true
}

// tickUnproven ends the game of a player whose bytes do not pay for it.
func (s *session) tickUnproven(now time.Time) {
	if s.behindItsBytes && s.inGame() {
		s.server.countRefused(stats.RefusedUnproven)
		s.seat().Expel(now, "it has not proven where it is, and sends too little for what the others play")
	}
	s.behindItsBytes = false
}

// affords reports whether one more message can be paid for. Outside of a game something is left for a round of 05,
// whose datagram must carry the message again: without them nothing more would ever come.
func (s *session) affords(body int) bool {
	left, cost := s.credit, s.link.Cost(body)
	if s.asksToProve() && s.prover.vain <= limits.MaxVainAsks {
		if body > limits.SmallStatus {
			return false
		}
		left = min(left-limits.ProofReserve-cost, limits.MaxBeforeProof)
	}
	return s.link.Waiting() < limits.MaxGathered && cost <= left
}

// release queues what can be paid for by now.
func (s *session) release(now time.Time) {
	n := 0
	for n < len(s.queued) && (s.reached || s.affords(len(s.queued[n].body))) {
		m := &s.queued[n]
		if m.game && s.inGame() {
			s.link.SendGame(now, m.typ, m.body)
		} else if !m.game && !s.holdTalk(m.typ, m.body) {
			s.pass(now, m.typ, m.body)
		}
		s.queuedBytes -= len(m.body) + limits.HeldOverhead
		*m = heldMessage{}
		n++
	}
	if n > 0 {
		s.queued = append(s.queued[:0], s.queued[n:]...)
		s.asks.news(now)
	}
	if len(s.queued) == 0 {
		s.queued = nil
	}
}

// nextDatagram makes the next one that is due and paid for.
func (s *session) nextDatagram(now time.Time) []byte {
	buf := s.place().Out[:0]
	if s.reached {
		return s.link.NextDatagram(now, buf)
	}
	s.release(now)
	left := s.credit
	if s.link.Waiting() == 0 {
		left -= limits.ResendReserve // nothing new
	}
	out := buf
	if left > 0 {
		out = s.link.NextDatagramWithin(now, buf, left)
	}
	if len(out) == 0 {
		at := s.link.Next()
		s.short = !at.IsZero() && !at.After(now)
	}
	s.credit -= len(out)
	return out
}

// asksToProve reports whether a session is to prove where it is. In a game 05 would push what is missing out of the
// messages that a client repeats, and in netsync n02 takes one message a datagram.
func (s *session) asksToProve() bool {
	return !s.reached && s.loggedIn() && !s.inGame()
}

// proveAt is when prove has something to do; zero is never.
func (s *session) proveAt() time.Time {
	if !s.asksToProve() {
		return time.Time{}
	}
	return s.prover.next(s.server.proofBits())
}

// prove asks a session to prove where it is, round by round.
func (s *session) prove(now time.Time) {
	p := &s.prover
	if at := s.proveAt(); at.IsZero() || at.After(now) {
		return
	}
	if p.proven(now, s.server.proofBits()) {
		s.reach(now)
		return
	}
	if p.vain > limits.MaxVainAsks { // what it has not answered by now it never will
		p.open, p.bits, p.worth, p.first = 0, 0, 0, time.Time{}
	}
	if p.open == 0 {
		n, worth := s.server.roundOf(s.credit-s.link.Cost(0), p.lossy)
		if n == 0 || s.link.Waiting() > 0 {
			p.waiting = true
			return
		}
		for s.asks.n > 0 {
			s.asks.skip() // whose answer was lost
		}
		p.ask(now, n, worth)
		for range n {
			s.asks.open(s.send(now, wire.TypeServerAck, wire.ServerAck{}))
		}
		return
	}
	p.vain++
	switch {
	case s.link.Cost(limits.AckSize) > s.credit:
		p.waiting = true
		return
	case p.open >= limits.MostOpen: // n02 would ignore more
		p.at = now
		s.link.Ask()
		s.touch()
		return
	}
	p.askMore(now)
	s.asks.open(s.send(now, wire.TypeServerAck, wire.ServerAck{}))
}

// reach takes down that the session has proven where it is.
func (s *session) reach(now time.Time) {
	s.reached, s.short = true, false
	s.prover = prover{}
	s.link.Gather(0)
	s.link.Spare(false)
	s.release(now)
	s.touch()
}

// admitUnproven reports whether one more user may come that has proven nothing.
func (s *Server) admitUnproven(now time.Time) bool {
	if !s.unproven.Allow(now, limits.UnprovenLogins) {
		s.countRefused(stats.RefusedUnproven)
		return false
	}
	return true
}
