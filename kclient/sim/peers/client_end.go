package peers

import (
	"fmt"
	"time"

	"kbridge/kclient/wire"
)

// ClientEnd is a session as n02 and SupraClient keep it, without the socket and the clock: how messages are numbered
// and bundled, which datagrams are taken and which are ignored, and what is said again while a frame is waited for.
// [Client] drives one over a socket, the laboratory (sim/lab) in a time of its own.
type ClientEnd struct {
	in    clientInbox
	out   Outbox
	again repeats
}

// NewN02End is n02's end of a session that begins.
func NewN02End() *ClientEnd {
	e := n02Rules.end
	return &e
}

// NewSupraClientEnd is SupraClient's.
func NewSupraClientEnd() *ClientEnd {
	e := supraRules.end
	return &e
}

// Send numbers a message and returns the datagram that carries it, valid until the next one is asked for.
func (e *ClientEnd) Send(t wire.Type, body []byte) (datagram []byte) { return e.out.Add(t, body) }

// Receive takes a datagram: the error is [ErrOverrun] or [ErrProtocol]. Take then returns its messages.
func (e *ClientEnd) Receive(datagram []byte) error { return e.in.receive(datagram) }

// Take is the next message, valid until the next datagram, or nil when there is none; [ErrHole] when it is one that
// will never come.
func (e *ClientEnd) Take() (*Message, error) { return e.in.take() }

// Held is how many messages Take has not returned yet, those that will never come included.
func (e *ClientEnd) Held() int { return len(e.in.held) - e.in.taken }

// Missing is how many messages will never come before the next one that is held.
func (e *ClientEnd) Missing() (n int) {
	for _, m := range e.in.held[e.in.taken:] {
		if m.came {
			break
		}
		n++
	}
	return n
}

// Ignored is how many datagrams were too far ahead.
func (e *ClientEnd) Ignored() int { return e.in.ignored }

// Wait tells that a wait for a frame begins. Look is then called at once, whenever something has come, and after
// NextLook.
func (e *ClientEnd) Wait() { e.again.looks, e.again.since = 0, 0 }

// Look is one look at the clock in a wait for a frame: it returns the datagram to repeat, if one is due, and
// [ErrGaveUp] when that was the last time.
func (e *ClientEnd) Look(now time.Time) (datagram []byte, err error) {
	w := &e.again
	switch at := now.UnixMilli(); {
	case w.looks == 0:
	case at-w.since > w.after:
		datagram = e.out.Last(w.messages)
	default:
		return nil, nil
	}
	w.since = now.UnixMilli()
	if w.looks++; w.looks >= w.givesUpAt {
		err = ErrGaveUp
	}
	return datagram, err
}

// NextLook is how long after a look the next one is, when nothing comes: the program looks for datagrams between two
// looks at the clock, each time a millisecond longer. What is returned are as many of them as there are until something
// is due.
func (e *ClientEnd) NextLook(now time.Time) time.Duration {
	w := &e.again
	each := int64(w.looks)
	looks := (w.after-(now.UnixMilli()-w.since))/each + 1
	return time.Duration(looks*each) * time.Millisecond
}

// repeats is what a client says again while it waits for a frame: its last messages, each time more than so many
// milliseconds after the last time, until it gives up.
type repeats struct {
	messages  int
	after     int64
	givesUpAt int

	looks int   // of this wait: the first one, and those at which something was said again
	since int64 // the last of them, in milliseconds
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

	last    uint16 // the newest one received
	held    []held // in order
	taken   int    // of the held ones
	ignored int    // datagrams
	bundle  []wire.Message
}

// held is the place of a message, which may have come or not.
type held struct {
	Message
	came bool
}

// maxFromServer is the largest count of a datagram to a client: the one that the
// notes allow because of SupraClient.
const maxFromServer = 15

func (in *clientInbox) receive(datagram []byte) (err error) {
	if in.bundle, err = parse(datagram, in.bundle[:0], maxFromServer); err != nil {
		return err
	}
	in.forget()
	bundle := in.bundle
	ahead := bundle[0].Seq - in.last
	switch {
	case ahead == 0 || ahead >= 0x8000: // not newer
		return nil
	case in.ignoreFrom != 0 && ahead >= in.ignoreFrom:
		in.ignored++
		return nil
	case in.crashFrom != 0 && ahead >= in.crashFrom:
		return fmt.Errorf("%w: %d messages are missing", ErrOverrun, ahead)
	case in.holds != 0 && len(in.held)-in.taken+int(ahead) > in.holds:
		return fmt.Errorf("%w: %d more messages, %d are held", ErrOverrun, ahead, len(in.held)-in.taken)
	}
	at := len(in.held)
	for range ahead {
		grow(&in.held).came = false
	}
	for _, m := range bundle {
		n := m.Seq - in.last
		if n == 0 {
			break
		}
		if n > ahead {
			return fmt.Errorf("%w: message %d stands behind %d in a datagram", ErrProtocol, m.Seq, bundle[0].Seq)
		}
		h := &in.held[at+int(n)-1]
		h.set(m, 0)
		h.came = true
	}
	in.last += ahead
	return nil
}

// take is the next message; ErrHole when it is one that never came.
func (in *clientInbox) take() (m *Message, err error) {
	if in.taken == len(in.held) {
		return nil, nil
	}
	h := &in.held[in.taken]
	if !h.came {
		return nil, ErrHole
	}
	in.taken++
	return &h.Message, nil
}

// forget makes room where taken messages stand.
func (in *clientInbox) forget() {
	for i := in.taken; i < len(in.held); i++ {
		in.held[i-in.taken], in.held[i] = in.held[i], in.held[i-in.taken]
	}
	in.held, in.taken = in.held[:len(in.held)-in.taken], 0
}
