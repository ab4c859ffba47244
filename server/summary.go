package server

import (
	"log/slog"
	"time"

	"kbridge/server/limits"
	"kbridge/server/timer"
)

// summary says once a minute what was refused since the last time, if anything was; an idle server says nothing, and
// sleeps.
type summary struct {
	server *Server
	timer  timer.Timer
	said   Refusals // when it was last said
	lines  int64    // left out of the log, likewise
}

func (y *summary) init(s *Server) {
	y.server = s
	y.timer.Owner = y
}

// news reports whether something was refused that was not said yet.
func (y *summary) news() bool {
	return y.server.stats.Refusals != y.said || y.server.logLimits.leftOut.Load() != y.lines
}

// schedule has the summary said a minute after the first refusal of it.
func (y *summary) schedule(now time.Time) {
	if !y.server.timers.IsSet(&y.timer) && y.news() {
		y.server.timers.Set(&y.timer, now.Add(limits.SummaryEvery))
	}
}

func (y *summary) Tick(time.Time) {
	attrs := y.server.stats.Refusals.since(y.said).attrs()
	if left := y.server.logLimits.leftOut.Load(); left != y.lines {
		attrs = append(attrs, slog.Int64("log-lines", left-y.lines))
		y.lines = left
	}
	y.said = y.server.stats.Refusals
	y.server.cfg.Logger.Info("refused in the last minute", attrs...)
}

// since is how much was added to earlier counts.
func (r Refusals) since(earlier Refusals) Refusals {
	for i := range r {
		r[i] -= earlier[i]
	}
	return r
}

// attrs are the counts that are not 0, by reason, for the log.
func (r Refusals) attrs() (attrs []any) {
	for reason, n := range r {
		if n != 0 {
			attrs = append(attrs, slog.Int(Refusal(reason).String(), n))
		}
	}
	return attrs
}
