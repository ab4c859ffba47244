package peers

import (
	"fmt"

	"kbridge/kclient/wire"
)

// message is one message, out of its datagram.
type message struct {
	typ  wire.Type
	body []byte
	hole bool // at EmuLinker: one before it is missing
}

func keep(m wire.Message) *message {
	return &message{typ: m.Type, body: append([]byte(nil), m.Body...)}
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

// clientInbox is what n02 and SupraClient do with datagrams.
//
// n02: it takes the first message's seq as the newest; it ignores the whole datagram
// if that is 10 or more ahead of the last one it has received, holds 16
// messages, and a hole inside a bundle stalls it for ever.
//
// SupraClient: it overruns an array when more than 15 are missing. Else it is
// taken to do as n02 does, but to ignore nothing.
type clientInbox struct {
	ignoreFrom uint16 // n02: 10; 0 is never
	crashFrom  uint16 // SupraClient: 16, more than 15 are missing; 0 is never
	holds      int    // n02: 16; 0 is any number

	last    uint16     // the newest one received
	held    []*message // in order; nil is a hole
	ignored int        // datagrams
}

// maxFromServer is the largest count of a datagram to a client: the one that the
// notes allow because of SupraClient.
const maxFromServer = 15

func (in *clientInbox) receive(datagram []byte) error {
	bundle, err := parse(datagram, maxFromServer)
	if err != nil {
		return err
	}
	ahead := bundle[0].Seq - in.last
	switch {
	case ahead == 0 || ahead >= 0x8000: // not newer
		return nil
	case in.ignoreFrom != 0 && ahead >= in.ignoreFrom:
		in.ignored++
		return nil
	case in.crashFrom != 0 && ahead >= in.crashFrom:
		return fmt.Errorf("%w: %d messages are missing", ErrOverrun, ahead)
	case in.holds != 0 && len(in.held)+int(ahead) > in.holds:
		return fmt.Errorf("%w: %d more messages, %d are held", ErrOverrun, ahead, len(in.held))
	}
	at := len(in.held)
	in.held = append(in.held, make([]*message, ahead)...)
	for _, m := range bundle {
		n := m.Seq - in.last
		if n == 0 {
			break
		}
		if n > ahead {
			return fmt.Errorf("%w: message %d stands behind %d in a datagram", ErrProtocol, m.Seq, bundle[0].Seq)
		}
		in.held[at+int(n)-1] = keep(m)
	}
	in.last += ahead
	return nil
}

// take is the next message; ErrHole when it is one that never came.
func (in *clientInbox) take() (m *message, err error) {
	if len(in.held) == 0 {
		return nil, nil
	}
	if m = in.held[0]; m == nil {
		return nil, ErrHole
	}
	in.held = in.held[1:]
	return m, nil
}

// emulinkerInbox is EmuLinker's rule: count 1 to 32; it applies every message in
// the bundle with seq above the last one it saw, oldest first. One that does not follow the last one is
// applied too, but means "dropped a packet": its player is desynchronised for good. The first may have any
// number. A bundle with nothing new makes it resend its own recent messages.
type emulinkerInbox struct {
	started bool
	last    uint16
}

func (in *emulinkerInbox) receive(datagram []byte) (fresh []*message, err error) {
	bundle, err := parse(datagram, wire.MaxBundle)
	if err != nil {
		return nil, err
	}
	for i := len(bundle) - 1; i >= 0; i-- {
		ahead := bundle[i].Seq - in.last
		if in.started && (ahead == 0 || ahead >= 0x8000) {
			continue
		}
		m := keep(bundle[i])
		m.hole = in.started && ahead > 1
		in.started, in.last = true, bundle[i].Seq
		fresh = append(fresh, m)
	}
	return fresh, nil
}

// direleraInbox is direlera-rs' rule: it applies only exactly the next expected
// number and walks a bundle newest first, so at most one message per datagram. A
// datagram of one message with seq 0 resets its count.
type direleraInbox struct {
	expected uint16
	dead     bool // nobody reads what comes from there any more
}

func (in *direleraInbox) receive(datagram []byte) (fresh []*message, err error) {
	bundle, err := parse(datagram, wire.MaxBundle)
	if err != nil {
		return nil, err
	}
	if len(bundle) == 1 && bundle[0].Seq == 0 {
		in.expected = 0
	}
	for _, m := range bundle {
		if m.Seq == in.expected {
			in.expected++
			fresh = append(fresh, keep(m))
		}
	}
	return fresh, nil
}
