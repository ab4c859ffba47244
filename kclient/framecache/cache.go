package framecache

import (
	"bytes"
	"hash/maphash"
	"unsafe"
)

// Slots is how many payloads a cache holds: a position on the wire is one byte (protocol notes).
const Slots = 256

const (
	// buckets is twice the slots, so that a chain is rarely longer than one entry.
	buckets = 2 * Slots
	// chunk is for how many slots memory is taken at once while a cache fills for the first time: 16 allocations in a
	// game and not 256, and never much more memory than the payloads seen so far are worth. Of payloads that take more
	// than chunkBytes together so many are taken as fit into it, one at least.
	chunk      = 16
	chunkBytes = 16 << 10
)

// seed makes the spread over the buckets unknown to peers, so that nobody can choose payloads that share one. Results
// do not depend on it: a match is decided by the bytes.
var seed = maphash.MakeSeed()

// Cache holds the last [Slots] payloads of one direction of one player. The zero value is an empty cache with the
// window numbering. A Cache is not safe for concurrent use.
type Cache struct {
	numbering Numbering
	oldest    uint8 // slot of the oldest entry; 0 until the cache is full
	used      int
	limit     int // of held; 0 is none
	held      int // bytes of the buffers of all entries
	forgotten int // so many of the oldest entries have a position and no payload
	entries   [Slots]entry
	// Each bucket chains its entries from the oldest to the newest: what is evicted is always the head of its chain,
	// what is added goes to the tail, and Find meets the oldest match first. A link is a slot plus one; 0 is the end.
	head, tail [buckets]uint16
	slab       []byte // what is left of the last chunk
}

type entry struct {
	payload []byte
	hash    uint64
	next    uint16
}

// New returns an empty cache. An invalid numbering counts as Window.
func New(n Numbering) *Cache { return &Cache{numbering: n} }

// NewSender returns an empty cache for the sender's side that holds payloads of limit bytes in all at most, 0 or less
// for any number. Beyond it the oldest are forgotten: they keep their positions, so that the others have the ones that
// the receiver counts, and are never found again, so that they go out as game data instead. [Cache.At] knows no
// forgotten ones, so a receiver has no use for it: its peer may name any of 256.
func NewSender(n Numbering, limit int) *Cache { return &Cache{numbering: n, limit: max(limit, 0)} }

// MaxBytes is the most that a full cache of payloads of n bytes takes with a limit (0 or less for none), all its own
// memory included.
func MaxBytes(n, limit int) int {
	payloads := Slots * n
	if limit > 0 {
		payloads = min(payloads, limit)
	}
	return payloads + min(chunk*n, max(chunkBytes, n)) + int(unsafe.Sizeof(Cache{}))
}

// Reset empties the cache for the next game. Memory is kept for reuse, but not by a sender's with a limit: what the
// next game needs may be of another size.
func (c *Cache) Reset() {
	c.oldest, c.used, c.forgotten = 0, 0, 0
	if c.limit > 0 {
		clear(c.entries[:])
		c.slab, c.held = nil, 0
	}
	clear(c.head[:])
	clear(c.tail[:])
}

// Len is how many entries the cache holds, 0 to Slots.
func (c *Cache) Len() int { return c.used }

// Numbering is how the cache counts its positions.
func (c *Cache) Numbering() Numbering { return c.numbering }

// Find is the sender's look-up: the position of the oldest entry with exactly these bytes.
func (c *Cache) Find(payload []byte) (pos uint8, ok bool) {
	hash := maphash.Bytes(seed, payload)
	for link := c.head[hash%buckets]; link != 0; {
		e := &c.entries[link-1]
		if e.hash == hash && bytes.Equal(e.payload, payload) {
			return c.position(uint8(link - 1)), true
		}
		link = e.next
	}
	return 0, false
}

// Add copies payload into the cache as its newest entry; a full cache loses its oldest one. Duplicates are allowed: a
// receiver adds whatever came as game data.
func (c *Cache) Add(payload []byte) {
	hash := maphash.Bytes(seed, payload) // before the slot is overwritten: payload may be an entry of this cache
	slot := uint8(c.used)
	if c.used == Slots {
		slot = c.oldest
		if c.forgotten > 0 {
			c.forgotten--
		} else {
			c.unlink(slot)
		}
		c.oldest++
	} else {
		c.used++
	}
	e := &c.entries[slot]
	if cap(e.payload) < len(payload) && !c.makeRoom(slot, len(payload)) {
		c.forgotten = c.used // it is larger than the limit
		return
	}
	e.payload = append(e.payload[:0], payload...)
	e.hash, e.next = hash, 0
	c.link(slot)
}

// makeRoom gives a slot, whose entry is in no bucket, a buffer for n bytes. When the limit does not allow another one
// the oldest entries are forgotten, and the first buffer of theirs that is large enough is used again. It reports false
// when all of them are forgotten and n bytes are still too many.
func (c *Cache) makeRoom(slot uint8, n int) bool {
	c.held -= cap(c.entries[slot].payload)
	c.entries[slot].payload = nil
	for c.limit > 0 && c.held+n > c.limit {
		if c.forgotten >= c.used-1 {
			c.slab = nil
			return false
		}
		oldest := c.oldest + uint8(c.forgotten)
		c.unlink(oldest)
		c.forgotten++
		buffer := c.entries[oldest].payload
		c.entries[oldest].payload = nil
		if cap(buffer) >= n {
			c.entries[slot].payload = buffer[:0]
			return true
		}
		c.held -= cap(buffer)
	}
	c.entries[slot].payload = c.carve(n)
	c.held += n
	return true
}

// At is the receiver's look-up. ok is false where no entry has that position, which is the peer's protocol error. The
// payload is valid until the next Add or Reset, and must not be changed.
func (c *Cache) At(pos uint8) (payload []byte, ok bool) {
	if int(pos) >= c.used {
		return nil, false
	}
	slot := pos
	if c.numbering != Ring {
		slot += c.oldest
	}
	if c.forgotten > 0 && int(slot-c.oldest) < c.forgotten {
		return nil, false
	}
	return c.entries[slot].payload, true
}

// position is what slot is called on the wire. Slots and positions are bytes, and wrap as bytes do.
func (c *Cache) position(slot uint8) uint8 {
	if c.numbering == Ring {
		return slot
	}
	return slot - c.oldest
}

func (c *Cache) link(slot uint8) {
	b := c.entries[slot].hash % buckets
	if last := c.tail[b]; last != 0 {
		c.entries[last-1].next = uint16(slot) + 1
	} else {
		c.head[b] = uint16(slot) + 1
	}
	c.tail[b] = uint16(slot) + 1
}

// unlink takes the oldest entry of all out of its bucket, where it is the oldest too.
func (c *Cache) unlink(slot uint8) {
	b := c.entries[slot].hash % buckets
	c.head[b] = c.entries[slot].next
	if c.head[b] == 0 {
		c.tail[b] = 0
	}
}

// carve cuts an empty buffer of n bytes from the slab.
func (c *Cache) carve(n int) []byte {
	if len(c.slab) < n {
		slots := chunk
		if chunk*n > chunkBytes {
			slots = max(chunkBytes/n, 1)
		}
		if c.limit > 0 {
			slots = min(slots, (c.limit-c.held)/n)
		}
		c.slab = make([]byte, slots*n)
	}
	b := c.slab[:0:n]
	c.slab = c.slab[n:]
	return b
}
