package framecache_test

import (
	"testing"

	"kbridge/kclient/framecache"
)

// FuzzCache runs the cache beside the model. Two bytes are one step: what to do, and with which payload or position.
func FuzzCache(f *testing.F) {
	f.Add(uint8(0), []byte{0, 1, 0, 1, 1, 1, 2, 0})
	f.Add(uint8(1), []byte{4, 0, 0, 3, 1, 3, 2, 3, 3, 0, 2, 0})
	for numbering := range uint8(2) { // overflow, then look for what is lost, what is there and what never was
		f.Add(numbering, []byte{0, 1, 4, 255, 1, 1, 4, 9, 1, 1, 0, 2, 1, 2, 1, 3, 2, 255})
	}
	f.Fuzz(func(t *testing.T, numbering uint8, steps []byte) {
		c := framecache.New(framecache.Numbering(numbering % 2))
		m := &model{ring: numbering%2 == 1}
		steps = steps[:min(len(steps), 400)] // longer ones find nothing new
		for ; len(steps) >= 2; steps = steps[2:] {
			arg := steps[1]
			p := payload(int(arg))[3-arg%4:]
			switch steps[0] % 5 {
			case 0:
				c.Add(p)
				m.add(p)
			case 1:
				pos, ok := c.Find(p)
				wantPos, wantOK := m.find(p)
				equal(t, wantOK, ok)
				equal(t, wantPos, pos)
			case 2:
				got, ok := c.At(arg)
				want, wantOK := m.at(arg)
				equal(t, wantOK, ok)
				equal(t, want, got)
			case 3:
				c.Reset()
				*m = model{ring: m.ring}
			case 4: // a run of new ones, to fill and overflow it
				for i := range int(arg) {
					c.Add(payload(1000 + i))
					m.add(payload(1000 + i))
				}
			}
			equal(t, len(m.entries), c.Len())
		}
	})
}
