package kaillera

import (
	"time"

	"kbridge/server/limits"
	"kbridge/server/lobby"
	"kbridge/server/stats"
)

// takeName is the last part of a login: its name and a place. Whoever has the name keeps it, but for a session from the
// same IP address that has no client any more: the login waits for its answer.
func (s *session) takeName(now time.Time) {
	sv := s.server
	if sv.stopping.Load() {
		s.refuseLogin(now, stats.RefusedLogin, stoppingMessage)
		return
	}
	old, _ := s.before()
	var was *lobby.User
	if old != nil {
		was = old.user
	}
	if other := sv.lobby.Named(s.who.Key); other != nil && other != was {
		sv.lobby.Hold(other.Room())
		holder, ok := other.Door().(*session)
		switch {
		case !ok || holder.addr.Addr() != s.addr.Addr():
			s.refuseLogin(now, stats.RefusedLogin, "That user name is in use, choose another one")
			return
		case holder.seatIsKept():
			s.refuseLogin(now, stats.RefusedLogin,
				"That user name is a player's whose seat in a game is kept. Rejoin the game, or choose another name")
			return
		case !holder.raiseDoubt(now):
			s.refuseLogin(now, stats.RefusedLogin,
				"That user name is in use, choose another one (after a crash: try again in a minute)")
			return
		}
		s.login.waits, s.login.until = holder, holder.doubt.until.Add(limits.AnswerTime)
		s.touch()
		return
	}
	if why, reason := sv.lobby.NoPlace(s.addr.Addr(), was); reason != "" {
		s.refuseLogin(now, why, reason)
		return
	}
	var left *lobby.Left
	if old != nil {
		// It is in no game that it could rejoin.
		if !was.AllowRejoin(now) {
			s.refuseLogin(now, stats.RefusedRejoin, "You rejoin too often, wait a moment")
			return
		}
		left = was.Leave()
		sv.work.other, sv.work.room = old, old.room.Load()
		was.Quit(now, "logged in again", true)
	}
	s.enter(now, left)
}
