package framecache_test

import (
	"testing"

	"kbridge/kclient/framecache"
	"kbridge/kclient/race"
)

func TestSteadyStateAllocatesNothing(t *testing.T) {
	if race.Enabled {
		t.Skip("the race detector allocates")
	}
	c := framecache.New(framecache.Window)
	p := make([]byte, 24)
	n := 0
	step := func() {
		n++
		p[0], p[1], p[2] = byte(n), byte(n>>8), byte(n>>16)
		if _, ok := c.Find(p); !ok {
			c.Add(p)
		}
		if pos, ok := c.Find(p); ok {
			c.At(pos)
		}
	}
	for range framecache.Slots {
		step()
	}
	equal(t, 0, testing.AllocsPerRun(2000, step))
	c.Reset()
	equal(t, 0, testing.AllocsPerRun(2000, step), "memory is kept over Reset")
}

// While a cache fills it takes memory in few pieces, and not for slots that may never be used.
func TestFillingAllocatesInChunks(t *testing.T) {
	if race.Enabled {
		t.Skip("the race detector allocates")
	}
	p := make([]byte, 24)
	allocs := testing.AllocsPerRun(10, func() {
		var c framecache.Cache
		for i := range framecache.Slots {
			p[0] = byte(i)
			c.Add(p)
		}
	})
	must(t, allocs <= 17, "%v allocations", allocs)
}
