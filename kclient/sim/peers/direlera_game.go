package peers

import (
	"fmt"
	"slices"
	"strings"

	"kbridge/kclient/framecache"
	"kbridge/kclient/wire"
)

// dlGame is a game of direlera-rs: frames are given out as soon as everybody who has not dropped has one queued, from
// the first on, whatever the delays.
type dlGame struct {
	queues    [][][]byte // of each player's frames
	ready     [][]byte   // for each player: the parts of frames that were not sent yet
	counts    []int      // for each player: how many parts
	batch     []int      // frames in a message, by player
	dropped   []bool
	size      int // of the first input
	inCaches  []*framecache.Cache
	outCaches []*framecache.Cache
}

func newDireleraGame(players []*dlUser) *dlGame {
	n := len(players)
	g := &dlGame{queues: make([][][]byte, n), ready: make([][]byte, n), counts: make([]int, n),
		dropped: make([]bool, n)}
	for _, p := range players {
		g.batch = append(g.batch, int(p.connection))
		g.inCaches = append(g.inCaches, framecache.New(framecache.Window))
		g.outCaches = append(g.outCaches, framecache.New(framecache.Window))
	}
	return g
}

// gameMessage is one for a player, by place in the room.
type gameMessage struct {
	player  int
	payload []byte
}

func (g *dlGame) input(player int, data []byte) []gameMessage {
	if g.dropped[player] {
		return nil
	}
	if size := len(data) / g.batch[player]; size > 0 {
		if g.size == 0 {
			g.size = size
		}
		for part := range slices.Chunk(data, size) {
			g.queues[player] = append(g.queues[player], part)
		}
	}
	return g.drain()
}

// drain gives out what is complete. Of a player who has dropped, what is left is played first, then zeros.
func (g *dlGame) drain() (out []gameMessage) {
	for {
		some := false
		for i, q := range g.queues {
			if len(q) == 0 && !g.dropped[i] {
				return out
			}
			some = some || len(q) > 0
		}
		if !some {
			return out
		}
		var frame []byte
		for i, q := range g.queues {
			if len(q) == 0 {
				frame = append(frame, make([]byte, g.size)...)
				continue
			}
			frame = append(frame, q[0]...)
			g.queues[i] = q[1:]
		}
		for i := range g.ready {
			g.ready[i] = append(g.ready[i], frame...)
			if g.counts[i]++; g.counts[i] == g.batch[i] {
				out = append(out, gameMessage{i, g.ready[i]})
				g.ready[i], g.counts[i] = nil, 0
			}
		}
	}
}

func (d *direlera) handleGame(u *dlUser, r *dlRoom, m *Message) error {
	switch m.Type {
	case wire.TypeGameChat:
		c, err := wire.ParseChatRequest(m.Body)
		if err == nil && !strings.Contains(c.Text, "\x11") {
			d.toRoom(r, wire.TypeGameChat, wire.Chat{User: u.name, Text: c.Text})
		}
		return err
	case wire.TypeKick:
		k, err := wire.ParseKickRequest(m.Body)
		if err == nil {
			d.kick(u, r, k.UserID)
		}
		return err
	case wire.TypeStartGame:
		d.startGame(u, r)
	case wire.TypeReady:
		d.ready(u, r)
	case wire.TypeDropGame:
		d.drop(u, r)
	case wire.TypeGameData, wire.TypeGameCache:
		return d.gameData(u, r, m)
	}
	return nil
}

// startGame: S 0E (playing) to all, S 11 to each with its own number. The delay is the connection type.
func (d *direlera) startGame(u *dlUser, r *dlRoom) {
	if r.game != nil {
		d.toRoom(r, wire.TypeGameChat, wire.Chat{User: u.name, Text: "Game is already started"})
		return
	}
	if r.ownerID != u.id {
		return
	}
	r.status, r.game = wire.GamePlaying, newDireleraGame(r.players)
	for _, p := range r.players {
		p.status = dlNetsync
	}
	d.statusChanged(r)
	for i, p := range r.players {
		d.send(p, wire.TypeStartGame, wire.GameStarted{FrameDelay: uint16(p.connection), Player: uint8(i + 1),
			Players: uint8(len(r.players))})
	}
}

// ready: everybody counts as ready once the game has started, so S 15 goes to all at the first C 15; at every later one
// there is only S 0E.
func (d *direlera) ready(u *dlUser, r *dlRoom) {
	u.status = dlNetsync
	d.statusChanged(r)
	if slices.ContainsFunc(r.players, func(p *dlUser) bool { return p.status != dlNetsync }) {
		return
	}
	for _, p := range r.players {
		p.status = dlPlaying
	}
	d.toRoom(r, wire.TypeReady, wire.Ready{})
}

// drop: S 0E when nobody plays any more, S 14 to the room, then the frames that waited for this player.
func (d *direlera) drop(u *dlUser, r *dlRoom) {
	i := slices.Index(r.players, u)
	if r.status != wire.GamePlaying || r.game == nil || i < 0 || i >= len(r.game.dropped) {
		return
	}
	g := r.game
	g.dropped[i] = true
	out := g.drain()
	if !slices.Contains(g.dropped, false) {
		r.status, r.game = wire.GameWaiting, nil
		d.statusChanged(r)
	}
	for _, p := range r.players {
		p.status = dlIdle
	}
	d.toRoom(r, wire.TypeDropGame, wire.PlayerDropped{User: u.name, Player: uint8(i + 1)})
	d.give(r, g, out)
}

func (d *direlera) give(r *dlRoom, g *dlGame, out []gameMessage) {
	for _, m := range out {
		cache := g.outCaches[m.player]
		pos, ok := cache.Find(m.payload)
		if !ok {
			cache.Add(m.payload)
		}
		if m.player >= len(r.players) {
			return
		}
		if to := r.players[m.player]; ok {
			d.sendBody(to, wire.TypeGameCache, wire.AppendGameCache(nil, pos))
		} else {
			d.sendBody(to, wire.TypeGameData, wire.AppendGameData(nil, m.payload))
		}
	}
}

func (d *direlera) gameData(u *dlUser, r *dlRoom, m *Message) error {
	g, i := r.game, slices.Index(r.players, u)
	if g == nil || i >= len(g.batch) {
		return nil
	}
	var payload []byte
	if m.Type == wire.TypeGameData {
		b, err := wire.ParseGameData(m.Body)
		if err != nil {
			return err
		}
		payload = slices.Clone(b)
		g.inCaches[i].Add(payload)
	} else {
		pos, err := wire.ParseGameCache(m.Body)
		if err != nil {
			return err
		}
		b, ok := g.inCaches[i].At(pos)
		if !ok {
			return fmt.Errorf("cache position %d was never filled", pos)
		}
		payload = slices.Clone(b)
	}
	d.give(r, g, g.input(i, payload))
	return nil
}
