package framecache_test

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"kbridge/kclient/framecache"
)

var numberings = []framecache.Numbering{framecache.Window, framecache.Ring}

// payload is a different one for every n.
func payload(n int) []byte { return binary.BigEndian.AppendUint32(nil, uint32(n)) }

// mustAt checks that pos holds want, and that a sender would use pos for it.
func mustAt(t *testing.T, c *framecache.Cache, pos int, want []byte) {
	t.Helper()
	got, ok := c.At(uint8(pos))
	must(t, ok, "position %d", pos)
	equal(t, want, got, "position %d", pos)
	found, ok := c.Find(want)
	must(t, ok, "look-up of what stands at %d", pos)
	equal(t, pos, int(found))
}

func TestEmptyCacheHoldsNoPosition(t *testing.T) {
	for _, numbering := range numberings {
		c := framecache.New(numbering)
		for pos := range framecache.Slots {
			_, ok := c.At(uint8(pos))
			must(t, !ok, "position %d of an empty cache", pos)
		}
		_, ok := c.Find(nil)
		must(t, !ok)
		_, ok = c.Find([]byte{0})
		must(t, !ok)
	}
}

func TestPositionsAreTheSameUntilFull(t *testing.T) {
	for _, numbering := range numberings {
		c := framecache.New(numbering)
		for i := range framecache.Slots {
			_, ok := c.Find(payload(i))
			must(t, !ok)
			_, ok = c.At(uint8(i))
			must(t, !ok, "the position after the newest")
			c.Add(payload(i))
			equal(t, i+1, c.Len())
			for pos := 0; pos <= i; pos++ {
				mustAt(t, c, pos, payload(pos))
			}
		}
	}
}

func TestWindowShiftsDownWhenFull(t *testing.T) {
	c := framecache.New(framecache.Window)
	for i := range 1000 {
		c.Add(payload(i))
		first := max(0, i+1-framecache.Slots)
		mustAt(t, c, 0, payload(first))
		mustAt(t, c, min(i, 255), payload(i))
		if first > 0 {
			_, ok := c.Find(payload(first - 1))
			must(t, !ok, "the evicted entry is gone")
			mustAt(t, c, 100, payload(first+100))
		}
	}
	equal(t, framecache.Slots, c.Len())
}

func TestRingOverwritesInPlaceWhenFull(t *testing.T) {
	c := framecache.New(framecache.Ring)
	for i := range 1000 {
		c.Add(payload(i))
		mustAt(t, c, i%framecache.Slots, payload(i))
		if i >= framecache.Slots {
			_, ok := c.Find(payload(i - framecache.Slots))
			must(t, !ok, "the overwritten entry is gone")
			// The oldest one stands in the slot that goes next; it did not move.
			mustAt(t, c, (i+1)%framecache.Slots, payload(i+1-framecache.Slots))
		}
	}
}

// n02 adds what it has already: the look-up must then give the oldest, which is the one a search from position 0 finds.
func TestFindGivesTheOldestDuplicate(t *testing.T) {
	for _, numbering := range numberings {
		c := framecache.New(numbering)
		a, b := []byte("a"), []byte("b")
		for _, p := range [][]byte{b, a, a, b, a} {
			c.Add(p)
		}
		mustAt(t, c, 1, a)
		mustAt(t, c, 0, b)
		for i := range framecache.Slots - 5 { // full now
			c.Add(payload(i))
		}
		c.Add(payload(1000)) // evicts the b at 0
		c.Add(payload(1001)) // evicts the a at 1
		shift := 0
		if numbering == framecache.Window {
			shift = 2
		}
		mustAt(t, c, 2-shift, a)
		mustAt(t, c, 3-shift, b)
	}
}

func TestFindComparesBytesAndLength(t *testing.T) {
	c := framecache.New(framecache.Window)
	c.Add([]byte{1, 2, 3})
	for _, other := range [][]byte{{1, 2}, {1, 2, 3, 0}, {1, 2, 4}, {}, nil} {
		_, ok := c.Find(other)
		must(t, !ok, "% x", other)
	}
	c.Add(nil)
	pos, ok := c.Find([]byte{})
	must(t, ok)
	equal(t, 1, pos)
}

func TestAddCopies(t *testing.T) {
	c := framecache.New(framecache.Window)
	p := []byte("mine")
	c.Add(p)
	copy(p, "gone")
	mustAt(t, c, 0, []byte("mine"))
}

// A receiver may hand an entry back to Add, also the very one that is evicted by it.
func TestAddOfAnOwnEntry(t *testing.T) {
	for _, numbering := range numberings {
		c := framecache.New(numbering)
		for i := range framecache.Slots {
			c.Add(payload(i))
		}
		oldest, _ := c.At(0)
		c.Add(oldest)
		pos, ok := c.Find(payload(0))
		must(t, ok)
		want := uint8(255)
		if numbering == framecache.Ring {
			want = 0
		}
		equal(t, want, pos)
	}
}

func TestReset(t *testing.T) {
	for _, numbering := range numberings {
		c := framecache.New(numbering)
		for i := range 300 {
			c.Add(payload(i))
		}
		c.Reset()
		equal(t, 0, c.Len())
		_, ok := c.At(0)
		must(t, !ok)
		for i := range 300 {
			_, ok := c.Find(payload(i))
			must(t, !ok)
		}
		c.Add(payload(7))
		mustAt(t, c, 0, payload(7))
	}
}

func TestZeroValueIsAWindow(t *testing.T) {
	var c framecache.Cache
	for i := range framecache.Slots + 1 {
		c.Add(payload(i))
	}
	equal(t, framecache.Window, c.Numbering())
	mustAt(t, &c, 0, payload(1))
	mustAt(t, &c, 255, payload(256))
}

func TestNumberingNames(t *testing.T) {
	equal(t, "window", framecache.Window.String())
	equal(t, "ring", framecache.Ring.String())
	equal(t, "invalid", framecache.Numbering(2).String())
	must(t, framecache.Ring.Valid())
	must(t, !framecache.Numbering(2).Valid())
}

// The cache and the model are given the same random payloads, of a vocabulary that is sometimes smaller than the cache
// and sometimes larger, of lengths that change.
func TestCacheIsTheModel(t *testing.T) {
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 1))
		numbering := numberings[seed%2]
		c, m := framecache.New(numbering), &model{ring: numbering == framecache.Ring}
		vocabulary := 2 + rng.IntN(700)
		for step := range 4000 {
			n := rng.IntN(vocabulary)
			p := make([]byte, n%7)
			p = append(p, payload(n)...)
			wantPos, wantOK := m.find(p)
			pos, ok := c.Find(p)
			equal(t, wantOK, ok, "seed %d step %d", seed, step)
			equal(t, wantPos, pos, "seed %d step %d", seed, step)
			if !ok || rng.IntN(4) == 0 {
				c.Add(p)
				m.add(p)
			}
			at := uint8(rng.IntN(framecache.Slots))
			want, wantOK := m.at(at)
			got, ok := c.At(at)
			equal(t, wantOK, ok, "seed %d step %d", seed, step)
			equal(t, want, got, "seed %d step %d", seed, step)
		}
	}
}
