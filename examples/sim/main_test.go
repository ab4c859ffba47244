package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/sim/lab"
)

func TestRun(t *testing.T) {
	var out bytes.Buffer
	ok, err := run(options{seeds: 1, first: 1, minutes: 0.5, profiles: "LAN,cable", rooms: "2", quiet: true}, &out)
	require.NoError(t, err)
	require.True(t, ok, out.String())
	require.Contains(t, out.String(), "classic")
	require.Contains(t, out.String(), "no desync")
}

func TestRunReal(t *testing.T) {
	var out bytes.Buffer
	ok, err := run(options{seeds: 1, first: 1, minutes: 1, real: 0.05, profiles: "loss10", quiet: true}, &out)
	require.NoError(t, err)
	require.True(t, ok, out.String())
	require.Contains(t, out.String(), "2 real")
}

func TestRefusesWhatIsNotThere(t *testing.T) {
	for _, o := range []options{
		{seeds: 1, minutes: 1, profiles: "loss11"},
		{seeds: 1, minutes: 1, rooms: "3"},
		{seeds: 1, minutes: 1, strategies: "mine"},
		{seeds: 0, minutes: 1},
		{seeds: 1, minutes: 0},
		{seeds: 1, minutes: 1, real: 1},
		{seeds: 1, minutes: 1, real: 1, profiles: "blackout"},
	} {
		o.quiet = true
		_, err := run(o, new(bytes.Buffer))
		require.Error(t, err, "%+v", o)
	}
}

func TestTailWriter(t *testing.T) {
	w := tailWriter{limit: 10}
	for range 100 {
		w.Write([]byte("0123456"))
	}
	w.Write([]byte("the end"))
	require.Contains(t, string(w.kept), "the end")
	require.LessOrEqual(t, len(w.kept), 20)
}

// A failing game is played again, and the file says how to do so.
func TestKeep(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "failing")
	weather := lab.Weathers()[1]
	row := lab.Row{Weather: weather.Name, Room: "2", Failing: []lab.Config{{Weather: weather, Connections: []int{1, 1},
		Seed: 9, Length: 2 * time.Second}}}
	var out bytes.Buffer
	require.NoError(t, keep(options{keep: dir, minutes: 0.5}, []lab.Row{row}, &out))
	text, err := os.ReadFile(filepath.Join(dir, "cable-2-ours-9.txt"))
	require.NoError(t, err)
	require.Contains(t, string(text), "-profile cable -room 2 -strategy ours -seeds 1 -seed 9 -minutes 0.5")
	require.Contains(t, string(text), "player 1 sends")
}
