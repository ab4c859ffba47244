package kaillera

import (
	"log/slog"
	"time"

	"kbridge/server/limits"
)

// When the server itself stands still (a virtual machine that is moved, a laptop that sleeps, a log that blocks),
// datagrams pile up in the socket, and by the time that has passed every player looks lost. So after a standstill what
// is queued is read before anybody is judged, and games have not waited for anybody in the meantime.

// forgive takes the time since then out of what games have waited for players.
func (s *Server) forgive(now, since time.Time) {
	s.log.Warn("the server has stood still", slog.Duration("time", now.Sub(since)))
	s.inLobby(now, "server: standstill", work{}, func() { s.lobby.Forgive(now, now.Sub(since)) })
}

// readQueued handles the datagrams that are there already, limits.MaxQueued of them at most.
func (s *Server) readQueued(conn PacketConn, buf []byte) {
	for range limits.MaxQueued {
		if s.stopping.Load() || s.clock.until(conn, time.Now().Add(limits.QueuedWait)) != nil {
			return
		}
		n, from, local, err := s.read(conn, buf)
		if err != nil {
			return
		}
		s.Receive(time.Now(), conn, from, local, buf[:n])
	}
}
