package lab

import (
	"time"

	"kbridge/kclient/wire"
)

// floorEnd is the oracle: it knows at every moment what has arrived at the other
// end, without being told. What is new goes out at once with everything else that is
// outstanding; while anything is, it goes out again with every frame. A client has the
// frames of its emulator, which tick on while it waits. A server has none of its own
// and counts a frame from its last datagram; to a player who gets a message every frame
// it waits a quarter of a frame longer, or jitter would make it send nearly everything
// twice. It keeps no limit of deployed receivers but the size of a datagram.
type floorEnd struct {
	server   bool
	every    time.Duration // a server's, between two datagrams without news
	peer     *floorEnd
	out      outbox
	in       inbox
	sent     uint64 // messages before this one were sent at least once
	lastSend time.Time
	due      time.Time // a client's next frame, should it still wait then
	begins   bool      // a client's frame begins now
	waiting  bool
	resends  int
	err      error
}

func (e *floorEnd) outstanding() uint64 { return e.out.next - e.peer.in.next }

func (e *floorEnd) send(now time.Time, t wire.Type, body []byte, _ bool) {
	if e.outstanding() >= wire.MaxBundle*8 {
		e.err = errOverrun
		return
	}
	e.out.add(t, body)
}

func (e *floorEnd) next() time.Time {
	switch {
	case e.sent < e.out.next:
		return epoch // at once
	case e.outstanding() == 0:
		return time.Time{}
	case e.server:
		return e.lastSend.Add(e.every)
	case e.begins:
		return epoch
	case e.waiting:
		return e.due
	}
	return time.Time{}
}

func (e *floorEnd) tick(now time.Time) { e.begins, e.due = true, now.Add(frameTime) }

func (e *floorEnd) waits(_ time.Time, yes bool) { e.waiting = yes }

func (e *floorEnd) datagram(now time.Time, buf []byte) []byte {
	at := e.next()
	if at.IsZero() || at.After(now) {
		return buf[:0]
	}
	if e.sent == e.out.next {
		e.resends++
	}
	e.sent = e.out.next
	e.lastSend, e.begins = now, false
	for !e.server && !e.due.After(now) {
		e.due = e.due.Add(frameTime)
	}
	// A backlog of more than a datagram goes out from its oldest message.
	from := e.peer.in.next
	return e.out.bundle(buf[:0], from, min(e.out.next, from+wire.MaxBundle))
}

func (e *floorEnd) receive(now time.Time, datagram []byte) (err error) {
	if e.in.bundle, err = wire.ParseBundle(datagram, e.in.bundle[:0]); err != nil {
		return err
	}
	for i := len(e.in.bundle) - 1; i >= 0; i-- {
		m := e.in.bundle[i]
		if n, old := e.in.number(m.Seq); !old && n == e.in.next {
			e.in.next++
			e.in.accept(m)
		}
	}
	return nil
}

func (e *floorEnd) proveGame(time.Time, int)      {}
func (e *floorEnd) message() (wire.Message, bool) { return e.in.take() }
func (e *floorEnd) over() error                   { return e.err }
func (e *floorEnd) counts() (lost, resends int)   { return 0, e.resends }

// keeps is how many of its own messages an end can send again.
const keeps = 1024

// outbox is the messages of one direction. The oracle keeps more of them than any deployed peer.
type outbox struct {
	next uint64
	kept [keeps]outgoing
}

type outgoing struct {
	typ  wire.Type
	body []byte
}

func (o *outbox) add(t wire.Type, body []byte) {
	m := &o.kept[o.next%keeps]
	m.typ, m.body = t, append(m.body[:0], body...)
	o.next++
}

// bundle writes the messages from..end-1, at most wire.MaxBundle of them and no more
// than a datagram holds. What is left out is the oldest.
func (o *outbox) bundle(buf []byte, from, end uint64) []byte {
	start, size := end, wire.BundleHeaderSize
	for start > from && end-start < wire.MaxBundle {
		cost := wire.MessageHeaderSize + len(o.kept[(start-1)%keeps].body)
		if size+cost > wire.MaxDatagram && start < end {
			break
		}
		size += cost
		start--
	}
	buf = wire.AppendBundleHeader(buf, int(end-start))
	for i := end; i > start; i-- {
		m := &o.kept[(i-1)%keeps]
		buf = wire.AppendMessage(buf, uint16(i-1), m.typ, m.body)
	}
	return buf
}

// inbox puts what arrives into order. Bodies are copied, since they wait for who
// takes them.
type inbox struct {
	next   uint64 // everything before it was taken over
	ready  []wire.Message
	taken  int
	bundle []wire.Message
}

// number is the message that a wire seq means: the one nearest to next.
func (in *inbox) number(seq uint16) (n uint64, old bool) {
	ahead := int16(seq - uint16(in.next))
	if ahead < 0 {
		return 0, true
	}
	return in.next + uint64(ahead), false
}

// accept queues a message for take.
func (in *inbox) accept(m wire.Message) {
	if in.taken == len(in.ready) {
		in.ready, in.taken = in.ready[:0], 0
	}
	n := len(in.ready)
	if n < cap(in.ready) {
		in.ready = in.ready[:n+1]
	} else {
		in.ready = append(in.ready, wire.Message{})
	}
	old := &in.ready[n]
	old.Seq, old.Type, old.Body = m.Seq, m.Type, append(old.Body[:0], m.Body...)
}

func (in *inbox) take() (wire.Message, bool) {
	if in.taken == len(in.ready) {
		return wire.Message{}, false
	}
	in.taken++
	return in.ready[in.taken-1], true
}
