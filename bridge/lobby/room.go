package lobby

import (
	"context"
	"errors"

	"kbridge/bridge/lobby/message"
	"kbridge/kclient"
	"kbridge/kclient/wire"
)

// create opens a room for a game of the emulator's list.
func (d *desk) create(t *tab, id int, game string) {
	v := d.visit
	g, ok := d.emulator.Find(game)
	switch {
	case v == nil || v.lobby == nil:
		d.done(t, id, problem("state", ""))
	case !ok:
		d.done(t, id, problem("game", game))
	case g.Unsayable != nil:
		d.done(t, id, problemOf(g.Unsayable))
	default:
		if v.room == nil {
			v.chosen = g
		}
		d.enter(v, t, id, true, func(ctx context.Context) (*kclient.Room, error) { return v.lobby.Create(ctx, g.Wire) })
	}
}

// join enters a room for a game that this emulator has.
func (d *desk) join(t *tab, id, game int) {
	v := d.visit
	if v == nil || v.lobby == nil || game <= 0 {
		d.done(t, id, problem("state", ""))
		return
	}
	g, ok := v.games[uint32(game)]
	switch {
	case !ok:
		d.done(t, id, problem("closed", ""))
	case !d.has(g.Name):
		d.done(t, id, problem("game", g.Name))
	default:
		d.enter(v, t, id, false, func(ctx context.Context) (*kclient.Room, error) { return v.lobby.Join(ctx, g.ID) })
	}
}

func (d *desk) enter(v *visit, t *tab, id int, owner bool, enter func(context.Context) (*kclient.Room, error)) {
	if v.room != nil || v.entering || d.play.running() {
		d.done(t, id, problem("busy", ""))
		return
	}
	v.entering = true
	d.begin(func(context.Context) func() {
		room, err := enter(v.ctx)
		return func() {
			v.entering = false
			if err != nil || d.visit != v {
				d.done(t, id, problemOf(err))
				return
			}
			d.done(t, id, nil)
			v.owner = owner
			d.entered(v, room)
		}
	})
}

// entered: we are in a room.
func (d *desk) entered(v *visit, room *kclient.Room) {
	v.room = room
	v.owner = v.owner || room.Info().Owner == d.session.Nick
	d.dialog.InRoom(room.Chat)
	d.showRoom()
	d.awaitStart(v, room)
}

// awaitStart waits for the next game in a room.
func (d *desk) awaitStart(v *visit, room *kclient.Room) {
	d.begin(func(context.Context) func() {
		game, err := room.WaitStart(v.ctx)
		return func() {
			switch {
			case d.visit != v || v.room != room:
			case err != nil:
				d.outOfRoom(v, leftReason(err))
			default:
				d.playGame(v, room, game)
			}
		}
	})
}

// showRoom shows the room as it is now.
func (d *desk) showRoom() {
	v := d.visit
	if v == nil || v.room == nil {
		return
	}
	info := v.room.Info()
	r := message.Room{ID: int(info.ID), Name: info.Name, Owner: info.Owner, Mine: v.owner,
		MoreInfos: d.dialog.HasMoreInfos(), State: gameState(info.State),
		SameEmulator: info.Emulator == "" || info.Emulator == d.emulator.Name}
	players := v.room.Players()
	delays := frameDelays(players)
	for i, p := range players {
		r.Players = append(r.Players, message.RoomPlayer{ID: int(p.ID), Number: i + 1, Name: p.Name,
			Ping:       int(p.Ping.Milliseconds()),
			Connection: int(p.Connection), FrameDelay: delays[i], Me: int(p.ID) == d.session.User,
			Owner: p.Name == info.Owner})
	}
	switch {
	case wire.IsChatRoom(info.Name):
		r.Start = "chat"
	case !v.owner:
		r.Start = "owner"
	case !info.State.Joinable():
		r.Start = "running"
	}
	d.room = r
	d.tell(r)
}

func leftReason(err error) string {
	switch {
	case errors.Is(err, kclient.ErrKicked):
		return "kicked"
	case errors.Is(err, kclient.ErrRoomClosed):
		return "closed"
	case errors.Is(err, kclient.ErrNotInRoom):
		return ""
	}
	return "lost"
}

// outOfRoom: we are in no room any more.
func (d *desk) outOfRoom(v *visit, why string) {
	v.room, v.owner = nil, false
	d.dialog.InRoom(nil)
	d.checkPlay()
	d.room = message.Room{Left: why}
	d.tell(d.room)
	d.room.Left = "" // once
}

// ask sends a request about the room that the server answers.
func (d *desk) ask(t *tab, id int, what string, request func(context.Context, *kclient.Room) error) {
	v := d.visit
	if v == nil || v.room == nil {
		d.done(t, id, problem("state", ""))
		return
	}
	if v.asking[what] {
		d.done(t, id, problem("busy", ""))
		return
	}
	v.asking[what] = true
	room := v.room
	d.begin(func(context.Context) func() {
		err := request(v.ctx, room)
		return func() {
			delete(v.asking, what)
			if d.visit == v && v.room == room && room.Err() != nil {
				d.outOfRoom(v, leftReason(room.Err()))
			}
			d.done(t, id, problemOf(err))
		}
	})
}
