package kaillera

import (
	"crypto/sha256"
	"encoding/binary"
	"hash/maphash"
	"net/netip"
	"time"

	"kbridge/kclient/wire"
	"kbridge/kclient/wire/ext"
	"kbridge/server/limits"
	"kbridge/server/lobby"
	"kbridge/server/stats"
	"kbridge/server/timer"
)

// pendingLogin is a login that has not proven where it comes from. It is all that
// such a login costs: no link, no user ID, no place among the users.
type pendingLogin struct {
	table *pendingTable
	loginAddr
	since time.Time // of the first datagram
	last  time.Time // of the latest datagram to it

	prover prover
	// when the k-th 05 went out, in microseconds since the first datagram; k modulo the length
	asked [limits.PendingRing]int32
	sent  int   // different 05
	done  int   // of them, that are answered, or will never be
	round int   // sent, before the round at hand
	nonce bool  // the first one offers it
	class uint8 // which of the table's lists it is in
	acks  int   // datagrams that brought a new 06, and those that are lost
	pings pings

	credit  int    // bytes that may be sent there
	retries uint16 // datagrams that a timer called for before the first 06
	first   uint16 // number of the login
	next    uint16 // of the client's next message
	size    uint16 // of body
	body    [limits.MaxLoginBody]byte
	timer   timer.Timer

	before, after *pendingLogin
}

// pendingTable holds the logins that are not proven, in lists of their own by what they have won already (see prover):
// a flood of forged logins fills the first one, a quarter of them at most the second, a thirtieth the third. When a
// list is full its oldest entry makes room. So a flood shortens the time that an answer may take and nothing else, and
// it does not matter whose addresses it names: a limit for each address would let somebody else who writes a person's
// address into datagrams keep that person out. Entries are used again, so the heap stays as it is.
//
// A login at one of our addresses is not that at another, see local.go.
type pendingTable struct {
	server  *Server
	byAddr  map[uint64]*pendingLogin // by the hash of their loginAddr
	seed    maphash.Seed
	lists   [limits.PendingClasses]pendingList
	free    *pendingLogin
	crowded time.Time // until when somebody counts as having had to make room
}

type pendingList struct {
	first, last *pendingLogin
	n           int
}

// host is what is known of one IP address while it has logins under way.
type host struct {
	logins int // sessions in stateLogin
}

func (t *pendingTable) init(s *Server) {
	t.server = s
	t.byAddr, t.seed = map[uint64]*pendingLogin{}, maphash.MakeSeed()
}

func (t *pendingTable) len() int { return len(t.byAddr) }

// hash stands for an address in the table: whole ones would make it half as large again. Nobody can find two that are
// the same.
func (t *pendingTable) hash(at loginAddr) uint64 {
	var b [16 + 16 + 2]byte
	ip, local := at.addr.Addr().As16(), at.local.As16() // zeros, if there is none
	copy(b[:], ip[:])
	copy(b[16:], local[:])
	binary.LittleEndian.PutUint16(b[32:], at.addr.Port())
	h := maphash.Bytes(t.seed, b[:])
	if zone := at.addr.Addr().Zone(); zone != "" {
		h ^= maphash.String(t.seed, zone)
	}
	return h
}

// find is the login of this address; nil when there is none.
func (t *pendingTable) find(at loginAddr) *pendingLogin {
	if p := t.byAddr[t.hash(at)]; p != nil && p.loginAddr == at {
		return p
	}
	return nil
}

func (s *Server) makeHost(addr netip.Addr) *host {
	key := lobby.HostOf(addr)
	h := s.hosts[key]
	if h == nil {
		h = &host{}
		s.hosts[key] = h
	}
	return h
}

// dropHost forgets a host that has nothing under way any more.
func (s *Server) dropHost(addr netip.Addr) {
	key := lobby.HostOf(addr)
	if h := s.hosts[key]; h != nil && h.logins <= 0 {
		delete(s.hosts, key)
	}
}

// isCrowded reports whether somebody had to make room lately.
func (t *pendingTable) isCrowded(now time.Time) bool { return now.Before(t.crowded) }

// bits is how much a login has to win.
func (t *pendingTable) bits(now time.Time) int {
	if t.isCrowded(now) {
		return limits.CrowdedBits
	}
	return t.server.proofBits()
}

// proofBits is how much a session has to win: the more the longer the lists are that it would be sent for a lucky
// guess.
func (s *Server) proofBits() int {
	if s.lobby.Users() > limits.ShortList {
		return limits.LongBits
	}
	return limits.ShortBits
}

// add takes a new address in.
func (t *pendingTable) add(now time.Time, at loginAddr) *pendingLogin {
	t.makeRoom(now, 0)
	p := t.free
	if p != nil {
		t.free = p.after
	} else {
		p = &pendingLogin{table: t}
	}
	timer := p.timer
	*p = pendingLogin{table: t, loginAddr: at, since: now, last: now, timer: timer}
	p.timer.Owner = p
	h := t.hash(at)
	if other := t.byAddr[h]; other != nil {
		t.remove(other)
	}
	t.byAddr[h] = p
	t.lists[0].push(p)
	return p
}

// makeRoom has the oldest of a full list go.
func (t *pendingTable) makeRoom(now time.Time, class uint8) {
	if t.lists[class].n >= limits.PendingMost[class] {
		t.crowded = now.Add(limits.CrowdedFor)
		t.remove(t.lists[class].first)
		t.server.countRefused(stats.RefusedCrowded)
	}
}

// classify moves a login to the list of what it has won.
func (t *pendingTable) classify(now time.Time, p *pendingLogin) {
	class := uint8(0)
	switch won := p.prover.won(); {
	case won > limits.MostRoundBits:
		class = 2
	case won > 0:
		class = 1
	}
	if class == p.class {
		return
	}
	t.lists[p.class].pull(p)
	t.makeRoom(now, class)
	p.class = class
	t.lists[class].push(p)
}

func (l *pendingList) push(p *pendingLogin) {
	p.before, p.after = l.last, nil
	if l.last != nil {
		l.last.after = p
	} else {
		l.first = p
	}
	l.last = p
	l.n++
}

func (l *pendingList) pull(p *pendingLogin) {
	if p.before != nil {
		p.before.after = p.after
	} else {
		l.first = p.after
	}
	if p.after != nil {
		p.after.before = p.before
	} else {
		l.last = p.before
	}
	l.n--
}

func (t *pendingTable) remove(p *pendingLogin) {
	delete(t.byAddr, t.hash(p.loginAddr))
	t.lists[p.class].pull(p)
	t.server.timers.Remove(&p.timer)
	p.before, p.after = nil, t.free
	t.free = p
}

// receiveLogin handles a datagram from an address that has no session: only a
// login means anything.
func (s *Server) receiveLogin(now time.Time, from netip.AddrPort, local netip.Addr, datagram []byte) {
	at := loginAddr{from, local}
	bundle, err := wire.ParseBundle(datagram, s.bundle[:0])
	if err != nil {
		s.countRefused(stats.RefusedMalformed)
		return
	}
	login, ok := findLogin(bundle)
	p := s.pending.find(at)
	if p == nil && !ok {
		s.countRefused(stats.RefusedStray)
		return
	}
	if s.returnsNonce(from, bundle) && (ok || p != nil) {
		// Proven, whether the table still knows the address or not.
		s.promote(now, at, p, login, datagram)
		return
	}
	if p == nil {
		crowded := s.pending.isCrowded(now)
		p = s.pending.add(now, at)
		p.first, p.next = login.seq, login.seq
		if crowded && hasAck(bundle) {
			// While the table overflows, an address may have been forgotten before it
			// could answer. Its answer carries its login along, and is taken for one.
			p.sent, p.asked[0] = 1, -1
			p.prover.ask(now, 1, 0)
		}
	}
	if se := p.receive(now, bundle, login, len(datagram)); se != nil {
		se.receive(now, local, datagram, true)
	}
}

// receive takes a datagram of the login's. A client sends its last three messages and nothing older, so what is missing
// will never come: 06, for a client sends nothing else now. It returns the session that the datagram is for, if it made
// one.
func (p *pendingLogin) receive(now time.Time, bundle []wire.Message, login pendingBody, bytes int) *session {
	s := p.table.server
	p.credit = min(p.credit+limits.UnprovenFactor*bytes, limits.MostCredit)
	p.prover.waiting = false
	if again := login.bytes != nil; again && p.acks == 0 && p.done == 0 {
		p.size = uint16(copy(p.body[:], login.bytes))
	}
	news := 0
	for i := len(bundle) - 1; i >= 0; i-- {
		m := &bundle[i]
		ahead := int(int16(m.Seq - p.next))
		if ahead < 0 {
			continue
		}
		if p.acks >= limits.LoginRounds && ahead == 0 && inLobby.has(m.Type) && !inLogin.has(m.Type) &&
			s.admitUnproven(now) {
			return p.complete(now, false) // it takes itself for logged in
		}
		known := inLogin.has(m.Type) || m.Type == wire.TypeLogin
		if ahead > limits.MaxLostAcks || ahead > 0 && (!known || m.Type == wire.TypeLogin) {
			s.countRefused(stats.RefusedStray)
			break
		}
		if !known {
			s.countRefused(stats.RefusedMisplaced)
		}
		if ahead > 0 {
			p.done = min(p.done+ahead, p.sent)
			p.prover.lose(ahead)
		}
		p.next = m.Seq + 1
		switch m.Type {
		case wire.TypeUserQuit:
			p.table.remove(p)
			return nil
		case wire.TypeClientAck:
			// One that brings back something else than it was offered is no old client, but somebody who guesses.
			if ack, err := wire.ParseClientAck(m.Body); err == nil && !ext.IsExtra(ack.Extra) && m.Seq != p.first {
				p.answer(now)
				news += 1 + ahead
			}
		}
	}
	if news > 0 {
		p.acks += min(news, limits.MostRepeatedAcks)
		p.table.classify(now, p)
	}
	switch {
	case p.sent == 0:
		p.ask(now, 1, 0)
	case news == 0 && login.bytes != nil && len(bundle) == 1 && p.prover.open > 0 &&
		!now.Before(p.last.Add(limits.FirstAckGap)):
		// Whoever sends the login again has not got the 05. Copies of one datagram
		// that the network made are not answered each.
		p.repeat(now)
	}
	p.step(now)
	return nil
}

// answer takes a 06. The k-th one answers the k-th 05.
func (p *pendingLogin) answer(now time.Time) {
	rtt := time.Duration(0)
	if p.done < p.sent {
		if at := p.asked[p.done%limits.PendingRing]; at >= 0 {
			sent := p.since.Add(time.Duration(at) * time.Microsecond)
			rtt = now.Sub(sent)
			if p.prover.first.IsZero() || p.prover.worth == 0 {
				p.pings.add(rtt, p.last.Sub(sent) >= time.Millisecond)
			}
		}
	}
	if p.prover.answer(now, rtt) {
		p.done++
	}
}

// pendingBody is a login's number and body.
type pendingBody struct {
	seq   uint16
	bytes []byte
}

// findLogin returns the body of a login that is the first message of its
// session: the oldest of the bundle.
func findLogin(bundle []wire.Message) (pendingBody, bool) {
	m := bundle[len(bundle)-1]
	if m.Seq > limits.MaxFirst || m.Type != wire.TypeLogin || len(m.Body) > limits.MaxLoginBody {
		return pendingBody{}, false
	}
	if _, err := wire.ParseLoginRequest(m.Body); err != nil && err != wire.ErrConnection {
		return pendingBody{}, false
	}
	return pendingBody{m.Seq, m.Body}, true
}

// hasAck reports whether the bundle answers the first 05 as an old client does.
func hasAck(bundle []wire.Message) bool {
	for i := range bundle {
		if bundle[i].Type != wire.TypeClientAck || bundle[i].Seq == 0 {
			continue
		}
		if ack, err := wire.ParseClientAck(bundle[i].Body); err == nil && !ext.IsExtra(ack.Extra) {
			return true
		}
	}
	return false
}

// returnsNonce reports whether the bundle brings back what only the owner of the
// address can know.
func (s *Server) returnsNonce(from netip.AddrPort, bundle []wire.Message) bool {
	for i := range bundle {
		if bundle[i].Type != wire.TypeClientAck {
			continue
		}
		ack, err := wire.ParseClientAck(bundle[i].Body)
		if err != nil {
			continue
		}
		if nonce, ok := ext.ParseNonce(ack.Extra); ok && nonce == s.nonce(from) {
			return true
		}
	}
	return false
}

// nonce is made from the address and a secret, so that nothing has to be kept.
func (s *Server) nonce(addr netip.AddrPort) [ext.NonceSize]byte {
	var b [32 + 16 + 2]byte
	copy(b[:], s.secret[:])
	ip := addr.Addr().As16()
	copy(b[32:], ip[:])
	binary.LittleEndian.PutUint16(b[48:], addr.Port())
	sum := sha256.Sum256(b[:])
	return [ext.NonceSize]byte(sum[:])
}

// firstAck appends the body of the first 05.
func (s *Server) firstAck(b []byte, addr netip.AddrPort) []byte {
	return ext.AppendNonce(wire.ServerAck{}.AppendTo(b), s.nonce(addr))
}

// pendingAck appends the body of a 05; the first one offers the nonce.
func (s *Server) pendingAck(b []byte, addr netip.AddrPort, nonce bool) []byte {
	if nonce {
		return s.firstAck(b, addr)
	}
	return wire.ServerAck{}.AppendTo(b)
}
