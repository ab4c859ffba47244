package server

import (
	"log/slog"
	"slices"
	"time"

	"kbridge/kclient/link"
	"kbridge/kclient/wire"
	"kbridge/kclient/wire/ext"
	"kbridge/server/limits"
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
	if old = s.server.byTicket[id]; old == nil || old == s || !old.loggedIn() {
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
		delete(s.server.byTicket, s.former.ID)
		s.former = nil
	}
}

// rejoin lets a login take the seat of the session that it was before, if it
// proves that and that session is in a game. The newest one to prove it wins: an emulator that was
// killed cannot say goodbye. It takes neither a place among the users nor one of its address's.
func (s *session) rejoin(now time.Time) bool {
	sv := s.server
	old, used := s.before()
	if old == nil || sv.stopping || !old.seatIsKept() {
		return false
	}
	if !old.rejoins.Allow(now, limits.RejoinRate) || !s.countLogin(now) {
		// The old session stays as it is, and its seat may be taken when there has been a pause.
		s.refuseLogin(now, RefusedRejoin, "You rejoin too often, wait a moment")
		return true
	}
	sv.work.other, sv.work.room = old, old.room
	netsync := old.state == stateNetsync
	r := old.room
	s.takeSeat(now, old)
	s.former = &used
	sv.byTicket[used.ID] = s
	sv.count.Logins.Add(1)
	s.tellAway(now)
	s.sendStatus(now, func() {})
	sv.addUser(s)
	s.send(now, wire.TypeUserJoined, s.entered())
	s.send(now, wire.TypePlayerList, r.listFor(s))
	s.send(now, wire.TypeJoinGame, s.joined(r))
	if netsync {
		s.ready = false
		s.setPhase(now, link.Netsync)
		s.started = s.send(now, wire.TypeStartGame, wire.GameStarted{
			FrameDelay: uint16(r.mixer.FrameDelay(s.player)), Player: uint8(s.player + 1),
			Players: uint8(len(r.players))})
	} else {
		s.setPhase(now, link.Play)
		s.warnOthers(now, sv.clean.text(s.user)+" is rejoining the game")
		r.relay(now)
	}
	sv.cfg.Logger.Info("a player rejoins", append(s.attrs(), slog.Int("id", int(s.id)),
		slog.Uint64("room", uint64(r.id)), slog.Any("from", old.addr))...)
	return true
}

// takeSeat makes this session the user, member and player that the old one
// was. The old one is told that it is over, in case anybody is still there.
func (s *session) takeSeat(now time.Time, old *session) {
	sv, r := s.server, old.room
	if old.state == statePlaying {
		r.mixer.SetAway(old.player)
	}
	s.enlist(nil)
	sv.releaseHost(s)
	s.login.request, s.login.comeback = wire.LoginRequest{}, nil
	s.login.over()
	s.user, s.emulator, s.key, s.id, s.connection = old.user, old.emulator, old.key, old.id, old.connection
	s.state, s.room, s.player = old.state, r, old.player
	s.userRates, old.userRates = old.userRates, nil
	s.partner, s.noMessages, s.kickedFrom = old.partner, old.noMessages, old.kickedFrom
	replace := func(list []*session) {
		if i := slices.Index(list, old); i >= 0 {
			list[i] = s
		}
	}
	replace(r.members)
	replace(r.players)
	if r.owner == old {
		r.owner = s
	}
	r.lines.hand(old, s)
	sv.removeUser(old)
	sv.news.hand(now, old, s)
	old.room, old.state, old.player = nil, stateLobby, -1
	old.send(now, wire.TypeUserQuit, wire.UserQuit{User: old.user, UserID: old.id, Message: "logged in again"})
	old.closeSession(now)
}

// listFor is who is in the room, without the one who asks.
func (r *room) listFor(s *session) wire.PlayerList {
	list := wire.PlayerList{Players: make([]wire.ListPlayer, 0, len(r.members))}
	for _, m := range r.members {
		if m != s {
			list.Players = append(list.Players, wire.ListPlayer{Name: m.user, Ping: m.ping, UserID: m.id,
				Connection: m.connection})
		}
	}
	return list
}
