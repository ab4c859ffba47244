package lab

import "kbridge/kclient/wire"

// keeps is how many of its own messages an end can send again.
const keeps = 1024

// outbox is the messages of one direction, for the strategies that are not ours.
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
