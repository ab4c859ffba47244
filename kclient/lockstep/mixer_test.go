package lockstep_test

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"kbridge/kclient/framecache"
	"kbridge/kclient/lockstep"
)

func TestMixerConfig(t *testing.T) {
	for _, row := range []struct {
		config lockstep.MixerConfig
		says   string
	}{
		{lockstep.MixerConfig{}, "0 players"},
		{lockstep.MixerConfig{Connections: make([]int, 9), FrameDelays: make([]int, 9)}, "9 players"},
		{lockstep.MixerConfig{Connections: []int{1, 1}, FrameDelays: []int{1}}, "1 frame delays for 2 players"},
		{lockstep.MixerConfig{Connections: []int{1, 0}, FrameDelays: []int{1, 1}}, "player 1: "},
		{lockstep.MixerConfig{Connections: []int{7, 1}, FrameDelays: []int{1, 1}}, "connection type 7"},
		{lockstep.MixerConfig{Connections: []int{1, 1}, FrameDelays: []int{1, 256}}, "frame delay 256"},
		{lockstep.MixerConfig{Connections: []int{1}, FrameDelays: []int{-1}}, "frame delay -1"},
		{lockstep.MixerConfig{Connections: []int{1}, FrameDelays: []int{1}, Numbering: 3}, "numbering 3"},
	} {
		m, err := lockstep.NewMixer(row.config)
		must(t, m == nil && errors.Is(err, lockstep.ErrConfig), "%+v: %v", row.config, err)
		must(t, strings.Contains(err.Error(), row.says), "%v does not say %q", err, row.says)
	}
}

// The configuration's slices are the caller's: what it does with them later is not the game's business.
func TestMixerKeepsNoSliceOfItsConfig(t *testing.T) {
	config := lockstep.MixerConfig{Connections: []int{1, 1}, FrameDelays: []int{1, 1}}
	m := newMixer(t, config)
	config.Connections[0], config.FrameDelays[0] = 6, 9
	give(t, m, 0, "a")
	give(t, m, 1, "b")
	next(t, m, 0, "ab")
}

// Whoever sends first fixes the size, also when somebody dropped before any size was known; the dropped one's part has
// it too.
func TestDropBeforeTheSizeIsKnown(t *testing.T) {
	for _, padding := range []bool{false, true} {
		m := newMixer(t, lockstep.MixerConfig{Connections: []int{3, 1, 2}, FrameDelays: []int{1, 5, 2},
			Padding: padding})
		m.Drop(0)
		nothing(t, m, 0, 1, 2)
		equal(t, 0, m.Size())
		if !padding {
			give(t, m, 2, "c0c1")
			give(t, m, 1, "b0")
			next(t, m, 1, "\x00\x00b0c0")
			give(t, m, 1, "b1")
			next(t, m, 1, "\x00\x00b1c1")
			next(t, m, 2, "\x00\x00b0c0\x00\x00b1c1")
			continue
		}
		// The padding is what it was at the start: the frames of the game do not move when somebody leaves.
		give(t, m, 1, "b0")
		next(t, m, 1, "\x00\x00b0\x00\x00")
		give(t, m, 2, "c0c1")
		give(t, m, 1, "b1")
		next(t, m, 1, "\x00\x00b1c0")
		next(t, m, 2, "\x00\x00b0\x00\x00\x00\x00b1c0")
	}
}

// The one the others wait for drops: everything they are owed comes at once, in order.
func TestDropFreesTheOthers(t *testing.T) {
	m := newMixer(t, lockstep.MixerConfig{Connections: []int{1, 1, 1}, FrameDelays: []int{2, 2, 2}})
	for _, round := range []string{"0", "1", "2"} {
		give(t, m, 0, "a"+round)
		give(t, m, 1, "b"+round)
	}
	nothing(t, m, 0, 1, 2)
	equal(t, lockstep.PlayerSet(0b100), m.Waiting())
	must(t, m.Waiting().Has(2) && !m.Waiting().Has(0))
	m.Drop(2)
	equal(t, 3, m.Frames())
	for p := range 2 {
		next(t, m, p, "a0b0\x00\x00")
		next(t, m, p, "a1b1\x00\x00")
		next(t, m, p, "a2b2\x00\x00")
	}
	nothing(t, m, 0, 1, 2)
	equal(t, lockstep.PlayerSet(0b011), m.Waiting())
}

// When everybody has dropped nothing more comes out, though there may be frames that nobody had.
func TestNothingAfterEverybodyDropped(t *testing.T) {
	m := newMixer(t, lockstep.MixerConfig{Connections: []int{1, 1}})
	give(t, m, 0, "a")
	m.Drop(1)
	m.Drop(0)
	nothing(t, m, 0, 1)
	equal(t, lockstep.PlayerSet(0), m.Waiting())
	equal(t, lockstep.PlayerSet(0), m.Active())
	equal(t, 0, m.Frames())
	equal(t, lockstep.ErrDropped, m.Input(0, []byte("a")))
}

// One player is a game too.
func TestOnePlayer(t *testing.T) {
	for c := 1; c <= lockstep.MaxConnection; c++ {
		m := newMixer(t, lockstep.MixerConfig{Connections: []int{c}, Padding: true})
		give(t, m, 0, strings.Repeat("x", c))
		next(t, m, 0, strings.Repeat("x", c))
		nothing(t, m, 0)
	}
}

// A server in front of n02, which sends 12 also for what it has sent before: its cache is kept as n02 keeps it, with
// the duplicates, which count as entries when it overflows.
func TestSenderOfGameDataOnly(t *testing.T) {
	for _, numbering := range []framecache.Numbering{framecache.Window, framecache.Ring} {
		m := newMixer(t, lockstep.MixerConfig{Connections: []int{1}, Numbering: numbering})
		for range 255 {
			give(t, m, 0, "a")
			m.Next(0)
		}
		give(t, m, 0, "b")
		m.Next(0)
		must(t, m.InputCached(0, 255) == nil)
		nextCached(t, m, 0, 1, "b")
		give(t, m, 0, "c") // the 257th pushes out the first a
		next(t, m, 0, "c")
		at := map[framecache.Numbering]uint8{framecache.Window: 254, framecache.Ring: 255}[numbering]
		must(t, m.InputCached(0, at) == nil)
		nextCached(t, m, 0, 1, "b")
	}
}

// A message of a player stays as it was while the others' messages are made.
func TestPayloadsOfPlayersAreTheirOwn(t *testing.T) {
	m := newMixer(t, lockstep.MixerConfig{Connections: []int{1, 2}, FrameDelays: []int{1, 0}})
	give(t, m, 1, "yz")
	give(t, m, 0, "a")
	give(t, m, 0, "b")
	first, _ := m.Next(0)
	equal(t, "ay", string(first.Payload))
	other, _ := m.Next(1)
	equal(t, "ay", string(first.Payload))
	second, _ := m.Next(0)
	equal(t, "bz", string(second.Payload))
	equal(t, "aybz", string(other.Payload))
}

// EmuLinker's d = floor(60 / c × ping seconds + 1).
func TestFrameDelayForPing(t *testing.T) {
	for _, row := range []struct {
		c    int
		ping time.Duration
		want int
	}{
		{1, 0, 1}, {1, -time.Second, 1}, {1, 16 * time.Millisecond, 1}, {1, 17 * time.Millisecond, 2},
		{1, 100 * time.Millisecond, 7}, {2, 100 * time.Millisecond, 4}, {3, 100 * time.Millisecond, 3},
		{6, 100 * time.Millisecond, 2},
		{1, time.Second, 61}, {6, time.Second, 11}, {1, time.Hour, lockstep.MaxFrameDelay},
		{1, math.MaxInt64, lockstep.MaxFrameDelay}, {0, time.Second, 1},
	} {
		equal(t, row.want, lockstep.FrameDelay(row.c, row.ping), "c %d, ping %v", row.c, row.ping)
	}
}
