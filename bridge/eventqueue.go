package bridge

// event is what another player did and the emulator has not been told yet.
type event struct {
	kind   CallKind // CallChat or CallDrop
	own    bool     // the library says it, to this player alone
	nick   string
	text   string
	player int
}

func (e event) bytes() int { return eventOverhead + len(e.nick) + len(e.text) }

// eventQueue is bounded in bytes: when it is full the oldest events go.
type eventQueue struct {
	ring  []event // its length is 0 or a power of two
	head  int
	n     int
	bytes int
	full  bool // events were lost since the emulator last took one
}

// push adds an event. It reports whether others were lost for it, once until the emulator takes one.
func (q *eventQueue) push(e event) (lost bool) {
	q.bytes += e.bytes()
	for q.bytes > maxEventBytes && q.n > 0 {
		lost = lost || !q.full
		q.pop()
		q.full = true
	}
	if q.n == len(q.ring) {
		ring := make([]event, max(2*q.n, 16))
		for i := range q.n {
			ring[i] = q.ring[(q.head+i)%q.n]
		}
		q.ring, q.head = ring, 0
	}
	q.ring[(q.head+q.n)%len(q.ring)] = e
	q.n++
	return lost
}

func (q *eventQueue) pop() (event, bool) {
	if q.n == 0 {
		return event{}, false
	}
	e := q.ring[q.head]
	q.ring[q.head] = event{}
	q.head = (q.head + 1) % len(q.ring)
	q.n--
	q.bytes -= e.bytes()
	q.full = false
	return e, true
}
