package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The test binary is the server, too.
func TestMain(m *testing.M) {
	if os.Getenv("SOAK_TEST_SERVES") != "" {
		if err := serve(os.Stdin, os.Stdout); err != nil {
			os.Exit(1)
		}
		return
	}
	os.Setenv("SOAK_TEST_SERVES", "1") // inherited by the server
	os.Exit(m.Run())
}

// A few seconds: too short for a verdict on memory, enough to see that everything works, and that the players are
// in sync under attack.
func TestShortSoak(t *testing.T) {
	if testing.Short() {
		t.Skip("takes three seconds")
	}
	self, err := os.Executable()
	require.NoError(t, err)
	var out bytes.Buffer
	r, err := soak(context.Background(), options{length: 3 * time.Second, every: 500 * time.Millisecond, rate: 0.3,
		seed: 1, self: []string{self}}, &out)
	require.NoError(t, err, out.String())
	require.NoError(t, r.server)
	require.GreaterOrEqual(t, len(r.samples), 5)
	last := r.samples[len(r.samples)-1]
	require.Positive(t, last.hostile)
	require.Positive(t, last.heap)
	require.Positive(t, r.talkers.said.Load())
	require.Len(t, r.victims, 3)
	require.Positive(t, r.newcomers.came.Load())
	for _, g := range r.games {
		require.Zero(t, g.desync, g.name)
		require.Positive(t, g.compared, g.name)
		for _, p := range g.players {
			require.Nil(t, p.err.Load())
			require.Greater(t, p.frames.Load(), int64(60), "of 180; this machine may be busy")
		}
	}
	require.Equal(t, len(r.samples)+3, strings.Count(out.String(), "\n"), out.String())
}

func TestServerThatDies(t *testing.T) {
	_, err := startServer(context.Background(), []string{"false"})
	require.ErrorContains(t, err, "the server did not start")
}

// steady is a soak with nothing wrong.
func steady() *result {
	r := &result{elapsed: 100 * time.Second, newcomers: &newcomers{}}
	r.newcomers.came.Store(50)
	for i := range 20 {
		r.samples = append(r.samples, sample{at: time.Duration(i) * time.Second, rss: 20 << 20, files: 9,
			heap: 10 << 20, goroutines: 3, slowest: 59.9})
	}
	g := &game{name: "Duel", digests: map[int]uint64{}, seen: map[int]int{}, compared: 100}
	for range 2 {
		p := &player{name: "ann", room: g}
		p.frames.Store(6000)
		g.players = append(g.players, p)
	}
	r.games = []*game{g}
	r.talkers = &talkers{all: []*talker{{name: "talker 1", said: 30, heard: map[string]int{"talker 1": 30,
		"talker 1 in the room": 30}}}}
	v := &victim{what: "blind"}
	v.sent.Store(2000)
	v.came.Store(5000)
	r.victims = []*victim{v}
	return r
}

// Every reason to fail has been seen to fail.
func TestVerdict(t *testing.T) {
	require.Empty(t, verdict(steady()))
	lost := errors.New("lost")
	for want, spoil := range map[string]func(r *result){
		"resident memory":       func(r *result) { leak(r, func(s *sample, i int) { s.rss += i << 20 }) },
		"heap":                  func(r *result) { leak(r, func(s *sample, i int) { s.heap += i << 20 }) },
		"goroutines":            func(r *result) { leak(r, func(s *sample, i int) { s.goroutines += i / 10 }) },
		"open files":            func(r *result) { leak(r, func(s *sample, i int) { s.files += i / 10 }) },
		"memory was 70.0 MiB":   func(r *result) { r.samples[0].rss = 70 << 20 },
		"used against somebody": func(r *result) { r.victims[0].came.Store(6100) },
		"heard 29 of the 30":    func(r *result) { r.talkers.all[0].heard["talker 1"] = 29 },
		"line 4, not 3":         func(r *result) { r.talkers.all[0].wrong = "line 4, not 3" },
		"different input":       func(r *result) { r.games[0].compare(60, 1); r.games[0].compare(60, 2) },
		"compared at 12 frames": func(r *result) { r.games[0].compared = 12 },
		"lost":                  func(r *result) { r.games[0].players[1].err.Store(&lost) },
		"59.00 frames a second": func(r *result) { r.games[0].players[0].frames.Store(5900) },
		"had 40.0 frames":       func(r *result) { r.samples[3].slowest = 40 },
		"1 of 50 newcomers":     func(r *result) { r.newcomers.failed.Store(1) },
		"0 of 0 newcomers":      func(r *result) { r.newcomers.came.Store(0) },
		"a newcomer's visit":    func(r *result) { r.newcomers.slowest.Store(int64(time.Minute)) },
		"did not end well":      func(r *result) { r.server = lost },
		"only 3 samples":        func(r *result) { r.samples = r.samples[:3] },
	} {
		r := steady()
		spoil(r)
		reasons := verdict(r)
		require.Len(t, reasons, 1, want)
		require.Contains(t, reasons[0], want)
	}
}

func leak(r *result, f func(s *sample, i int)) {
	for i := range r.samples {
		f(&r.samples[i], i)
	}
}

func TestComparedOnce(t *testing.T) {
	g := steady().games[0]
	for f := range 1000 {
		g.compare(f, uint64(f))
		g.compare(f, uint64(f))
	}
	require.Zero(t, g.desync)
	require.Empty(t, g.digests, "nothing is kept of what was compared")
	require.Empty(t, g.seen)
}

func TestFlags(t *testing.T) {
	o, err := parseFlags([]string{"-minutes", "10"})
	require.NoError(t, err)
	require.Equal(t, 10*time.Minute, o.length)
	require.Equal(t, 25*time.Second, o.every)
	for _, bad := range [][]string{{"-minutes", "0"}, {"-minutes", "NaN"}, {"-rate", "-1"}, {"ten"}} {
		_, err := parseFlags(bad)
		require.Error(t, err)
	}
}
