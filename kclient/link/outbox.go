package link

import (
	"time"

	"kbridge/kclient/wire"
)

// outbox holds the messages of our direction that the peer may still lack, and a
// few more for the usual redundancy. Messages are counted from 0 without wrapping;
// the wire carries the low 16 bits.
type outbox struct {
	slots []outgoing // a power of two; message i stands in slot i % len
	first uint64     // the oldest message kept
	next  uint64     // the number of the next message
	bytes int        // of the bodies in proven..next
	// proven: the peer has every message before this one.
	proven uint64
	// needed is the end of the messages that are worth a resend of their own:
	// a keep-alive is not, it has done its work by any later datagram.
	needed uint64
	// forgotten counts messages that were given up unproven because the peer
	// never proved anything and the bounds were reached.
	forgotten uint64
}

type outgoing struct {
	typ  wire.Type
	body []byte
	sent time.Time // when it was first put into a datagram
}

func (o *outbox) slot(i uint64) *outgoing { return &o.slots[i&uint64(len(o.slots)-1)] }

// unproven is how many messages the peer may still lack.
func (o *outbox) unproven() int { return int(o.next - o.proven) }

// add copies the body of the next message and returns the message's number.
func (o *outbox) add(t wire.Type, body []byte) uint64 {
	if len(o.slots) == 0 {
		o.slots = make([]outgoing, 16)
	}
	for o.unproven() > 0 && (o.unproven() >= keepMessages || o.bytes+len(body) > keepBytes) {
		o.forgotten++
		o.prove(o.proven + 1)
	}
	if int(o.next-o.proven) >= len(o.slots)-usualRedundancy {
		o.grow()
	}
	i := o.next
	s := o.slot(i)
	s.typ = t
	s.body = append(s.body[:0], body...)
	s.sent = time.Time{}
	o.next++
	o.bytes += len(body)
	if t != wire.TypeKeepAlive {
		o.needed = o.next
	}
	if o.next-o.first > uint64(len(o.slots)) {
		o.first = o.next - uint64(len(o.slots))
	}
	return i
}

func (o *outbox) grow() {
	old := *o
	o.slots = make([]outgoing, 2*len(old.slots))
	for i := old.first; i < old.next; i++ {
		*o.slot(i) = *old.slot(i)
	}
}

// prove marks every message before end as received by the peer.
func (o *outbox) prove(end uint64) {
	for ; o.proven < end; o.proven++ {
		o.bytes -= len(o.slot(o.proven).body)
	}
}

// cost is what the message adds to a datagram, in bytes.
func (o *outbox) cost(i uint64) int { return wire.MessageHeaderSize + len(o.slot(i).body) }
