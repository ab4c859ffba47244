package framecache_test

import (
	"bytes"

	"kbridge/kclient/framecache"
)

// model is the cache written the way the protocol notes tell it: a list that is searched from the oldest entry and
// shifted, or a list with a next slot. It is slow and obvious.
type model struct {
	ring    bool
	entries [][]byte // by position
	next    int      // ring: the slot that is overwritten next
}

func (m *model) add(payload []byte) {
	payload = bytes.Clone(payload)
	switch {
	case len(m.entries) < framecache.Slots:
		m.entries = append(m.entries, payload)
	case m.ring:
		m.entries[m.next] = payload
		m.next = (m.next + 1) % framecache.Slots
	default:
		m.entries = append(m.entries[1:], payload)
	}
}

// find begins at the oldest entry, which in a full ring is the one that goes next.
func (m *model) find(payload []byte) (uint8, bool) {
	for i := range m.entries {
		pos := (m.next + i) % len(m.entries)
		if bytes.Equal(m.entries[pos], payload) {
			return uint8(pos), true
		}
	}
	return 0, false
}

func (m *model) at(pos uint8) ([]byte, bool) {
	if int(pos) >= len(m.entries) {
		return nil, false
	}
	return m.entries[pos], true
}
