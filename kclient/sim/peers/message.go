package peers

import (
	"fmt"

	"kbridge/kclient/wire"
)

// Message is one message, out of its datagram.
type Message struct {
	wire.Message
	Missing int // at EmuLinker: how many before it never came
}

// clone is a copy for those who keep it.
func (m Message) clone() *Message {
	m.Body = append([]byte(nil), m.Body...)
	return &m
}

// grow makes room for one more, which it returns as it last was, so that a message's body is used again.
func grow[T any](all *[]T) *T {
	n := len(*all)
	if n < cap(*all) {
		*all = (*all)[:n+1]
	} else {
		*all = append(*all, *new(T))
	}
	return &(*all)[n]
}

// set copies a message out of its datagram.
func (m *Message) set(from wire.Message, missing int) {
	m.Seq, m.Type, m.Body, m.Missing = from.Seq, from.Type, append(m.Body[:0], from.Body...), missing
}

// parse refuses what no peer may send, and so what the other models would make of it
// does not matter.
func parse(datagram []byte, into []wire.Message, limit int) ([]wire.Message, error) {
	bundle, err := wire.ParseBundle(datagram, into)
	if err != nil {
		return nil, fmt.Errorf("%w: datagram %x: %w", ErrProtocol, datagram, err)
	}
	if len(bundle) > limit {
		return nil, fmt.Errorf("%w: %d messages in a datagram, at most %d", ErrProtocol, len(bundle), limit)
	}
	return bundle, nil
}
