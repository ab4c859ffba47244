package main

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"sync"
	"sync/atomic"
	"time"

	"kbridge/kclient"
	"kbridge/kclient/wire"
)

const (
	frameTime = time.Second / 60
	inputSize = 4 // bytes of a player and frame

	// slack is how far a player may fall behind its timetable and still catch up, as an emulator does that has as
	// much sound in store. What is lost beyond that stays lost, and shows as fewer frames.
	slack = 100 * time.Millisecond

	// checkpoint is how many frames of the machine apart the players of a room compare what their machines were given.
	checkpoint = 60
)

// player is somebody who plays by the rules.
type player struct {
	name   string
	room   *game
	frames atomic.Int64 // of the machine: one for each call
	worst  atomic.Int64 // the longest wait for a frame since it was last asked, in nanoseconds
	err    atomic.Pointer[error]
}

// game is a room of players, and the digests of their frames.
type game struct {
	name    string
	players []*player

	mu       sync.Mutex
	digests  map[int]uint64 // by frame; forgotten when every player has compared
	seen     map[int]int
	desync   int // the first frame that differed
	compared int // checkpoints that all have reached
}

// compare tells what a player's machine was given up to a frame.
func (g *game) compare(frame int, digest uint64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if first, ok := g.digests[frame]; !ok {
		g.digests[frame] = digest
	} else if first != digest && g.desync == 0 {
		g.desync = frame
	}
	if g.seen[frame]++; g.seen[frame] == len(g.players) {
		delete(g.digests, frame)
		delete(g.seen, frame)
		g.compared++
	}
}

// rooms are the games that are played, by the connection types of their players. In the last one their frame delays
// differ, and frame n of all machines is the same only if the server lines up calls.
var rooms = [][]wire.ConnectionType{
	{wire.LAN, wire.LAN},
	{wire.LAN, wire.LAN},
	{wire.Good, wire.Good},
	{wire.LAN, wire.Excellent, wire.Good, wire.LAN},
}

// openGames logs everybody in and starts every game; the players play until the context ends.
func openGames(ctx context.Context, addr string, playing *sync.WaitGroup) (games []*game, err error) {
	for i, types := range rooms {
		g := &game{name: fmt.Sprintf("Duel %d", i+1), digests: map[int]uint64{}, seen: map[int]int{}}
		games = append(games, g)
		var in []*kclient.Room
		for j, c := range types {
			p := &player{name: fmt.Sprintf("player %d.%d", i+1, j+1), room: g}
			g.players = append(g.players, p)
			lobby, err := kclient.Dial(ctx, addr, kclient.Config{User: p.name, Emulator: "soak", Connection: c})
			if err != nil {
				return nil, fmt.Errorf("%s: %w", p.name, err)
			}
			var room *kclient.Room
			if j == 0 {
				room, err = lobby.Create(ctx, g.name)
			} else {
				room, err = lobby.Join(ctx, in[0].Info().ID)
			}
			if err != nil {
				return nil, fmt.Errorf("%s: %w", p.name, err)
			}
			in = append(in, room)
			playing.Go(func() {
				defer lobby.Quit("the soak is over")
				if err := p.play(ctx, room); err != nil && ctx.Err() == nil {
					err = fmt.Errorf("%s in %s after %d frames: %w", p.name, g.name, p.frames.Load(), err)
					p.err.Store(&err)
				}
			})
		}
		if err := in[0].Start(ctx); err != nil {
			return nil, fmt.Errorf("start of %s: %w", g.name, err)
		}
	}
	return games, nil
}

// play plays one game at 60 frames a second.
func (p *player) play(ctx context.Context, room *kclient.Room) error {
	g, err := room.WaitStart(ctx)
	if err != nil {
		return err
	}
	values := make([]byte, inputSize*wire.MaxPlayers)
	digest := fnv.New64a()
	next := time.Now()
	for call := 0; ; call++ {
		values[0], values[1], values[2], values[3] = byte(g.Player()), byte(call/8), byte(call/2048), 0
		begun := time.Now()
		n, err := g.Exchange(ctx, values, inputSize)
		now := time.Now()
		if err != nil {
			return err
		}
		if n == 0 { // in the frame delay: a frame in which nobody presses anything
			n = inputSize * g.Players()
			clear(values[:n])
		} else if waited := now.Sub(begun); waited > time.Duration(p.worst.Load()) {
			p.worst.Store(int64(waited))
		}
		digest.Write(values[:n])
		if frames := int(p.frames.Add(1)); frames%checkpoint == 0 {
			p.room.compare(frames, digest.Sum64())
		}
		next = next.Add(frameTime)
		if now.Sub(next) > slack {
			next = now
		}
		select {
		case <-time.After(time.Until(next)):
		case <-ctx.Done():
			return nil
		}
	}
}

// newcomers log in, say something and leave, every other second, as long as the context lasts.
type newcomers struct {
	came, failed atomic.Int64
	slowest      atomic.Int64 // nanoseconds of a login
	err          atomic.Pointer[error]
}

func (n *newcomers) run(ctx context.Context, addr string) {
	for i := 0; ctx.Err() == nil; i++ {
		begun := time.Now()
		if err := visit(ctx, addr, fmt.Sprint("newcomer ", i)); err != nil && ctx.Err() == nil {
			n.failed.Add(1)
			n.err.Store(&err)
		}
		n.came.Add(1)
		n.slowest.Store(max(n.slowest.Load(), int64(time.Since(begun))))
		select {
		case <-time.After(2 * time.Second):
		case <-ctx.Done():
		}
	}
}

func visit(ctx context.Context, addr, name string) error {
	lobby, err := kclient.Dial(ctx, addr, kclient.Config{User: name, Emulator: "soak"})
	if err != nil {
		return err
	}
	defer lobby.Quit("")
	if len(lobby.Games()) == 0 {
		return errors.New("a newcomer sees no games")
	}
	return lobby.Chat("hello")
}
