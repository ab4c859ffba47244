package server

import (
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"time"

	"kbridge/kclient/guard"
	"kbridge/kclient/wire"
	"kbridge/kclient/wire/ext"
	"kbridge/server/limits"
	"kbridge/server/timer"
)

// readGames is the loop of the game socket. It ends with nil when the goodbyes
// after Close are over.
func (s *Server) readGames(conn PacketConn) error {
	buf := make([]byte, 64<<10)
	now := time.Now()
	failures := 0
	for {
		over, err := s.prepareRead(conn, now)
		if over || err != nil && !isFault(err) {
			return err
		}
		n, from, local := 0, netip.AddrPort{}, netip.Addr{}
		if err == nil {
			n, from, local, err = s.read(conn, buf)
		}
		seen := now
		now = time.Now()
		if err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
			failures = 0
		} else {
			failures++
		}
		stood, stopping := s.take(now, seen, conn, from, local, buf[:n], err == nil)
		if stood {
			s.readQueued(conn, buf)
			now = time.Now()
			stopping = s.pass(now)
		}
		if failures == 0 {
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

// prepareRead sets how long the next read may wait, and reports whether there is to be none. It is under the lock, so
// that it cannot undo what Close sets. A panic of the socket's is an error, after which the loop goes on as after
// others.
func (s *Server) prepareRead(conn PacketConn, now time.Time) (over bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopping && !now.Before(s.stopAt) {
		return true, nil
	}
	err = guard.Try("server: deadline", func() error { return s.sleepUntil(conn, now, s.timers.Next()) })
	if isFault(err) {
		s.wakeAt = time.Time{}
		s.report(err)
	}
	return false, err
}

// read waits for a datagram. A panic of the socket's is an error.
func (s *Server) read(conn PacketConn, buf []byte) (n int, from netip.AddrPort, local netip.Addr, err error) {
	defer func() {
		if v := recover(); v != nil {
			n, err = 0, guard.New("server: read", v)
			s.report(err)
		}
	}()
	if c, ok := conn.(LocalConn); ok {
		return c.ReadFromTo(buf)
	}
	n, from, err = conn.ReadFromUDPAddrPort(buf)
	return n, from, local, err
}

// take handles one datagram, if there is one, and what has become due meanwhile: later, if the server stood still since
// it was last seen to run.
func (s *Server) take(now, seen time.Time, conn PacketConn, from netip.AddrPort, local netip.Addr, datagram []byte,
	came bool) (stood, stopping bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if stood = s.stoodStill(now); stood {
		guard.Run("server: standstill", func() { s.forgive(now, seen) }, func(f *guard.Fault) { s.report(f) })
	}
	if came {
		s.receive(now, conn, from, local, datagram)
	}
	if !stood {
		s.run(now)
	}
	return stood, s.stopping
}

// pass does what has become due.
func (s *Server) pass(now time.Time) (stopping bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.run(now)
	return s.stopping
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
	if failures >= limits.MaxReadErrors {
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
		n, from, local, err := s.read(conn, buf)
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
		s.answer(conn, from, local, buf[:n])
	}
}

func (s *Server) answer(conn PacketConn, from netip.AddrPort, local netip.Addr, datagram []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	s.receive(now, conn, from, local, datagram)
	if s.summary.news() && !s.timers.IsSet(&s.summary.timer) {
		// The other reader has the timers, and may sleep longer than that.
		s.wakeAt = now
		_ = guard.Try("server: deadline", func() error { return s.conn.SetReadDeadline(now) })
	}
}

// receive handles one datagram, which was sent to the address local. run must follow.
func (s *Server) receive(now time.Time, conn PacketConn, from netip.AddrPort, local netip.Addr, datagram []byte) {
	s.work = work{}
	defer s.caught(now, "server: datagram")
	s.count.DatagramsReceived.Add(1)
	s.count.BytesReceived.Add(int64(len(datagram)))
	from = netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
	if conn == s.conn && ext.IsExtension(datagram) {
		s.receiveExtension(now, from, local, datagram)
		return
	}
	if conn == s.conn {
		if se := s.sessions[from]; se != nil && !isQuery(datagram) {
			se.receive(now, local, datagram)
			return
		}
	}
	switch {
	case from.Port() == 0: // no answer could reach it
		s.countRefused(RefusedStray)
	case isQuery(datagram):
		s.answerQuery(now, conn, from, local, datagram)
	case conn != s.conn || s.stopping:
		s.countRefused(RefusedStray)
	default:
		s.receiveLogin(now, from, local, datagram)
	}
}

// isQuery reports whether a datagram is HELLO, PING or nonsense that begins with
// a letter: a bundle begins with a count of at most 32.
func isQuery(datagram []byte) bool { return len(datagram) > 0 && datagram[0] > wire.MaxBundle }

// answerQuery answers HELLO and PING, and forgets them: nothing here proves who
// sent them, and the session may come from another socket (n02).
func (s *Server) answerQuery(now time.Time, conn PacketConn, from netip.AddrPort, local netip.Addr, datagram []byte) {
	if wire.IsPing(datagram) {
		s.write(conn, local, from, wire.AppendPong(s.out[:0]))
		return
	}
	version, ok := wire.ParseHello(datagram)
	switch {
	case !ok:
		s.countRefused(RefusedMalformed)
	case s.stopping:
	case version != wire.Version:
		s.write(conn, local, from, wire.AppendVersionRefused(s.out[:0]))
	case !s.hasPlace(now, from.Addr()):
		s.countRefused(RefusedFull)
		s.write(conn, local, from, wire.AppendServerFull(s.out[:0]))
	default:
		s.write(conn, local, from, wire.AppendHelloReply(s.out[:0], s.gamePort))
	}
}

// run sends what became due, fires the timers that have passed, and parts with those whose sessions have failed in it.
func (s *Server) run(now time.Time) {
	for {
		s.flushTouched(now)
		s.relieve(now)
		s.summary.schedule(now)
		if len(s.failed) > 0 {
			s.partWithFailed(now)
			continue
		}
		t := s.timers.Due(now)
		if t == nil {
			return
		}
		s.wake(now, t)
	}
}

// wake has a timer's owner do what the time has come for.
func (s *Server) wake(now time.Time, t *timer.Timer) {
	s.work = workOn(t.Owner)
	defer s.caught(now, "server: timer")
	t.Owner.Tick(now)
}

func (s *Server) flushTouched(now time.Time) {
	for i := 0; i < len(s.touched); i++ {
		se := s.touched[i]
		se.touched = false
		se.flush(now)
	}
	s.touched = s.touched[:0]
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

// shutdown says goodbye to everyone.
func (s *Server) shutdown(now time.Time, reason string) {
	text := "The server is shutting down"
	if reason != "" {
		text += ": " + reason
	}
	if err := sayable(s.clean.charset, "the reason", reason); err != nil {
		s.cfg.Logger.Warn("users do not see all of the reason", slog.Any("error", err))
	}
	s.cfg.Logger.Info("shutting down", slog.String("reason", reason), slog.Int("users", len(s.users)))
	s.stopping = true
	s.stopAt = now
	if len(s.users) > 0 {
		s.stopAt = now.Add(limits.ShutdownLinger)
	}
	for _, step := range []func(){
		func() {
			s.broadcast(now, wire.TypeServerMessage, wire.ServerMessage{From: serverName, Text: s.clean.encode(text,
				limits.MaxGameChat)})
		},
		func() {
			for len(s.rooms) > 0 {
				s.work = work{room: s.rooms[0]}
				s.rooms[0].close(now, nil)
			}
		},
		func() {
			for len(s.users) > 0 {
				u := s.users[0]
				s.work = work{session: u}
				s.removeUser(u)
				u.send(now, wire.TypeUserQuit, wire.UserQuit{User: u.user, UserID: u.id, Message: s.clean.encode(text,
					limits.MaxQuitMessage)})
				u.closeSession(now)
			}
		},
	} {
		for tries := len(s.users) + len(s.rooms) + 1; tries > 0 && !s.shutdownStep(now, step); tries-- {
		}
	}
	s.run(now)
}

// shutdownStep reports whether a step was done. Each panic in it takes somebody out of the tables, so it is tried
// again.
func (s *Server) shutdownStep(now time.Time, step func()) (done bool) {
	s.work = work{}
	defer s.caught(now, "server: shutdown")
	step()
	return true
}
