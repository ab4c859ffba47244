package kaillera

import (
	"net/netip"
	"time"

	"kbridge/kclient/link"
	"kbridge/kclient/wire"
	"kbridge/server/limits"
	"kbridge/server/lobby"
	"kbridge/server/timer"
)

// write sends the login's 05 from the first on that may be missing, if the bytes that came allow it; the first one
// without the nonce if they only allow that.
func (p *pendingLogin) write(now time.Time, end int) bool {
	s := p.table.server
	start := p.done
	if p.acks <= limits.LoginRounds { // they may be n02's with a set ping, and answer nothing
		start = min(start, p.round, max(end-limits.UsualAcks, 0))
	}
	for _, nonce := range [2]bool{true, false} {
		out := wire.AppendBundleHeader(s.lobby.Out[:0], end-start)
		for k := end - 1; k >= start; k-- {
			s.lobby.Body = s.pendingAck(s.lobby.Body[:0], p.addr, k == 0 && nonce && (p.sent == 0 || p.nonce))
			out = wire.AppendMessage(out, uint16(k), wire.TypeServerAck, s.lobby.Body)
		}
		if len(out) > p.credit {
			continue
		}
		if p.sent == 0 {
			p.nonce = nonce
		}
		for k := p.sent; k < end; k++ {
			p.asked[k%limits.PendingRing] = int32(now.Sub(p.since) / time.Microsecond)
		}
		p.sent = max(p.sent, end)
		s.lobby.Out = out
		p.credit -= len(out)
		p.last = now
		s.write(s.conn, p.local, p.addr, out)
		return true
	}
	return false
}

// ask sends n new 05.
func (p *pendingLogin) ask(now time.Time, n, worth int) bool {
	before := p.round
	p.round = p.sent
	if !p.write(now, p.sent+n) {
		p.round, p.prover.waiting = before, true
		return false
	}
	p.prover.ask(now, n, worth)
	return true
}

// repeat sends what is not answered again, to a client that may not have got it; the oldest of it, where few bytes are
// left: if that is answered there are more.
func (p *pendingLogin) repeat(now time.Time) {
	if p.write(now, p.sent) || p.write(now, p.done+1) {
		p.prover.at = now
		p.prover.spoil()
	}
}

// step does what the time has come for, and sets the timer to when there is more.
func (p *pendingLogin) step(now time.Time) {
	t := p.table
	need := t.bits(now)
	if p.prover.proven(now, need) {
		p.complete(now, true)
		return
	}
	if p.isStuck(now) && t.server.admitUnproven(now) {
		p.complete(now, false)
		return
	}
	if at := p.prover.next(need); !at.IsZero() && !at.After(now) {
		p.advance(now)
	}
	p.schedule(now)
}

// advance asks: a new round, or for what has not been answered.
func (p *pendingLogin) advance(now time.Time) {
	switch {
	case p.prover.open == 0:
		if n, worth := p.table.server.roundOf(p.credit, p.prover.lossy || p.acks <= limits.LoginRounds); n == 0 ||
			!p.ask(now, n, worth) {
			p.prover.waiting = true
		}
	case p.retries >= limits.MaxPendingSends:
		p.prover.waiting = true
		return
	default:
		p.prover.vain++
		p.retries++
		if p.acks == 0 && p.sent >= limits.MaxPendingAsks || p.prover.open >= limits.MostOpen ||
			!p.write(now, p.sent+1) {
			p.repeat(now)
			p.prover.at = now
			return
		}
		p.prover.askMore(now)
	}
	p.table.classify(now, p)
}

// isStuck reports whether the login should go on although nothing is proven: four 06 have come, as old servers ask for,
// and what was asked after them has drawn nothing, or proving takes too long. n02 with a set ping sends four 06 of its
// own accord, and answers none.
func (p *pendingLogin) isStuck(now time.Time) bool {
	if p.isSilent(now) {
		return true
	}
	// n02 would ignore what is too far ahead.
	return p.acks >= limits.LoginRounds && now.Sub(p.since) >= limits.UnprovenAfter &&
		p.prover.open <= limits.MostOpen-limits.MaxGathered
}

// isSilent reports whether the client has sent four 06 and then answers nothing, as n02 with a set ping: neither a
// round nor the 05 after it.
func (p *pendingLogin) isSilent(now time.Time) bool {
	v := &p.prover
	return p.acks == limits.LoginRounds && v.vain >= 1 && v.open > 0 && !now.Before(v.at.Add(limits.AskAgainAfter))
}

func (p *pendingLogin) schedule(now time.Time) {
	at := timer.Earliest(p.since.Add(limits.LoginTimeout), p.prover.next(p.table.bits(now)))
	if p.acks >= limits.LoginRounds {
		again := p.since.Add(limits.UnprovenAfter)
		if !again.After(now) {
			again = now.Add(limits.AskAgainAfter)
		}
		at = timer.Earliest(at, again)
	}
	if floor := now.Add(time.Millisecond); at.Before(floor) {
		at = floor
	}
	p.table.server.timers.Set(&p.timer, at)
}

func (p *pendingLogin) Tick(now time.Time) {
	// which has come of a login at another address
	if !now.Before(p.since.Add(limits.LoginTimeout)) || p.table.server.sessions.find(p.addr) != nil {
		p.table.remove(p)
		return
	}
	p.step(now)
}

// complete makes a user of the login, proven or not.
func (p *pendingLogin) complete(now time.Time, proven bool) *session {
	s := p.table.server
	silent := !proven && p.isSilent(now)
	if silent { // what it has sent answers nothing, and says nothing of what it has
		p.done = min(p.done, p.round)
	}
	se := s.newSession(now, p.loginAddr, link.Config{Server: true, First: p.next, Sent: uint16(p.done)},
		p.body[:p.size])
	se.reached = proven
	se.credit, se.prover = p.credit, p.prover
	if silent {
		se.prover.vain = limits.MaxVainAsks + 1
		se.link.Spare(true)
	}
	for k := p.done; k < p.sent; k++ {
		se.replayAsk(p.since.Add(time.Duration(p.asked[k%limits.PendingRing])*time.Microsecond),
			s.pendingAck(s.lobby.Body[:0], p.addr, p.nonce && k == 0))
	}
	se.link.Overlap(p.sent - p.done)
	if p.pings.clear.n > 0 {
		se.link.ObserveRTT(time.Duration(p.pings.millis()) * time.Millisecond)
	}
	measured := p.pings
	se.login.pings, se.login.until = &measured, now.Add(limits.LoginTimeout)
	s.underway(se)
	p.table.remove(p)
	se.completeLogin(now)
	se.touch()
	return se
}

// promote makes a session of a login whose address has returned the nonce, and so speaks our extensions too. p and
// login may each be missing, not both.
func (s *Server) promote(now time.Time, at loginAddr, p *pendingLogin, login pendingBody, datagram []byte) {
	since, sent := now, 1
	if p != nil {
		since, sent = p.since, max(p.sent, 1)
		if login.bytes == nil {
			login = pendingBody{p.first, p.body[:p.size]}
		}
	}
	se := s.newSession(now, at, link.Config{Server: true, First: login.seq + 1}, login.bytes)
	se.login.begin(since)
	s.underway(se)
	for k := range sent {
		ask := sentAsk{}
		if p != nil && k < p.sent {
			ask.at = since.Add(time.Duration(p.asked[k%limits.PendingRing]) * time.Microsecond)
			if ask.datagrams = -1; k == p.sent-1 && p.last.Sub(ask.at) < time.Millisecond {
				ask.datagrams = sent
			}
		}
		se.replayLoginAsk(ask, s.pendingAck(s.lobby.Body[:0], at.addr, p == nil || p.nonce && k == 0))
	}
	if p != nil {
		s.pending.remove(p)
	}
	se.reached = true
	s.giveTicket(se)
	se.receive(now, at.local, datagram, true)
}

// underway counts a session among the logins that are under way; the oldest makes room.
func (s *Server) underway(se *session) {
	switch h := s.makeHost(se.addr.Addr()); {
	case h.logins >= limits.MaxLoginsPerAddress && !se.addr.Addr().IsLoopback():
		s.oldestLoginOf(se.addr.Addr()).forget()
	case s.logins.n >= limits.MaxLogins:
		s.logins.first.forget()
	}
	s.makeHost(se.addr.Addr()).logins++
	se.login.counted = true
	se.enlist(&s.logins)
}

// oldestLoginOf finds the oldest login under way of a host that has one.
func (s *Server) oldestLoginOf(addr netip.Addr) *session {
	key := lobby.HostOf(addr)
	for se := s.logins.first; ; se = se.next {
		if lobby.HostOf(se.addr.Addr()) == key {
			return se
		}
	}
}

// releaseHost gives a session's place among the logins of its address back.
func (s *Server) releaseHost(se *session) {
	if se.login.counted {
		se.login.counted = false
		s.makeHost(se.addr.Addr()).logins--
		s.dropHost(se.addr.Addr())
	}
}
