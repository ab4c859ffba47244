package room

import (
	"testing"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/lockstep"
	"kbridge/server/door"
	"kbridge/server/limits"
)

func TestParseFrameDelay(t *testing.T) {
	for _, f := range []FrameDelay{FrameDelayAuto, FrameDelayOwn, FrameDelaySame} {
		got, err := ParseFrameDelay(f.String())
		require.NoError(t, err)
		require.Equal(t, f, got)
	}
	_, err := ParseFrameDelay("both")
	require.EqualError(t, err, `frame delay "both" is not one of auto, own, same`)
}

// nestopia is the default of Config.SameDelayEmulators.
var nestopia = []string{"Nestopia"}

// delayRoom is a room whose players have these types, emulator and one-way distances.
func delayRoom(rules Rules, emulator string, types []int, pings []uint32, ours bool) *Room {
	r := New(&Shared{Rules: rules}, nil, Opening{Runs: emulator})
	for i, typ := range types {
		m := &door.Member{Connection: typ, Ping: pings[i], MaxDelay: limits.MaxOldDelay}
		if ours {
			m.MaxDelay = lockstep.MaxFrameDelay
		}
		r.Enter(m, nil, &Rates{})
	}
	return r
}

// Each player has the delay of its own ping; where types are mixed, with room for the batches of the others.
func TestOwnFrameDelayIsOfTheOwnPing(t *testing.T) {
	r := delayRoom(Rules{}, "MAME", []int{1, 1, 1}, []uint32{10, 90, 400}, true)
	d, err := r.frameDelays()
	require.NoError(t, err)
	require.Equal(t, []int{1, 6, 25}, d)

	r = delayRoom(Rules{}, "MAME", []int{3, 3}, []uint32{10, 90}, true)
	d, err = r.frameDelays()
	require.NoError(t, err)
	require.Equal(t, []int{1, 2}, d, "one type: no more than EmuLinker gives")

	r = delayRoom(Rules{}, "MAME", []int{1, 3}, []uint32{10, 40}, true)
	d, err = r.frameDelays()
	require.NoError(t, err)
	require.Equal(t, []int{1, 2}, d, "2.4 frames of ping and 2 of batches are two batches of 3")
}

// SupraClient's ring holds 15 batches.
func TestOldClientsAreNeverGivenMoreThan14(t *testing.T) {
	for _, delay := range []FrameDelay{FrameDelayOwn, FrameDelaySame} {
		r := delayRoom(Rules{FrameDelay: delay}, "MAME", []int{1, 2}, []uint32{400, 900}, false)
		d, err := r.frameDelays()
		require.NoError(t, err)
		for _, d := range d {
			require.LessOrEqual(t, d, 14)
			require.Positive(t, d)
		}
	}
}

// The same delay in frames for everybody, whatever the types: the longest, rounded up to what all types have.
func TestSameFrameDelayIsTheSameInFrames(t *testing.T) {
	for _, row := range []struct {
		types []int
		pings []uint32
		want  int // D
	}{
		{[]int{1, 1}, []uint32{10, 90}, 6},
		{[]int{3, 3}, []uint32{10, 90}, 8},
		{[]int{1, 3}, []uint32{90, 10}, 8},
		{[]int{1, 2, 3}, []uint32{10, 10, 10}, 5},
		{[]int{1, 4, 6}, []uint32{10, 10, 10}, 11},
		{[]int{1, 6}, []uint32{10, 10}, 11},
		{[]int{1, 2}, []uint32{400, 10}, 13}, // 14 is the most for type 1, and odd
	} {
		r := delayRoom(Rules{FrameDelay: FrameDelaySame}, "MAME", row.types, row.pings, false)
		d, err := r.frameDelays()
		require.NoError(t, err)
		for i, d := range d {
			require.Equal(t, row.want, lockstep.Delay(row.types[i], d), "%v %v", row.types, row.pings)
		}
	}
}

// Where old clients' types have no delay in common that all can bear, the game does not start, and the owner is told
// why.
func TestTypesWithoutACommonDelayDoNotStart(t *testing.T) {
	r := delayRoom(Rules{FrameDelay: FrameDelaySame}, "Nestopia", []int{1, 4, 5},
		[]uint32{10, 10, 10}, false)
	_, err := r.frameDelays()
	require.ErrorContains(t, err, "no frame delay in common below the 14 frames")
	r = delayRoom(Rules{FrameDelay: FrameDelaySame}, "Nestopia", []int{1, 4, 5},
		[]uint32{10, 10, 10}, true)
	d, err := r.frameDelays()
	require.NoError(t, err)
	require.Equal(t, []int{19, 4, 3}, d)
}

// Emulators that are known to repeat a call until it returns a frame get the same delay, others do not.
func TestAutoFrameDelayGoesByTheEmulator(t *testing.T) {
	two, pings := []int{1, 1}, []uint32{10, 90}
	for _, row := range []struct {
		name string
		cfg  Rules
		same bool
	}{
		{"Nestopia 1.09", Rules{SameDelayEmulators: nestopia}, true},
		{"nestopia plus", Rules{SameDelayEmulators: nestopia}, true},
		{"MAME32 Nestopia", Rules{SameDelayEmulators: nestopia}, false},
		{"Nestopia 1.09", Rules{FrameDelay: FrameDelayOwn, SameDelayEmulators: nestopia}, false},
		{"MAME", Rules{FrameDelay: FrameDelaySame}, true},
		{"Nestopia 1.09", Rules{SameDelayEmulators: []string{}}, false},
		{"FCEUX", Rules{SameDelayEmulators: []string{"FCE", "1964"}}, true},
	} {
		r := delayRoom(row.cfg, row.name, two, pings, true)
		d, err := r.frameDelays()
		require.NoError(t, err)
		require.Equal(t, row.same, d[0] == d[1], "%+v", row)
	}
}
