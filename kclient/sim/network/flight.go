package network

import (
	"net/netip"
	"time"
)

// datagram is one datagram under way or waiting in a receive queue. Its buffer
// is reused through the network's pool.
type datagram struct {
	data []byte
	from netip.AddrPort
	to   netip.Addr
	due  time.Duration // arrival, after the network's start

	// The order among datagrams of the same due: by direction, then source port,
	// then order of sending. Two senders that are scheduled in another order
	// do not change what arrives first.
	direction uint64
	serial    uint64

	next *datagram // in a receive queue, or in the pool
}

func (d *datagram) before(o *datagram) bool {
	if d.due != o.due {
		return d.due < o.due
	}
	if d.direction != o.direction {
		return d.direction < o.direction
	}
	if p, q := d.from.Port(), o.from.Port(); p != q {
		return p < q
	}
	return d.serial < o.serial
}

// flight is a heap of the datagrams on their way to one conn, the next arrival
// first. container/heap would do; this one costs no interface calls.
type flight []*datagram

func (f *flight) push(d *datagram) {
	h := append(*f, d)
	i := len(h) - 1
	for i > 0 {
		parent := (i - 1) / 2
		if !h[i].before(h[parent]) {
			break
		}
		h[i], h[parent] = h[parent], h[i]
		i = parent
	}
	*f = h
}

func (f *flight) pop() *datagram {
	h := *f
	d, last := h[0], len(h)-1
	h[0], h[last] = h[last], nil
	*f = h[:last]
	f.sink(0)
	return d
}

func (f *flight) sink(i int) {
	h := *f
	for {
		child := 2*i + 1
		if child >= len(h) {
			return
		}
		if right := child + 1; right < len(h) && h[right].before(h[child]) {
			child = right
		}
		if !h[child].before(h[i]) {
			return
		}
		h[i], h[child] = h[child], h[i]
		i = child
	}
}

// remove takes out every datagram that gone selects and hands it to drop.
func (f *flight) remove(gone func(*datagram) bool, drop func(*datagram)) {
	h := *f
	kept := h[:0]
	for _, d := range h {
		if gone(d) {
			drop(d)
		} else {
			kept = append(kept, d)
		}
	}
	clear(h[len(kept):])
	*f = kept
	for i := len(kept)/2 - 1; i >= 0; i-- {
		f.sink(i)
	}
}

// queue is a conn's receive queue, first in first out.
type queue struct {
	head, tail *datagram
	size       int // what its datagrams cost, see datagramOverhead
}

func (q *queue) push(d *datagram) {
	d.next = nil
	if q.tail == nil {
		q.head = d
	} else {
		q.tail.next = d
	}
	q.tail = d
	q.size += d.cost()
}

func (q *queue) pop() *datagram {
	d := q.head
	q.head = d.next
	if q.head == nil {
		q.tail = nil
	}
	d.next = nil
	q.size -= d.cost()
	return d
}

func (d *datagram) cost() int { return len(d.data) + datagramOverhead }

const (
	// bufferSize holds any datagram that keeps to Kaillera's 1,400 bytes. A buffer
	// that had to grow for a larger one is not kept.
	bufferSize = 1536
	// maxPooled bounds how many buffers the pool keeps: 6 MB at most.
	maxPooled = 4096
)

// pool keeps datagrams for reuse.
type pool struct {
	free *datagram
	n    int
}

func (p *pool) get(b []byte) *datagram {
	d := p.free
	if d == nil {
		d = &datagram{data: make([]byte, 0, bufferSize)}
	} else {
		p.free, d.next = d.next, nil
		p.n--
	}
	d.data = append(d.data[:0], b...)
	return d
}

func (p *pool) put(d *datagram) {
	if cap(d.data) != bufferSize || p.n >= maxPooled {
		return
	}
	*d = datagram{data: d.data[:0], next: p.free}
	p.free = d
	p.n++
}
