package framecache_test

import (
	"encoding/binary"
	"math/rand/v2"
	"runtime"
	"testing"

	"kbridge/kclient/framecache"
	"kbridge/kclient/race"
)

// sized is payload i of n bytes, 4 at least.
func sized(i, n int) []byte {
	p := make([]byte, max(n, 4))
	binary.LittleEndian.PutUint32(p, uint32(i))
	return p
}

// Whatever a sender with a limit says, a receiver that keeps everything decodes: the forgotten ones keep their
// positions. Sizes are those of one game, or change as they never do, also beyond the limit.
func TestAReceiverDecodesWhatABoundedSenderSays(t *testing.T) {
	for seed := range uint64(40) {
		rng := rand.New(rand.NewPCG(seed, 7))
		numbering := numberings[seed%2]
		limit := 1 + rng.IntN(8000)
		size := 4 + rng.IntN(200)
		mixed := seed%4 > 1
		vocabulary := 2 + rng.IntN(600)
		out, in := framecache.NewSender(numbering, limit), framecache.New(numbering)
		hits, misses := 0, 0
		for step := range 6000 {
			n := rng.IntN(vocabulary)
			p := sized(n, size)
			if mixed {
				p = sized(n, n*37%400)
				if n%50 == 0 {
					p = sized(n, limit+1)
				}
			}
			m := message{payload: p}
			if pos, ok := out.Find(p); ok {
				m = message{cached: true, pos: pos}
				hits++
			} else {
				out.Add(p)
				misses++
			}
			equal(t, p, receive(t, in, m), "step %d, seed %d", step, seed)
			equal(t, in.Len(), out.Len(), "step %d, seed %d", step, seed)
			if step%1500 == 1499 && seed%3 == 0 {
				out.Reset()
				in.Reset()
			}
		}
		must(t, misses > 0 && (hits > 0 || limit < 8*size), "seed %d: %d hits, %d misses", seed, hits, misses)
		for pos := range framecache.Slots {
			if sent, ok := out.At(uint8(pos)); ok {
				got, _ := in.At(uint8(pos))
				equal(t, got, sent, "position %d, seed %d", pos, seed)
			}
		}
	}
}

// A sender finds as many of its newest payloads as the limit has room for, and no older one.
func TestABoundedSenderForgetsTheOldest(t *testing.T) {
	for _, numbering := range numberings {
		const size, limit = 100, 1050 // ten of them
		c := framecache.NewSender(numbering, limit)
		for i := range 1000 {
			c.Add(sized(i, size))
			for back := range min(i+1, 30) {
				_, ok := c.Find(sized(i-back, size))
				equal(t, back < limit/size, ok, "after %d: the one %d before", i, back)
			}
		}
		equal(t, framecache.Slots, c.Len())
	}
}

// Below the limit nothing is different: small payloads, which is what emulators have, never notice it.
func TestABoundedSenderOfSmallPayloadsIsAnyCache(t *testing.T) {
	for _, numbering := range numberings {
		bounded, any := framecache.NewSender(numbering, 256*64), framecache.New(numbering)
		rng := rand.New(rand.NewPCG(3, 1))
		for range 20_000 {
			p := sized(rng.IntN(500), 64)
			want, ok := any.Find(p)
			got, found := bounded.Find(p)
			equal(t, ok, found)
			equal(t, want, got)
			if !ok {
				any.Add(p)
				bounded.Add(p)
			}
		}
	}
}

// What a cache takes stays below what MaxBytes says.
func TestCachesTakeNoMoreThanMaxBytes(t *testing.T) {
	for _, n := range []int{4, 24, 1152, 3072, 24_576} {
		for _, limit := range []int{0, 64 << 10, 256 << 10} {
			const caches = 8
			all := make([]*framecache.Cache, caches)
			before := heap()
			for i := range all {
				all[i] = framecache.NewSender(framecache.Window, limit)
				for k := range 600 {
					all[i].Add(sized(k, n))
				}
			}
			took := (int(heap()) - int(before)) / caches
			// The allocator rounds up by an eighth at most (runtime's size classes).
			must(t, took <= framecache.MaxBytes(n, limit)*9/8, "%d bytes, limit %d: %d bytes of %d", n, limit, took,
				framecache.MaxBytes(n, limit))
			runtime.KeepAlive(all)
		}
	}
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func TestABoundedSenderAllocatesNothing(t *testing.T) {
	if race.Enabled {
		t.Skip("the race detector allocates")
	}
	c := framecache.NewSender(framecache.Window, 20_000)
	p, n := make([]byte, 1152), 0
	step := func() {
		n++
		binary.LittleEndian.PutUint32(p, uint32(n))
		if _, ok := c.Find(p); !ok {
			c.Add(p)
		}
	}
	for range framecache.Slots {
		step()
	}
	equal(t, 0, testing.AllocsPerRun(2000, step))
}
