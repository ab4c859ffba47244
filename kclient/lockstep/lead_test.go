package lockstep_test

import (
	"bytes"
	"fmt"
	"testing"

	"kbridge/kclient/history"
	"kbridge/kclient/lockstep"
)

// Two players of one type, 1 and 5 frames of delay: the near one gets four frames of zeros first, each when its batch
// has come, and its first four inputs are thrown away; so both run the same frame in the same call, and each player's
// own input comes back D calls after it was given.
func TestLeadingZerosLineUpCalls(t *testing.T) {
	m := newMixer(t, lockstep.MixerConfig{Connections: []int{1, 1}, FrameDelays: []int{1, 5}})
	equal(t, 4, m.Lead(0))
	equal(t, 0, m.Lead(1))
	nothing(t, m, 0, 1)
	give(t, m, 0, "a0")
	next(t, m, 0, "\x00\x00\x00\x00") // answers the batch, whatever the far one does
	nothing(t, m, 0, 1)
	for _, in := range []string{"a1", "a2", "a3"} {
		give(t, m, 0, in)
		nextCached(t, m, 0, 0, "\x00\x00\x00\x00")
		nothing(t, m, 0, 1)
	}
	give(t, m, 1, "b0")
	nothing(t, m, 0, 1) // a0 to a3 are for calls before the first combined frame
	give(t, m, 0, "a4")
	next(t, m, 0, "a4b0")
	next(t, m, 1, "a4b0")
	give(t, m, 1, "b1")
	give(t, m, 0, "a5")
	next(t, m, 0, "a5b1")
	next(t, m, 1, "a5b1")
}

// A lead need not be whole batches: then zeros and combined frames share a message.
func TestLeadIsNotRoundedToBatches(t *testing.T) {
	m := newMixer(t, lockstep.MixerConfig{Connections: []int{3, 2}, FrameDelays: []int{0, 2}}) // D = 2 and 5
	equal(t, 3, m.Lead(0))
	m = newMixer(t, lockstep.MixerConfig{Connections: []int{3, 2}, FrameDelays: []int{0, 1}}) // D = 2 and 3
	equal(t, 1, m.Lead(0))
	give(t, m, 0, "abc")
	nothing(t, m, 0, 1)
	give(t, m, 1, "AB")
	next(t, m, 0, "\x00\x00bAcB")
	next(t, m, 1, "bAcB")
}

// Nothing is ready before the size of an input is known: with padding in a room of types 3 and 1, the type-1 player's
// drop before any input left frames that were ready and of no length.
func TestNothingIsReadyBeforeTheSizeIsKnown(t *testing.T) {
	for _, types := range [][]int{{3, 1}, {6, 1}, {6, 1, 1}} {
		m := newMixer(t, lockstep.MixerConfig{Connections: types, FrameDelays: make([]int, len(types)), Padding: true})
		for p := 1; p < len(types); p++ {
			m.Drop(p)
			equal(t, 0, m.Frames(), "%v", types)
			nothing(t, m, 0)
		}
		give(t, m, 0, "abcdef"[:types[0]])
		out, ok := m.Next(0)
		must(t, ok && len(out.Payload) == types[0]*len(types), "%v: %q", types, out.Payload)
	}
}

// The beginning of a history that stands for a player's leading zeros reads as so many frames of zeros.
func TestZeroFramesBeforeAHistory(t *testing.T) {
	for _, lead := range []int{0, 1, 4, 89, 300} {
		for _, first := range []string{"ab", "\x00\x00"} {
			t.Run(fmt.Sprintf("%d before %q", lead, first), func(t *testing.T) {
				var h history.Record
				h.Add([]byte(first))
				h.Add([]byte("cd"))
				h.Flush()
				past := history.NewReader(2)
				past.Append(history.AppendZeroFrames(nil, lead))
				past.Append(h.At(0, h.Bytes()))
				var got []byte
				dst := make([]byte, 2)
				for {
					n, ok, err := past.Next(dst)
					must(t, err == nil, "%v", err)
					if !ok {
						break
					}
					got = append(got, dst[:n]...)
				}
				want := append(bytes.Repeat([]byte{0, 0}, lead), first+"cd"...)
				equal(t, want, got)
			})
		}
	}
}
