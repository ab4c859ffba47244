package link

import (
	"math/bits"
	"unsafe"

	"kbridge/kclient/wire"
)

// inbox puts the peer's messages back into order. Messages that come ahead of a
// missing one wait in a window; the missing one is asked for by the link.
type inbox struct {
	seen    uint64         // after the newest message that was ever in a datagram
	next    uint64         // the number of the next message to deliver
	bundle  []wire.Message // of the datagram at hand, newest first as on the wire
	left    int            // messages of bundle that were not looked at yet
	most    int            // messages that were ever in a datagram
	window  []waiting      // a power of two, nil until the first hole; message i waits in slot i % len
	waiting int
	bytes   int // of the messages that wait
	kept    int // of all buffers in window
}

type waiting struct {
	held bool
	typ  wire.Type
	body []byte
}

const waitingSize = int(unsafe.Sizeof(waiting{}))

// slot is where message n waits; it must be less than len(window) ahead of next.
func (in *inbox) slot(n uint64) *waiting { return &in.window[n&uint64(len(in.window)-1)] }

// holds reports whether a message that is not old waits in the window.
func (in *inbox) holds(n uint64) bool {
	return n-in.next < uint64(len(in.window)) && in.slot(n).held
}

// held is how many bytes of memory the window takes.
func (in *inbox) held() int { return len(in.window)*waitingSize + in.kept }

// number tells which message a wire seq means: the one nearest to next.
func (in *inbox) number(seq uint16) (n uint64, old bool) {
	ahead := int16(seq - uint16(in.next))
	if ahead < 0 {
		return 0, true
	}
	return in.next + uint64(ahead), false
}

// examine takes down which messages the bundle holds. It reports whether one of them was not received before, whether
// all of its news is beyond the window, and whether it brings more than one message that is newer than all before:
// then a datagram is missing.
func (in *inbox) examine() (fresh, far, jump bool) {
	in.most = max(in.most, len(in.bundle))
	if n, old := in.number(in.bundle[0].Seq); !old && n >= in.seen {
		jump = n > in.seen
		in.seen = n + 1
	}
	for i := range in.bundle {
		n, old := in.number(in.bundle[i].Seq)
		switch {
		case old:
		case n-in.next >= windowMessages:
			far = true
		case !in.holds(n):
			return true, false, jump
		}
	}
	return false, far, jump
}

// oldest is the number of the bundle's oldest message, 0 if it was delivered before.
func (in *inbox) oldest() uint64 {
	n, old := in.number(in.bundle[len(in.bundle)-1].Seq)
	if old {
		return 0
	}
	return n
}

// peek is the type of the message that take would return; ok is false when there is none.
func (in *inbox) peek() (t wire.Type, ok bool) {
	if in.waiting > 0 {
		if w := in.slot(in.next); w.held {
			return w.typ, true
		}
	}
	for ; in.left > 0; in.left-- {
		m := in.bundle[in.left-1]
		switch n, old := in.number(m.Seq); {
		case old || n-in.next >= windowMessages:
		case n == in.next:
			return m.Type, true
		default:
			in.hold(n, m)
		}
	}
	return 0, false
}

// keep takes over what is left of the last datagram, whose bytes are the caller's.
func (in *inbox) keep() {
	for in.left > 0 {
		in.left--
		m := in.bundle[in.left]
		if n, old := in.number(m.Seq); !old && n-in.next < windowMessages {
			in.hold(n, m)
		}
	}
}

// take returns the next message in order, if it is there.
func (in *inbox) take() (wire.Message, bool) {
	for {
		if in.waiting > 0 {
			if w := in.slot(in.next); w.held {
				m := wire.Message{Seq: uint16(in.next), Type: w.typ, Body: w.body}
				w.held = false
				in.waiting--
				in.bytes -= len(w.body)
				if in.kept > keepBuffers {
					in.kept -= cap(w.body)
					w.body = nil
				}
				in.next++
				in.relax()
				return m, true
			}
		}
		if in.left == 0 {
			return wire.Message{}, false
		}
		in.left--
		m := in.bundle[in.left]
		n, old := in.number(m.Seq)
		switch {
		case old || n-in.next >= windowMessages:
		case n == in.next:
			in.next++
			return m, true
		default:
			in.hold(n, m)
		}
	}
}

// hold keeps a message until those before it have come. Beyond the bound it is
// dropped as if the network had lost it: the peer sends it again.
func (in *inbox) hold(n uint64, m wire.Message) {
	if in.holds(n) || in.bytes+len(m.Body) > windowBytes {
		return
	}
	if n-in.next >= uint64(len(in.window)) {
		in.widen(max(1<<bits.Len64(n-in.next), minWindow))
	}
	w := in.slot(n)
	w.held = true
	w.typ = m.Type
	in.kept -= cap(w.body)
	w.body = append(w.body[:0], m.Body...)
	in.kept += cap(w.body)
	in.waiting++
	in.bytes += len(m.Body)
}

// widen moves what waits to a window of n places, a power of two.
func (in *inbox) widen(n int) {
	old := in.window
	in.window = make([]waiting, n)
	for i := range old {
		// The places after next's are those of the messages after it, in a circle.
		from := in.next + uint64(i)
		*in.slot(from) = old[from&uint64(len(old)-1)]
	}
}

// relax gives a window up that is larger than it is at first, once nothing waits in it.
func (in *inbox) relax() {
	if in.waiting == 0 && len(in.window) > minWindow {
		in.window, in.kept = nil, 0
	}
}

// skip gives up the messages before the first one that waits and returns how
// many these are.
func (in *inbox) skip() int {
	if in.waiting == 0 {
		return 0
	}
	lost := 0
	for !in.slot(in.next).held {
		in.next++
		lost++
	}
	return lost
}

// follow gives up everything before the oldest message of the bundle at hand,
// whatever the distance, and returns how many messages that loses.
func (in *inbox) follow() int {
	if len(in.bundle) == 0 {
		return 0
	}
	ahead := in.bundle[0].Seq - uint16(in.next)
	for _, m := range in.bundle[1:] {
		ahead = min(ahead, m.Seq-uint16(in.next))
	}
	for i := range in.window {
		in.window[i].held = false
	}
	in.waiting, in.bytes = 0, 0
	in.relax()
	in.next += uint64(ahead)
	return int(ahead)
}
