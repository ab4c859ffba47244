package peers

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"kbridge/kclient/wire"
)

// loginRounds of 05 and 06 make a login.
const loginRounds = 4

func (e *emulinker) handle(u *elUser, m *Message) {
	var err error
	switch m.Type {
	case wire.TypeLogin:
		var l wire.LoginRequest
		if l, err = wire.ParseLoginRequest(m.Body); err == nil {
			u.name, u.emulator, u.connection = l.User, l.Emulator, l.Connection
			u.asked, u.acks = time.Now(), 0
			e.send(u, wire.TypeServerAck, wire.ServerAck{})
		}
	case wire.TypeClientAck:
		if _, err = wire.ParseClientAck(m.Body); err == nil {
			e.pong(u)
		}
	case wire.TypeKeepAlive:
	case wire.TypeUserQuit:
		var q wire.QuitRequest
		if q, err = wire.ParseQuitRequest(m.Body); err == nil {
			e.alone(func() { e.quit(u, q.Message) })
		}
	case wire.TypeGlobalChat:
		var c wire.ChatRequest
		if c, err = wire.ParseChatRequest(m.Body); err == nil {
			e.globalChat(u, c.Text)
		}
	case wire.TypeCreateGame:
		var c wire.CreateRequest
		if c, err = wire.ParseCreateRequest(m.Body); err == nil {
			e.alone(func() { e.create(u, c.Game) })
		}
	case wire.TypeJoinGame:
		var j wire.JoinRequest
		if j, err = wire.ParseJoinRequest(m.Body); err == nil {
			e.joinRequest(u, j.GameID)
		}
	default:
		err = e.handleRoom(u, m)
	}
	if err != nil {
		e.blame(u.name, fmt.Errorf("%w: %v %x: %w", ErrProtocol, m.Type, m.Body, err))
	}
}

// pong: the server times the rounds, the mean of them is the ping. Who never asked to log in has begun long ago.
func (e *emulinker) pong(u *elUser) {
	if u.loggedIn {
		return
	}
	u.acks++
	if u.acks < loginRounds {
		e.send(u, wire.TypeServerAck, wire.ServerAck{})
		return
	}
	u.ping = time.Since(u.asked) / time.Duration(u.acks)
	if e.o.SF {
		u.ping = u.ping.Truncate(time.Millisecond)
	}
	e.alone(func() { e.login(u) })
}

// login: S 04 (one or several), lines, S 02 to everyone, the new user included.
func (e *emulinker) login(u *elUser) {
	if why := e.refuses(u); why != "" {
		e.send(u, wire.TypeLoginRefused, wire.LoginRefused{User: "server", UserID: u.id, Message: why})
		e.stop(u)
		return
	}
	for _, other := range slices.Clone(e.users) {
		if other != u && other.loggedIn && other.name == u.name { // from the same host
			e.quit(other, "Reconnected")
		}
	}
	u.status, u.loggedIn = wire.UserIdle, true
	if !e.o.SF {
		u.chatted = time.Now()
	}
	e.event(func() { e.lists(u) })
	say := func(lines ...string) {
		for _, line := range lines {
			e.sleep()
			e.inform(u, line)
		}
	}
	say("Welcome to "+e.name, "Edit emulinker.cfg", "Edit language.properties")
	e.sleep()
	switch {
	case !e.o.SF:
		e.inform(u, "EmuLinker-K v1.0.2")
		if e.o.Admins {
			e.inform(u, "Welcome Admin!")
		}
	default:
		e.sleep()
		if e.o.Admins {
			e.inform(u, "Welcome Admin!")
		}
		say("EmuLinkerSF v93.2")
		e.sleep()
	}
	joined := wire.UserJoined{User: u.name, UserID: u.id, Ping: milliseconds(u.ping), Connection: u.connection}
	e.toAll(func(to *elUser) { e.send(to, wire.TypeUserJoined, joined) })
	e.sleep()
	if e.o.Admins {
		e.informAll("Server Owner Logged In!")
	}
}

// sleep is SF's between two lines of a login.
func (e *emulinker) sleep() {
	if e.o.SF {
		e.pause(loginPause, false)
	}
}

// refuses is why nobody of that kind may log in.
func (e *emulinker) refuses(u *elUser) string {
	limit := nameLimitK
	if e.o.SF {
		limit = nameLimitSF
	}
	switch {
	case u.late:
		return "Connection timed out"
	case !e.o.Admins && u.ping > e.maxPing:
		return "Your ping is too high"
	case u.connection < 1 || u.connection > 6:
		return "That connection type is not allowed"
	case strings.TrimSpace(u.name) == "":
		return "Your user name is empty"
	case u.name == "Server" || strings.Contains(u.name, "|"):
		return "Illegal characters in your user name"
	case len(u.name) > limit:
		return "Your user name is too long"
	}
	for _, other := range e.users {
		same := strings.EqualFold(strings.TrimSpace(other.name), strings.TrimSpace(u.name))
		if other != u && other.loggedIn && same && !(other.name == u.name && other.addr.Addr() == u.addr.Addr()) {
			return "Duplicating names is not allowed"
		}
	}
	return ""
}

// lists is S 04.
func (e *emulinker) lists(u *elUser) {
	var users []wire.StatusUser
	var games []wire.StatusGame
	for _, other := range e.users {
		if other != u && other.loggedIn {
			users = append(users, wire.StatusUser{Name: other.name, Ping: milliseconds(other.ping), State: other.status,
				UserID: other.id, Connection: other.connection})
		}
	}
	for _, r := range e.rooms {
		games = append(games, wire.StatusGame{Name: r.name, GameID: r.id, Emulator: r.owner.emulator,
			Owner:   r.owner.name,
			Players: len(r.players), MaxPlayers: r.maxUsers, State: r.status})
	}
	wire.SplitServerStatus(users, games, func(part wire.ServerStatus) { e.send(u, wire.TypeServerStatus, part) })
}

// quit: what a leave says to the room, then S 01 to all.
func (e *emulinker) quit(u *elUser, message string) {
	if !u.loggedIn {
		e.stop(u)
		return
	}
	for i, other := range e.users {
		if other == u {
			e.users = append(e.users[:i:i], e.users[i+1:]...)
			break
		}
	}
	if u.room != nil {
		e.quitGame(u)
	}
	left := wire.UserQuit{User: u.name, UserID: u.id, Message: message}
	e.toAll(func(to *elUser) { e.send(to, wire.TypeUserQuit, left) })
	e.event(func() {
		e.send(u, wire.TypeUserQuit, left)
		u.gone, u.loggedIn = true, false
	})
}

// globalChat: commands are answered with lines from "server".
func (e *emulinker) globalChat(u *elUser, text string) {
	if strings.HasPrefix(text, "/") {
		e.lobbyCommand(u, text)
		return
	}
	e.alone(func() {
		switch text = strings.TrimSpace(text); {
		case !u.loggedIn:
			e.tell(u, "Chat Denied: Not logged in")
			return
		case e.flooding(u.chatted):
			e.tell(u, "Chat denied: flood control")
			return
		case text == "":
			return
		}
		u.chatted = time.Now()
		e.toAll(func(to *elUser) { e.send(to, wire.TypeGlobalChat, wire.Chat{User: u.name, Text: text}) })
	})
}

// refused is what answers a create or a join: a line, and that the asker has left.
func (e *emulinker) refused(u *elUser, why string) {
	e.tell(u, why)
	e.send(u, wire.TypeQuitGame, wire.PlayerLeft{User: u.name, UserID: u.id})
}

// create: S 0A to all, and what a join says.
func (e *emulinker) create(u *elUser, game string) {
	switch {
	case u.status == wire.UserPlaying || u.room != nil:
		e.refused(u, "Create game denied: already in a game")
		return
	case u.status == wire.UserConnecting:
		e.refused(u, "Create Game Denied: You are not fully logged in")
		return
	case e.flooding(u.created):
		e.refused(u, "Create game denied: flood control")
		return
	case !e.o.Admins && strings.TrimSpace(game) == "" || strings.Contains(game, "|"):
		e.refused(u, "Create game denied: illegal name")
		return
	}
	e.lastRoom++
	r := &elRoom{id: e.lastRoom, name: game, owner: u, maxUsers: emulinkerRoom}
	e.rooms = append(e.rooms, r)
	u.created = time.Now()
	e.toAll(func(to *elUser) {
		e.send(to, wire.TypeCreateGame, wire.GameCreated{User: u.name, Game: game, Emulator: u.emulator, GameID: r.id})
	})
	e.join(u, r)
	e.informAll(u.name + " created game: " + game)
	e.greet(u, r)
}
