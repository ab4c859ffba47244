// Package stats counts what a server does, and what it refuses. Every door and every room adds to the same counters,
// without a lock.
package stats

import "sync/atomic"

// Counters are what a server has counted since it was made. The zero value is ready; all of it may be used from any
// goroutine.
type Counters struct {
	Logins            atomic.Int64
	DatagramsReceived atomic.Int64
	DatagramsSent     atomic.Int64
	BytesReceived     atomic.Int64 // UDP payload
	BytesSent         atomic.Int64
	Frames            atomic.Int64 // combined frames that were ready

	refused  [refusals]atomic.Int64
	refusals atomic.Int64 // all of them
}

// Refuse counts a refusal.
func (c *Counters) Refuse(r Refusal) {
	c.refused[r].Add(1)
	c.refusals.Add(1)
}

// Refused is how many refusals there were for whatever reason.
func (c *Counters) Refused() int64 { return c.refusals.Load() }

// Refusals are the refusals by reason.
func (c *Counters) Refusals() (r Refusals) {
	for i := range r {
		r[i] = int(c.refused[i].Load())
	}
	return r
}
