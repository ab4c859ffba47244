package server

import "time"

// pings are the timed rounds of one login.
type pings struct {
	clear, repeated samples
}

type samples struct {
	d [loginRounds]time.Duration
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
// took more than twice as long as the quickest do not count.
func (p *pings) millis() uint32 {
	s := &p.clear
	if s.n == 0 {
		s = &p.repeated
	}
	if s.n == 0 {
		return 0
	}
	least := s.d[0]
	for _, d := range s.d[:s.n] {
		least = min(least, d)
	}
	var sum time.Duration
	n := 0
	for _, d := range s.d[:s.n] {
		if d <= 2*least {
			sum += d
			n++
		}
	}
	return uint32((sum/time.Duration(n) + time.Millisecond/2) / time.Millisecond)
}
