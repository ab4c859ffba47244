// Package rate says how often something may happen, and how many bytes may flow. The time is an argument, and nothing
// is allocated; whoever owns a limiter or a bucket guards it.
package rate

import "time"

// Rate is how often something may happen: Burst times at once, and once more
// for each Every that passes. A negative Burst stands for no limit.
type Rate struct {
	Every time.Duration
	Burst int
}

// Unlimited is no limit.
var Unlimited = Rate{Burst: -1}

// Limiter is the state of one Rate: the time by which everything allowed so far
// would have been used up at the steady rate (the generic cell rate algorithm).
// The zero value has its full burst.
type Limiter struct{ until time.Time }

// Allow reports whether one more fits, and counts it if so.
func (l *Limiter) Allow(now time.Time, r Rate) bool {
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

// FullAt is when nothing of the burst is used up any more.
func (l *Limiter) FullAt() time.Time { return l.until }

// Bucket spreads bytes: what was spent flows away at a rate of bytes a second, and no more than some bytes may be in
// it. The zero value is empty.
type Bucket struct{ until time.Time } // when it is empty

// Fits reports whether so many bytes more may be spent, where most may be in it.
func (b *Bucket) Fits(now time.Time, bytes, rate, most int) bool {
	return b.until.Sub(now)+Flow(bytes, rate) <= Flow(most, rate)
}

// FitsAt is from when on so many bytes more fit.
func (b *Bucket) FitsAt(bytes, rate, most int) time.Time {
	return b.until.Add(Flow(bytes, rate) - Flow(most, rate))
}

// Spend counts bytes.
func (b *Bucket) Spend(now time.Time, bytes, rate int) {
	if b.until.Before(now) {
		b.until = now
	}
	b.until = b.until.Add(Flow(bytes, rate))
}

// EmptyAt is when all of it has flowed away.
func (b *Bucket) EmptyAt() time.Time { return b.until }

// Flow is how long so many bytes take at a rate of bytes a second.
func Flow(bytes, rate int) time.Duration {
	return time.Duration(bytes) * time.Second / time.Duration(rate)
}
