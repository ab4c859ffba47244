package lab

import (
	"fmt"
	"time"
)

// stallFrom is how late a frame must be to count as a stall: a third of a frame.
// Less cannot be seen on a screen that shows 60 pictures a second, and the jitter of
// the lines would drown what the strategies do.
const stallFrom = 5 * time.Millisecond

// Result is what was counted in a game, or in many that were added up.
type Result struct {
	Games     int           // begun; a lost game is followed by another
	GamesLost int           // ended by the strategy's own rules or by 15 s without a frame
	LostAfter time.Duration // of play, all lost games together
	Played    time.Duration // by all players together, stalls included
	Frames    int           // combined frames handed out to all players together
	Desyncs   int           // games in which players were given different frames, or not what was pressed
	Lost      int           // messages that were given up, skipped, or came twice or out of order
	Stall     time.Duration // of all players together; see Stalls
	Stalls    Histogram     // frames that were late, by how much
	Datagrams int           // sent, both directions
	Bytes     int           // of UDP payload, both directions
	Resends   int           // datagrams without a new message
	Failures  []string      // what must not happen, in words: at most a few
}

const maxFailures = 8

func (r *Result) fail(format string, args ...any) {
	if len(r.Failures) < maxFailures {
		r.Failures = append(r.Failures, fmt.Sprintf(format, args...))
	}
}

// Late counts a frame that was late, and reports whether it was late enough to be a
// stall.
func (r *Result) Late(by time.Duration) bool {
	if by < stallFrom {
		return false
	}
	r.Stall += by
	r.Stalls.observe(by)
	return true
}

// Add sums up.
func (r *Result) Add(o *Result) {
	r.Games += o.Games
	r.GamesLost += o.GamesLost
	r.LostAfter += o.LostAfter
	r.Played += o.Played
	r.Frames += o.Frames
	r.Desyncs += o.Desyncs
	r.Lost += o.Lost
	r.Stall += o.Stall
	r.Stalls.add(&o.Stalls)
	r.Datagrams += o.Datagrams
	r.Bytes += o.Bytes
	r.Resends += o.Resends
	r.Failures = append(r.Failures, o.Failures[:min(len(o.Failures), maxFailures-min(len(r.Failures), maxFailures))]...)
}

// StallPerMinute is the stall of one player in a minute of play.
func (r *Result) StallPerMinute() time.Duration {
	if r.Played == 0 {
		return 0
	}
	return time.Duration(float64(r.Stall) / r.Played.Minutes())
}

// DatagramsPerFrame and BytesPerFrame are of one player, both directions.
func (r *Result) DatagramsPerFrame() float64 { return float64(r.Datagrams) / float64(max(r.Frames, 1)) }
func (r *Result) BytesPerFrame() float64     { return float64(r.Bytes) / float64(max(r.Frames, 1)) }

// DatagramsPerSecond is of one player, both directions. Unlike DatagramsPerFrame it
// does not flatter a strategy that stalls.
func (r *Result) DatagramsPerSecond() float64 {
	if r.Played == 0 {
		return 0
	}
	return float64(r.Datagrams) / r.Played.Seconds()
}

// Life is how long a game lasted on average before it was lost; ok is false if none
// was.
func (r *Result) Life() (d time.Duration, ok bool) {
	if r.GamesLost == 0 {
		return 0, false
	}
	return r.LostAfter / time.Duration(r.GamesLost), true
}

// Histogram counts durations by the millisecond.
type Histogram struct {
	counts []int
	total  int
	max    time.Duration
}

func (h *Histogram) observe(d time.Duration) {
	h.total++
	h.max = max(h.max, d)
	h.bucket(int(d / time.Millisecond))
}

func (h *Histogram) bucket(i int) {
	for len(h.counts) <= i {
		h.counts = append(h.counts, make([]int, len(h.counts)+64)...)
	}
	h.counts[i]++
}

func (h *Histogram) add(o *Histogram) {
	if len(h.counts) < len(o.counts) {
		h.counts = append(h.counts, make([]int, len(o.counts)-len(h.counts))...)
	}
	for i, n := range o.counts {
		h.counts[i] += n
	}
	h.total += o.total
	h.max = max(h.max, o.max)
}

// Count is how many there are.
func (h *Histogram) Count() int { return h.total }

// Max is the longest.
func (h *Histogram) Max() time.Duration { return h.max }

// Quantile is the duration that the share q (0..1) does not exceed, to a millisecond.
func (h *Histogram) Quantile(q float64) time.Duration {
	want := int(q*float64(h.total) + 0.5)
	for i, n := range h.counts {
		if want -= n; want <= 0 && h.total > 0 {
			return min(time.Duration(i+1)*time.Millisecond, h.max)
		}
	}
	return h.max
}
