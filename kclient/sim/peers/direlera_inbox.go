package peers

import "kbridge/kclient/wire"

// direleraInbox is direlera-rs' rule: it applies only exactly the next expected
// number and walks a bundle newest first, so at most one message per datagram. A
// datagram of one message with seq 0 resets its count.
type direleraInbox struct {
	expected uint16
	dead     bool // nobody reads what comes from there any more
}

func (in *direleraInbox) receive(datagram []byte) (fresh []*Message, err error) {
	bundle, err := parse(datagram, nil, wire.MaxBundle)
	if err != nil {
		return nil, err
	}
	if len(bundle) == 1 && bundle[0].Seq == 0 {
		in.expected = 0
	}
	for _, m := range bundle {
		if m.Seq == in.expected {
			in.expected++
			fresh = append(fresh, Message{Message: m}.clone())
		}
	}
	return fresh, nil
}
