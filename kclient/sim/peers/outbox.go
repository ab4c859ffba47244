package peers

import "kbridge/kclient/wire"

// Outbox numbers messages and keeps the last few of them: that is all the reliability there is in the programs of
// today.
type Outbox struct {
	Usual int // messages in a datagram: 3 from clients and direlera-rs, 5 from EmuLinker
	Keeps int // messages it can send again: n02 15, EmuLinker nine, direlera-rs none

	// Buffer is EmuLinkerSF's: what does not fit into so many bytes is left out of a datagram, but still
	// counted; 0 is any size.
	Buffer int

	Next uint16 // the number of the next message

	kept     []outgoing // a ring
	added    int
	datagram []byte
}

type outgoing struct {
	seq  uint16
	typ  wire.Type
	body []byte
}

// Add numbers a message and returns the datagram that carries it, valid until the next one is asked for.
func (o *Outbox) Add(t wire.Type, body []byte) []byte {
	if o.kept == nil {
		o.kept = make([]outgoing, max(o.Keeps, o.Usual))
	}
	m := &o.kept[o.added%len(o.kept)]
	m.seq, m.typ, m.body = o.Next, t, append(m.body[:0], body...)
	o.added++
	o.Next++
	return o.Last(o.Usual)
}

// Last is a datagram of the last count messages, valid until the next one is asked for. When there are none it is one
// byte, a bundle of none: so answers EmuLinker a stranger's repeats (seen).
func (o *Outbox) Last(count int) []byte {
	count = min(count, o.added, len(o.kept))
	b := wire.AppendBundleHeader(o.datagram[:0], count)
	for i := range count {
		m := &o.kept[(o.added-1-i)%len(o.kept)]
		if o.Buffer > 0 && len(b)+wire.MessageHeaderSize+len(m.body) > o.Buffer {
			continue
		}
		b = wire.AppendMessage(b, m.seq, m.typ, m.body)
	}
	o.datagram = b
	return b
}
