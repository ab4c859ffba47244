package kaillera

import (
	"net/netip"
	"time"

	"kbridge/kclient/link"
	"kbridge/kclient/lockstep"
	"kbridge/kclient/wire"
	"kbridge/kclient/wire/ext"
	"kbridge/server/door"
	"kbridge/server/limits"
	"kbridge/server/room"
)

// What rooms and the lobby tell a client, in the protocol's words. The session is the [lobby.Door] of its user.

const (
	// serverName is who the server's own lines are from.
	serverName = "Server"
	// errorName is who refusals of starts and kicks are from: EmuLinker refuses them so, and clients know by it that it
	// is an answer to them. No user may be called so, nor as the server is.
	errorName = "Error"
)

// Addr is where the client is.
func (s *session) Addr() netip.AddrPort { return s.addr }

// Heard is when something came from the client last.
func (s *session) Heard() time.Time { return s.link.LastReceived() }

// Reached reports whether the client has proven that it is where it says.
func (s *session) Reached() bool { return s.reached }

// Moved says in which room the user is now.
func (s *session) Moved(r *room.Room) { s.room.Store(r) }

// Proven says how many messages of its game the client has had.
func (s *session) Proven(now time.Time, messages int) { s.link.ProveGame(now, messages) }

// Tell sends what the client is told.
func (s *session) Tell(now time.Time, e door.Event) {
	switch e := e.(type) {
	case door.Status:
		s.send(now, wire.TypeGameStatus, wire.GameStatus{GameID: e.Room, State: gameState(e.State),
			Players: uint8(e.Players), MaxPlayers: uint8(e.Max)})
	case door.Present:
		list := wire.PlayerList{Players: make([]wire.ListPlayer, 0, len(e.Members))}
		for _, m := range e.Members {
			list.Players = append(list.Players, wire.ListPlayer{Name: m.Name, Ping: m.Ping, UserID: m.ID,
				Connection: wire.ConnectionType(m.Connection)})
		}
		s.send(now, wire.TypePlayerList, list)
	case door.Joined:
		s.send(now, wire.TypeJoinGame, wire.PlayerJoined{GameID: e.Room, User: e.Name, Ping: e.Ping, UserID: e.ID,
			Connection: wire.ConnectionType(e.Connection)})
	case door.Left:
		s.send(now, wire.TypeQuitGame, wire.PlayerLeft{User: e.Name, UserID: e.ID})
	case door.Starts:
		s.setPhase(now, link.Netsync)
		s.started = s.send(now, wire.TypeStartGame, wire.GameStarted{FrameDelay: uint16(e.FrameDelay),
			Player: uint8(e.Player), Players: uint8(e.Players)})
	case door.Begins:
		s.send(now, wire.TypeReady, wire.Ready{})
	case door.Resumes:
		s.setPhase(now, link.Play)
	case door.Dropped:
		s.send(now, wire.TypeDropGame, wire.PlayerDropped{User: e.Name, Player: uint8(e.Player)})
	case door.Out:
		s.listens(now)
		s.setPhase(now, link.Lobby)
		s.asks.news(now)
	case door.Said:
		s.send(now, wire.TypeGameChat, wire.Chat{User: e.From, Text: e.Text})
	case door.Notice: // as game chat, which clients show where the user looks at that moment
		s.send(now, wire.TypeGameChat, wire.Chat{User: serverName, Text: s.encode(e.Text)})
	case door.Denied:
		s.send(now, wire.TypeGameChat, wire.Chat{User: errorName, Text: s.encode(e.Text)})
	case door.Behind:
		s.toldAway = s.send(now, ext.TypeBehind, ext.Behind{GameID: e.Room, Game: e.Game,
			FrameDelay: uint16(e.FrameDelay), Player: uint8(e.Player), Players: uint8(e.Players),
			Connection: s.connection, Size: uint16(e.Size), Loading: e.Loading})
	case door.InStep:
		s.send(now, ext.TypeInStep, ext.InStep{Frame: uint32(e.Frame), First: uint32(e.First)})
	case door.Waited:
		s.send(now, ext.TypeWaited, ext.Waited{Player: uint8(e.Player), Milliseconds: uint16(e.Milliseconds)})
	default:
		s.tellOfLobby(now, e)
	}
}

// tellOfLobby sends what the lobby tells.
func (s *session) tellOfLobby(now time.Time, e door.Event) {
	switch e := e.(type) {
	case door.List:
		s.tellList(now, e)
	case door.Entered:
		if e.Member == s.self() && s.named {
			return
		}
		s.send(now, wire.TypeUserJoined, wire.UserJoined{User: e.Name, UserID: e.ID, Ping: e.Ping,
			Connection: wire.ConnectionType(e.Connection)})
	case door.Gone:
		s.send(now, wire.TypeUserQuit, wire.UserQuit{User: e.Name, UserID: e.ID, Message: e.Message})
	case door.Chat:
		s.send(now, wire.TypeGlobalChat, wire.Chat{User: e.From, Text: e.Text})
	case door.Told:
		s.send(now, wire.TypeServerMessage, wire.ServerMessage{From: serverName, Text: s.encode(e.Text)})
	case door.Welcome:
		s.send(now, wire.TypeServerMessage, wire.ServerMessage{From: serverName, Text: e.Line})
	case door.Opened:
		s.send(now, wire.TypeCreateGame, wire.GameCreated{User: e.Owner, Game: e.Game, Emulator: e.Emulator,
			GameID: e.Room})
	case door.Closed:
		s.send(now, wire.TypeCloseGame, wire.GameClosed{GameID: e.Room})
	}
}

func (s *session) encode(text string) string { return s.server.clean.Encode(text, limits.MaxGameChat) }

// self is the session's user to others; nil before it is one.
func (s *session) self() *door.Member {
	if s.user == nil {
		return nil
	}
	return &s.user.Member
}

func gameState(state door.State) wire.GameState {
	switch state {
	case door.Netsync:
		return wire.GameNetsync
	case door.Playing:
		return wire.GamePlaying
	}
	return wire.GameWaiting
}

// tellList sends who and what is there, in parts. Where bytes are few the client is told of its own login after the
// first part: n02 waits for its own name, and adds up what comes later.
func (s *session) tellList(now time.Time, list door.List) {
	joined := func() {
		if !s.reached && !s.named {
			s.named = true
			s.send(now, wire.TypeUserJoined, wire.UserJoined{User: s.who.Name, UserID: s.who.ID, Ping: s.who.Ping,
				Connection: s.connection})
		}
	}
	users := make([]wire.StatusUser, 0, len(list.Users))
	for _, u := range list.Users {
		st := wire.UserIdle
		if u.Plays {
			st = wire.UserPlaying
		}
		users = append(users, wire.StatusUser{Name: u.Name, Ping: u.Ping, State: st, UserID: u.ID,
			Connection: wire.ConnectionType(u.Connection)})
	}
	games := make([]wire.StatusGame, 0, len(list.Rooms))
	for _, r := range list.Rooms {
		games = append(games, wire.StatusGame{Name: r.Game, GameID: r.Opened.Room, Emulator: r.Emulator,
			Owner: r.Owner, Players: r.Players, MaxPlayers: r.Max, State: gameState(r.State)})
	}
	if !s.reached && len(users)*limits.LeastUser > limits.SmallStatus {
		s.send(now, wire.TypeServerStatus, wire.ServerStatus{})
		joined() // the rest will have to wait
	}
	wire.SplitServerStatus(users, games, func(part wire.ServerStatus) {
		s.send(now, wire.TypeServerStatus, part)
		joined()
	})
}

// Frame queues one message of game data.
func (s *session) Frame(now time.Time, data lockstep.GameData) {
	if s.failed {
		return
	}
	defer s.caught("server: send")
	if !s.reached && s.holdGame(data) {
		return
	}
	p := s.place()
	if data.Cached {
		p.Body = wire.AppendGameCache(p.Body[:0], data.Position)
		s.link.SendGame(now, wire.TypeGameCache, p.Body)
	} else {
		p.Body = wire.AppendGameData(p.Body[:0], data.Payload)
		s.link.SendGame(now, wire.TypeGameData, p.Body)
	}
	s.touch()
}
