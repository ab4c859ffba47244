package kaillera

import (
	"log/slog"
	"sync/atomic"
	"time"

	"kbridge/server/limits"
	"kbridge/server/stats"
	"kbridge/server/timer"
)

// summary says once a minute what was refused since the last time, if anything was; an idle server says nothing, and
// sleeps.
type summary struct {
	server *Server
	timer  timer.Timer
	said   stats.Refusals // when it was last said
	total  atomic.Int64   // of them; whoever has no lock may look
	lines  atomic.Int64   // left out of the log, likewise
}

func (y *summary) init(s *Server) {
	y.server = s
	y.timer.Owner = y
}

// news reports whether something was refused that was not said yet.
func (y *summary) news() bool {
	return y.server.count.Refused() != y.total.Load() || y.server.parts.LeftOut() != y.lines.Load()
}

// schedule has the summary said a minute after the first refusal of it.
func (y *summary) schedule(now time.Time) {
	if y.news() && !y.server.timers.IsSet(&y.timer) {
		y.server.timers.Set(&y.timer, now.Add(limits.SummaryEvery))
	}
}

func (y *summary) Tick(time.Time) {
	refused := y.server.count.Refusals()
	attrs := refused.Since(y.said).Attrs()
	if left, before := y.server.parts.LeftOut(), y.lines.Load(); left != before {
		attrs = append(attrs, slog.Int64("log-lines", left-before))
		y.lines.Store(left)
	}
	y.said = refused
	y.total.Store(int64(refused.Total()))
	y.server.log.Info("refused in the last minute", attrs...)
}
