package history_test

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/history"
	"kbridge/kclient/race"
)

// play makes frames as players do: most bytes stay for a while.
func held(seed uint64, frames, size int) (all [][]byte) {
	r := rand.New(rand.NewPCG(seed, 1))
	frame := make([]byte, size)
	for range frames {
		if r.IntN(4) == 0 {
			for range 1 + r.IntN(3) {
				frame[r.IntN(size)] = byte(r.Uint32())
			}
		}
		all = append(all, bytes.Clone(frame))
	}
	return all
}

// What goes in comes out, however the bytes are cut into parts and whenever the
// record was looked at.
func TestWhatIsRecordedIsRead(t *testing.T) {
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 2))
		size := 1 + r.IntN(100)
		want := held(seed, 1+r.IntN(3000), size)
		var h history.Record
		p := history.NewReader(size)
		got, dst := 0, make([]byte, size)
		take := func() {
			for {
				n, ok, err := p.Next(dst)
				require.NoError(t, err, "seed %d", seed)
				if !ok {
					return
				}
				require.Equal(t, want[got], dst[:n], "seed %d, frame %d", seed, got)
				got++
			}
		}
		sent := 0
		for i, f := range want {
			h.Add(f)
			if r.IntN(20) == 0 || i == len(want)-1 {
				h.Flush()
				require.Equal(t, i+1, h.Frames())
				for sent < h.Bytes() {
					b := h.At(sent, 1+r.IntN(30))
					require.NotEmpty(t, b)
					p.Append(b)
					sent += len(b)
					if r.IntN(2) == 0 {
						take()
					}
				}
				take()
				require.Equal(t, i+1, got, "seed %d: after a flush everything is there", seed)
			}
		}
		require.Equal(t, got, p.Frames())
	}
}

func TestARecordIsCompactAndBounded(t *testing.T) {
	var h history.Record
	for _, f := range held(1, 60*60*60, 8) { // an hour
		h.Add(f)
	}
	require.Less(t, h.Bytes(), 60*60*60*8/2)
	require.False(t, h.Full())

	h = history.Record{Max: 1000}
	for _, f := range held(1, 10_000, 8) {
		h.Add(f)
	}
	require.True(t, h.Full())
	require.Zero(t, h.Bytes())
	require.Nil(t, h.At(0, 10))
}

func TestARecordAllocatesNothingForAFrame(t *testing.T) {
	if race.Enabled {
		t.Skip("skipped: the race detector allocates")
	}
	var h history.Record
	frames := held(3, 1000, 16)
	for _, f := range frames {
		h.Add(f)
	}
	i := 0
	require.Zero(t, testing.AllocsPerRun(900, func() { h.Add(frames[i%1000]); i++ }))
}

func FuzzReader(f *testing.F) {
	var h history.Record
	for _, frame := range held(5, 100, 4) {
		h.Add(frame)
	}
	h.Flush()
	f.Add(h.At(0, 1<<20), uint8(4))
	f.Add([]byte{0, 1, 200, 5}, uint8(3))
	f.Add([]byte{0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}, uint8(2))
	f.Fuzz(func(t *testing.T, b []byte, size uint8) {
		frame := int(size%64) + 1
		whole, parts := history.NewReader(frame), history.NewReader(frame)
		whole.Append(b)
		dst, other := make([]byte, frame), make([]byte, frame)
		for i := range b {
			parts.Append(b[i : i+1])
		}
		for range 1000 {
			n, ok, err := whole.Next(dst)
			m, ok2, err2 := parts.Next(other)
			require.Equal(t, []any{n, ok, err}, []any{m, ok2, err2})
			require.Equal(t, dst, other)
			if !ok {
				return
			}
		}
	})
}
