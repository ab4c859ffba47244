package lockstep

// frameQueue is a ring of combined frames. Whole batches go in, single frames come out. Its capacity is a multiple of a
// batch, so that a batch never wraps.
type frameQueue struct {
	buf   []byte
	frame int // bytes of a frame
	head  int // bytes: where the oldest frame begins
	used  int // bytes
}

// init empties the queue for batches of batch bytes and frames of frame bytes, and keeps its memory if it is enough.
func (q *frameQueue) init(frame, batch, batches int) {
	n := batch * batches
	if cap(q.buf) < n {
		q.buf = make([]byte, n)
	}
	q.buf = q.buf[:n]
	q.frame, q.head, q.used = frame, 0, 0
}

// frames is how many frames are queued.
func (q *frameQueue) frames() int {
	if q.frame == 0 {
		return 0
	}
	return q.used / q.frame
}

func (q *frameQueue) empty() bool { return q.used == 0 }

// push reports false when the batch has no room.
func (q *frameQueue) push(batch []byte) bool {
	if q.used+len(batch) > len(q.buf) {
		return false
	}
	tail := q.head + q.used
	if tail >= len(q.buf) {
		tail -= len(q.buf)
	}
	// Batches may begin anywhere a frame does once a part of one has been taken out; but they always follow the batch
	// before them, so tail is a multiple of the batch length.
	copy(q.buf[tail:], batch)
	q.used += len(batch)
	return true
}

// pop copies the oldest frame to dst, which must have room for it. The queue must not be empty.
func (q *frameQueue) pop(dst []byte) int {
	n := copy(dst, q.buf[q.head:q.head+q.frame])
	q.used -= q.frame
	q.head += q.frame
	if q.head == len(q.buf) {
		q.head = 0
	}
	return n
}
