package kaillera

import (
	"log/slog"
	"time"

	"kbridge/server/clean"
	"kbridge/server/door"
	"kbridge/server/limits"
)

// shutdown says goodbye to everyone.
func (s *Server) shutdown(now time.Time, reason string) {
	text := "The server is shutting down"
	if reason != "" {
		text += ": " + reason
	}
	if err := clean.Sayable(s.clean.Charset, "the reason", reason); err != nil {
		s.log.Warn("users do not see all of the reason", slog.Any("error", err))
	}
	users := s.lobby.Users()
	s.log.Info("shutting down", slog.String("reason", reason), slog.Int("users", users))
	stopAt := now
	if users > 0 {
		stopAt = now.Add(limits.ShutdownLinger)
	}
	defer s.clock.stop(stopAt) // not before everybody has been told: the reader closes the socket
	for _, step := range []func() (more bool){
		func() bool { s.lobby.Broadcast(now, door.Told{Text: text}); return false },
		func() bool { return s.lobby.CloseNext(now) },
		func() bool { return s.lobby.EndNext(now, text) },
	} {
		// Each panic takes somebody out of the tables, so it is tried again.
		for more, tries := true, 2*users+2; more && tries > 0; {
			if !s.inLobby(now, "server: shutdown", work{}, func() { more = step() }) {
				more = true
				tries--
			}
		}
	}
	s.Run(now)
}
