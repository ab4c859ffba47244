package server

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"kbridge/server/limits"
)

// takeName is the last part of a login: its name and a place. Whoever has the name keeps it, but for a session from the
// same IP address that has no client any more: the login waits for its answer.
func (s *session) takeName(now time.Time) {
	sv := s.server
	if sv.stopping {
		s.refuseLogin(now, RefusedLogin, stoppingMessage)
		return
	}
	old, _ := s.before()
	if other := sv.byName[s.key]; other != nil && other != old {
		switch {
		case other.addr.Addr() != s.addr.Addr():
			s.refuseLogin(now, RefusedLogin, "That user name is in use, choose another one")
			return
		case other.seatIsKept():
			s.refuseLogin(now, RefusedLogin,
				"That user name is a player's whose seat in a game is kept. Rejoin the game, or choose another name")
			return
		case !other.raiseDoubt(now):
			s.refuseLogin(now, RefusedLogin,
				"That user name is in use, choose another one (after a crash: try again in a minute)")
			return
		}
		s.login.waits, s.login.until = other, other.doubt.until.Add(limits.AnswerTime)
		s.touch()
		return
	}
	if why, reason := s.noPlace(old); reason != "" {
		s.refuseLogin(now, why, reason)
		return
	}
	if old != nil {
		// It is in no game that it could rejoin.
		if !old.rejoins.Allow(now, limits.RejoinRate) {
			s.refuseLogin(now, RefusedRejoin, "You rejoin too often, wait a moment")
			return
		}
		s.userRates, old.userRates = old.userRates, nil
		s.kickedFrom = old.kickedFrom
		sv.work.other, sv.work.room = old, old.room
		old.quit(now, "logged in again", true)
	}
	s.enter(now)
}

// noPlace says why there is no place for this login; empty when there is one. The place of the session that it was
// before is its own.
func (s *session) noPlace(old *session) (why Refusal, reason string) {
	sv := s.server
	users, here := len(sv.users), sv.places[hostOf(s.addr.Addr())]
	if old != nil {
		users--
		if hostOf(old.addr.Addr()) == hostOf(s.addr.Addr()) {
			here--
		}
	}
	free := sv.cfg.MaxUsers - users
	switch {
	case free <= 0:
		return RefusedFull, fmt.Sprintf("The server is full (%d users)", sv.cfg.MaxUsers)
	case sv.cfg.MaxUsersPerAddress < 0 || isNear(s.addr.Addr()):
	case here >= sv.cfg.MaxUsersPerAddress:
		return RefusedHost,
			fmt.Sprintf("%d users of your address are here, no more are allowed. Come when one of them has left", here)
	case here >= limits.MaxUsersOfHostWhenFew && free*limits.FewPlaces < sv.cfg.MaxUsers:
		return RefusedHost,
			fmt.Sprintf("The server is nearly full, and %d users of your address are here. Come when some have left",
				here)
	}
	return 0, ""
}

// isNear reports whether an address is one of a local network, or of this machine, where nobody elsewhere can be.
func isNear(a netip.Addr) bool { return a.IsLoopback() || a.IsPrivate() || a.IsLinkLocalUnicast() }

// countPlace counts a user for its host.
func (s *Server) countPlace(u *session) { s.places[hostOf(u.addr.Addr())]++ }

// freePlace counts it no more.
func (s *Server) freePlace(u *session) {
	host := hostOf(u.addr.Addr())
	if s.places[host]--; s.places[host] <= 0 {
		delete(s.places, host)
	}
}

// hasPlace reports whether HELLO is answered. On a full server it is while a seat is kept for somebody, who may come
// from any address, and for hosts with a user that is silent: it may have crashed. The others are refused at the end of
// their login.
func (s *Server) hasPlace(now time.Time, from netip.Addr) bool {
	if len(s.users) < s.cfg.MaxUsers {
		return true
	}
	host := hostOf(from)
	return s.places[host] > 0 && slices.ContainsFunc(s.users, func(u *session) bool {
		return hostOf(u.addr.Addr()) == host && now.Sub(u.link.LastReceived()) >= limits.AnswerTime
	}) || slices.ContainsFunc(s.rooms, func(r *room) bool {
		return r.running() && slices.ContainsFunc(r.players, func(p *session) bool {
			return p != nil &&
				p.seatIsKept()
		})
	})
}
