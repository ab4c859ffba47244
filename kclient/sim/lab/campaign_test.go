package lab

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/race"
)

// named picks from the campaign's own lists.
func named[T any](all []T, name func(T) string, names ...string) (chosen []T) {
	for _, n := range names {
		for _, x := range all {
			if name(x) == n {
				chosen = append(chosen, x)
			}
		}
	}
	return chosen
}

func weathers(names ...string) []Weather {
	return named(Weathers(), func(w Weather) string { return w.Name }, names...)
}

func rooms(names ...string) []Room {
	return named(Rooms(), func(r Room) string { return r.Name }, names...)
}

// requireAsItShouldBe fails with what is missed, and with the seeds to run again.
func requireAsItShouldBe(t *testing.T, rows []Row) {
	t.Helper()
	var table bytes.Buffer
	require.NoError(t, WriteTable(&table, rows))
	for _, m := range Missed(rows) {
		t.Error(m)
	}
	for i := range rows {
		for _, cfg := range rows[i].Failing {
			t.Errorf("failing: %v", cfg)
		}
	}
	if t.Failed() {
		t.Logf("\n%s", table.String())
	}
}

// The target: at 1, 5 and 10 % loss at most 1.5 times the floor's stalls, with no more datagrams.
func TestTarget(t *testing.T) {
	c := Campaign{Weathers: weathers("loss1", "loss5", "loss10"), Rooms: rooms("2", "4", "2slow", "2bad", "mixed"),
		Strategies: []Strategy{Ours, Floor}, Seeds: []uint64{1, 2}, Length: 5 * time.Minute}
	if testing.Short() || race.Enabled {
		c.Seeds, c.Rooms = c.Seeds[:1], rooms("2", "mixed")
	}
	rows, err := c.Run()
	require.NoError(t, err)
	for i := range rows {
		require.NotZero(t, rows[i].Results[1].Frames)
	}
	requireAsItShouldBe(t, rows)
}

// In every weather and room: no desync, no lost message, no lost game.
func TestNothingIsEverLost(t *testing.T) {
	c := Campaign{Weathers: Weathers(), Rooms: append(Rooms(), Room{"8 of all", []int{1, 2, 3, 4, 5, 6, 1, 6}}),
		Strategies: []Strategy{Ours}, Seeds: []uint64{11, 12}, Length: time.Minute}
	if testing.Short() || race.Enabled {
		c.Seeds = c.Seeds[:1]
	}
	rows, err := c.Run()
	require.NoError(t, err)
	requireAsItShouldBe(t, rows)
	for i := range rows {
		ours, _ := rows[i].Of(Ours)
		require.Greater(t, ours.Frames, 1000, "%s, room %s", rows[i].Weather, rows[i].Room)
		require.Less(t, ours.Stalls.Max(), 5*time.Second, "%s, room %s", rows[i].Weather, rows[i].Room)
	}
}

// The classic rules lose games at 5 % and more, and none without loss.
func TestClassicLosesGames(t *testing.T) {
	c := Campaign{Weathers: weathers("LAN", "loss5", "loss10"), Rooms: rooms("2"), Strategies: []Strategy{Classic},
		Seeds: []uint64{1, 2, 3}, Length: 5 * time.Minute}
	rows, err := c.Run()
	require.NoError(t, err)
	require.Zero(t, rows[0].Results[0].GamesLost)
	require.NotZero(t, rows[1].Results[0].GamesLost)
	life, ok := rows[2].Results[0].Life()
	require.True(t, ok)
	require.Less(t, life, 30*time.Second, "at 10 %%")
	require.Zero(t, rows[1].Results[0].Desyncs+rows[2].Results[0].Desyncs,
		"it stops, it does not play on with other frames")
}

// The same Config is the same game, alone or among others.
func TestRunsAreReproducible(t *testing.T) {
	cfg := Config{Strategy: Ours, Weather: weathers("Wi-Fi")[0], Connections: []int{1, 2, 3}, Seed: 5,
		Length: time.Minute}
	first, err := Run(cfg)
	require.NoError(t, err)
	again, err := Run(cfg)
	require.NoError(t, err)
	require.Equal(t, first, again)
	var trace bytes.Buffer
	cfg.Trace = &trace
	traced, err := Run(cfg)
	require.NoError(t, err)
	require.Equal(t, first, traced)
	require.Contains(t, trace.String(), "player 2 sends")

	c := Campaign{Weathers: weathers("Wi-Fi"), Rooms: []Room{{"3", []int{1, 2, 3}}}, Strategies: []Strategy{Ours},
		Seeds: []uint64{4, 5, 6}, Length: time.Minute, Workers: 2}
	parallel, err := c.Run()
	require.NoError(t, err)
	c.Workers = 1
	alone, err := c.Run()
	require.NoError(t, err)
	require.Equal(t, alone, parallel)
}

func TestRefusesRoomsThatCannotBe(t *testing.T) {
	_, err := Run(Config{Connections: []int{7}, Length: time.Second})
	require.Error(t, err)
}
