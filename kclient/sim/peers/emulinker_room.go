package peers

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"kbridge/kclient/wire"
)

// elRoom is a room, and its game.
type elRoom struct {
	id       uint32
	name     string
	owner    *elUser
	players  []*elUser
	status   wire.GameState
	maxUsers int
	kicked   []netip.Addr
	lastFrom netip.Addr // who joined last
	joins    int        // in a row from there

	sameDelay bool
	p2p       bool
	startN    int // starts when so many are in; 0 is off

	// Of the game.
	highest int // the largest frame delay
	synched bool
	queues  []*actionQueue
	waiting bool // K: not all of a frame is there
}

// How EmuLinker's 0E names the two running states: the other way round than the notes.
const (
	elSynchronizing wire.GameState = 1
	elPlaying       wire.GameState = 2
)

func (e *emulinker) setStatus(r *elRoom, status wire.GameState) {
	r.status = status
	e.statusChanged(r)
}

// statusChanged is S 0E to all.
func (e *emulinker) statusChanged(r *elRoom) {
	e.toAll(func(to *elUser) {
		e.send(to, wire.TypeGameStatus, wire.GameStatus{GameID: r.id, State: r.status, Players: uint8(len(r.players)),
			MaxPlayers: uint8(r.maxUsers)})
	})
}

func (e *emulinker) toRoom(r *elRoom, do func(to *elUser)) {
	for _, u := range r.players {
		e.event(func() { do(u) })
	}
}

// announce is a line from "Server" to the room, or to one in it.
func (e *emulinker) announce(r *elRoom, text string, to *elUser) {
	for _, u := range r.players {
		if to == nil || to == u {
			e.event(func() { e.line(u, "Server", text) })
		}
	}
}

// line is one line in the room, at once.
func (e *emulinker) line(u *elUser, from, text string) {
	e.send(u, wire.TypeGameChat, wire.Chat{User: from, Text: text})
}

func (e *emulinker) joinRequest(u *elUser, id uint32) {
	i := slices.IndexFunc(e.rooms, func(r *elRoom) bool { return r.id == id })
	switch {
	case u.status == wire.UserConnecting:
		e.refused(u, "Join Game Denied: You are not fully logged in")
	case u.room != nil:
		e.refused(u, "Join game denied: already in a game")
	case i < 0:
		e.refused(u, "Join game denied: it does not exist")
	default:
		if why := e.refusesJoin(u, e.rooms[i]); why != "" {
			e.refused(u, "Join game denied: "+why)
			return
		}
		e.join(u, e.rooms[i])
		e.greet(u, e.rooms[i])
	}
}

func (e *emulinker) greet(u *elUser, r *elRoom) {
	for _, line := range e.greeting {
		e.announce(r, line, u)
	}
}

func (e *emulinker) refusesJoin(u *elUser, r *elRoom) string {
	if e.o.Admins {
		return ""
	}
	if host := u.addr.Addr(); r.lastFrom != host {
		r.lastFrom, r.joins = host, 0
	} else if r.joins++; r.joins >= 4 {
		r.kicked = append(r.kicked, host)
		return "Spam Protection"
	}
	switch {
	case len(r.players) >= r.maxUsers:
		return "the room's user capacity has been reached"
	case slices.Contains(r.kicked, u.addr.Addr()):
		return "previously kicked"
	case r.status != wire.GameWaiting:
		return "the game is in progress"
	}
	return ""
}

// join: S 0E to all, S 0D to the joiner, S 0C to everyone in the room, the joiner included.
func (e *emulinker) join(u *elUser, r *elRoom) {
	r.players = append(r.players, u)
	u.room, u.player = r, len(r.players)
	e.statusChanged(r)
	e.toRoom(r, func(to *elUser) {
		if to == u {
			var list wire.PlayerList
			for _, p := range r.players {
				if p != u {
					list.Players = append(list.Players, wire.ListPlayer{Name: p.name, Ping: milliseconds(p.ping),
						UserID: p.id, Connection: p.connection})
				}
			}
			e.send(u, wire.TypePlayerList, list)
		}
		e.send(to, wire.TypeJoinGame, wire.PlayerJoined{GameID: r.id, User: u.name, Ping: milliseconds(u.ping),
			UserID: u.id, Connection: u.connection})
	})
	if r.startN > 0 && len(r.players) >= r.startN {
		if e.o.SF {
			e.pause(time.Second, false)
		}
		e.startGame(r.owner, r) // what it refuses nobody is told
	}
	if e.o.SF {
		for _, line := range []string{"Help: EmuLinkerSF v93.2", "***",
			"Type /p2pon to ignore ALL server activity during gameplay.",
			"This will reduce lag that you contribute due to a busy server.",
			"If server is greater than 60 users, option is auto set.", "***"} {
			e.announce(r, line, u)
		}
	}
	if !e.o.Admins && u.emulator != r.owner.emulator && !strings.HasPrefix(r.name, "*") {
		e.announce(r, u.name+" using different emulator version: "+u.emulator, nil)
	}
}

// quitGame: a drop if it plays, S 0B to the others, then S 0E to all, or S 10 when it was the owner's; the last
// is S 0B to itself.
func (e *emulinker) quitGame(u *elUser) {
	r := u.room
	if r == nil {
		return
	}
	if u.status == wire.UserPlaying {
		u.status = wire.UserIdle
		e.dropGame(u, r)
	}
	left := wire.PlayerLeft{User: u.name, UserID: u.id}
	if i := slices.Index(r.players, u); i >= 0 {
		r.players = slices.Delete(slices.Clone(r.players), i, i+1)
		e.toRoom(r, func(to *elUser) { e.send(to, wire.TypeQuitGame, left) })
		u.p2p = false
		if r.status == wire.GameWaiting {
			for i, p := range r.players {
				p.player = i + 1
			}
		}
		if !e.o.SF && u.player >= 1 && u.player <= len(r.queues) {
			r.queues[u.player-1].synced = false
		}
		if r.owner == u {
			e.closeGame(r)
		} else {
			e.statusChanged(r)
		}
		if !e.o.SF && r.waiting {
			e.maybeSend(r, u)
		}
	}
	u.status, u.room, u.player = wire.UserIdle, nil, -1
	e.event(func() { e.send(u, wire.TypeQuitGame, left) })
}

func (e *emulinker) closeGame(r *elRoom) {
	e.unsync(r)
	for _, p := range r.players {
		p.status, p.p2p, p.room, p.player = wire.UserIdle, false, nil, -1
	}
	r.players = nil
	e.rooms = slices.DeleteFunc(e.rooms, func(other *elRoom) bool { return other == r })
	e.toAll(func(to *elUser) { e.send(to, wire.TypeCloseGame, wire.GameClosed{GameID: r.id}) })
}

// kick: the room's owner, or anybody who is an administrator. What is denied is a line from "Error".
func (e *emulinker) kick(u *elUser, id uint16) {
	r := u.room
	why := ""
	switch {
	case r == nil:
		why = "you are not in a game"
	case r.owner != u && !e.o.Admins:
		why = "you are not the owner"
	case u.id == id:
		why = "you cannot kick yourself"
	default:
		for _, p := range r.players {
			if p.id == id {
				r.kicked = append(r.kicked, p.addr.Addr())
				e.quitGame(p)
				return
			}
		}
		why = "no such player"
	}
	e.line(u, "Error", why)
}
