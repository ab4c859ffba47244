package server

import (
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"time"

	"kbridge/kclient/wire"
)

// readGames is the loop of the game socket. It ends with nil when the goodbyes
// after Close are over.
func (s *Server) readGames(conn PacketConn) error {
	buf := make([]byte, 64<<10)
	now := time.Now()
	failures := 0
	for {
		s.mu.Lock()
		over := s.stopping && !now.Before(s.stopAt)
		// Under the lock, so that it cannot undo what Close sets.
		err := s.sleepUntil(conn, now, s.timers.next())
		s.mu.Unlock()
		if over {
			return nil
		}
		if err != nil {
			return err
		}
		n, from, err := conn.ReadFromUDPAddrPort(buf)
		seen := now
		now = time.Now()
		s.mu.Lock()
		stood := s.stoodStill(now)
		if stood {
			s.forgive(now, seen)
		}
		switch {
		case err == nil:
			failures = 0
			s.receive(now, conn, from, buf[:n])
		case errors.Is(err, os.ErrDeadlineExceeded):
			failures = 0
		default:
			failures++
		}
		if stood {
			s.mu.Unlock()
			s.readQueued(conn, buf)
			now = time.Now()
			s.mu.Lock()
		}
		s.run(now)
		stopping := s.stopping
		s.mu.Unlock()
		if err == nil || failures == 0 {
			continue
		}
		if stopping {
			return nil
		}
		if !s.readAgain(conn, err, failures) {
			return err
		}
	}
}

// readAgain reports whether a socket may still be of use after so many errors in
// a row, and waits a moment if so.
func (s *Server) readAgain(conn PacketConn, err error, failures int) bool {
	if errors.Is(err, net.ErrClosed) {
		return false
	}
	if failures == 1 {
		s.cfg.Logger.Warn("cannot receive", slog.String("at", conn.LocalAddr().String()), slog.Any("error", err))
	}
	if failures >= maxReadErrors {
		return false
	}
	time.Sleep(time.Duration(failures) * time.Millisecond)
	return true
}

// sleepUntil sets how long the next read may wait. While a game runs the next
// timer moves with every datagram; a deadline that is set already and comes
// first is left alone, since waking once in vain is cheaper than moving it.
func (s *Server) sleepUntil(conn PacketConn, now, at time.Time) error {
	if s.stopping {
		at = earliest(at, s.stopAt)
	}
	if at.Equal(s.wakeAt) || s.wakeAt.After(now) && (at.IsZero() || at.After(s.wakeAt)) {
		return nil
	}
	s.wakeAt = at
	return conn.SetReadDeadline(at)
}

// readQueries is the loop of a query socket of its own: it answers, and keeps
// nothing. It ends with an error when the socket is of no use any more, nil when it was closed.
func (s *Server) readQueries(conn PacketConn) error {
	buf := make([]byte, 2<<10)
	failures := 0
	for {
		n, from, err := conn.ReadFromUDPAddrPort(buf)
		if err != nil {
			if failures++; !s.readAgain(conn, err, failures) {
				if errors.Is(err, net.ErrClosed) {
					return nil
				}
				return err
			}
			continue
		}
		failures = 0
		s.mu.Lock()
		now := time.Now()
		s.receive(now, conn, from, buf[:n])
		if s.summary.news() && s.summary.timer.index == 0 {
			// The other reader has the timers, and may sleep longer than that.
			s.wakeAt = now
			_ = s.conn.SetReadDeadline(now)
		}
		s.mu.Unlock()
	}
}

// receive handles one datagram. run must follow.
func (s *Server) receive(now time.Time, conn PacketConn, from netip.AddrPort, datagram []byte) {
	s.stats.DatagramsReceived++
	s.stats.BytesReceived += len(datagram)
	from = netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
	if conn == s.conn && wire.IsExtension(datagram) {
		s.receiveExtension(now, from, datagram)
		return
	}
	if conn == s.conn {
		if se := s.sessions[from]; se != nil && !isQuery(datagram) {
			se.receive(now, datagram)
			return
		}
	}
	switch {
	case from.Port() == 0: // no answer could reach it
		s.countRefused(RefusedStray)
	case isQuery(datagram):
		s.answerQuery(now, conn, from, datagram)
	case conn != s.conn || s.stopping:
		s.countRefused(RefusedStray)
	default:
		s.receiveLogin(now, from, datagram)
	}
}

// isQuery reports whether a datagram is HELLO, PING or nonsense that begins with
// a letter: a bundle begins with a count of at most 32.
func isQuery(datagram []byte) bool { return len(datagram) > 0 && datagram[0] > wire.MaxBundle }

// answerQuery answers HELLO and PING, and forgets them: nothing here proves who
// sent them, and the session may come from another socket (n02).
func (s *Server) answerQuery(now time.Time, conn PacketConn, from netip.AddrPort, datagram []byte) {
	if wire.IsPing(datagram) {
		s.write(conn, from, wire.AppendPong(s.out[:0]))
		return
	}
	version, ok := wire.ParseHello(datagram)
	switch {
	case !ok:
		s.countRefused(RefusedMalformed)
	case s.stopping:
	case version != wire.Version:
		s.write(conn, from, wire.AppendVersionRefused(s.out[:0]))
	case !s.hasPlace(now, from.Addr()):
		s.countRefused(RefusedFull)
		s.write(conn, from, wire.AppendServerFull(s.out[:0]))
	default:
		s.write(conn, from, wire.AppendHelloReply(s.out[:0], s.gamePort))
	}
}

// run sends what became due and fires the timers that have passed.
func (s *Server) run(now time.Time) {
	for {
		s.flushTouched(now)
		s.relieve(now)
		s.summary.schedule(now)
		if at := s.timers.next(); at.IsZero() || at.After(now) {
			return
		}
		s.timers.fire(now)
	}
}

func (s *Server) flushTouched(now time.Time) {
	for i := 0; i < len(s.touched); i++ {
		se := s.touched[i]
		se.touched = false
		se.flush(now)
	}
	s.touched = s.touched[:0]
}

// write sends one datagram. What cannot be sent is lost like any other datagram.
func (s *Server) write(conn PacketConn, to netip.AddrPort, datagram []byte) {
	s.stats.DatagramsSent++
	s.stats.BytesSent += len(datagram)
	_, _ = conn.WriteToUDPAddrPort(datagram, to)
}

// shutdown says goodbye to everyone.
func (s *Server) shutdown(now time.Time, reason string) {
	text := "The server is shutting down"
	if reason != "" {
		text += ": " + reason
	}
	s.cfg.Logger.Info("shutting down", slog.String("reason", reason), slog.Int("users", len(s.users)))
	s.stopping = true
	s.stopAt = now
	if len(s.users) > 0 {
		s.stopAt = now.Add(shutdownLinger)
	}
	s.broadcast(now, wire.TypeServerMessage, wire.ServerMessage{From: serverName, Text: s.clean.encode(text, maxGameChat)})
	for len(s.rooms) > 0 {
		s.rooms[0].close(now, nil)
	}
	for len(s.users) > 0 {
		u := s.users[0]
		s.removeUser(u)
		u.send(now, wire.TypeUserQuit, wire.UserQuit{User: u.user, UserID: u.id, Message: s.clean.encode(text, maxQuitMessage)})
		u.closeSession(now)
	}
	s.run(now)
}
