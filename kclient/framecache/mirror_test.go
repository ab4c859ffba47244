package framecache_test

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"kbridge/kclient/framecache"
)

// message is a game data (12) or a game cache (13).
type message struct {
	cached  bool
	pos     uint8
	payload []byte
}

// receive is what every deployed receiver does; it returns the payload that came.
func receive(t *testing.T, c *framecache.Cache, m message) []byte {
	t.Helper()
	if !m.cached {
		c.Add(m.payload)
		return m.payload
	}
	p, ok := c.At(m.pos)
	must(t, ok, "position %d of %d", m.pos, c.Len())
	return p
}

// Two caches that see the same messages stay equal for hours, far past 256 distinct payloads, whichever kind of sender
// it is: one that uses its cache, one that sends only 12 (n02), and one that does either as it likes.
func TestMirror(t *testing.T) {
	senders := map[string]func(rng *rand.Rand) (useCache bool){
		"cached":    func(*rand.Rand) bool { return true },
		"n02":       func(*rand.Rand) bool { return false },
		"sometimes": func(rng *rand.Rand) bool { return rng.IntN(2) == 0 },
	}
	for name, useCache := range senders {
		for _, numbering := range numberings {
			t.Run(name+"/"+numbering.String(), func(t *testing.T) {
				const seed = 5
				rng := rand.New(rand.NewPCG(seed, uint64(numbering)))
				out, in := framecache.New(numbering), framecache.New(numbering)
				hits := 0
				for step := range 20_000 {
					// Mostly one of a few hundred inputs, sometimes one that was never seen.
					n := uint64(rng.IntN(400))
					if rng.IntN(10) == 0 {
						n = uint64(step) << 32
					}
					p := binary.LittleEndian.AppendUint64(nil, n)
					m := message{payload: p}
					if pos, ok := out.Find(p); ok && useCache(rng) {
						m = message{cached: true, pos: pos}
						hits++
					} else {
						out.Add(p)
					}
					equal(t, p, receive(t, in, m), "step %d, seed %d", step, seed)
				}
				equal(t, framecache.Slots, out.Len())
				for pos := range framecache.Slots {
					sent, _ := out.At(uint8(pos))
					got, _ := in.At(uint8(pos))
					equal(t, sent, got, "position %d, seed %d", pos, seed)
				}
				if name != "n02" {
					must(t, hits > 1000, "the cache was hardly used")
				}
			})
		}
	}
}

// Peers that disagree about the numbering agree until 256 payloads have been seen, and the test that says so would see
// it if they were the same for ever.
func TestNumberingsPartAt257(t *testing.T) {
	out, in := framecache.New(framecache.Window), framecache.New(framecache.Ring)
	for i := range framecache.Slots {
		out.Add(payload(i))
		in.Add(payload(i))
		pos, ok := out.Find(payload(i / 2))
		must(t, ok)
		got, ok := in.At(pos)
		must(t, ok)
		equal(t, payload(i/2), got)
	}
	out.Add(payload(256))
	in.Add(payload(256))
	pos, _ := out.Find(payload(256))
	got, _ := in.At(pos)
	must(t, !bytes.Equal(payload(256), got))
}
