package kclient_test

import (
	"context"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/sim/lab"
	"kbridge/kclient/sim/network"
	"kbridge/kclient/sim/peers"
	"kbridge/kclient/wire"
)

// Sample seeds of the campaign in package lab with whole clients and servers: login, netsync and
// goodbye included.
func TestWholeGamesInTheLabsWeathers(t *testing.T) {
	rooms := [][]wire.ConnectionType{{1, 1}, {1, 2, 3, 4}, {3, 3}, {1, 1, 1, 1}}
	for i, weather := range lab.Weathers() {
		t.Run(weather.Name, func(t *testing.T) {
			profile := weather.Line
			if weather.Blackout.Every > 0 {
				profile.Burst = weather.Blackout // each direction by itself
				profile.Burst.Every = 15 * time.Second
			}
			m := match{seed: uint64(100 + i), profile: profile, types: rooms[i%len(rooms)], size: 4, frames: 1200,
				chat: true}
			bubble(t, m, func(t *testing.T, w *world) {
				ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
				defer cancel()
				_, rooms := w.lobbies(ctx)
				begun := time.Now()
				results := w.play(ctx, rooms)
				m.requireInSync(t, results)
				for p, r := range results {
					require.Less(t, r.stats.LongestStall, 4*time.Second, "player %d", p+1)
				}
				// above it a server refuses, unless it is told otherwise, and the login measures too little
				if weather.Ping(len(m.types)-1) < 250*time.Millisecond {
					require.Less(t, time.Since(begun), time.Minute, "20 seconds of play")
				}
			})
		})
	}
}

// The lab's simulation and whole clients and servers say the same of the same lines: how late frames are,
// and how many datagrams that costs.
func TestLabAgreesWithWholeGames(t *testing.T) {
	const seed, frames = 7, 3600
	weather := lab.Weather{Name: "loss10", Line: network.Loss(0.10)}
	simulated, err := lab.Run(lab.Config{Strategy: lab.Ours, Weather: weather, Connections: []int{1, 1}, Seed: seed,
		Length: frames * time.Second / 60})
	require.NoError(t, err)
	m := match{seed: seed, profile: weather.Line, types: []wire.ConnectionType{1, 1}, size: 4, frames: frames}
	bubble(t, m, func(t *testing.T, w *world) {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
		defer cancel()
		_, rooms := w.lobbies(ctx)
		results := w.play(ctx, rooms)
		m.requireInSync(t, results)
		for p, r := range results {
			perFrame := float64(r.stats.DatagramsSent+r.stats.DatagramsReceived) / frames
			// What the server sent and was lost is not counted at the client.
			require.InDelta(t, simulated.DatagramsPerFrame()*0.95, perFrame, 0.1, "player %d: datagrams in a frame",
				p+1)
			stall := r.stats.Stall.Seconds() / r.stats.Duration.Minutes()
			t.Logf("player %d: waited %.1f s in a minute; the lab says that frames were late by %.1f s", p+1, stall,
				simulated.StallPerMinute().Seconds())
			require.InDelta(t, simulated.StallPerMinute().Seconds(), stall, 0.5*simulated.StallPerMinute().Seconds())
		}
	})
}

// The lab's classic rules lose their games about as soon as whole models of n02 and EmuLinker do.
func TestLabsClassicRulesAreThoseOfTheModels(t *testing.T) {
	weather := lab.Weather{Name: "loss10", Line: network.Loss(0.10)}
	simulated, err := lab.Run(lab.Config{Strategy: lab.Classic, Weather: weather, Connections: []int{1, 1}, Seed: 1,
		Length: 10 * time.Minute})
	require.NoError(t, err)
	life, ok := simulated.Life()
	require.True(t, ok)
	var models time.Duration
	const games = 24
	for seed := range uint64(games) {
		models += modelLife(t, seed, weather.Line)
	}
	models /= games
	t.Logf("at 10 %% a game lasts %v in the lab, %v between the models", life, models)
	require.Less(t, life, 2*models)
	require.Less(t, models, 2*life)
}

// modelLife is how long two n02 play on an EmuLinker until the game is lost, at most five minutes. Only the
// game has bad lines.
func modelLife(t *testing.T, seed uint64, p network.Profile) (life time.Duration) {
	synctest.Test(t, func(t *testing.T) {
		good := p
		good.Loss = 0
		network := network.New(seed, good)
		addr := netip.MustParseAddrPort("10.0.0.1:27888")
		s, err := peers.NewEmuLinker(network, addr, time.Second)
		require.NoError(t, err)
		defer s.Close()
		var clients []*peers.Client
		for _, name := range []string{"one", "two"} {
			c, err := peers.DialN02(network, addr, peers.Options{User: name, Emulator: "test", Connection: 1})
			require.NoError(t, err)
			defer c.Close()
			clients = append(clients, c)
		}
		require.NoError(t, clients[0].Create("Duel"))
		require.NoError(t, clients[1].Join("Duel"))
		require.NoError(t, clients[0].AwaitPlayers(2))
		require.NoError(t, clients[0].Start())
		over := make(chan struct{}, len(clients))
		for _, c := range clients {
			go func() {
				c.Play(4, 5*60*60, func(frame int, b []byte) { lab.Input(seed, 0, frame, b) })
				over <- struct{}{}
			}()
		}
		for len(clients[0].Frames()) == 0 || len(clients[1].Frames()) == 0 {
			time.Sleep(10 * time.Millisecond) // virtual
		}
		network.SetProfile(p)
		begun := time.Now()
		// A client with a hole waits on; an EmuLinker that saw one plays on without that player.
		for life = 0; life < 5*time.Minute; life = time.Since(begun) {
			if len(over) > 0 || clients[0].Err() != nil || clients[1].Err() != nil || len(s.Desynchronised()) > 0 {
				break
			}
			time.Sleep(100 * time.Millisecond) // virtual
		}
		for _, c := range clients {
			c.Close()
		}
		for range clients {
			<-over
		}
	})
	return life
}
