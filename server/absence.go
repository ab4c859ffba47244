package server

import (
	"fmt"
	"log/slog"
	"slices"
	"time"

	"kbridge/kclient/history"
	"kbridge/kclient/link"
	"kbridge/kclient/wire"
	"kbridge/kclient/wire/ext"
)

// A player of our own client's who loses the connection in a game keeps its place
// for a while. The others wait for it a little, then zeros stand for its input. When
// it is heard again, or when its emulator was started again and has logged in with
// the old session's ticket, it fetches the frames that it lacks from the game's
// history, asks for game data again, and from its first input that comes in time
// the game waits for it as before.

// mayComeBack reports whether the game that starts now keeps a history: somebody in it could use it, and there is a place. A game of
// one player keeps none, since nobody waits there: who loses the line in it has it back within Stall, or begins anew.
func (r *room) mayComeBack() bool {
	return r.server.cfg.Comeback > 0 && len(r.members) > 1 && r.historyFits() &&
		slices.ContainsFunc(r.members, func(m *session) bool { return m.proven })
}

// historyFits reports whether one more game may keep a history: in all, and of rooms that users of the owner's host have
// opened. A user has one room. Loopback is exempt: several servers of something else may stand between.
func (r *room) historyFits() bool {
	kept, same := 0, 0
	for _, other := range r.server.rooms {
		if other.history != nil && other != r {
			kept++
			if other.host == r.host {
				same++
			}
		}
	}
	return kept < maxHistories && (same < maxHostHistories || r.host.IsLoopback())
}

// mayComeBack reports whether the player can get the frames that it will lack.
func (s *session) mayComeBack() bool {
	return s.proven && s.room != nil && s.room.history != nil && !s.room.history.Full()
}

// silent reports whether a player has lost the connection, rather than being slow.
func (s *session) silent(now time.Time) bool {
	return now.Sub(s.link.LastReceived()) >= min(s.server.cfg.Stall, s.server.cfg.ComebackWait)/2
}

// absent reports whether zeros stand for this player's input.
func (s *session) absent() bool {
	return s.state == statePlaying && s.room.mixer.IsAbsent(s.player)
}

// patience is how long the session may be silent.
func (s *session) patience() time.Duration {
	if s.absent() || s.adrift {
		return max(s.server.cfg.Comeback, 0)
	}
	return s.server.cfg.KeepAlive
}

// remember adds the combined frames up to this one to the game's history.
func (r *room) remember(frames int) {
	if r.history == nil || r.history.Full() {
		return
	}
	if r.frame == nil || len(r.frame) != r.mixer.FrameSize() {
		r.frame = make([]byte, r.mixer.FrameSize())
	}
	for f := r.frames; f < frames; f++ {
		if !r.mixer.Frame(r.frame, f) {
			break // nobody takes frames, so nobody will miss them
		}
		r.history.Add(r.frame)
	}
	r.recordedMore()
}

// lose makes a player absent. The others are told, and old clients see no more
// of it than that.
func (s *session) lose(now time.Time) {
	r := s.room
	r.mixer.Absent(s.player)
	s.tellBehind(now)
	s.warnOthers(now, fmt.Sprintf("%s has lost the connection. The game goes on; %s can come back within %v",
		s.server.clean.text(s.user), s.server.clean.text(s.user), s.server.cfg.Comeback))
	s.server.cfg.Logger.Info("player lost the connection", append(s.attrs(), slog.Uint64("room", uint64(r.id)), slog.Int("frame", r.frames))...)
}

func (s *session) warnOthers(now time.Time, text string) {
	for _, m := range s.room.members {
		if m != s {
			m.warn(now, text)
		}
	}
}

// tellBehind tells a player where it stands, so that it fetches what it lacks.
func (s *session) tellBehind(now time.Time) {
	r := s.room
	s.behind = s.send(now, ext.TypeBehind, ext.Behind{
		GameID: r.id, Game: r.game, FrameDelay: uint16(r.mixer.FrameDelay(s.player)), Player: uint8(s.player + 1), Players: uint8(len(r.players)),
		Connection: s.connection, Size: uint16(r.mixer.Size()), Loading: r.state == wire.GameNetsync,
	})
}

// sendHistory answers a request for a part of the game's frames so far.
func (s *session) sendHistory(now time.Time, q ext.HistoryRequest) {
	sv := s.server
	if s.state != statePlaying || !s.room.mixer.Fetching(s.player) || !s.mayComeBack() || !s.histories.Allow(now, historyRate) {
		sv.countRefused(RefusedHistory)
		return
	}
	h := s.room.history
	h.Flush()
	s.link.Heard(now)
	s.touch()
	// The player's own leading zeros stand before what is everybody's.
	lead := s.room.mixer.Lead(s.player)
	zeros := history.AppendZeroFrames(nil, lead)
	part := ext.History{Offset: q.Offset, Total: uint32(len(zeros) + h.Bytes()), Frames: uint32(lead + h.Frames())}
	if q.Offset > part.Total {
		return
	}
	for range min(max(q.Count, 1), maxHistoryParts) {
		if at := int(part.Offset); at < len(zeros) {
			part.Data = zeros[at:]
		} else {
			part.Data = h.At(at-len(zeros), ext.MaxHistory)
		}
		sv.write(sv.conn, s.local, s.addr, part.AppendTo(sv.out[:0]))
		part.Offset += uint32(len(part.Data))
		if part.Offset == part.Total {
			return
		}
	}
}

// caughtUp gives a player game data again, or tells it to fetch more.
func (s *session) caughtUp(now time.Time, c ext.CaughtUp) {
	r := s.room
	if !r.mixer.Fetching(s.player) {
		return
	}
	s.link.Prove(now, s.behind)
	s.forgetFormer()
	have := r.mixer.Have(s.player)
	if !r.mixer.CaughtUp(s.player, int(min(c.Frames, 1<<30)), int(min(c.Calls, 1<<30)), int(c.Size)) {
		s.tellBehind(now)
		return
	}
	s.backIn(now, true, have)
	// Game messages are counted from 1 again.
	s.setPhase(now, link.Netsync)
	s.setPhase(now, link.Play)
	r.relay(now)
}

// backIn follows CaughtUp and every input: if the player was absent before it,
// with have frames of the game holding its part, and is no more, the game waits for
// it again.
func (s *session) backIn(now time.Time, wasAbsent bool, have int) {
	m := s.room.mixer
	if !wasAbsent || m.IsAbsent(s.player) {
		return
	}
	first := m.InFrom(s.player)
	batch := first + max(m.Received(s.player)-1, 0)*s.connection.Frames()
	s.send(now, ext.TypeInStep, ext.InStep{Frame: uint32(max(have, batch)), First: uint32(first)})
	s.room.since = now
	s.room.lag.again(now)
	s.room.schedule(now)
	s.warnOthers(now, s.server.clean.text(s.user)+" is back in the game")
	s.server.cfg.Logger.Info("player is back", append(s.attrs(), slog.Uint64("room", uint64(s.room.id)), slog.Int("frame", max(have, batch)))...)
}

// placeIsKept reports whether the session's player can come back with its ticket, so that nobody else may have its name.
func (s *session) placeIsKept() bool {
	return s.inGame() && s.proven && s.server.cfg.Comeback > 0 && (s.state == stateNetsync || s.mayComeBack())
}

// before is the session that a login proves to have been, and the ticket that it proves it with; nil when there is none, or when
// one that began later has taken its place. The ticket is good until the way back has succeeded: it may have been used before, by
// a client that was killed before it could write the next one down.
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

// forgetFormer: the client has the new ticket, and whoever has the one that it came back with is nobody any more.
func (s *session) forgetFormer() {
	if s.former != nil {
		delete(s.server.byTicket, s.former.ID)
		s.former = nil
	}
}

// comeBack lets a login take the place of the session that it was before, if it
// proves that and that session is in a game. The newest one to prove it wins: an emulator that was
// killed cannot say goodbye. It takes neither a place among the users nor one of its address's.
func (s *session) comeBack(now time.Time) bool {
	sv := s.server
	old, used := s.before()
	if old == nil || sv.stopping || !old.placeIsKept() {
		return false
	}
	if !old.comebacks.Allow(now, comebackRate) || !s.countLogin(now) {
		// The old session stays as it is, and may be come back to when there has been a pause.
		s.refuseLogin(now, RefusedComeback, "You come back too often, wait a moment")
		return true
	}
	sv.work.other, sv.work.room = old, old.room
	netsync := old.state == stateNetsync
	r := old.room
	s.takePlace(now, old)
	s.former = &used
	sv.byTicket[used.ID] = s
	sv.stats.Logins++
	s.tellBehind(now)
	s.sendStatus(now, func() {})
	sv.addUser(s)
	s.send(now, wire.TypeUserJoined, s.entered())
	s.send(now, wire.TypePlayerList, r.listFor(s))
	s.send(now, wire.TypeJoinGame, s.joined(r))
	if netsync {
		s.ready = false
		s.setPhase(now, link.Netsync)
		s.started = s.send(now, wire.TypeStartGame, wire.GameStarted{
			FrameDelay: uint16(r.mixer.FrameDelay(s.player)), Player: uint8(s.player + 1), Players: uint8(len(r.players))})
	} else {
		s.setPhase(now, link.Play)
		s.warnOthers(now, sv.clean.text(s.user)+" is coming back into the game")
		r.relay(now)
	}
	sv.cfg.Logger.Info("a player comes back", append(s.attrs(), slog.Int("id", int(s.id)), slog.Uint64("room", uint64(r.id)), slog.Any("from", old.addr))...)
	return true
}

// takePlace makes this session the user, member and player that the old one
// was. The old one is told that it is over, in case anybody is still there.
func (s *session) takePlace(now time.Time, old *session) {
	sv, r := s.server, old.room
	if old.state == statePlaying {
		r.mixer.Absent(old.player)
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
			list.Players = append(list.Players, wire.ListPlayer{Name: m.user, Ping: m.ping, UserID: m.id, Connection: m.connection})
		}
	}
	return list
}
