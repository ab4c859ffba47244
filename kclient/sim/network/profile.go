package network

import "time"

// Profile says how a path treats datagrams, in one direction. The zero Profile
// loses nothing and delays by MinDelay only. Values that make no sense are
// brought into range: probabilities into 0..1 (NaN becomes 0), durations into 0..24 h.
type Profile struct {
	// Delay is the one-way delay of every datagram.
	Delay time.Duration
	// Jitter is added to Delay: uniformly 0 up to Jitter, drawn anew for every
	// millisecond. Two datagrams sent less than Jitter apart may overtake each
	// other, but not if they are sent in the same millisecond.
	Jitter time.Duration
	// Loss is the probability (0..1) that what is sent in a millisecond is lost.
	Loss float64
	// Burst is loss that comes in stretches of time, on top of Loss.
	Burst Burst
	// Duplicate is the probability (0..1) that a datagram arrives twice, the copy
	// up to 20 ms after the original.
	Duplicate float64
	// Reorder is the probability (0..1) that a datagram is held back by
	// ReorderDelay, so that later ones overtake it.
	Reorder float64
	// ReorderDelay is how long such a datagram is held back; 0 means 25 ms, one
	// and a half frames of a game at 60 frames a second.
	ReorderDelay time.Duration
}

// Burst describes bad stretches: the time-driven cousin of the Gilbert-Elliott model,
// where a path changes between a good and a bad state. One stretch begins in
// each period of Every, at a random moment of it, and in it datagrams are lost
// with probability Loss. It is a function of time alone, so a sender cannot
// shorten a burst by sending more.
type Burst struct {
	// Every is the mean time from one burst's start to the next; 0 means no bursts.
	Every time.Duration
	// Length is the mean length, at most Every. Lengths are exponentially
	// distributed, but never longer than 8 × Length.
	Length time.Duration
	// Loss is the probability (0..1) of loss inside a burst. When it is below
	// Profile.Loss, that holds inside bursts too.
	Loss float64
	// Fixed makes every burst last exactly Length: with Loss 1, a blackout.
	Fixed bool
}

const (
	// MinDelay is the least time that a datagram is under way.
	MinDelay = time.Microsecond

	defaultReorderDelay = 25 * time.Millisecond
	duplicateSpread     = 20 * time.Millisecond
	// burstCut bounds exponential lengths, in means: e^-8 = 0.03 % are cut.
	burstCut = 8
)

// The named profiles are orders of magnitude for tests, chosen to be typical of
// their kind; they are not measurements of one line. Delays are one-way: two
// of them make a round trip.

// LAN is a wired local network: 0.2 ms, nothing lost.
func LAN() Profile {
	return Profile{Delay: 200 * time.Microsecond, Jitter: 100 * time.Microsecond}
}

// Cable is a home cable or DSL line to a server in the same country: 12 to 16 ms
// one way and 0.1 % loss.
func Cable() Profile {
	return Profile{Delay: 12 * time.Millisecond, Jitter: 4 * time.Millisecond, Loss: 0.001}
}

// WiFi is the same line through a busy wireless network: more jitter, 0.5 % loss,
// and every few seconds a burst of about 60 ms, as when the radio is
// taken by another station or retries at a lower rate.
func WiFi() Profile {
	return Profile{
		Delay: 14 * time.Millisecond, Jitter: 12 * time.Millisecond, Loss: 0.005,
		Burst:   Burst{Every: 4 * time.Second, Length: 60 * time.Millisecond, Loss: 0.8},
		Reorder: 0.001,
	}
}

// Mobile is a 4G phone that moves: 35 to 60 ms one way, 1 % loss, and a handover of
// about 200 ms every 15 seconds in which nearly everything is lost.
func Mobile() Profile {
	return Profile{
		Delay: 35 * time.Millisecond, Jitter: 25 * time.Millisecond, Loss: 0.01,
		Burst:   Burst{Every: 15 * time.Second, Length: 200 * time.Millisecond, Loss: 0.95},
		Reorder: 0.005,
	}
}

// Satellite is a geostationary satellite: 270 ms one way (the signal alone takes
// 239 ms up and down the 35,786 km), 1 % loss and short fades. Its round trip
// is above the 250 ms that servers allow by default.
func Satellite() Profile {
	return Profile{
		Delay: 270 * time.Millisecond, Jitter: 15 * time.Millisecond, Loss: 0.01,
		Burst: Burst{Every: 30 * time.Second, Length: 150 * time.Millisecond, Loss: 0.9},
	}
}

// Loss is a line of 20 to 22 ms one way that loses the given share (0..1) of all
// milliseconds, independently of each other, and does nothing else wrong.
func Loss(p float64) Profile {
	return Profile{Delay: 20 * time.Millisecond, Jitter: 2 * time.Millisecond, Loss: p}
}

// clean returns the profile with every value in range.
func (p Profile) clean() Profile {
	p.Delay = duration(p.Delay)
	p.Jitter = duration(p.Jitter)
	p.Loss = probability(p.Loss)
	p.Duplicate = probability(p.Duplicate)
	p.Reorder = probability(p.Reorder)
	if p.ReorderDelay = duration(p.ReorderDelay); p.ReorderDelay == 0 {
		p.ReorderDelay = defaultReorderDelay
	}
	b := &p.Burst
	b.Every = duration(b.Every)
	b.Length = min(duration(b.Length), b.Every)
	b.Loss = probability(b.Loss)
	if b.Length == 0 || b.Loss == 0 {
		*b = Burst{}
	}
	return p
}

func duration(d time.Duration) time.Duration {
	return min(max(d, 0), 24*time.Hour)
}

func probability(f float64) float64 {
	if f > 0 { // false for NaN
		return min(f, 1)
	}
	return 0
}
