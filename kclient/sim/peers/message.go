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

func keep(m wire.Message) *Message {
	m.Body = append([]byte(nil), m.Body...)
	return &Message{Message: m}
}

// parse refuses what no peer may send, and so what the other models would make of it
// does not matter.
func parse(datagram []byte, limit int) ([]wire.Message, error) {
	bundle, err := wire.ParseBundle(datagram, nil)
	if err != nil {
		return nil, fmt.Errorf("%w: datagram %x: %w", ErrProtocol, datagram, err)
	}
	if len(bundle) > limit {
		return nil, fmt.Errorf("%w: %d messages in a datagram, at most %d", ErrProtocol, len(bundle), limit)
	}
	return bundle, nil
}
