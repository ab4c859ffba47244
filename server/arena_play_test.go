package server_test

import (
	"context"
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient"
)

// play runs f, which ends when its context does, until the arena ends.
func (a *arena) play(f func(ctx context.Context)) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		f(ctx)
	}()
	a.all = append(a.all, func() { cancel(); <-done })
}

type counter struct{ n atomic.Int64 }

func (c *counter) get() int { return int(c.n.Load()) }

// playOurs plays sixty frames a second until the game ends.
func playOurs(ctx context.Context, room *kclient.Room, count *counter) {
	g, err := room.WaitStart(ctx)
	if err != nil {
		return
	}
	playGame(ctx, g, count)
}

func playGame(ctx context.Context, g *kclient.Game, count *counter) {
	values := make([]byte, 16)
	next := time.Now()
	for f := 0; ctx.Err() == nil; f++ {
		values[0], values[1] = byte(f), byte(g.Player())
		if _, err := g.Exchange(ctx, values, 2); err != nil {
			return
		}
		if count != nil {
			count.n.Add(1)
		}
		if g.Behind() > 0 {
			next = time.Now()
			time.Sleep(time.Millisecond)
			continue
		}
		next = next.Add(time.Second / 60)
		if late := time.Since(next); late > 0 {
			next = next.Add(late)
		}
		time.Sleep(time.Until(next))
	}
}

// arenaPlayer is one of our own clients in a game.
type arenaPlayer struct {
	a    *arena
	name string
	c    *crasher
	mu   sync.Mutex
	g    *kclient.Game
}

func (p *arenaPlayer) game() *kclient.Game {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.g
}

// play has it play in a room whose game starts.
func (p *arenaPlayer) play(room *kclient.Room) {
	p.a.play(func(ctx context.Context) {
		g, err := room.WaitStart(ctx)
		if err != nil {
			return
		}
		p.mu.Lock()
		p.g = g
		p.mu.Unlock()
		playGame(ctx, g, nil)
	})
}

// again is its emulator, started again, back in the room.
func (p *arenaPlayer) again(c *crasher) {
	p.c = c
	p.play(c.ours.Room())
}

// ourGame is a game of our own clients, each of a host of its own, which has begun.
func (a *arena) ourGame(players int) (table []*arenaPlayer) {
	var rooms []*kclient.Room
	for i := range players {
		name := fmt.Sprintf("player%d", i+1)
		c, err := a.login("ours", name, netip.AddrPortFrom(netip.AddrFrom4([4]byte{203, 0, 113, byte(i + 1)}), 5000),
			nil)
		require.NoError(a.t, err)
		table = append(table, &arenaPlayer{a: a, name: name, c: c})
		var room *kclient.Room
		if i == 0 {
			room, err = c.ours.Create(a.t.Context(), "Duel")
		} else {
			for len(c.ours.Games()) == 0 {
				time.Sleep(10 * time.Millisecond)
			}
			room, err = c.ours.Join(a.t.Context(), c.ours.Games()[0].ID)
		}
		require.NoError(a.t, err)
		rooms = append(rooms, room)
	}
	time.Sleep(time.Second)
	require.NoError(a.t, rooms[0].Start(a.t.Context()))
	for i, p := range table {
		p.play(rooms[i])
	}
	return table
}
