package kclient_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/framecache"
	"kbridge/kclient/sim/network"
	"kbridge/kclient/wire"
)

// TestSeqWrapInGame plays past message 65,535 in both directions, with loss.
func TestSeqWrapInGame(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped: -short, and this plays nineteen (virtual) minutes")
	}
	match{seed: 5, profile: network.Loss(0.02), types: []wire.ConnectionType{1, 1}, size: 1, frames: 66_500}.run(t)
}

// TestCacheTurnsOver plays with many more different inputs than the caches hold,
// in both numberings.
func TestCacheTurnsOver(t *testing.T) {
	for _, numbering := range []framecache.Numbering{framecache.Window, framecache.Ring} {
		t.Run(numbering.String(), func(t *testing.T) {
			match{seed: 6, profile: network.Loss(0.02), types: []wire.ConnectionType{1, 2}, size: 4, frames: 6000,
				distinct: 700, numbering: numbering}.run(t)
		})
	}
}

// TestTwoGamesInOneRoom: everything that counts per game starts anew.
func TestTwoGamesInOneRoom(t *testing.T) {
	m := match{seed: 7, profile: network.Loss(0.05), types: []wire.ConnectionType{1, 3, 2}, size: 3, frames: 200,
		server: unlimited}
	bubble(t, m, func(t *testing.T, w *world) {
		ctx := context.Background()
		lobbies, rooms := w.lobbies(ctx)
		for range 3 {
			// The owner can start again when the last player has dropped.
			waitFor(t, lobbies[0], func() bool { return rooms[0].Info().State.Joinable() })
			results := w.play(ctx, rooms)
			m.requireInSync(t, results)
			require.Positive(t, results[0].stats.CachedBatches)
		}
	})
}
