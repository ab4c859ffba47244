package kaillera

import (
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"time"

	"kbridge/kclient/guard"
	"kbridge/server/limits"
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
			s.Run(now)
			stopping = s.stopping.Load()
		}
		if failures == 0 {
			continue
		}
		if !s.readAgain(conn, err, failures) {
			if stopping {
				return nil
			}
			return err
		}
	}
}

// prepareRead sets how long the next read may wait, and reports whether there is to be none. A panic of the socket's is
// an error, after which the loop goes on as after others.
func (s *Server) prepareRead(conn PacketConn, now time.Time) (over bool, err error) {
	over, err = s.clock.sleep(conn, now, s.timers.Next())
	s.report(err)
	return over, err
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
	defer func() {
		if v := recover(); v != nil { // that nothing else has caught
			s.report(guard.New("server: loop", v))
			stopping = s.stopping.Load()
		}
	}()
	if stood = s.clock.late(now) > limits.Standstill; stood {
		s.forgive(now, seen)
	}
	if came {
		s.Receive(now, conn, from, local, datagram)
	}
	if !stood {
		s.Run(now)
	}
	return stood, s.stopping.Load()
}

// readAgain reports whether a socket may still be of use after so many errors in
// a row, and waits a moment if so.
func (s *Server) readAgain(conn PacketConn, err error, failures int) bool {
	if errors.Is(err, net.ErrClosed) {
		return false
	}
	if failures == 1 {
		s.log.Warn("cannot receive", slog.String("at", conn.LocalAddr().String()), slog.Any("error", err))
	}
	if failures >= limits.MaxReadErrors {
		return false
	}
	time.Sleep(time.Duration(failures) * time.Millisecond)
	return true
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
	now := time.Now()
	s.Receive(now, conn, from, local, datagram)
	if s.summary.news() && !s.timers.IsSet(&s.summary.timer) {
		s.clock.wake() // the other reader has the timers, and may sleep longer than that
	}
}
