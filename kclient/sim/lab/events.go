package lab

import "time"

// kind is what happens in an event.
type kind uint8

const (
	frameDue     kind = iota // an emulator begins its next frame
	toServer                 // a datagram of a client's arrives
	toClient                 // a datagram of the server's arrives
	clientTimer              // a client's end has something to do
	serverTimer              // the server's end towards a client has
	addressMoves             // a client's address changes
	restart                  // a game that was lost begins anew
)

// event is something that happens at a time. Events of one time happen in the order
// in which they were scheduled.
type event struct {
	at       time.Duration
	serial   uint64
	datagram []byte
	player   int32
	game     int32 // events of a game that is over are void
	kind     kind
	address  uint16 // of the client, for toServer and toClient
}

func (e *event) before(o *event) bool {
	return e.at < o.at || e.at == o.at && e.serial < o.serial
}

// queue is a binary heap of events. container/heap would box each of them.
type queue struct {
	events []event
	serial uint64
}

func (q *queue) push(e event) {
	q.serial++
	e.serial = q.serial
	q.events = append(q.events, e)
	h := q.events
	for i := len(h) - 1; i > 0; {
		parent := (i - 1) / 2
		if !h[i].before(&h[parent]) {
			return
		}
		h[i], h[parent] = h[parent], h[i]
		i = parent
	}
}

func (q *queue) pop() event {
	h := q.events
	first := h[0]
	last := len(h) - 1
	h[0] = h[last]
	h[last] = event{}
	h = h[:last]
	q.events = h
	for i := 0; ; {
		child := 2*i + 1
		if child >= last {
			return first
		}
		if right := child + 1; right < last && h[right].before(&h[child]) {
			child = right
		}
		if !h[child].before(&h[i]) {
			return first
		}
		h[i], h[child] = h[child], h[i]
		i = child
	}
}
