package peers

import (
	"slices"

	"kbridge/kclient/wire"
)

// dlRoom is a room, and its game. Who plays is who stands at a place in it, even after somebody before has left.
type dlRoom struct {
	id       uint32
	name     string
	emulator string
	owner    string
	ownerID  uint16
	players  []*dlUser
	status   wire.GameState
	game     *dlGame
}

func (d *direlera) roomByID(id uint32) *dlRoom {
	i := slices.IndexFunc(d.rooms, func(r *dlRoom) bool { return r.id == id })
	if i < 0 {
		return nil
	}
	return d.rooms[i]
}

// toRoom is what everybody hears who is in the room and knows it.
func (d *direlera) toRoom(r *dlRoom, t wire.Type, b body) {
	for _, u := range r.players {
		if u.room == r.id {
			d.send(u, t, b)
		}
	}
}

func (d *direlera) statusChanged(r *dlRoom) {
	d.toAll(wire.TypeGameStatus, wire.GameStatus{GameID: r.id, State: r.status, Players: uint8(len(r.players)),
		MaxPlayers: direleraRoom})
}

func (d *direlera) handleRoom(u *dlUser, m *Message) error {
	switch m.Type {
	case wire.TypeCreateGame:
		c, err := wire.ParseCreateRequest(m.Body)
		if err != nil {
			return err
		}
		d.create(u, c.Game)
	case wire.TypeJoinGame:
		j, err := wire.ParseJoinRequest(m.Body)
		if err != nil {
			return err
		}
		d.join(u, j.GameID)
	case wire.TypeQuitGame:
		d.quitGame(u)
	default:
		r := d.roomByID(u.room)
		if r == nil || !slices.Contains(r.players, u) {
			return nil
		}
		return d.handleGame(u, r, m)
	}
	return nil
}

func (d *direlera) create(u *dlUser, game string) {
	if r := d.roomByID(u.room); r != nil && slices.Contains(r.players, u) {
		return
	}
	d.lastRoom++
	r := &dlRoom{id: d.lastRoom, name: game, emulator: u.emulator, owner: u.name, ownerID: u.id, players: []*dlUser{u}}
	d.rooms = append(d.rooms, r)
	u.room = r.id
	d.toAll(wire.TypeCreateGame, wire.GameCreated{User: u.name, Game: game, Emulator: u.emulator, GameID: r.id})
	d.statusChanged(r)
	d.send(u, wire.TypePlayerList, wire.PlayerList{})
	d.send(u, wire.TypeJoinGame, d.joined(u))
}

func (d *direlera) joined(u *dlUser) wire.PlayerJoined {
	return wire.PlayerJoined{User: u.name, Ping: u.ping, UserID: u.id, Connection: u.connection}
}

// join looks neither at how many are in nor at whether the game runs. The task of who asks for a room that does not
// exist ends: the server is deaf to that client until it has forgotten it.
func (d *direlera) join(u *dlUser, id uint32) {
	if u.room != 0 {
		return
	}
	u.room = id
	r := d.roomByID(id)
	if r == nil {
		d.inboxes[u.addr].dead = true
		return
	}
	var list wire.PlayerList
	for _, p := range r.players {
		list.Players = append(list.Players, wire.ListPlayer{Name: p.name, Ping: p.ping, UserID: p.id,
			Connection: p.connection})
	}
	r.players = append(r.players, u)
	d.statusChanged(r)
	d.send(u, wire.TypePlayerList, list)
	d.toRoom(r, wire.TypeJoinGame, d.joined(u))
}

// quitGame: a drop if the game runs, even of who has dropped before. Of a guest who leaves, the others hear S 0E and S
// 0B, the guest only that 0E. The owner leaving closes the room: S 10 to all, S 0B to all who were in it.
func (d *direlera) quitGame(u *dlUser) {
	r := d.roomByID(u.room)
	if r == nil {
		return
	}
	d.drop(u, r)
	members := slices.Clone(r.players)
	r.players = slices.DeleteFunc(r.players, func(p *dlUser) bool { return p == u })
	u.room, u.status = 0, dlIdle
	left := wire.PlayerLeft{User: u.name, UserID: u.id}
	if r.ownerID != u.id {
		d.statusChanged(r)
		d.toRoom(r, wire.TypeQuitGame, left)
		return
	}
	d.rooms = slices.DeleteFunc(d.rooms, func(other *dlRoom) bool { return other == r })
	for _, p := range members {
		p.room, p.status = 0, dlIdle
	}
	d.toAll(wire.TypeCloseGame, wire.GameClosed{GameID: r.id})
	for _, p := range members {
		d.send(p, wire.TypeQuitGame, left)
	}
}

// kick: who is kicked hears only S 0E, and counts as in the room until it leaves.
func (d *direlera) kick(u *dlUser, r *dlRoom, id uint16) {
	i := slices.IndexFunc(r.players, func(p *dlUser) bool { return p.id == id })
	if r.ownerID != u.id || i < 0 {
		return
	}
	kicked := r.players[i]
	r.players = slices.Delete(r.players, i, i+1)
	d.statusChanged(r)
	d.toRoom(r, wire.TypeQuitGame, wire.PlayerLeft{User: kicked.name, UserID: kicked.id})
}
