package kaillera

import (
	"net/netip"
	"time"

	"kbridge/kclient/wire"
	"kbridge/kclient/wire/ext"
	"kbridge/server/room"
	"kbridge/server/stats"
	"kbridge/server/timer"
)

// Receive handles one datagram, which came at a socket and was sent to the address local. Run must follow.
func (s *Server) Receive(now time.Time, conn PacketConn, from netip.AddrPort, local netip.Addr, datagram []byte) {
	s.count.DatagramsReceived.Add(1)
	s.count.BytesReceived.Add(int64(len(datagram)))
	from = netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
	games := conn == s.conn
	if games && ext.IsExtension(datagram) {
		s.receiveExtension(now, from, local, datagram)
		return
	}
	query := isQuery(datagram)
	if games && !query {
		if se := s.sessions.find(from); se != nil && s.toSession(now, se, from, local, datagram) {
			return
		}
	}
	switch {
	case from.Port() == 0: // no answer could reach it
		s.countRefused(stats.RefusedStray)
	case query:
		s.inLobby(now, "server: datagram", work{}, func() { s.answerQuery(now, conn, from, local, datagram) })
	case !games || s.stopping.Load():
		s.countRefused(stats.RefusedStray)
	default:
		s.inLobby(now, "server: datagram", work{login: loginAddr{from, local}}, func() {
			s.receiveLogin(now, from, local, datagram)
		})
	}
}

// isQuery reports whether a datagram is HELLO, PING or nonsense that begins with
// a letter: a bundle begins with a count of at most 32.
func isQuery(datagram []byte) bool { return len(datagram) > 0 && datagram[0] > wire.MaxBundle }

// answerQuery answers HELLO and PING, and forgets them: nothing here proves who
// sent them, and the session may come from another socket (n02).
func (s *Server) answerQuery(now time.Time, conn PacketConn, from netip.AddrPort, local netip.Addr, datagram []byte) {
	out := s.lobby.Out[:0]
	if wire.IsPing(datagram) {
		s.write(conn, local, from, wire.AppendPong(out))
		return
	}
	version, ok := wire.ParseHello(datagram)
	switch {
	case !ok:
		s.countRefused(stats.RefusedMalformed)
	case s.stopping.Load():
	case version != wire.Version:
		s.write(conn, local, from, wire.AppendVersionRefused(out))
	case !s.lobby.HasPlace(now, from.Addr()):
		s.countRefused(stats.RefusedFull)
		s.write(conn, local, from, wire.AppendServerFull(out))
	default:
		s.write(conn, local, from, wire.AppendHelloReply(out, s.gamePort))
	}
}

// Run fires the timers that have passed, parts with those whose sessions or rooms have failed, and sees to the memory
// that sessions take.
func (s *Server) Run(now time.Time) {
	for {
		if s.failures.any() {
			s.inLobby(now, "server: failures", work{}, func() { s.partWithFailed(now) })
			continue
		}
		if s.links.Overdrawn() && s.relieve(now) {
			continue
		}
		s.summary.schedule(now)
		owner := s.timers.Due(now)
		if owner == nil {
			return
		}
		s.wake(now, owner)
	}
}

// Next is when Run has something to do; zero is never.
func (s *Server) Next() time.Time { return s.timers.Next() }

// wake has a timer's owner do what the time has come for. The timer is out of the heap, and its owner is looked at
// anew.
func (s *Server) wake(now time.Time, owner timer.Owner) {
	if r := room.Of(owner); r != nil {
		s.wakeRoom(now, r, owner)
		return
	}
	switch o := owner.(type) {
	case *session:
		s.wakeSession(now, o)
	case *pendingLogin:
		s.inLobby(now, "server: timer", work{pending: o}, func() {
			if s.pending.find(o.loginAddr) == o {
				o.Tick(now)
			}
		})
	default:
		s.inLobby(now, "server: timer", work{}, func() { o.Tick(now) })
	}
}

// write sends one datagram, from the address local if the socket can. What cannot be sent is lost like any other
// datagram.
func (s *Server) write(conn PacketConn, local netip.Addr, to netip.AddrPort, datagram []byte) {
	s.count.DatagramsSent.Add(1)
	s.count.BytesSent.Add(int64(len(datagram)))
	if local.IsValid() {
		if c, ok := conn.(LocalConn); ok {
			_, _ = c.WriteFromTo(datagram, local, to)
			return
		}
	}
	_, _ = conn.WriteToUDPAddrPort(datagram, to)
}

func (s *Server) countRefused(r stats.Refusal) { s.count.Refuse(r) }
