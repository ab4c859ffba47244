package server

import (
	"crypto/sha256"
	"encoding/binary"
	"net/netip"
	"time"

	"kbridge/kclient/wire"
)

// pendingLogin is a login whose address has not answered yet. It is all that
// such a login costs: no link, no user ID, no place among the users.
type pendingLogin struct {
	table   *pendingTable
	addr    netip.AddrPort
	since   time.Time // of the first datagram
	asked   time.Time // of the latest 05
	asks    int
	retries int // of them, that a timer called for
	in      int // bytes that came from the address
	out     int // bytes that went there
	size    int // of body
	body    [maxLoginBody]byte
	timer   timer

	prev, next *pendingLogin // by age, in the table
}

// pendingTable holds the logins of maxPending addresses, the oldest first. When
// it is full the oldest makes room: a flood of forged logins shortens the time
// that an answer may take, but keeps nobody out. Entries are used again, so the
// heap stays as it is.
type pendingTable struct {
	server      *Server
	byAddr      map[netip.AddrPort]*pendingLogin
	first, last *pendingLogin
	free        *pendingLogin
}

// host is what is known of one IP address while it has logins under way.
type host struct {
	pending []*pendingLogin // oldest first
	logins  int             // sessions in stateLogin
}

func (t *pendingTable) init(s *Server) {
	t.server = s
	t.byAddr = map[netip.AddrPort]*pendingLogin{}
}

func (t *pendingTable) len() int { return len(t.byAddr) }

// hostOf is what counts as one host: an IPv4 address, or the /64 that an IPv6
// host can choose its addresses from.
func hostOf(addr netip.Addr) netip.Addr {
	if addr.Is4() {
		return addr
	}
	p, _ := addr.Prefix(64)
	return p.Addr()
}

func (s *Server) host(addr netip.Addr) *host {
	key := hostOf(addr)
	h := s.hosts[key]
	if h == nil {
		h = &host{}
		s.hosts[key] = h
	}
	return h
}

// dropHost forgets a host that has nothing under way any more.
func (s *Server) dropHost(addr netip.Addr) {
	key := hostOf(addr)
	if h := s.hosts[key]; h != nil && len(h.pending) == 0 && h.logins <= 0 {
		delete(s.hosts, key)
	}
}

// add takes a new address in; crowded tells that another one had to make room.
func (t *pendingTable) add(now time.Time, addr netip.AddrPort) (p *pendingLogin, crowded bool) {
	h := t.server.host(addr.Addr())
	switch {
	case len(h.pending) >= maxPendingPerAddress && !addr.Addr().IsLoopback():
		t.remove(h.pending[0])
		h = t.server.host(addr.Addr())
		crowded = true
	case len(t.byAddr) >= maxPending:
		t.remove(t.first)
		h = t.server.host(addr.Addr())
		crowded = true
	}
	if p = t.free; p != nil {
		t.free = p.next
	} else {
		p = &pendingLogin{table: t}
		p.timer.owner = p
	}
	p.addr, p.since, p.asked = addr, now, now
	p.asks, p.retries, p.in, p.out, p.size = 0, 0, 0, 0, 0
	p.prev, p.next = t.last, nil
	if t.last != nil {
		t.last.next = p
	} else {
		t.first = p
	}
	t.last = p
	t.byAddr[addr] = p
	h.pending = append(h.pending, p)
	return p, crowded
}

func (t *pendingTable) remove(p *pendingLogin) {
	delete(t.byAddr, p.addr)
	if p.prev != nil {
		p.prev.next = p.next
	} else {
		t.first = p.next
	}
	if p.next != nil {
		p.next.prev = p.prev
	} else {
		t.last = p.prev
	}
	h := t.server.host(p.addr.Addr())
	for i, other := range h.pending {
		if other == p {
			h.pending = append(h.pending[:i], h.pending[i+1:]...)
			break
		}
	}
	t.server.dropHost(p.addr.Addr())
	t.server.timers.remove(&p.timer)
	p.prev, p.next = nil, t.free
	t.free = p
}

// receiveLogin handles a datagram from an address that has no session: only a
// login means anything.
func (s *Server) receiveLogin(now time.Time, from netip.AddrPort, datagram []byte) {
	bundle, err := wire.ParseBundle(datagram, s.bundle[:0])
	if err != nil {
		s.stats.Malformed++
		return
	}
	login, ok := findLogin(bundle)
	p := s.pending.byAddr[from]
	if p == nil && !ok {
		s.stats.Stray++
		return
	}
	if s.returnsNonce(from, bundle) && (ok || p != nil) {
		// Proven, whether the table still knows the address or not.
		s.promote(now, from, p, login, datagram, true)
		return
	}
	crowded := false
	if p == nil {
		p, crowded = s.pending.add(now, from)
	}
	if ok {
		p.size = copy(p.body[:], login)
	}
	p.in += len(datagram)
	// While the table overflows, an address may have been forgotten before it
	// could answer. Its answer carries its login along, and is taken for one.
	if hasAck(bundle) && (p.asks > 0 || crowded && ok) {
		s.promote(now, from, p, login, datagram, false)
		return
	}
	// Whoever sends the login again has not got the 05. Copies of one datagram
	// that the network made are not answered each.
	if p.asks == 0 || !now.Before(p.asked.Add(firstAckGap)) {
		p.ask(now)
	}
	p.schedule()
}

// findLogin returns the body of a login that is the first message of its
// session: the oldest of the bundle, with number 0.
func findLogin(bundle []wire.Message) ([]byte, bool) {
	m := bundle[len(bundle)-1]
	if m.Seq != 0 || m.Type != wire.TypeLogin || len(m.Body) > maxLoginBody {
		return nil, false
	}
	if _, err := wire.ParseLoginRequest(m.Body); err != nil && err != wire.ErrConnection {
		return nil, false
	}
	return m.Body, true
}

// hasAck reports whether the bundle answers the first 05 as an old client does. One
// that brings back something else than it was offered is no old client, but
// somebody who guesses.
func hasAck(bundle []wire.Message) bool {
	for i := range bundle {
		if bundle[i].Type != wire.TypeClientAck || bundle[i].Seq == 0 {
			continue
		}
		if ack, err := wire.ParseClientAck(bundle[i].Body); err == nil && !wire.IsExtra(ack.Extra) {
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
		if nonce, ok := wire.ParseNonce(ack.Extra); ok && nonce == s.nonce(from) {
			return true
		}
	}
	return false
}

// nonce is made from the address and a secret, so that nothing has to be kept.
func (s *Server) nonce(addr netip.AddrPort) [wire.NonceSize]byte {
	var b [32 + 16 + 2]byte
	copy(b[:], s.secret[:])
	ip := addr.Addr().As16()
	copy(b[32:], ip[:])
	binary.LittleEndian.PutUint16(b[48:], addr.Port())
	sum := sha256.Sum256(b[:])
	return [wire.NonceSize]byte(sum[:])
}

// firstAck appends the body of the first 05.
func (s *Server) firstAck(b []byte, addr netip.AddrPort) []byte {
	return wire.AppendNonce(wire.ServerAck{}.AppendTo(b), s.nonce(addr))
}

// ask sends the first 05 if the bytes that came allow it; without the nonce if
// they only allow that.
func (p *pendingLogin) ask(now time.Time) {
	s := p.table.server
	left := unprovenFactor*p.in - p.out
	s.body = s.firstAck(s.body[:0], p.addr)
	if 1+wire.MessageHeaderSize+len(s.body) > left {
		s.body = wire.ServerAck{}.AppendTo(s.body[:0])
	}
	if 1+wire.MessageHeaderSize+len(s.body) > left {
		return
	}
	out := wire.AppendBundleHeader(s.out[:0], 1)
	out = wire.AppendMessage(out, 0, wire.TypeServerAck, s.body)
	p.out += len(out)
	p.asks++
	p.asked = now
	s.write(s.conn, p.addr, out)
}

func (p *pendingLogin) schedule() {
	at := p.since.Add(loginTimeout)
	if p.retries < maxFirstAckRetries {
		at = earliest(at, p.asked.Add(firstAckRetry<<p.retries))
	}
	p.table.server.timers.set(&p.timer, at)
}

func (p *pendingLogin) tick(now time.Time) {
	if !now.Before(p.since.Add(loginTimeout)) {
		p.table.remove(p)
		return
	}
	p.retries++
	p.ask(now)
	p.schedule()
}

// promote makes a session of a login whose address has answered. p and login may
// each be missing, not both. proven: it has returned the nonce, and so speaks our
// extensions too.
func (s *Server) promote(now time.Time, from netip.AddrPort, p *pendingLogin, login, datagram []byte, proven bool) {
	since, asked, asks := now, time.Time{}, 0
	var kept [maxLoginBody]byte
	if p != nil {
		since, asked, asks = p.since, p.asked, p.asks
		if asks > 1 {
			// Which of them is answered nobody knows. A ping that is too long
			// costs frames of delay, one that is too short costs stalls for ever.
			asked = p.since
		}
		if login == nil {
			login = kept[:copy(kept[:], p.body[:p.size])]
		}
		s.pending.remove(p)
	}
	h := s.host(from.Addr())
	switch {
	case h.logins >= maxLoginsPerAddress && !from.Addr().IsLoopback():
		s.oldestLoginOf(from.Addr()).forget()
	case s.logins.n >= maxLogins:
		s.logins.first.forget()
	}
	se := s.newSession(since, from, login)
	se.login.asked = asked
	se.login.repeated = asks != 1 // then it is not known which one is answered
	if proven {
		s.giveTicket(se)
	}
	se.receive(now, datagram)
}

// oldestLoginOf finds the oldest login under way of a host that has one.
func (s *Server) oldestLoginOf(addr netip.Addr) *session {
	key := hostOf(addr)
	for se := s.logins.first; ; se = se.next {
		if hostOf(se.addr.Addr()) == key {
			return se
		}
	}
}

// releaseHost gives a session's place among the logins of its address back.
func (s *Server) releaseHost(se *session) {
	if se.login.counted {
		se.login.counted = false
		s.host(se.addr.Addr()).logins--
		s.dropHost(se.addr.Addr())
	}
}
