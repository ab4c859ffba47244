package peers

import "kbridge/kclient/wire"

// outbox numbers messages and keeps the last few of them: that is all the
// reliability there is.
type outbox struct {
	usual int // messages in a datagram: 3 from clients and direlera-rs, 5 from EmuLinker
	keeps int // messages it can send again: n02 15, EmuLinker nine, direlera-rs none

	// buffer is EmuLinkerSF's: what does not fit into so many bytes is left out of a datagram, but still
	// counted; 0 is any size.
	buffer int

	next   uint16
	recent []outgoing // oldest first
}

type outgoing struct {
	seq  uint16
	typ  wire.Type
	body []byte
}

// add numbers a message and returns the datagram that carries it.
func (o *outbox) add(t wire.Type, body []byte) []byte {
	o.recent = append(o.recent, outgoing{o.next, t, append([]byte(nil), body...)})
	o.next++
	if len(o.recent) > max(o.keeps, o.usual) {
		o.recent = o.recent[1:]
	}
	return o.last(o.usual)
}

// last is a datagram of the last count messages. When there are none it is one byte, a bundle of none: so
// answers EmuLinker a stranger's repeats (seen).
func (o *outbox) last(count int) []byte {
	count = min(count, len(o.recent))
	b := wire.AppendBundleHeader(nil, count)
	for i := range count {
		m := o.recent[len(o.recent)-1-i]
		if o.buffer > 0 && len(b)+wire.MessageHeaderSize+len(m.body) > o.buffer {
			continue
		}
		b = wire.AppendMessage(b, m.seq, m.typ, m.body)
	}
	return b
}
