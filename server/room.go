package server

import (
	"fmt"
	"log/slog"
	"net/netip"
	"time"

	"kbridge/kclient/history"
	"kbridge/kclient/lockstep"
	"kbridge/kclient/wire"
	"kbridge/server/limits"
	"kbridge/server/rate"
	"kbridge/server/timer"
)

// room is a game that somebody has opened. It lives until its owner leaves, or,
// when the owner's connection was lost, until nobody plays any more.
type room struct {
	server    *Server
	id        uint32
	game      string // wire bytes, clean, like the next two
	emulator  string
	ownerName string
	host      netip.Addr // of whoever has opened it, see hostOf
	owner     *session   // nil when the owner has vanished
	members   []*session
	state     wire.GameState
	broken    bool // something has panicked in it and again when it was closed: it is to be in no table
	timer     timer.Timer
	delay     FrameDelay // of the owner's choice; FrameDelayAuto leaves it to the server
	lines     roomLines
	news      newsState    // of those who are not in it
	joins     rate.Limiter // of everybody who enters it

	// What its owner has said, see commands_room.go and ruled_out.go.
	maxUsers   int       // 0 is limits.MaxPlayers
	maxUsersAt time.Time // when that was said last
	maxPing    int       // milliseconds; 0 is any
	startN     int       // the next game starts when so many are there; 0 is never
	kicked     ruledOut
	mutes      ruledOut

	// Of the game that runs; see start.go and play.go.
	mixer   *lockstep.Mixer
	players []*session // by player; nil once dropped
	frames  int        // ready so far
	since   time.Time  // when netsync began, or when the game got its last frame
	stalls  [limits.MaxPlayers]stallRecord
	lag     lagMeter        // of the last one, when none runs
	history *history.Record // nil when nobody could rejoin
	frame   []byte          // scratch for one combined frame

	// Of the server's memory, see memory.go.
	reserved int // for the game, beyond its own
	recorded int // by the history
}

// create opens a room.
func (s *session) create(now time.Time, c wire.CreateRequest) {
	sv := s.server
	if s.room != nil {
		s.tell(now, "You are in a room already, leave it first")
		return
	}
	name := sv.clean.clean(c.Game, limits.MaxGameName)
	switch {
	case isBlank(sv.clean.seen(name)):
		s.refuse(now, "The game has no name")
		return
	case len(sv.rooms) >= sv.cfg.MaxGames:
		s.refuse(now, fmt.Sprintf("There are %d rooms already, no more are allowed", len(sv.rooms)))
		return
	case !s.creates.Allow(now, sv.cfg.Flood.Create):
		sv.countRefused(RefusedCreate)
		s.refuse(now, "You create rooms too fast, wait a moment")
		return
	}
	r := &room{server: sv, id: sv.nextRoomID(), game: name, emulator: s.emulator, ownerName: s.user,
		host: hostOf(s.addr.Addr()), owner: s, state: wire.GameWaiting}
	r.timer.Owner = r
	r.lines.room, r.lines.timer.Owner = r, &r.lines
	r.news.begin(sv)
	sv.rooms = append(sv.rooms, r)
	sv.roomByID[r.id] = r
	r.members = append(r.members, s)
	s.room, s.state = r, stateRoom
	s.send(now, wire.TypeCreateGame, r.created())
	r.announce(now)
	s.send(now, wire.TypePlayerList, wire.PlayerList{})
	s.send(now, wire.TypeJoinGame, s.joined(r))
	sv.cfg.Logger.Info("room created", append(s.attrs(), slog.Uint64("room", uint64(r.id)),
		slog.String("game", sv.clean.text(name)))...)
}

// nextRoomID skips 0, FFFFFFFF (which clients write for "I do not know") and
// what is in use.
func (s *Server) nextRoomID() uint32 {
	for {
		s.lastRoom++
		if s.lastRoom == 0xFFFFFFFF {
			s.lastRoom = 1
		}
		if _, used := s.roomByID[s.lastRoom]; !used {
			return s.lastRoom
		}
	}
}

// join enters a room.
func (s *session) join(now time.Time, j wire.JoinRequest) {
	sv := s.server
	if s.room != nil {
		s.tell(now, "You are in a room already, leave it first")
		return
	}
	r := sv.roomByID[j.GameID]
	switch {
	case !s.joins.Allow(now, sv.cfg.Flood.Join):
		sv.countRefused(RefusedJoin)
		s.refuse(now, "You join rooms too fast, wait a moment")
		return
	case r == nil:
		s.refuse(now, "That room does not exist any more")
		return
	case r.keepsOut(s):
		s.refuse(now, "The owner of that room has kicked you, you cannot come in again")
		return
	case r.state != wire.GameWaiting:
		s.refuse(now, "The game in that room has started already")
		return
	case len(r.members) >= limits.MaxPlayers, len(r.members) >= r.capacity() && !isExempt(s):
		s.refuse(now, fmt.Sprintf("That room is full (%d players)", r.capacity()))
		return
	case r.maxPing > 0 && s.ping > uint32(r.maxPing) && !isExempt(s):
		s.refuse(now, fmt.Sprintf("Your ping is %d ms, and that room takes %d ms at most", s.ping, r.maxPing))
		return
	case !r.joins.Allow(now, limits.RoomJoinRate):
		sv.countRefused(RefusedJoin)
		s.refuse(now, "Too many enter that room at once, wait a moment")
		return
	}
	r.tellGuest(now, s)
	list := r.listFor(s)
	r.members = append(r.members, s)
	s.room, s.state = r, stateRoom
	r.lines.enter(s)
	r.announce(now)
	s.send(now, wire.TypePlayerList, list)
	r.broadcast(now, wire.TypeJoinGame, s.joined(r))
	sv.cfg.Logger.Info("joined", append(s.attrs(), slog.Uint64("room", uint64(r.id)))...)
	sv.work.room = r
	r.startWhenFull(now)
}

// refuse answers a create or a join that cannot be: the reason, then the asker
// is named as one who left.
func (s *session) refuse(now time.Time, reason string) {
	s.tell(now, reason)
	s.send(now, wire.TypeQuitGame, wire.PlayerLeft{User: s.user, UserID: s.id})
	s.server.cfg.Logger.Debug("refused", append(s.attrs(), slog.String("reason", reason))...)
}

func (s *session) joined(r *room) wire.PlayerJoined {
	return wire.PlayerJoined{GameID: r.id, User: s.user, Ping: s.ping, UserID: s.id, Connection: s.connection}
}

// broadcast queues one message for everyone in the room.
func (r *room) broadcast(now time.Time, t wire.Type, m body) {
	r.server.body = m.AppendTo(r.server.body[:0])
	for _, s := range r.members {
		s.sendBody(now, t, r.server.body)
	}
}

// announce tells how full the room is and whether it runs: those in it now, the others when it is time.
func (r *room) announce(now time.Time) {
	r.broadcast(now, wire.TypeGameStatus, r.status())
	r.server.news.add(now, r)
}

func (r *room) created() wire.GameCreated {
	return wire.GameCreated{User: r.ownerName, Game: r.game, Emulator: r.emulator, GameID: r.id}
}

func (r *room) status() wire.GameStatus {
	return wire.GameStatus{GameID: r.id, State: r.state, Players: uint8(len(r.members)),
		MaxPlayers: uint8(r.capacity())}
}

// leave takes a session out of its room; out of the game first. An owner who
// leaves closes the room at once, unless it has vanished while others play.
func (s *session) leave(now time.Time, vanished bool) {
	r := s.room
	left := wire.PlayerLeft{User: s.user, UserID: s.id}
	if s.inGame() {
		s.drop(now)
		if s.room == nil { // it was the last player of a room without an owner
			s.send(now, wire.TypeQuitGame, left)
			return
		}
	}
	if r.owner == s {
		if !vanished || !r.running() {
			r.close(now, s)
			return
		}
		r.owner = nil
	}
	r.remove(s)
	s.room, s.state, s.lines = nil, stateLobby, nil
	r.announce(now)
	if r.news.waiting { // it is an outsider now, but did this itself
		s.send(now, wire.TypeGameStatus, r.status())
	}
	r.broadcast(now, wire.TypeQuitGame, left)
	s.send(now, wire.TypeQuitGame, left)
	r.server.cfg.Logger.Info("left", append(s.attrs(), slog.Uint64("room", uint64(r.id)))...)
}

func (r *room) remove(s *session) {
	for i, m := range r.members {
		if m == s {
			r.members = append(r.members[:i], r.members[i+1:]...)
			return
		}
	}
}

func (r *room) running() bool { return r.state != wire.GameWaiting }

// close closes the room; leaver is the owner if it is closed because the owner
// left.
func (r *room) close(now time.Time, leaver *session) {
	sv := r.server
	r.endGame(now)
	r.lines.close()
	sv.timers.Remove(&r.timer)
	delete(sv.roomByID, r.id)
	for i, other := range sv.rooms {
		if other == r {
			sv.rooms = append(sv.rooms[:i], sv.rooms[i+1:]...)
			break
		}
	}
	r.tellClosed(now)
	for _, m := range r.members {
		m.room, m.state = nil, stateLobby
	}
	if leaver != nil {
		r.broadcast(now, wire.TypeQuitGame, wire.PlayerLeft{User: leaver.user, UserID: leaver.id})
	}
	r.members = nil
	sv.cfg.Logger.Info("room closed", slog.Uint64("room", uint64(r.id)))
}
