package kclient_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/sim/network"
	"kbridge/kclient/wire"
)

func (m match) run(t *testing.T) {
	t.Helper()
	bubble(t, m, func(t *testing.T, w *world) {
		ctx := context.Background()
		lobbies, rooms := w.lobbies(ctx)
		m.requireInSync(t, w.play(ctx, rooms))
		for _, l := range lobbies {
			require.NoError(t, l.Quit("bye"))
		}
	})
}

func TestTwoPlayersInSync(t *testing.T) {
	match{seed: 1, profile: network.LAN(), types: []wire.ConnectionType{1, 1}, size: 2, frames: 600}.run(t)
}

// TestEveryMix plays 2 to 8 players, every connection type, input sizes 1 to 100,
// and loss from 0 to 20 % with jitter, duplicates and reordering.
func TestEveryMix(t *testing.T) {
	sizes := []int{1, 2, 4, 24, 100}
	losses := []float64{0, 0.01, 0.05, 0.10, 0.20}
	seed := uint64(0)
	for players := 2; players <= 8; players++ {
		for k := range 6 {
			seed++
			rng := rand.New(rand.NewPCG(seed, 7))
			m := match{seed: seed, frames: 180, size: sizes[int(seed)%len(sizes)], chat: seed%3 == 0}
			for range players {
				m.types = append(m.types, wire.ConnectionType(1+rng.IntN(6)))
			}
			m.types[0] = wire.ConnectionType(1 + k) // each type leads once
			m.profile = network.Loss(losses[int(seed/5)%len(losses)])
			m.profile.Delay = time.Duration(rng.IntN(60)) * time.Millisecond
			m.profile.Jitter = time.Duration(rng.IntN(20)) * time.Millisecond
			m.profile.Duplicate, m.profile.Reorder = 0.02, 0.02
			t.Run(fmt.Sprintf("%d players/%v/size %d/loss %v/seed %d", players, m.types, m.size, m.profile.Loss, seed),
				func(t *testing.T) { m.run(t) })
		}
	}
}
