package kclient_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient"
	"kbridge/kclient/sim/network"
	"kbridge/kclient/wire"
)

// Our client on models of the servers that are in use, and beside models of the clients that
// are in use (package peers).

// EmuLinker answers repeats, so nothing ordinary on the line can end a game of ours on it.
func TestPlayOnEmuLinker(t *testing.T) {
	for _, loss := range []float64{0, 0.01, 0.05} {
		for _, types := range [][]wire.ConnectionType{{1, 1}, {2, 2, 2}, {6, 6}} {
			t.Run(fmt.Sprintf("loss=%v types=%v", loss, types), func(t *testing.T) {
				for seed := range uint64(5) {
					m := mixedMatch{seed: seed, server: onEmuLinker, who: []string{ours, ours, ours}[:len(types)],
						types: types, size: 4, frames: 500,
						lobby: roughly(20*time.Millisecond, 0), play: roughly(20*time.Millisecond, loss)}
					m.run(t)
					require.Equal(t, len(types), m.finished(), "%v", &m)
					require.Empty(t, m.desyncs)
				}
			})
		}
	}
}

// direlera-rs sends everything once: when its last datagrams to everybody are lost, nobody can go on. Else a game of
// ours plays to its end, although it takes one message from a datagram only.
func TestPlayOnDirelera(t *testing.T) {
	for _, loss := range []float64{0, 0.01, 0.05} {
		for _, types := range [][]wire.ConnectionType{{1, 1}, {1, 2, 3}} {
			t.Run(fmt.Sprintf("loss=%v types=%v", loss, types), func(t *testing.T) {
				players, finished := 0, 0
				for seed := range uint64(6) {
					m := mixedMatch{seed: seed, server: onDirelera, who: []string{ours, ours, ours}[:len(types)],
						types: types, size: 2, frames: 500,
						lobby: roughly(20*time.Millisecond, 0), play: roughly(20*time.Millisecond, loss)}
					m.run(t)
					players += len(types)
					finished += m.finished()
				}
				t.Logf("%d of %d finished", finished, players)
				if loss == 0 {
					require.Equal(t, players, finished)
				}
			})
		}
	}
}

// Ours beside the others' clients, on every server.
func TestPlayBesideDeployedClients(t *testing.T) {
	for _, where := range []string{onOurs, onEmuLinker, onDirelera} {
		for _, loss := range []float64{0, 0.01, 0.05} {
			for _, who := range [][]string{{ours, n02}, {supra, ours}, {n02, ours, supra}} {
				t.Run(fmt.Sprintf("%s, %v, loss=%v", where, who, loss), func(t *testing.T) {
					types := []wire.ConnectionType{1, 2, 3}[:len(who)]
					if where == onEmuLinker {
						types = []wire.ConnectionType{2, 2, 2}[:len(who)]
					}
					players, finished := 0, 0
					for seed := range uint64(3) {
						m := mixedMatch{seed: seed, server: where, who: who, types: types, size: 2, frames: 400,
							lobby: roughly(20*time.Millisecond, 0), play: roughly(20*time.Millisecond, loss)}
						m.run(t)
						players += len(types)
						finished += m.finished()
					}
					t.Logf("%d of %d finished", finished, players)
					if loss == 0 {
						require.Equal(t, players, finished)
					}
				})
			}
		}
	}
}

// EmuLinker keeps nine messages. With a longer delay than that, an outage on the way to a player costs that player the
// game: it says so within seconds, and the others play on. (The other one plays on slowly: EmuLinker-K gives out one
// frame for each batch that comes, so what had piled up behind the lost one stays piled up, and every frame takes a
// whole way there and back.)
func TestEmuLinkerHasThrownMessagesAway(t *testing.T) {
	lost := 0
	for _, outage := range []time.Duration{150, 250, 400, 1500} {
		m := mixedMatch{seed: 1, server: onEmuLinker, who: []string{ours, ours}, types: []wire.ConnectionType{1, 1},
			size: 4, frames: 500,
			lobby: roughly(110*time.Millisecond, 0), play: roughly(110*time.Millisecond, 0)}
		m.during = func(m *mixedMatch, n *network.Network) {
			time.Sleep(6 * time.Second)
			p := m.play
			p.Loss = 1
			to := m.players[0].(*ourPlayer).host
			n.SetPath(mixedServer.Addr(), to, p)
			time.Sleep(outage * time.Millisecond)
			n.SetPath(mixedServer.Addr(), to, m.play)
		}
		m.run(t)
		require.NoError(t, m.result[1], "the other one plays on, outage %d ms", outage)
		if m.result[0] != nil {
			require.ErrorIs(t, m.result[0], kclient.ErrLost)
			lost++
		}
		require.Less(t, m.ended[0], 40*time.Second)
	}
	require.Positive(t, lost, "more than nine were lost at least once")
}

// A server that dies in the middle of a game ends it after the stall time, with an error that says so.
func TestDeployedServerDies(t *testing.T) {
	for _, where := range []string{onEmuLinker, onDirelera} {
		m := mixedMatch{seed: 1, server: where, who: []string{ours, ours}, types: []wire.ConnectionType{1, 1}, size: 4,
			frames: 600,
			lobby:  roughly(15*time.Millisecond, 0), play: roughly(15*time.Millisecond, 0)}
		m.during = func(m *mixedMatch, n *network.Network) {
			time.Sleep(5 * time.Second)
			p := m.play
			p.Loss = 1
			n.SetProfile(p)
		}
		m.run(t)
		for _, err := range m.result {
			var timeout *kclient.TimeoutError
			require.ErrorAs(t, err, &timeout, where)
		}
		require.Less(t, m.took, 30*time.Second)
	}
}

// A lossy line in the lobby. EmuLinker answers repeats; direlera-rs says everything once, and what it answers with
// silence ends in an error that tells what was waited for.
func TestDeployedLobbiesUnderLoss(t *testing.T) {
	for _, where := range []string{onEmuLinker, onDirelera} {
		for _, loss := range []float64{0.01, 0.05, 0.2} {
			t.Run(fmt.Sprintf("%s, loss=%v", where, loss), func(t *testing.T) {
				worked := 0
				const seeds = 12
				for seed := range uint64(seeds) {
					synctest.Test(t, func(t *testing.T) {
						network := network.New(seed, roughly(25*time.Millisecond, loss))
						m := mixedMatch{seed: seed, server: where}
						stop := m.serve(t, network)
						defer stop()
						begun := time.Now()
						err := func() error {
							p, err := dialOurs(network, "one", 1)
							if err != nil {
								return err
							}
							defer p.Quit()
							q, err := dialOurs(network, "two", 1)
							if err != nil {
								return err
							}
							defer q.Quit()
							if err := p.Create("Puzzle"); err != nil {
								return err
							}
							if err := q.Join("Puzzle"); err != nil {
								return err
							}
							return p.AwaitPlayers(2)
						}()
						require.Less(t, time.Since(begun), 3*time.Minute)
						if err == nil {
							worked++
							return
						}
						t.Logf("seed %d: %v", seed, err)
					})
				}
				t.Logf("%d of %d worked", worked, seeds)
				if where == onEmuLinker && loss < 0.1 {
					// What EmuLinker tells somebody who asks for nothing may still get lost.
					require.GreaterOrEqual(t, worked, seeds*3/4)
				}
			})
		}
	}
}

// What servers refuse: EmuLinker with a reason. direlera-rs lets people into running games.
func TestDeployedRefusals(t *testing.T) {
	for _, where := range []string{onEmuLinker, onDirelera} {
		synctest.Test(t, func(t *testing.T) {
			network := network.New(1, network.LAN())
			m := mixedMatch{server: where}
			stop := m.serve(t, network)
			defer stop()
			dial := func(name string, c wire.ConnectionType) *ourPlayer {
				p, err := dialOurs(network, name, c)
				require.NoError(t, err)
				return p
			}
			one, two, three := dial("one", 1), dial("two", 2), dial("three", 1)
			defer one.Quit()
			defer two.Quit()
			defer three.Quit()
			require.NoError(t, one.Create("Puzzle"))
			require.NoError(t, two.Join("Puzzle"))
			begun := time.Now()
			err := one.Start()
			var refused *kclient.RefusedError
			if where == onEmuLinker {
				require.ErrorAs(t, err, &refused, "mixed connection types")
				require.NotEmpty(t, refused.Reason)
				require.NoError(t, two.room.Leave(context.Background()))
				require.NoError(t, one.Start())
			} else {
				require.NoError(t, err, "mixed types play there")
			}
			require.True(t, patiently(func() bool { return three.lobby.Games()[0].State != wire.GameWaiting }))
			err = three.Join("Puzzle")
			if where == onEmuLinker {
				require.ErrorAs(t, err, &refused, "a running game")
				require.NotEmpty(t, refused.Reason)
			} else {
				require.NoError(t, err)
				left := time.Now()
				require.NoError(t, three.room.Leave(context.Background()), "of which nobody tells it")
				require.Less(t, time.Since(left), 2*time.Second)
			}
			require.Less(t, time.Since(begun), 20*time.Second)
			require.NoError(t, three.Create("Another"), "and goes on in the lobby")
		})
	}
}
