package kaillera

import (
	"time"

	"kbridge/kclient/wire/ext"
	"kbridge/server/stats"
)

// A login with the ticket of an earlier session, whose seat in a game is kept, takes that seat: the client rejoins.

// before is the session that a login proves to have been, and the ticket that it proves it with; nil when there is
// none, or when one that began later has taken its seat. The ticket is good until the client has rejoined: it may have
// been used before, by a client that was killed before it could write the next one down.
func (s *session) before() (old *session, used ext.Ticket) {
	id, ok := ext.ParseComeback(s.login.comeback)
	if !ok {
		return nil, used
	}
	if old = s.server.tickets.find(id); old == nil || old == s || !old.loggedIn() {
		return nil, used
	}
	if used = old.ticket; used.ID != id {
		if used = *old.former; s.began.Before(old.began) {
			return nil, used
		}
	}
	if !ext.ProvesComeback(s.login.comeback, used, s.ticket) {
		return nil, used
	}
	return old, used
}

// forgetFormer: the client has the new ticket, and whoever has the one that it rejoined with is nobody any more.
func (s *session) forgetFormer() {
	if s.former != nil {
		s.server.tickets.remove(s.former.ID, s)
		s.former = nil
	}
}

// rejoin lets a login take the seat of the session that it was before, if it
// proves that and that session is in a game. The newest one to prove it wins: an emulator that was
// killed cannot say goodbye. It takes neither a place among the users nor one of its address's.
func (s *session) rejoin(now time.Time) bool {
	sv := s.server
	old, used := s.before()
	if old == nil || sv.stopping.Load() {
		return false
	}
	sv.lobby.Hold(old.room.Load())
	if !old.seatIsKept() {
		return false
	}
	if !old.user.AllowRejoin(now) || !s.countLogin(now) {
		// The old session stays as it is, and its seat may be taken when there has been a pause.
		s.refuseLogin(now, stats.RefusedRejoin, "You rejoin too often, wait a moment")
		return true
	}
	user := old.user
	s.beUser()
	s.who, s.user = user.Member, user
	s.connection = old.connection
	s.former = &used
	old.user = nil
	user.Rejoin(now, s)
	sv.tickets.set(used.ID, s)
	return true
}
