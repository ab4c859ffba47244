package server

import "time"

// rater is the state of one Rate: the time by which everything allowed so far
// would have been used up at the steady rate (the generic cell rate algorithm).
type rater struct{ until time.Time }

// allow reports whether one more fits, and counts it if so.
func (l *rater) allow(now time.Time, r Rate) bool {
	if r.Burst < 0 {
		return true
	}
	until := l.until
	if until.Before(now) {
		until = now
	}
	until = until.Add(r.Every)
	if until.Sub(now) > r.Every*time.Duration(r.Burst) {
		return false
	}
	l.until = until
	return true
}

// pacer spreads bytes: see paceRate.
type pacer struct{ until time.Time }

const paceDebt = paceBurst * time.Second / paceRate

// spend counts bytes that were sent.
func (p *pacer) spend(now time.Time, bytes int) {
	if p.until.Before(now) {
		p.until = now
	}
	p.until = p.until.Add(time.Duration(bytes) * time.Second / paceRate)
}

// next is the earliest time at which more may be sent.
func (p *pacer) next() time.Time { return p.until.Add(-paceDebt) }
