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
	last    time.Time // of the latest datagram to it
	asked   [maxPendingAsks]time.Time
	asks    int    // different 05
	nonce   bool   // the first one offers it
	again   bool   // the latest one was sent more than once
	retries int    // datagrams that a timer called for
	in      int    // bytes that came from the address
	out     int    // bytes that went there
	seq     uint16 // of the login
	size    int    // of body
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
	p.addr, p.since, p.last = addr, now, now
	p.asks, p.nonce, p.again = 0, false, false
	p.retries, p.in, p.out, p.size = 0, 0, 0, 0
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
	s.work.login = from
	bundle, err := wire.ParseBundle(datagram, s.bundle[:0])
	if err != nil {
		s.countRefused(RefusedMalformed)
		return
	}
	login, ok := findLogin(bundle)
	p := s.pending.byAddr[from]
	if p == nil && !ok {
		s.countRefused(RefusedStray)
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
		p.seq = login.seq
		p.size = copy(p.body[:], login.bytes)
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
	if p.asks == 0 || !now.Before(p.last.Add(firstAckGap)) {
		p.ask(now, max(p.asks, 1))
	}
	p.schedule()
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
	if m.Seq > maxFirst || m.Type != wire.TypeLogin || len(m.Body) > maxLoginBody {
		return pendingBody{}, false
	}
	if _, err := wire.ParseLoginRequest(m.Body); err != nil && err != wire.ErrConnection {
		return pendingBody{}, false
	}
	return pendingBody{m.Seq, m.Body}, true
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

// pendingAck appends the body of a 05; the first one offers the nonce.
func (s *Server) pendingAck(b []byte, addr netip.AddrPort, nonce bool) []byte {
	if nonce {
		return s.firstAck(b, addr)
	}
	return wire.ServerAck{}.AppendTo(b)
}

// ask sends the first n 05, if the bytes that came allow it; the first one without the
// nonce if they only allow that.
func (p *pendingLogin) ask(now time.Time, n int) bool {
	s := p.table.server
	left := unprovenFactor*p.in - p.out
	for _, nonce := range [2]bool{true, false} {
		out := wire.AppendBundleHeader(s.out[:0], n)
		for k := n - 1; k >= 0; k-- {
			s.body = s.pendingAck(s.body[:0], p.addr, nonce && k == 0)
			out = wire.AppendMessage(out, uint16(k), wire.TypeServerAck, s.body)
		}
		if len(out) > left {
			continue
		}
		p.nonce = nonce
		p.again = n <= p.asks
		if n > p.asks {
			p.asked[n-1] = now
			p.asks = n
		}
		p.out += len(out)
		p.last = now
		s.write(s.conn, p.addr, out)
		return true
	}
	return false
}

func (p *pendingLogin) schedule() {
	at := p.since.Add(loginTimeout)
	if p.retries < maxPendingSends {
		at = earliest(at, p.last.Add(askAgainAfter))
	}
	p.table.server.timers.set(&p.timer, at)
}

// tick asks anew: with one 05 more, or as many as the bytes allow.
func (p *pendingLogin) tick(now time.Time) {
	if !now.Before(p.since.Add(loginTimeout)) {
		p.table.remove(p)
		return
	}
	p.retries++
	n := min(p.asks+1, maxPendingAsks)
	for n > 0 && !p.ask(now, n) {
		n--
	}
	if n == 0 {
		p.retries = maxPendingSends // until something comes
	}
	p.schedule()
}

// promote makes a session of a login whose address has answered. p and login may
// each be missing, not both. proven: it has returned the nonce, and so speaks our
// extensions too.
func (s *Server) promote(now time.Time, from netip.AddrPort, p *pendingLogin, login pendingBody, datagram []byte, proven bool) {
	if login.bytes == nil {
		login = pendingBody{p.seq, p.body[:p.size]}
	}
	h := s.host(from.Addr())
	switch {
	case h.logins >= maxLoginsPerAddress && !from.Addr().IsLoopback():
		s.oldestLoginOf(from.Addr()).forget()
	case s.logins.n >= maxLogins:
		s.logins.first.forget()
	}
	se := s.newSession(now, from, p, login)
	if p != nil {
		s.pending.remove(p)
	}
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
