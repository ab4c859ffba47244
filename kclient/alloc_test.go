package kclient_test

import (
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"kbridge/kclient"
	"kbridge/kclient/race"
	"kbridge/kclient/wire"
	"kbridge/server"
	"kbridge/server/servertest"
)

// soloGame starts a game of one player on a real server over real sockets.
func soloGame(t testing.TB) (*kclient.Game, func()) {
	srv := servertest.Start(t, func(c *server.Config) { c.Logger = slog.New(slog.DiscardHandler) })
	l, err := kclient.Dial(t.Context(), srv.Addr, kclient.Config{User: "solo", Emulator: "test"})
	require.NoError(t, err)
	r, err := l.Create(t.Context(), "Duel")
	require.NoError(t, err)
	require.NoError(t, r.Start(t.Context()))
	g, err := r.WaitStart(t.Context())
	require.NoError(t, err)
	return g, func() { l.Quit("") }
}

// exchange plays one frame; input changes every 16 frames, so that new and
// cached inputs both pass.
func exchange(t testing.TB, g *kclient.Game, values []byte, frame *int) {
	clear(values)
	*frame++
	values[0] = byte(*frame / 16)
	values[1] = byte(*frame / 4096)
	if _, err := g.Exchange(t.Context(), values, 4); err != nil {
		t.Fatal(err)
	}
}

// TestFrameAllocatesNothing covers the whole path in one process: Exchange,
// client session, server, relay and back.
func TestFrameAllocatesNothing(t *testing.T) {
	if race.Enabled {
		t.Skip("skipped: the race detector allocates")
	}
	g, quit := soloGame(t)
	defer quit()
	values := make([]byte, 4*wire.MaxPlayers)
	frame := 0
	for range 2000 { // until buffers and caches have their size
		exchange(t, g, values, &frame)
	}
	require.Zero(t, testing.AllocsPerRun(2000, func() { exchange(t, g, values, &frame) }))
}

// BenchmarkClientFrame is one Exchange through a server in the same process.
func BenchmarkClientFrame(b *testing.B) {
	g, quit := soloGame(b)
	defer quit()
	values := make([]byte, 4*wire.MaxPlayers)
	frame := 0
	for range 2000 {
		exchange(b, g, values, &frame)
	}
	b.ReportAllocs()
	for b.Loop() {
		exchange(b, g, values, &frame)
	}
}
