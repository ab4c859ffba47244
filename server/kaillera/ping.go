package kaillera

import (
	"time"

	"kbridge/server/limits"
)

// pings are the timed rounds of one login.
type pings struct {
	clear, repeated samples
}

type samples struct {
	d [limits.LoginRounds]time.Duration
	n int
}

// add takes a round. When its 05 was sent more than once, it is not known which
// one was answered.
func (p *pings) add(d time.Duration, repeated bool) {
	s := &p.clear
	if repeated {
		s = &p.repeated
	}
	if s.n < len(s.d) {
		s.d[s.n] = max(d, 0)
		s.n++
	}
}

// millis is the mean of the rounds in whole milliseconds. A round in which
// something got lost tells how long repeating takes, not how long the way is:
// those that were repeated count only when there is no other, and those that
// took more than twice as long as the quickest do not count. No round is too short,
// since the k-th 06 is taken for the k-th 05; so where 05 had to be repeated those do
// not count either that came as late as what was repeated would.
func (p *pings) millis() uint32 {
	s, late := &p.clear, time.Duration(0)
	if s.n == 0 {
		s, late = &p.repeated, limits.LateAnswer
	}
	if s.n == 0 {
		return 0
	}
	least := s.d[0]
	for _, d := range s.d[:s.n] {
		least = min(least, d)
	}
	limit := 2 * least
	if late > 0 {
		limit = min(limit, least+late)
	}
	var sum time.Duration
	n := 0
	for _, d := range s.d[:s.n] {
		if d <= limit {
			sum += d
			n++
		}
	}
	return uint32((sum/time.Duration(n) + time.Millisecond/2) / time.Millisecond)
}
