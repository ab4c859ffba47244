package link

import (
	"math/bits"
	"time"
	"unsafe"

	"kbridge/kclient/wire"
)

// outbox holds the messages of our direction that the peer may still lack, and a
// few more for the usual redundancy. Messages are counted from 0 without wrapping;
// the wire carries the low 16 bits.
type outbox struct {
	slots  []outgoing // a power of two; message i stands in slot i % len
	bodies ring       // of first..next
	first  uint64     // the oldest message kept
	next   uint64     // the number of the next message
	bytes  int        // of the bodies in proven..next
	// proven: the peer has every message before this one.
	proven uint64
	// needed is the end of the messages that are worth a resend of their own:
	// a keep-alive is not, it has done its work by any later datagram.
	needed uint64
	// forgotten counts messages that were given up unproven because the peer
	// never proved anything and the bounds were reached.
	forgotten uint64
	calm      int // proofs in a row after which much less was kept than there is room for
}

type outgoing struct {
	typ      wire.Type
	at, size uint32    // of the body, in the ring
	sent     time.Time // when it was first put into a datagram
}

const outgoingSize = int(unsafe.Sizeof(outgoing{}))

func (o *outbox) slot(i uint64) *outgoing { return &o.slots[i&uint64(len(o.slots)-1)] }

func (o *outbox) body(i uint64) []byte {
	s := o.slot(i)
	return o.bodies.buf[s.at : s.at+s.size]
}

// unproven is how many messages the peer may still lack.
func (o *outbox) unproven() int { return int(o.next - o.proven) }

// held is how many bytes of memory all of it takes.
func (o *outbox) held() int { return len(o.slots)*outgoingSize + len(o.bodies.buf) }

// add copies the body of the next message and returns the message's number.
func (o *outbox) add(t wire.Type, body []byte) uint64 {
	for o.unproven() > 0 && (o.unproven() >= keepMessages || o.bytes+len(body) > keepBytes) {
		o.forget()
	}
	if int(o.next-o.first) == len(o.slots) {
		o.resize(max(2*len(o.slots), minSlots))
	}
	at := o.reserve(len(body))
	copy(o.bodies.buf[at:], body)
	i := o.next
	*o.slot(i) = outgoing{typ: t, at: uint32(at), size: uint32(len(body))}
	o.next++
	o.bytes += len(body)
	if t != wire.TypeKeepAlive {
		o.needed = o.next
	}
	return i
}

// forget gives the oldest unproven message up.
func (o *outbox) forget() {
	o.forgotten++
	o.prove(o.proven + 1)
}

// reserve finds room for a body of n bytes. The ring grows as far as its bound; there what is kept only as redundancy
// goes first, then the oldest message is forgotten.
func (o *outbox) reserve(n int) int {
	for {
		if at, ok := o.bodies.reserve(n); ok {
			return at
		}
		switch size := len(o.bodies.buf); {
		case o.first == o.next && n > size:
			o.bodies = ring{buf: make([]byte, max(n, minRing))}
		case size < maxRing:
			for size = max(2*size, minRing); size < o.bodies.used+n; {
				size *= 2
			}
			o.rering(min(size, maxRing))
		case o.first < o.proven:
			o.drop()
		default:
			o.forget()
			o.drop()
		}
	}
}

// drop lets go of the oldest message kept.
func (o *outbox) drop() {
	size := int(o.slot(o.first).size)
	o.first++
	next := 0
	if o.first < o.next {
		next = int(o.slot(o.first).at)
	}
	o.bodies.take(size, next, o.first == o.next)
}

// resize moves the slots to n others, a power of two that has room for all that are kept.
func (o *outbox) resize(n int) {
	old := *o
	o.slots = make([]outgoing, n)
	for i := old.first; i < old.next; i++ {
		*o.slot(i) = *old.slot(i)
	}
}

// rering moves the bodies to a ring of n bytes, where they stand from its beginning.
func (o *outbox) rering(n int) {
	old := o.bodies.buf
	o.bodies = ring{buf: make([]byte, n)}
	for i := o.first; i < o.next; i++ {
		s := o.slot(i)
		at, _ := o.bodies.reserve(int(s.size))
		copy(o.bodies.buf[at:], old[s.at:s.at+s.size])
		s.at = uint32(at)
	}
}

// prove marks every message before end as received by the peer, and lets go of what no datagram carries any more.
func (o *outbox) prove(end uint64) {
	for ; o.proven < end; o.proven++ {
		o.bytes -= int(o.slot(o.proven).size)
	}
	keep := o.proven - min(o.proven, usualRedundancy)
	if o.bodies.used > maxDatagram {
		// One that fills a datagram alone is no redundancy of another.
		for i := o.proven; i > max(keep, o.first); i-- {
			if i < o.next && o.cost(i-1) > maxDatagram {
				keep = i
			}
		}
	}
	for o.first < keep {
		o.drop()
	}
}

// relax gives memory back after a proof: at once, or in a game, where frames of different sizes follow each other and
// must not allocate, after many proofs that needed much less of it.
func (o *outbox) relax(atOnce bool) {
	slots, bytes := int(o.next-o.first), o.bodies.used
	spareSlots := len(o.slots) > minSlots && slots*spareRoom <= len(o.slots)
	spareBytes := len(o.bodies.buf) > minRing && bytes*spareRoom <= len(o.bodies.buf)
	if !spareSlots && !spareBytes {
		o.calm = 0
		return
	}
	if o.calm++; !atOnce && o.calm < calmProofs {
		return
	}
	o.calm = 0
	if spareSlots {
		o.resize(max(1<<bits.Len(uint(2*slots)), minSlots))
	}
	if spareBytes {
		o.rering(max(1<<bits.Len(uint(2*bytes)), minRing))
	}
}

// cost is what the message adds to a datagram, in bytes.
func (o *outbox) cost(i uint64) int { return wire.MessageHeaderSize + int(o.slot(i).size) }
