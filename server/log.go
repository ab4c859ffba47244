package server

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"kbridge/kclient/logqueue"
	"kbridge/server/limits"
	"kbridge/server/rate"
)

// What is logged is queued, so that a log that is written slowly slows nobody (logqueue), and what anybody can cause by
// what he sends is limited, so that nobody can fill the disk. What is left out is counted: see summary.

// logLimit passes on so many lines of each message; lines of errors, and of debugging, all of them.
type logLimit struct {
	next  slog.Handler
	state *logLimits
}

// logLimits is shared by a logger and those made from it.
type logLimits struct {
	mu      sync.Mutex
	kinds   map[string]*rate.Limiter // by message; all messages are constants of this package, so there are some dozens
	leftOut atomic.Int64
}

// newLog puts the queue, unless there is one already, and the limits before the handler of the Config.
func newLog(logger *slog.Logger) (*slog.Logger, *logLimits, *logqueue.Handler) {
	queue, ok := logger.Handler().(*logqueue.Handler)
	if !ok {
		queue = logqueue.New(logger.Handler())
	}
	limits := &logLimits{kinds: map[string]*rate.Limiter{}}
	return slog.New(&logLimit{queue, limits}), limits, queue
}

// Enabled asks the handler behind.
func (l *logLimit) Enabled(ctx context.Context, level slog.Level) bool {
	return l.next.Enabled(ctx, level)
}

// Handle passes the record on, if it is not one too many.
func (l *logLimit) Handle(ctx context.Context, r slog.Record) error {
	if r.Level >= slog.LevelInfo && r.Level < slog.LevelError && !l.state.Allow(r.Time, r.Message) {
		l.state.leftOut.Add(1)
		return nil
	}
	return l.next.Handle(ctx, r)
}

// WithAttrs returns a handler with the same limits.
func (l *logLimit) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &logLimit{l.next.WithAttrs(attrs), l.state}
}

// WithGroup returns a handler with the same limits.
func (l *logLimit) WithGroup(name string) slog.Handler {
	return &logLimit{l.next.WithGroup(name), l.state}
}

func (l *logLimits) Allow(now time.Time, message string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	k := l.kinds[message]
	if k == nil {
		k = &rate.Limiter{}
		l.kinds[message] = k
	}
	return k.Allow(now, limits.LogRate)
}
