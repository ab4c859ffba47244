package server

import (
	"log/slog"
	"net/netip"
	"time"

	"kbridge/kclient/guard"
	"kbridge/server/limits"
	"kbridge/server/timer"
)

// When the server itself stands still (a virtual machine that is moved, a laptop that sleeps, a log that blocks),
// datagrams pile up in the socket, and by the time that has passed every player looks lost. So after a standstill what
// is queued is read before anybody is judged, and games have not waited for anybody in the meantime.

// pulse wakes the server once a second while games run, so that a standstill is noticed, and how long it was: the loop
// wakes much later than it wanted to.
type pulse struct {
	server *Server
	timer  timer.Timer
}

func (p *pulse) Tick(now time.Time) {
	for _, r := range p.server.rooms {
		if r.running() {
			p.server.timers.Set(&p.timer, now.Add(limits.PulseEvery))
			return
		}
	}
}

// begin is called when a game starts.
func (p *pulse) begin(now time.Time) {
	if !p.server.timers.IsSet(&p.timer) {
		p.server.timers.Set(&p.timer, now.Add(limits.PulseEvery))
	}
}

// stoodStill reports whether the loop, which woke now, wanted to wake long ago. The caller has the lock.
func (s *Server) stoodStill(now time.Time) bool {
	return !s.wakeAt.IsZero() && now.Sub(s.wakeAt) > limits.Standstill
}

// forgive takes the time since then out of what games have waited for players. The caller has the lock.
func (s *Server) forgive(now, since time.Time) {
	s.cfg.Logger.Warn("the server has stood still", slog.Duration("time", now.Sub(since)))
	for _, r := range s.rooms {
		if r.running() {
			r.lag.forgive(now, now.Sub(since))
			r.since = r.since.Add(now.Sub(since))
			if r.since.After(now) {
				r.since = now
			}
		}
	}
}

// readQueued handles the datagrams that are there already, limits.MaxQueued of them at most. The caller does not have
// the lock.
func (s *Server) readQueued(conn PacketConn, buf []byte) {
	for range limits.MaxQueued {
		if !s.prepareQueued(conn) {
			return
		}
		n, from, local, err := s.read(conn, buf)
		if err != nil {
			return
		}
		s.takeQueued(time.Now(), conn, from, local, buf[:n])
	}
}

func (s *Server) prepareQueued(conn PacketConn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopping {
		return false
	}
	s.wakeAt = time.Now().Add(limits.QueuedWait)
	return guard.Try("server: deadline", func() error { return conn.SetReadDeadline(s.wakeAt) }) == nil
}

func (s *Server) takeQueued(now time.Time, conn PacketConn, from netip.AddrPort, local netip.Addr, datagram []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.receive(now, conn, from, local, datagram)
	s.flushTouched(now)
}
