package peers

import (
	"time"

	"kbridge/kclient/wire"
)

// EmuLinkerEnd is EmuLinker's side of the session of one client, without the socket and the clock: how messages are
// numbered and bundled, what is taken, and when something is said again. The model of the program has one for each
// client, and so has the laboratory (sim/lab).
type EmuLinkerEnd struct {
	in      emulinkerInbox
	out     Outbox
	maxPing time.Duration // no two repeats are closer together
	retries int           // datagrams with nothing new in a row
	resent  time.Time     // when the last repeat was
}

// NewEmuLinkerEnd is for a client whose first message is still to come.
func NewEmuLinkerEnd(maxPing time.Duration) *EmuLinkerEnd {
	return &EmuLinkerEnd{out: Outbox{Usual: emulinkerUsual, Keeps: emulinkerKeeps}, maxPing: maxPing}
}

// Resume makes it the end of a session that is under way: the client's last message had that number.
func (e *EmuLinkerEnd) Resume(last uint16) { e.in.started, e.in.last = true, last }

// Send numbers a message and returns the datagram that carries it, valid until the next one is asked for.
func (e *EmuLinkerEnd) Send(t wire.Type, body []byte) (datagram []byte) { return e.out.Add(t, body) }

// Receive takes a datagram, and returns what is new in it, oldest first, valid until the next one. If nothing is, then
// again is what to say again, or nil when it is too early for that.
func (e *EmuLinkerEnd) Receive(now time.Time, datagram []byte) (fresh []Message, again []byte, err error) {
	fresh, err = e.in.receive(datagram)
	switch {
	case err != nil:
		return nil, nil, err
	case len(fresh) > 0:
		e.retries = 0
		return fresh, nil, nil
	}
	e.retries++
	return nil, e.Again(now, e.retries), nil
}

// Again is a datagram of the last 3 × n messages, at most once per maxPing.
func (e *EmuLinkerEnd) Again(now time.Time, n int) []byte {
	// Both count milliseconds, and want more of them than maxPing.
	if !e.resent.IsZero() && now.UnixMilli()-e.resent.UnixMilli() <= e.maxPing.Milliseconds() {
		return nil
	}
	e.resent = now
	return e.out.Last(min(3*n, emulinkerKeeps))
}

// emulinkerInbox is EmuLinker's rule: count 1 to 32; it applies every message in
// the bundle with seq above the last one it saw, oldest first. One that does not follow the last one is
// applied too, but means "dropped a packet": its player is desynchronised for good. The first may have any
// number. A bundle with nothing new makes it resend its own recent messages.
type emulinkerInbox struct {
	started bool
	last    uint16
	bundle  []wire.Message
	fresh   []Message
}

func (in *emulinkerInbox) receive(datagram []byte) (fresh []Message, err error) {
	in.bundle, err = parse(datagram, in.bundle[:0], wire.MaxBundle)
	in.fresh = in.fresh[:0]
	if err != nil {
		return nil, err
	}
	for i := len(in.bundle) - 1; i >= 0; i-- {
		ahead, missing := in.bundle[i].Seq-in.last, 0
		if in.started && (ahead == 0 || ahead >= 0x8000) {
			continue
		}
		if in.started {
			missing = int(ahead) - 1
		}
		in.started, in.last = true, in.bundle[i].Seq
		grow(&in.fresh).set(in.bundle[i], missing)
	}
	return in.fresh, nil
}
