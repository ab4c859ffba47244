package kclient_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient"
	"kbridge/kclient/sim/network"
	"kbridge/kclient/wire"
	"kbridge/kclient/wire/ext"
	"kbridge/server"
)

// A player whose address changes in mid-game goes on, wherever it comes from, and
// nothing of its input is lost.
func TestAMovedPlayerGoesOn(t *testing.T) {
	forRooms(t, match{seed: 10, frames: 2400}, func(t *testing.T, m match) {
		m.scene(t, func(ctx context.Context, t *testing.T, w *world, seats []*seat) {
			for i := range 12 {
				time.Sleep(3 * time.Second)
				s := seats[i%len(seats)]
				if i%2 == 0 {
					w.net.Rebind(s.conn)
				} else {
					w.net.Roam(s.conn, netip.Addr{})
				}
			}
			for _, s := range seats {
				require.Less(t, s.game.Stats().LongestStall, 2*time.Second)
				require.Zero(t, s.behind, "nobody was away")
			}
		})
	})
}

// Idle in the lobby nobody notices a new address; the session is there all the
// same when it is wanted.
func TestAnIdleSessionMoves(t *testing.T) {
	m := match{seed: 20, types: []wire.ConnectionType{1, 1}, profile: network.Cable()}
	bubble(t, m, func(t *testing.T, w *world) {
		ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
		defer cancel()
		s := &seat{w: w, name: "anna"}
		s.login(ctx, 1, nil)
		require.NoError(t, s.err)
		time.Sleep(10 * time.Second)
		w.net.Rebind(s.conn)
		time.Sleep(10 * time.Minute) // EmuLinker's keep-alive is long over
		require.NoError(t, s.lobby.Err())
		_, err := s.lobby.Create(ctx, "Duel")
		require.NoError(t, err)
	})
}

// Row 18, and what a stranger could try: a session moves for its own client only.
func TestNobodyElseMovesASession(t *testing.T) {
	m := match{seed: 21, types: []wire.ConnectionType{1, 1}, profile: network.LAN(), size: 2, frames: 600}
	m.scene(t, func(ctx context.Context, t *testing.T, w *world, seats []*seat) {
		time.Sleep(2 * time.Second)
		ticket, ok := seats[1].lobby.Ticket()
		require.True(t, ok)
		server := netip.MustParseAddrPort(w.addr)
		var moves [][]byte
		w.net.Filter(func(from, to netip.AddrPort, d []byte) bool {
			if _, ok := ext.ParseMove(d); ok {
				moves = append(moves, bytes.Clone(d))
			}
			return true
		})
		w.net.Rebind(seats[1].conn)
		time.Sleep(2 * time.Second)
		w.net.Filter(nil) // from here on nobody writes moves
		require.NotEmpty(t, moves)
		thief := netip.MustParseAddrPort("10.9.9.9:4000")
		wrong := ticket
		wrong.Key[0] ^= 1
		for i := range uint32(100) {
			w.net.Inject(thief, server, ext.AppendMove(nil, wrong, 1000+i, [ext.NonceSize]byte{}))
			w.net.Inject(thief, server, moves[int(i)%len(moves)])
		}
		time.Sleep(2 * time.Second)
	})
}

// A short loss of the line is waited for, and nothing of anybody's input is lost.
func TestAShortBlackoutIsWaitedFor(t *testing.T) {
	forRooms(t, match{seed: 30, frames: 1200}, func(t *testing.T, m match) {
		m.scene(t, func(ctx context.Context, t *testing.T, w *world, seats []*seat) {
			time.Sleep(5 * time.Second)
			w.cut(seats[1], true)
			time.Sleep(8 * time.Second)
			w.cut(seats[1], false)
			time.Sleep(10 * time.Second)
			require.Zero(t, seats[1].behind)
			// Everybody knows whose line it was.
			require.InDelta(t, 8, seats[0].game.Stats().WaitedFor[1].Seconds(), 1)
			require.Less(t, seats[0].game.Stats().WaitedFor[0], time.Second)
			require.Less(t, seats[0].game.Stats().SilentStall, time.Second, "the server was there")
			require.InDelta(t, 8, seats[1].game.Stats().SilentStall.Seconds(), 1)
		})
	})
}

// A player who was away for longer finds the game gone on with zeros in its
// place, catches up, and its input counts again.
func TestALongBlackoutIsCaughtUpWith(t *testing.T) {
	forRooms(t, match{seed: 40, frames: 3600}, func(t *testing.T, m match) {
		m.scene(t, func(ctx context.Context, t *testing.T, w *world, seats []*seat) {
			time.Sleep(5 * time.Second)
			w.cut(seats[1], true)
			time.Sleep(30 * time.Second)
			require.Greater(t, seats[0].count(), 300+15*60, "the others play on")
			w.cut(seats[1], false)
			time.Sleep(10 * time.Second)
			require.NotZero(t, seats[1].behind)
			require.Zero(t, seats[1].game.Behind())
			require.InDelta(t, seats[0].count(), seats[1].count(), 60)
			blank := seats[0].blanks(2)
			time.Sleep(3 * time.Second)
			require.Less(t, seats[0].blanks(2), blank+60, "its input counts again")
		})
	})
}

// An emulator that crashed and was started again gets the game from its first
// frame on.
func TestARestartedEmulatorRejoins(t *testing.T) {
	for _, loss := range []float64{0, 0.01, 0.05, 0.10, 0.30} {
		t.Run(fmt.Sprint(loss), func(t *testing.T) {
			forRooms(t, match{seed: 50, frames: 3600}, func(t *testing.T, m match) {
				m.scene(t, func(ctx context.Context, t *testing.T, w *world, seats []*seat) {
					time.Sleep(10 * time.Second)
					s := seats[1]
					ticket := s.kill()
					time.Sleep(20 * time.Second)
					p := network.Cable()
					p.Loss = loss
					w.net.SetProfile(p)
					again := &seat{w: w, name: s.name, calm: 3 * time.Second}
					for range 2 { // with a third of everything lost a person tries twice
						if again.login(ctx, m.types[1], &ticket); again.err == nil {
							break
						}
					}
					require.NoError(t, again.err)
					again.room = again.lobby.Room()
					require.NotNil(t, again.room, "the server kept its seat")
					require.Len(t, again.room.Players(), len(seats))
					var done sync.WaitGroup
					done.Go(func() { again.play(ctx, m.frames) })
					time.Sleep(10 * time.Second)
					require.Zero(t, again.game.Behind())
					done.Wait()
					require.NotZero(t, again.behind)
					// The one that was killed has nothing more to say.
					require.ErrorIs(t, s.err, kclient.ErrClosed)
					*s = seat{w: w, frames: again.frames, err: again.err}
				})
			})
		})
	}
}

// The owner rejoins as the owner, and two can be away at once.
func TestEverybodyRejoins(t *testing.T) {
	forRooms(t, match{seed: 60, frames: 2400}, func(t *testing.T, m match) {
		m.scene(t, func(ctx context.Context, t *testing.T, w *world, seats []*seat) {
			time.Sleep(5 * time.Second)
			for _, s := range seats {
				w.cut(s, true)
			}
			time.Sleep(25 * time.Second)
			before := seats[0].count()
			for i, s := range seats {
				w.cut(s, false)
				time.Sleep(time.Duration(i) * time.Second)
			}
			time.Sleep(10 * time.Second)
			require.Greater(t, seats[0].count(), before+300)
			require.Error(t, seats[0].room.Start(ctx), "it is running")
			require.NoError(t, seats[0].room.Err(), "it is still our room")
		})
	})
}

// Back in time to load: everybody still waits.
func TestARestartDuringNetsync(t *testing.T) {
	m := match{seed: 70, types: []wire.ConnectionType{1, 2}, profile: network.Cable(), size: 4, frames: 600}
	m.table(t, func(ctx context.Context, t *testing.T, w *world, seats []*seat, all *sync.WaitGroup) {
		all.Go(func() { seats[0].play(ctx, m.frames) })
		time.Sleep(3 * time.Second)
		ticket := seats[1].kill()
		time.Sleep(3 * time.Second)
		again := &seat{w: w, name: "player2", calm: 3 * time.Second}
		again.login(ctx, 2, &ticket)
		require.NoError(t, again.err)
		again.room = again.lobby.Room()
		require.NotNil(t, again.room)
		all.Go(func() { again.play(ctx, m.frames) })
		all.Wait()
		require.NoError(t, again.err)
		requireSame(t, seats[0], again)
		require.Zero(t, again.behind)
	})
}

// Too late, at a server that was started anew, with a forged ticket, with one of
// somebody else: the login is a usual one, and nobody's game is disturbed.
func TestNoComeback(t *testing.T) {
	for name, change := range map[string]func(w *world, ticket *kclient.Ticket){
		"too late":      func(*world, *kclient.Ticket) { time.Sleep(70 * time.Second) },
		"wrong key":     func(_ *world, t *kclient.Ticket) { t.Key[3] ^= 1; time.Sleep(70 * time.Second) },
		"wrong session": func(_ *world, t *kclient.Ticket) { t.ID[3] ^= 1; time.Sleep(70 * time.Second) },
	} {
		t.Run(name, func(t *testing.T) {
			m := match{seed: 80, types: []wire.ConnectionType{1, 1, 1}, profile: network.Cable(), size: 4, frames: 6000}
			m.scene(t, func(ctx context.Context, t *testing.T, w *world, seats []*seat) {
				time.Sleep(5 * time.Second)
				s := seats[2]
				ticket := s.kill()
				change(w, &ticket)
				again := &seat{w: w, name: s.name}
				again.login(ctx, 1, &ticket)
				require.NoError(t, again.err, "its name is free again")
				require.Nil(t, again.lobby.Room())
				require.NotEmpty(t, again.lobby.Games())
				for seats[0].count() < m.frames {
					time.Sleep(time.Second)
				}
				require.Error(t, s.err)
				*s = seat{w: w, frames: seats[0].frames}
				time.Sleep(time.Second)
			})
		})
	}
}

// A forged ticket does not even take the name of a player who is away.
func TestAForgedRejoinTakesNothing(t *testing.T) {
	m := match{seed: 85, types: []wire.ConnectionType{1, 1}, profile: network.Cable(), size: 4, frames: 3000}
	m.scene(t, func(ctx context.Context, t *testing.T, w *world, seats []*seat) {
		time.Sleep(5 * time.Second)
		w.cut(seats[1], true)
		time.Sleep(20 * time.Second)
		forged, _ := seats[1].lobby.Ticket()
		forged.Key[0] ^= 1
		thief := &seat{w: w, name: "player2"}
		thief.login(ctx, 1, &forged)
		var refused *kclient.RefusedError
		require.ErrorAs(t, thief.err, &refused)
		w.cut(seats[1], false)
	})
}

// The game ends while a player is away: it is told so when it is heard again.
func TestTheGameEndsMeanwhile(t *testing.T) {
	m := match{seed: 90, types: []wire.ConnectionType{1, 1}, profile: network.Cable(), size: 4, frames: 1500}
	m.meanwhile(t, func(ctx context.Context, t *testing.T, w *world, seats []*seat, all *sync.WaitGroup) {
		time.Sleep(5 * time.Second)
		w.cut(seats[1], true)
		time.Sleep(20 * time.Second)
		require.NoError(t, seats[0].room.Leave(ctx)) // the owner closes the room
		w.cut(seats[1], false)
		all.Wait()
		require.Truef(t, kclient.IsOver(seats[1].err), "%v", seats[1].err)
		require.NoError(t, seats[1].lobby.Err())
	})
}

// Nobody who is behind holds the others up, even if its emulator never hurries.
func TestASlowRejoinHoldsNobodyUp(t *testing.T) {
	m := match{seed: 95, types: []wire.ConnectionType{1, 1}, profile: network.Cable(), size: 4, frames: 2400}
	m.table(t, func(ctx context.Context, t *testing.T, w *world, seats []*seat, all *sync.WaitGroup) {
		all.Go(func() { seats[0].play(ctx, m.frames) })
		all.Go(func() { seats[1].play(ctx, 300) })
		time.Sleep(4 * time.Second)
		ticket := seats[1].kill()
		time.Sleep(15 * time.Second)
		again := &seat{w: w, name: "player2"}
		again.login(ctx, 1, &ticket)
		require.NotNil(t, again.lobby.Room())
		g, err := again.lobby.Room().WaitStart(ctx)
		require.NoError(t, err)
		values := make([]byte, 32)
		for range 100 {
			_, err := g.Exchange(ctx, values, 4)
			require.NoError(t, err)
			time.Sleep(time.Second / 10)
		}
		require.NoError(t, g.Drop())
		all.Wait()
		require.NoError(t, seats[0].err)
		require.Less(t, seats[0].game.Stats().LongestStall, 12*time.Second)
	})
}

// Another emulator, with another size of input, cannot rejoin the game.
func TestAnotherEmulatorDoesNotRejoin(t *testing.T) {
	m := match{seed: 97, types: []wire.ConnectionType{1, 1}, profile: network.Cable(), size: 4, frames: 1500}
	m.meanwhile(t, func(ctx context.Context, t *testing.T, w *world, seats []*seat, all *sync.WaitGroup) {
		time.Sleep(4 * time.Second)
		ticket := seats[1].kill()
		time.Sleep(3 * time.Second)
		again := &seat{w: w, name: "player2"}
		again.login(ctx, 1, &ticket)
		g, err := again.lobby.Room().WaitStart(ctx)
		require.NoError(t, err)
		_, err = g.Exchange(ctx, make([]byte, 64), 8)
		require.ErrorContains(t, err, "not the same emulator")
		all.Wait()
		require.NoError(t, seats[0].err)
	})
}

// A server that keeps no places drops who vanishes, as old ones do.
func TestComebackSwitchedOff(t *testing.T) {
	m := match{seed: 99, types: []wire.ConnectionType{1, 1}, profile: network.Cable(), size: 4, frames: 1500,
		server: func(c *server.Config) { c.Comeback = -1 }}
	m.meanwhile(t, func(ctx context.Context, t *testing.T, w *world, seats []*seat, all *sync.WaitGroup) {
		time.Sleep(5 * time.Second)
		_, ok := seats[1].lobby.Ticket()
		require.False(t, ok)
		w.cut(seats[1], true)
		all.Wait()
		require.NoError(t, seats[0].err)
		var timeout *kclient.TimeoutError
		require.True(t, errors.As(seats[1].err, &timeout), "%v", seats[1].err)
		require.Equal(t, 15*time.Second, timeout.After)
	})
}
