package server_test

import (
	"context"
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kbridge/kclient"
	"kbridge/kclient/sim/network"
	"kbridge/kclient/sim/peers"
	"kbridge/kclient/wire"
	"kbridge/server"
)

// pacedPlayer plays with a pause of its own before each call; frames is how many combined frames it has had, calls how
// often it has called.
type pacedPlayer struct {
	kind          string // "ours", "n02", "supra"
	typ           wire.ConnectionType
	loads         time.Duration
	pause         func(played time.Duration) time.Duration
	frames, calls atomic.Int64
	lost          atomic.Pointer[string]
	lostAt        atomic.Int64 // since the start of play
	begin         time.Time
	host          netip.Addr // of one of ours
}

func every(d time.Duration) func(time.Duration) time.Duration {
	return func(time.Duration) time.Duration { return d }
}

func smooth() func(time.Duration) time.Duration { return every(time.Second / 60) }

// exchange is one call of an emulator's.
type exchange func(values []byte) (int, error)

func (p *pacedPlayer) play(ctx context.Context, call exchange) {
	p.begin = time.Now()
	next := p.begin
	values := make([]byte, 4*wire.MaxPlayers)
	for ctx.Err() == nil {
		next = next.Add(p.pause(time.Since(p.begin)))
		if now := time.Now(); now.After(next) {
			next = now
		} else {
			time.Sleep(next.Sub(now))
		}
		n, err := call(values)
		p.calls.Add(1)
		if err != nil {
			text := err.Error()
			p.lostAt.Store(int64(time.Since(p.begin)))
			p.lost.Store(&text)
			return
		}
		if n > 0 {
			p.frames.Add(1)
		}
	}
}

// roomOf puts the players into a room, starts its game and lets them play.
func (a *arena) roomOf(players ...*pacedPlayer) {
	a.t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	var playing sync.WaitGroup
	a.all = append(a.all, func() { stop(); playing.Wait() })
	var start func() error
	id := uint32(0)
	for i, p := range players {
		name := fmt.Sprintf("%s %d", p.kind, i)
		if p.kind != "ours" {
			c, err := a.old(p.kind == "supra", peers.Options{User: name, Emulator: "emu", Connection: p.typ,
				Loads: p.loads})
			require.NoError(a.t, err)
			if i == 0 {
				require.NoError(a.t, c.Create("Pong"))
				start = c.Start
			} else {
				require.NoError(a.t, c.Join("Pong"))
			}
			playing.Go(func() {
				if c.Begin() == nil {
					p.play(ctx, func(values []byte) (int, error) { return c.Exchange(values[:4*c.Players()], 4) })
				}
			})
			continue
		}
		lobby, err := a.ours(name, func(c *kclient.Config) {
			c.Connection = p.typ
			c.Listen = func(netip.AddrPort) (kclient.PacketConn, error) {
				conn, err := a.net.Listen(netip.AddrPort{})
				if err == nil {
					p.host = conn.AddrPort().Addr()
				}
				return conn, err
			}
		})
		require.NoError(a.t, err)
		var room *kclient.Room
		if i == 0 {
			room, err = lobby.Create(ctx, "Pong")
			start = func() error { return room.Start(ctx) }
		} else {
			for _, g := range lobby.Games() {
				id = g.ID
			}
			room, err = lobby.Join(ctx, id)
		}
		require.NoError(a.t, err)
		playing.Go(func() {
			if g, err := room.WaitStart(ctx); err == nil {
				time.Sleep(p.loads)
				p.play(ctx, func(values []byte) (int, error) { return g.Exchange(ctx, values, 4) })
			}
		})
	}
	time.Sleep(time.Second)
	require.NoError(a.t, start())
}

// Row 35: who sends a batch every nine seconds, or every three, freezes no room: after ten seconds of waiting in sum
// the others play on at sixty frames a second, and it is out of the game. Whatever the clients and the connection
// types, and if two do it.
func TestWhoHoldsAGameUpInPartsIsDroppedToo(t *testing.T) {
	for _, gap := range []time.Duration{9 * time.Second, 3 * time.Second} {
		for _, kinds := range [][]string{{"ours", "ours", "ours"}, {"n02", "supra", "n02"}, {"ours", "n02", "supra"},
			{"n02", "ours", "supra"}} {
			for _, typ := range []wire.ConnectionType{1, 3} {
				for slow := 1; slow <= 2; slow++ {
					t.Run(fmt.Sprintf("every %v/%v type %d/%d slow", gap, kinds, typ, slow), func(t *testing.T) {
						inArena(t, 35, network.Profile{Delay: 10 * time.Millisecond}, server.Config{}, func(a *arena) {
							var all []*pacedPlayer
							for i, kind := range kinds {
								p := &pacedPlayer{kind: kind, typ: typ, pause: smooth()}
								if i >= len(kinds)-slow {
									p.pause = every((gap + time.Duration(i)*100*time.Millisecond) / time.Duration(typ))
								}
								all = append(all, p)
							}
							a.roomOf(all...)
							// each of them has its own ten seconds and its last wait
							time.Sleep(time.Duration(5+20*slow) * time.Second)
							before := all[0].frames.Load()
							time.Sleep(10 * time.Second)
							played := all[0].frames.Load() - before
							t.Logf("%d frames in 10 s, from second %d on; the slow one lost its game after %v", played,
								5+20*slow,
								time.Duration(all[2].lostAt.Load()).Round(100*time.Millisecond))
							assert.Greater(t, played, int64(590))
							assert.Equal(t, 3, a.server.Stats().Users)
						})
					})
				}
			}
		}
	}
}

// Row 35: nobody is dropped for being slow evenly, for one long hiccup, or for loading long; and nobody for the
// slowness of another.
func TestWhoIsSlowOrHiccupsOnceIsNotDropped(t *testing.T) {
	hiccup := func(played time.Duration) time.Duration {
		if played > 20*time.Second && played < 20*time.Second+20*time.Millisecond {
			return 9 * time.Second
		}
		return time.Second / 60
	}
	cases := map[string]*pacedPlayer{
		"30 frames a second": {pause: every(time.Second / 30)},
		"5 frames a second":  {pause: every(time.Second / 5)},
		"a frame in 900 ms":  {pause: every(900 * time.Millisecond)},
		"one hiccup of 9 s":  {pause: hiccup},
		"loads for 100 s":    {pause: smooth(), loads: 100 * time.Second},
	}
	for what, c := range cases {
		for _, kinds := range [][]string{{"ours", "ours", "n02"}, {"n02", "supra", "ours"}, {"ours", "ours", "ours"}} {
			t.Run(fmt.Sprint(what, "/", kinds), func(t *testing.T) {
				inArena(t, 36, network.Profile{Delay: 10 * time.Millisecond}, server.Config{}, func(a *arena) {
					var all []*pacedPlayer
					for i, kind := range kinds {
						p := &pacedPlayer{kind: kind, typ: 1, pause: smooth()}
						if i == 1 {
							p.pause, p.loads = c.pause, c.loads
						}
						all = append(all, p)
					}
					a.roomOf(all...)
					time.Sleep(time.Minute + c.loads)
					for _, p := range all {
						if lost := p.lost.Load(); lost != nil {
							t.Errorf("%s lost its game: %s", p.kind, *lost)
						}
					}
					assert.Greater(t, all[0].frames.Load(), int64(50))
				})
			})
		}
	}
}

// Row 35: whose line is gone for a second and a half again and again is played without, and may rejoin; but not without
// end.
func TestAFlappingLineDoesNotHoldAGameUpForEver(t *testing.T) {
	inArena(t, 38, network.Profile{Delay: 10 * time.Millisecond}, server.Config{}, func(a *arena) {
		all := []*pacedPlayer{{kind: "ours", typ: 1, pause: smooth()}, {kind: "n02", typ: 1, pause: smooth()},
			{kind: "ours", typ: 1, pause: smooth()}}
		a.roomOf(all...)
		time.Sleep(5 * time.Second)
		for minute := range 2 {
			before := all[0].frames.Load()
			for range 24 {
				a.net.Partition(all[2].host, a.addr.Addr(), true)
				time.Sleep(1500 * time.Millisecond)
				a.net.Partition(all[2].host, a.addr.Addr(), false)
				time.Sleep(time.Second)
			}
			played := all[0].frames.Load() - before
			t.Logf("%d frames in minute %d", played, minute+1)
			if minute == 1 {
				assert.Greater(t, played, int64(3500))
			}
		}
		assert.Nil(t, all[0].lost.Load())
		assert.Nil(t, all[1].lost.Load())
		assert.Equal(t, 3, a.server.Stats().Users)
	})
}
