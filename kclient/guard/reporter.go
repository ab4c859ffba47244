package guard

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// What somebody can bring about again and again must not fill the log: so many faults are told at once, and then one
// more each reportEvery. The others are only counted, and the next line says how many they were.
const (
	reportBurst = 3
	reportEvery = 20 * time.Second
)

// Reporter tells a log of faults and counts them. It never panics, whatever the log's handler does. All methods may be
// called from any goroutine, with locks held.
type Reporter struct {
	raw    *slog.Logger
	logger *slog.Logger

	mu    sync.Mutex
	count int
	left  int       // out of the log since its last line
	until time.Time // when the burst is whole again
}

// NewReporter reports to log; nil only counts.
func NewReporter(log *slog.Logger) *Reporter {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	r := &Reporter{raw: log}
	r.logger = slog.New(handler{log.Handler(), func(f *Fault) { r.Report(f) }})
	return r
}

// Logger is the log whose handler may panic without harm: the line is lost then, and the fault reported. Whoever writes
// logs with a lock held writes to it.
func (r *Reporter) Logger() *slog.Logger { return r.logger }

// Count is how many faults were reported.
func (r *Reporter) Count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.count
}

// Report counts a fault and writes one line about it, at the error level, with its stack; attrs, as those of
// slog.Logger.Error, say who and what was closed.
func (r *Reporter) Report(f *Fault, attrs ...any) {
	left, ok := r.admit(time.Now())
	if !ok {
		return
	}
	if left > 0 {
		attrs = append(attrs, slog.Int("more_since_the_last_line", left))
	}
	attrs = append([]any{slog.String("where", f.Where), slog.String("panic", f.Value)}, attrs...)
	attrs = append(attrs, slog.String("stack", f.Stack))
	Run("log", func() { r.raw.Error("internal error", attrs...) }, nil)
}

func (r *Reporter) admit(now time.Time) (left int, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.count++
	if r.until.Before(now) {
		r.until = now
	}
	if r.until.Sub(now) > (reportBurst-1)*reportEvery {
		r.left++
		return 0, false
	}
	r.until = r.until.Add(reportEvery)
	left, r.left = r.left, 0
	return left, true
}

// handler is another one, whose panics it catches.
type handler struct {
	slog.Handler
	failed func(*Fault)
}

func (h handler) Enabled(ctx context.Context, level slog.Level) bool {
	defer Catch("log", h.failed)
	return h.Handler.Enabled(ctx, level)
}

func (h handler) Handle(ctx context.Context, record slog.Record) error {
	defer Catch("log", h.failed)
	return h.Handler.Handle(ctx, record)
}

// One that cannot be given attributes goes on without them.

func (h handler) WithAttrs(attrs []slog.Attr) (with slog.Handler) {
	with = h
	defer Catch("log", h.failed)
	return handler{h.Handler.WithAttrs(attrs), h.failed}
}

func (h handler) WithGroup(name string) (with slog.Handler) {
	with = h
	defer Catch("log", h.failed)
	return handler{h.Handler.WithGroup(name), h.failed}
}
