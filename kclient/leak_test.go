package kclient_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"runtime/debug"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient"
	"kbridge/kclient/wire"
	"kbridge/server"
	"kbridge/server/servertest"
)

// resources is what must not grow.
type resources struct {
	goroutines, sockets int
	heap                uint64
}

func measure(t testing.TB) resources {
	t.Helper()
	for range 3 {
		runtime.GC()
	}
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	r := resources{goroutines: runtime.NumGoroutine(), sockets: -1, heap: m.HeapAlloc}
	if fds, err := os.ReadDir("/proc/self/fd"); err == nil { // Linux only
		r.sockets = len(fds)
	}
	return r
}

// requireFlat waits for the resources to come back to what they were; goroutines
// need a moment to end after what they did is done.
func requireFlat(t testing.TB, before resources, heapSlack uint64) {
	t.Helper()
	var after resources
	for range 200 {
		after = measure(t)
		if after.goroutines <= before.goroutines && after.sockets <= before.sockets &&
			after.heap <= before.heap+heapSlack {
			t.Logf("before %+v, after %+v", before, after)
			return
		}
		<-time.After(50 * time.Millisecond)
	}
	require.Failf(t, "something leaks", "before %+v, after %+v", before, after)
}

// quiet keeps no log, which would grow with every connection.
func quiet(c *server.Config) {
	c.MaxUsers = 500
	c.Logger = slog.New(slog.DiscardHandler)
}

// TestConnectsLeakNothing logs in and out a thousand times over real sockets.
func TestConnectsLeakNothing(t *testing.T) {
	srv := servertest.Start(t, quiet)
	connect := func(i int) {
		l, err := kclient.Dial(t.Context(), srv.Addr, kclient.Config{User: fmt.Sprint("user", i), Emulator: "test"})
		require.NoError(t, err)
		require.NoError(t, l.Quit("bye"))
	}
	// until every pool and table has its size: the server remembers 1,024 ended sessions for a while
	for i := range 1100 {
		connect(i)
	}
	before := measure(t)
	for i := range 1000 {
		connect(i)
	}
	requireFlat(t, before, 1<<20)
}

// TestGamesLeakNothing plays a hundred games in a hundred rooms over real sockets.
func TestGamesLeakNothing(t *testing.T) {
	srv := servertest.Start(t, quiet)
	lobbies := [2]*kclient.Client{}
	for i := range lobbies {
		l, err := kclient.Dial(t.Context(), srv.Addr, kclient.Config{User: fmt.Sprint("player", i), Emulator: "test"})
		require.NoError(t, err)
		lobbies[i] = l
	}
	game := func() {
		room, err := lobbies[0].Create(t.Context(), "Duel")
		require.NoError(t, err)
		other, err := lobbies[1].Join(t.Context(), room.Info().ID)
		require.NoError(t, err)
		require.NoError(t, room.Start(t.Context()))
		done := make(chan error)
		for _, r := range []*kclient.Room{room, other} {
			go func() { done <- playFrames(t.Context(), r, 60) }()
		}
		require.NoError(t, <-done)
		require.NoError(t, <-done)
		require.NoError(t, other.Leave(t.Context()))
		require.NoError(t, room.Leave(t.Context()))
	}
	for range 5 {
		game()
	}
	before := measure(t)
	for range 100 {
		game()
	}
	requireFlat(t, before, 1<<20)
	for _, l := range lobbies {
		require.NoError(t, l.Quit("bye"))
	}
}

// playFrames plays n frames as fast as the other player lets it.
func playFrames(ctx context.Context, r *kclient.Room, n int) error {
	g, err := r.WaitStart(ctx)
	if err != nil {
		return err
	}
	values := make([]byte, 4*wire.MaxPlayers)
	for got := 0; got < n; {
		k, err := g.Exchange(ctx, values, 4)
		if err != nil {
			return err
		}
		if k > 0 {
			got++
		}
	}
	// The other player may still need our last batch.
	select {
	case <-time.After(20 * time.Millisecond):
	case <-ctx.Done():
	}
	return g.Drop()
}
