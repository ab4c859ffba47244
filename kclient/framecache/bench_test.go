package framecache_test

import (
	"encoding/binary"
	"fmt"
	"testing"

	"kbridge/kclient/framecache"
)

var sizes = []int{2, 24, 192, 1152}

// filled is a full cache of payloads of n bytes, and those payloads.
func filled(n int) (*framecache.Cache, [][]byte) {
	c := framecache.New(framecache.Window)
	all := make([][]byte, framecache.Slots)
	for i := range all {
		all[i] = make([]byte, n)
		binary.LittleEndian.PutUint16(all[i], uint16(i))
		c.Add(all[i])
	}
	return c, all
}

func BenchmarkFindHit(b *testing.B) {
	for _, n := range sizes {
		b.Run(fmt.Sprintf("%dB", n), func(b *testing.B) {
			c, all := filled(n)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if _, ok := c.Find(all[i%framecache.Slots]); !ok {
					b.Fatal("not found")
				}
			}
		})
	}
}

// BenchmarkMissAdd is a new payload every time into a full cache: the sender's worst case.
func BenchmarkMissAdd(b *testing.B) {
	for _, n := range sizes {
		b.Run(fmt.Sprintf("%dB", n), func(b *testing.B) {
			c, _ := filled(n)
			p := make([]byte, max(n, 8))
			b.ReportAllocs()
			for i := uint64(0); b.Loop(); i++ {
				binary.LittleEndian.PutUint64(p, i|1<<40)
				if _, ok := c.Find(p); ok {
					b.Fatal("found")
				}
				c.Add(p)
			}
		})
	}
}

func BenchmarkAt(b *testing.B) {
	c, _ := filled(24)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, ok := c.At(uint8(i)); !ok {
			b.Fatal("empty")
		}
	}
}
