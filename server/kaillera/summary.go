package kaillera

import (
	"log/slog"
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
	total  int64          // of them
	lines  int64          // left out of the log, likewise
}

func (y *summary) init(s *Server) {
	y.server = s
	y.timer.Owner = y
}

// news reports whether something was refused that was not said yet.
func (y *summary) news() bool {
	return y.server.count.Refused() != y.total || y.server.parts.LeftOut() != y.lines
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
	if left := y.server.parts.LeftOut(); left != y.lines {
		attrs = append(attrs, slog.Int64("log-lines", left-y.lines))
		y.lines = left
	}
	y.said, y.total = refused, int64(refused.Total())
	y.server.log.Info("refused in the last minute", attrs...)
}
