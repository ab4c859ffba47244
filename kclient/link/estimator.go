package link

import "time"

// estimator keeps the smoothed round trip and its variation as TCP does
// (RFC 6298): srtt gains 1/8, rttvar 1/4 of each new sample.
type estimator struct {
	srtt, rttvar time.Duration
}

func (e *estimator) observe(d time.Duration) {
	d = max(d, 0)
	if e.srtt == 0 {
		e.srtt, e.rttvar = max(d, 1), d/2
		return
	}
	diff := e.srtt - d
	if diff < 0 {
		diff = -diff
	}
	e.rttvar += (diff - e.rttvar) / 4
	e.srtt = max(e.srtt+(d-e.srtt)/8, 1)
}

// wait is how long an answer can reasonably take.
func (e *estimator) wait() time.Duration {
	if e.srtt == 0 {
		return 2 * firstRTT
	}
	return e.srtt + 4*e.rttvar
}

// minOverdue is the least that an answer may be later than usual: networks jitter by
// some milliseconds even where nothing was seen of it.
const minOverdue = 3 * time.Millisecond

// overdue is when an answer is later than most.
func (e *estimator) overdue() time.Duration {
	if e.srtt == 0 {
		return e.wait()
	}
	return e.srtt + max(e.rttvar, minOverdue)
}
