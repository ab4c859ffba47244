package deployed

import (
	"slices"
	"time"

	"kbridge/kclient/wire"
)

// loginRounds of 05 and 06 make a login.
const loginRounds = 4

func (s *Server) handle(u *user, m *message) error {
	if !u.loggedIn && m.typ != wire.TypeLogin && m.typ != wire.TypeClientAck && m.typ != wire.TypeUserQuit {
		return nil
	}
	switch m.typ {
	case wire.TypeLogin:
		l, err := wire.ParseLoginRequest(m.body)
		if err != nil {
			return err
		}
		if !u.loggedIn {
			u.name, u.emulator, u.connection = l.User, l.Emulator, l.Connection
			s.lastUser++
			u.id, u.acks = s.lastUser, 0
			s.ping(u)
		}
	case wire.TypeClientAck:
		if _, err := wire.ParseClientAck(m.body); err != nil {
			return err
		}
		s.pong(u)
	case wire.TypeUserQuit:
		q, err := wire.ParseQuitRequest(m.body)
		if err != nil {
			return err
		}
		s.quit(u, q.Message)
	case wire.TypeGlobalChat:
		t, err := wire.ParseChatRequest(m.body)
		if err != nil {
			return err
		}
		s.toAll(wire.TypeGlobalChat, wire.Chat{User: u.name, Text: t.Text})
	case wire.TypeGameChat:
		t, err := wire.ParseChatRequest(m.body)
		if err != nil {
			return err
		}
		if u.room != nil {
			s.toRoom(u.room, wire.TypeGameChat, wire.Chat{User: u.name, Text: t.Text})
		}
	case wire.TypeKeepAlive:
	case wire.TypeCreateGame:
		c, err := wire.ParseCreateRequest(m.body)
		if err != nil {
			return err
		}
		s.create(u, c.Game)
	case wire.TypeJoinGame:
		j, err := wire.ParseJoinRequest(m.body)
		if err != nil {
			return err
		}
		s.join(u, j.GameID)
	case wire.TypeQuitGame:
		if _, err := wire.ParseLeaveRequest(m.body); err != nil {
			return err
		}
		s.leave(u)
	case wire.TypeKick:
		k, err := wire.ParseKickRequest(m.body)
		if err != nil {
			return err
		}
		s.kick(u, k.UserID)
	default:
		return s.handleGame(u, m)
	}
	return nil
}

// ping sends the next 05, and times it.
func (s *Server) ping(u *user) {
	u.asked = time.Now()
	s.send(u, wire.TypeServerAck, wire.ServerAck{})
}

// pong: the server times the rounds, that is the ping. Then S 04 (one or several), S 02
// to everyone, the new user included, S 17 lines.
func (s *Server) pong(u *user) {
	if u.loggedIn || u.name == "" || u.acks >= loginRounds {
		return
	}
	u.acks++
	u.ping += time.Since(u.asked) / loginRounds
	if u.acks < loginRounds {
		s.ping(u)
		return
	}
	if u.connection < 1 || u.connection > 6 {
		s.send(u, wire.TypeLoginRefused, wire.LoginRefused{User: u.name, UserID: u.id, Message: "connection type"})
		return
	}
	var users []wire.StatusUser
	var games []wire.StatusGame
	for _, other := range s.users {
		if other.loggedIn {
			users = append(users, wire.StatusUser{Name: other.name, Ping: milliseconds(other.ping), State: wire.UserIdle, UserID: other.id, Connection: other.connection})
		}
	}
	for _, r := range s.rooms {
		games = append(games, wire.StatusGame{Name: r.game, GameID: r.id, Emulator: r.owner.emulator, Owner: r.owner.name,
			Players: len(r.members), MaxPlayers: s.rules.maxPlayers, State: r.state})
	}
	u.loggedIn = true
	if s.rules.split {
		wire.SplitServerStatus(users, games, func(part wire.ServerStatus) { s.send(u, wire.TypeServerStatus, part) })
	} else {
		s.send(u, wire.TypeServerStatus, wire.ServerStatus{Users: users, Games: games})
	}
	s.toAll(wire.TypeUserJoined, wire.UserJoined{User: u.name, UserID: u.id, Ping: milliseconds(u.ping), Connection: u.connection})
	s.send(u, wire.TypeServerMessage, wire.ServerMessage{From: s.rules.from, Text: "Welcome to " + s.rules.name})
	s.send(u, wire.TypeServerMessage, wire.ServerMessage{From: s.rules.from, Text: "Be nice"})
}

func milliseconds(d time.Duration) uint32 { return uint32(d.Milliseconds()) }

func (s *Server) quit(u *user, message string) {
	if u.room != nil {
		s.leave(u)
	}
	if u.loggedIn {
		s.toAll(wire.TypeUserQuit, wire.UserQuit{User: u.name, UserID: u.id, Message: message})
	}
	s.users = slices.DeleteFunc(s.users, func(other *user) bool { return other == u })
}

// refuse: of create and join, S 17 with the reason, then S 0B naming the asker;
// direlera-rs is silent.
func (s *Server) refuse(u *user, reason string) {
	if s.rules.silent {
		return
	}
	s.send(u, wire.TypeServerMessage, wire.ServerMessage{From: s.rules.from, Text: reason})
	s.send(u, wire.TypeQuitGame, wire.PlayerLeft{User: u.name, UserID: u.id})
}

// create: S 0A to all, S 0E to all, S 0D (empty) and S 0C to the creator.
func (s *Server) create(u *user, game string) {
	if u.room != nil {
		s.refuse(u, "already in a game")
		return
	}
	s.lastRoom++
	r := &room{id: s.lastRoom, game: game, owner: u, members: []*user{u}}
	s.rooms = append(s.rooms, r)
	u.room = r
	s.toAll(wire.TypeCreateGame, wire.GameCreated{User: u.name, Game: game, Emulator: u.emulator, GameID: r.id})
	s.announce(r)
	s.send(u, wire.TypePlayerList, wire.PlayerList{})
	s.send(u, wire.TypeJoinGame, s.joined(u))
}

// joined is S 0C; old servers send a pointer for the game's ID.
func (s *Server) joined(u *user) wire.PlayerJoined {
	id := u.room.id
	if s.rules.silent {
		id = 0
	}
	return wire.PlayerJoined{GameID: id, User: u.name, Ping: milliseconds(u.ping), UserID: u.id, Connection: u.connection}
}

// join: S 0E to all, S 0D to the joiner, S 0C to everyone in the room, the joiner included.
func (s *Server) join(u *user, id uint32) {
	i := slices.IndexFunc(s.rooms, func(r *room) bool { return r.id == id })
	switch {
	case u.room != nil:
		s.refuse(u, "already in a game")
		return
	case i < 0:
		s.refuse(u, "no such game")
		return
	case s.rooms[i].state != wire.GameWaiting:
		s.refuse(u, "the game is running")
		return
	case len(s.rooms[i].members) >= s.rules.maxPlayers:
		s.refuse(u, "the game is full")
		return
	}
	r := s.rooms[i]
	var list wire.PlayerList
	for _, m := range r.members {
		list.Players = append(list.Players, wire.ListPlayer{Name: m.name, Ping: milliseconds(m.ping), UserID: m.id, Connection: m.connection})
	}
	r.members = append(r.members, u)
	u.room = r
	s.announce(r)
	s.send(u, wire.TypePlayerList, list)
	s.toRoom(r, wire.TypeJoinGame, s.joined(u))
}

// leave: S 0E to all, S 0B to the room. The owner leaving closes it: S 10 to all, S 0B
// to the room.
func (s *Server) leave(u *user) {
	r := u.room
	if r == nil {
		return
	}
	if u.player >= 0 {
		s.drop(u)
	}
	left := wire.PlayerLeft{User: u.name, UserID: u.id}
	if r.owner != u {
		s.announceWithout(r, u)
		s.toRoom(r, wire.TypeQuitGame, left)
		r.members = slices.DeleteFunc(r.members, func(m *user) bool { return m == u })
		u.room = nil
		return
	}
	s.toAll(wire.TypeCloseGame, wire.GameClosed{GameID: r.id})
	s.toRoom(r, wire.TypeQuitGame, left)
	for _, m := range r.members {
		m.room, m.player = nil, -1
	}
	s.rooms = slices.DeleteFunc(s.rooms, func(other *room) bool { return other == r })
}

func (s *Server) announceWithout(r *room, u *user) {
	s.toAll(wire.TypeGameStatus, wire.GameStatus{GameID: r.id, State: r.state, Players: uint8(len(r.members) - 1), MaxPlayers: uint8(s.rules.maxPlayers)})
}

func (s *Server) kick(u *user, id uint16) {
	if u.room == nil || u.room.owner != u {
		return
	}
	for _, m := range u.room.members {
		if m.id == id && m != u {
			s.leave(m)
			return
		}
	}
}
