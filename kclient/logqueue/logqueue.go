// Package logqueue stands between those who log and a place that may be slow: a pipe that nobody reads, a full disk, a
// frozen terminal. Who logs never waits: records go into a bounded queue, and a goroutine writes them in their order.
// What does not fit is dropped and counted, and the log says how many once it is written again.
//
//	log := slog.New(logqueue.New(slog.NewTextHandler(os.Stderr, nil)))
//
// The goroutine is there only while something waits, so an idle log costs nothing and needs no end. Before the process
// ends, call Flush.
package logqueue

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"kbridge/kclient/guard"
)

// Bounds of what waits. A line of ours is 100 to 300 bytes: a thousand are more than a second of the busiest server.
const (
	MaxRecords = 1024
	MaxBytes   = 512 << 10

	// recordCost is what a record takes besides its texts, attrCost what an attribute does, in bytes.
	recordCost = 256
	attrCost   = 64
)

// Handler hands records on to another handler without waiting for it. Attributes are read when the record is written,
// a moment later: a value that changes meanwhile must not be one. It may be used from any goroutine, with locks held.
type Handler struct {
	queue *queue
	next  slog.Handler
}

// queue is what all handlers made from one share.
type queue struct {
	base slog.Handler

	mu      sync.Mutex
	waiting []entry
	bytes   int
	dropped int           // since it was last said
	total   int           // dropped in all
	busy    bool          // the writer runs
	idle    chan struct{} // closed when the writer has ended; nil while nobody waits for that
}

type entry struct {
	to     slog.Handler
	record slog.Record
	bytes  int
}

// New returns a handler that writes to next on a goroutine of its own.
func New(next slog.Handler) *Handler {
	return &Handler{queue: &queue{base: next}, next: next}
}

// Enabled asks the handler behind the queue.
func (h *Handler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.next.Enabled(ctx, level)
}

// Handle queues the record, or drops it when too much waits already. The error is always nil.
func (h *Handler) Handle(_ context.Context, r slog.Record) error {
	h.queue.add(h.next, r)
	return nil
}

// WithAttrs returns a handler with the same queue.
func (h *Handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &Handler{queue: h.queue, next: h.next.WithAttrs(attrs)}
}

// WithGroup returns a handler with the same queue.
func (h *Handler) WithGroup(name string) slog.Handler {
	return &Handler{queue: h.queue, next: h.next.WithGroup(name)}
}

// Dropped is how many records were dropped since the handler was made.
func (h *Handler) Dropped() int {
	h.queue.mu.Lock()
	defer h.queue.mu.Unlock()
	return h.queue.total
}

// Flush waits until everything that waits is written, at most so long, and reports whether it is.
func (h *Handler) Flush(limit time.Duration) bool {
	q := h.queue
	q.mu.Lock()
	if !q.busy {
		q.mu.Unlock()
		return true
	}
	if q.idle == nil {
		q.idle = make(chan struct{})
	}
	idle := q.idle
	q.mu.Unlock()
	timeout := time.NewTimer(limit)
	defer timeout.Stop()
	select {
	case <-idle:
		return true
	case <-timeout.C:
		return false
	}
}

func (q *queue) add(to slog.Handler, r slog.Record) {
	e := entry{to, r.Clone(), cost(r)}
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) >= MaxRecords || q.bytes+e.bytes > MaxBytes {
		q.dropped++
		q.total++
		return
	}
	q.waiting = append(q.waiting, e)
	q.bytes += e.bytes
	if !q.busy {
		q.busy = true
		guard.Go("log", q.write, nil)
	}
}

// cost is about how many bytes of memory a waiting record takes.
func cost(r slog.Record) int {
	n := recordCost + len(r.Message)
	r.Attrs(func(a slog.Attr) bool {
		n += attrCost + len(a.Key)
		if a.Value.Kind() == slog.KindString {
			n += len(a.Value.String())
		}
		return true
	})
	return n
}

// write writes until nothing waits.
func (q *queue) write() {
	for {
		batch, dropped := q.take()
		if batch == nil && dropped == 0 {
			return
		}
		for _, e := range batch {
			q.hand(e)
		}
		if dropped > 0 {
			r := slog.NewRecord(time.Now(), slog.LevelWarn, "lines of the log were dropped: it is written too slowly",
				0)
			r.AddAttrs(slog.Int("lines", dropped))
			q.hand(entry{to: q.base, record: r})
		}
	}
}

// take is everything that waits, and how many were dropped behind it. What is being written still counts as waiting, as
// far as its bytes go, or as much again could wait.
func (q *queue) take() (batch []entry, dropped int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	batch, q.waiting = q.waiting, nil
	dropped, q.dropped = q.dropped, 0
	if batch == nil && dropped == 0 {
		q.busy = false
		if q.idle != nil {
			close(q.idle)
			q.idle = nil
		}
	}
	return batch, dropped
}

// hand writes one record. A handler that panics loses that record, not the process.
func (q *queue) hand(e entry) {
	guard.Run("log", func() { _ = e.to.Handle(context.Background(), e.record) }, nil)
	q.mu.Lock()
	defer q.mu.Unlock()
	q.bytes -= e.bytes
}
