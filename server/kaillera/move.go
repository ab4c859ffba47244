package kaillera

import (
	"crypto/sha256"
	"encoding/binary"
	"log/slog"
	"net/netip"
	"time"

	"kbridge/kclient/wire/ext"
	"kbridge/server/limits"
	"kbridge/server/stats"
)

// A session of our own client's is where its last Move came from, once whoever is there has shown that it hears us: it
// brings back a nonce that was sent to that address. Until then the session is where it was, and the new address is
// sent nothing but the nonce, in a datagram that is shorter than the one that drew it. Else a user could name any
// address as the source of a Move and have a game and its history sent there. Nothing is kept of a Move that has not
// proven its address.

// receiveMove reports whether a Move that the session's key proves was of any use. A copy of the last one is
// answered where it led to, and moves nothing.
func (s *session) receiveMove(now time.Time, from netip.AddrPort, local netip.Addr, m ext.Move) bool {
	switch {
	case s.isAt(from):
	case m.Counter == s.moves || from.Port() == 0:
		return false
	case !s.hears(now, from, m.Nonce):
		s.call(now, local, from)
		return true
	case !s.moveTo(local, from):
		return false
	}
	sv := s.server
	if m.Counter != s.moves {
		s.link.Moved(now) // whoever sends one has heard nothing for a while, wherever it is
	} else {
		s.link.Heard(now)
	}
	s.moves = m.Counter
	p := s.place()
	p.Out = ext.AppendMoved(p.Out[:0], s.ticket, m.Counter)
	sv.write(sv.conn, s.local, from, p.Out)
	s.settleDoubt(now)
	s.touch()
	return true
}

// moveTo makes an address that has proven itself the session's.
func (s *session) moveTo(local netip.Addr, to netip.AddrPort) bool {
	sv := s.server
	if there := sv.sessions.find(to); there != nil {
		if there.loggedIn() {
			return false // whoever that is has proven to be there, too
		}
		there.forget()
	}
	sv.log.Info("a client has moved", append(s.attrs(), slog.Any("to", to))...)
	sv.releaseHost(s)
	s.leaveAddress()
	if s.user != nil {
		s.user.Moves(false)
	}
	s.addr, s.local, s.noAddress = to, local, false
	sv.sessions.set(to, s)
	if s.user != nil {
		s.user.Moves(true)
	}
	return true
}

// leaveAddress gives the session's address back.
func (s *session) leaveAddress() {
	s.server.sessions.remove(s.addr, s)
}

// call asks whoever is at an address to send a Move from there with a nonce. What a session and a host may draw of it
// is bounded.
func (s *session) call(now time.Time, local netip.Addr, to netip.AddrPort) {
	sv := s.server
	if !s.calls.Allow(now, limits.CallRate) || !to.Addr().IsLoopback() && !sv.calls.Allow(now, to.Addr(),
		limits.CallRate) {
		sv.countRefused(stats.RefusedMove)
		return
	}
	p := s.place()
	p.Out = ext.AppendCall(p.Out[:0], s.ticket.ID, s.moveNonce(to, now))
	sv.write(sv.conn, local, to, p.Out)
}

// hears reports whether this nonce was sent to the address lately.
func (s *session) hears(now time.Time, at netip.AddrPort, nonce [ext.NonceSize]byte) bool {
	return nonce == s.moveNonce(at, now) || nonce == s.moveNonce(at, now.Add(-limits.CallTime))
}

// moveNonce is made from the session, the address, the time and a secret, so that nothing has to be kept.
func (s *session) moveNonce(at netip.AddrPort, now time.Time) [ext.NonceSize]byte {
	b := make([]byte, 0, 128)
	b = append(b, s.server.secret[:]...)
	b = append(b, "move"...)
	b = append(b, s.ticket.ID[:]...)
	ip := at.Addr().As16()
	b = append(b, ip[:]...)
	b = binary.LittleEndian.AppendUint16(b, at.Port())
	b = binary.LittleEndian.AppendUint64(b, uint64(now.UnixNano()/int64(limits.CallTime)))
	sum := sha256.Sum256(b)
	return [ext.NonceSize]byte(sum[:])
}
