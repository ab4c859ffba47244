package lobby

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"kbridge/bridge/lobby/message"
	"kbridge/kclient"
	"kbridge/kclient/text"
	"kbridge/kclient/wire"
)

// event is something that happened on the server.
func (d *desk) event(v *visit, e kclient.Event) {
	if d.visit != v {
		return
	}
	d.checkPlay()
	switch e := e.(type) {
	case kclient.ServerMessage:
		where := "lobby"
		if d.room.ID != 0 {
			where = "room"
		}
		d.say(message.Line{Where: where, Kind: "server", From: e.From, Text: e.Text})
	case kclient.GlobalChat:
		if !d.ignores(e.User) {
			me := e.User == d.session.Nick
			d.say(message.Line{Where: "lobby", Kind: "chat", From: e.User, Text: e.Text, Me: me})
			if !me && mentions(e.Text, d.session.Nick) {
				d.answerAway(e.User, d.userNamed(e.User))
			}
		}
	case kclient.PrivateChat:
		if !d.ignores(e.From) {
			me := int(e.FromID) == d.session.User
			d.say(message.Line{Where: "lobby", Kind: "private", From: e.From, To: e.To, Text: e.Text, Me: me})
			if !me {
				d.answerAway(e.From, e.FromID)
			}
		}
	case kclient.RoomChat:
		if !d.ignores(e.User) {
			kind := "chat"
			if d.serversOwn(e.User) {
				kind = "server"
			}
			text, me := text.Sanitise(e.Text), e.User == d.session.Nick
			d.say(message.Line{Where: "room", Kind: kind, From: e.User, Text: text, Me: me})
			d.dialog.Chat(e.User, e.Text)
		}
	case kclient.UserJoined:
		v.users[e.User.ID] = e.User
		d.tell(message.UserChanged{User: d.shownUser(e.User)})
		d.say(message.Line{Where: "lobby", Kind: "join", From: e.User.Name, Me: int(e.User.ID) == d.session.User})
	case kclient.UserQuit:
		delete(v.users, e.User.ID)
		d.tell(message.UserGone{ID: int(e.User.ID)})
		d.say(message.Line{Where: "lobby", Kind: "quit", From: e.User.Name, Text: e.Message})
	case kclient.GameCreated:
		d.gameChanged(v, e.Game)
	case kclient.GameChanged:
		d.gameChanged(v, e.Game)
	case kclient.GameClosed:
		delete(v.games, e.Game.ID)
		d.tell(message.GameGone{ID: int(e.Game.ID)})
		d.ownerChanged(v, e.Game.Owner)
	case kclient.GameStarted:
		d.dialog.GameStarting()
	case kclient.PlayerJoined:
		d.say(message.Line{Where: "room", Kind: "enter", From: e.Player.Name, Me: int(e.Player.ID) == d.session.User})
		d.showRoom()
	case kclient.PlayerLeft:
		d.say(message.Line{Where: "room", Kind: "leave", From: e.Player.Name})
		d.showRoom()
	case kclient.PlayerDropped:
		d.say(message.Line{Where: "room", Kind: "drop", From: e.User})
		d.playerDropped(e)
		d.showRoom()
	case kclient.MixedTypes:
		types := mixedTypes(e.Players)
		d.log.Warn("players have different connection types and this server does not line them up: emulators that go on while "+
			"kailleraModifyPlayValues returns 0 will come apart", "types", types)
		d.say(message.Line{Where: "room", Kind: "notice", Text: "notice.mixedTypes", Args: []string{types}})
	case kclient.MessagesLost:
		d.say(message.Line{Where: "lobby", Kind: "notice", Text: "notice.messagesLost"})
	case kclient.ChatLost:
		for i, l := range e.Lines {
			if i == maxLost {
				break // a save, of which these tell enough; the log has how many
			}
			if e.Dropped {
				d.say(message.Line{Where: "room", Kind: "notice", Text: "notice.chatLost", Args: []string{l.Text}})
				continue
			}
			v.unsent = append(v.unsent, l.Text)
			d.say(message.Line{Where: "lobby", Kind: "notice", Text: "notice.chatLost", Args: []string{l.Text}})
		}
	case kclient.Disconnected:
		d.left(cmp.Or(problemOf(e.Err), problem("lost", "")))
		return
	}
	if v.room != nil && v.room.Err() != nil {
		d.outOfRoom(v, leftReason(v.room.Err()))
	}
}

// mixedTypes are the types of those in a room, each once, such as "1, 3".
func mixedTypes(players []kclient.Player) string {
	var types []string
	for _, p := range players {
		types = append(types, strconv.Itoa(int(p.Connection)))
	}
	slices.Sort(types)
	return strings.Join(slices.Compact(types), ", ")
}

func (d *desk) gameChanged(v *visit, g kclient.GameInfo) {
	v.games[g.ID] = g
	d.tell(message.GameChanged{Game: d.shownGame(g)})
	d.ownerChanged(v, g.Owner)
	if v.room != nil && int(g.ID) == d.room.ID {
		d.showRoom()
	}
}

// ownerChanged shows a user again whose room changed: servers do not tell what users
// do after the first list, but an owner is where its room is.
func (d *desk) ownerChanged(v *visit, owner string) {
	if id := d.userNamed(owner); id != 0 {
		d.tell(message.UserChanged{User: d.shownUser(v.users[id])})
	}
}

func (d *desk) userNamed(name string) uint16 {
	if d.visit == nil {
		return 0
	}
	for id, u := range d.visit.users {
		if u.Name == name {
			return id
		}
	}
	return 0
}

// users are those of the server, by name as the page sorts them.
func (d *desk) users() []message.User {
	if d.visit == nil {
		return nil
	}
	var list []message.User
	for _, id := range slices.Sorted(maps.Keys(d.visit.users)) {
		list = append(list, d.shownUser(d.visit.users[id]))
	}
	return list
}

func (d *desk) shownUser(u kclient.User) message.User {
	shown := message.User{ID: int(u.ID), Name: u.Name, Ping: int(u.Ping.Milliseconds()), Ignored: d.ignores(u.Name),
		Me: int(u.ID) == d.session.User, State: "idle"}
	if u.Connection.Valid() {
		shown.Connection = int(u.Connection)
	}
	if u.State == wire.UserPlaying {
		shown.State = "playing"
	}
	for _, g := range d.visit.games {
		if g.Owner == u.Name {
			shown.State = "playing"
			if g.State == wire.GameWaiting {
				shown.State = "waiting"
			}
		}
	}
	return shown
}

func (d *desk) games() []message.Game {
	if d.visit == nil {
		return nil
	}
	var list []message.Game
	for _, id := range slices.Sorted(maps.Keys(d.visit.games)) {
		list = append(list, d.shownGame(d.visit.games[id]))
	}
	return list
}

func (d *desk) shownGame(g kclient.GameInfo) message.Game {
	return message.Game{ID: int(g.ID), Name: g.Name, Emulator: g.Emulator, Owner: g.Owner, Players: g.Players,
		MaxPlayers: g.MaxPlayers,
		State:      gameState(g.State), Have: d.has(g.Name), SameEmulator: g.Emulator == d.emulator.Name}
}

func gameState(s wire.GameState) string {
	switch s {
	case wire.GameWaiting:
		return "waiting"
	case wire.GameNetsync:
		return "netsync"
	}
	return "playing"
}
