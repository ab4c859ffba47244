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

// bucket spreads bytes: what was spent flows away at a rate of bytes a second, and no more than some bytes may be in it.
type bucket struct{ until time.Time } // when it is empty

// fits reports whether so many bytes more may be spent.
func (b *bucket) fits(now time.Time, bytes, rate, most int) bool {
	return b.until.Sub(now)+flow(bytes, rate) <= flow(most, rate)
}

// spend counts bytes.
func (b *bucket) spend(now time.Time, bytes, rate int) {
	if b.until.Before(now) {
		b.until = now
	}
	b.until = b.until.Add(flow(bytes, rate))
}

// flow is how long so many bytes take.
func flow(bytes, rate int) time.Duration {
	return time.Duration(bytes) * time.Second / time.Duration(rate)
}

// pacer spreads the bytes of a session: see paceRate.
type pacer struct{ bucket }

// spend counts bytes that were sent.
func (p *pacer) spend(now time.Time, bytes int) { p.bucket.spend(now, bytes, paceRate) }

// next is the earliest time at which more may be sent.
func (p *pacer) next() time.Time { return p.until.Add(-flow(paceBurst, paceRate)) }
