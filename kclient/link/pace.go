package link

import "time"

// In a game every datagram carries what the peer may still lack, so the next game
// message repairs what was lost before it, for nothing. What is left to decide is when
// to send without one.
const (
	// everyFrame is the pace up to which a game message goes out with every frame (60
	// frames a second are 16.7 ms apart, and 33.3 ms are two of them).
	everyFrame = 25 * time.Millisecond

	// copyAfter is when a copy follows a message of a slower pace on a line that
	// loses: c frames later, with the next message, it is late by all of them. It is
	// less than a frame delay leaves over in most games, and enough for another
	// moment of the line.
	copyAfter = 5 * time.Millisecond

	// copySpread is how long after news a repeat passes for a copy, not a question.
	copySpread = 15 * time.Millisecond

	// lossMemory is how long a line counts as one that loses after a datagram was
	// seen to be missing.
	lossMemory = 30 * time.Second

	// promptResends go out at the first wait, then the waits grow.
	promptResends = 4
)

// pacer is the mean time between two game messages of ours. What is much longer than
// the mean is a stall, and counts as twice the mean: on a bad line stalls are neither
// rare nor short. What is shorter is the hurry after a stall, or a room whose slower
// players make frames come in twos and threes.
type pacer struct {
	mean  time.Duration
	last  time.Time
	hurry bool // the last gap was a short one
	burst int  // short gaps of this game before its first usual one; firstBurst from then on
}

// begin is the start of a game; the pace is taken to be that of the one before.
func (p *pacer) begin() { p.burst = 0 }

// firstPace is the least that is taken from a single gap: emulators show 60 frames a
// second, seldom more.
const firstPace = time.Second / 60

// firstBurst is how many messages may come together at the start of a game without saying anything of its pace: our
// server gives an old client its first d + 1 at once, and d is 14 at most for those.
const firstBurst = 16

func (p *pacer) observe(now time.Time) {
	d := now.Sub(p.last)
	first := p.last.IsZero()
	p.last = now
	p.hurry = d < p.mean/2
	switch {
	case first || d >= maxPlayWait: // netsync, or a long stall
	case d < firstPace/2 && p.burst < firstBurst:
		p.burst++
	case p.mean == 0:
		p.mean, p.burst = max(d, firstPace), firstBurst
	default:
		p.mean += (min(d, 2*p.mean) - p.mean) / 32
		p.burst = firstBurst
	}
}

// listener watches for datagrams of the peer's that are missing. That the peer loses some
// of ours is concluded from that: most lines lose both ways or neither.
type listener struct {
	last   time.Time // when the last news came
	copy   time.Time // when the last copy of news came
	missed time.Time // when a datagram was last seen to be missing
}

// news is a datagram with something new in it. After a jump, or a resend that it may answer, another one is missing,
// unless it came in time: servers put chat into the datagram of a frame. A peer that sends copies and of which none
// came between two news has lost one or the other, unless it was in a hurry.
func (h *listener) news(now time.Time, missing bool, pace time.Duration) {
	copies := !h.copy.IsZero() && now.Sub(h.copy) < time.Second
	if missing && now.Sub(h.last) > pace*3/2 || copies && h.copy.Before(h.last) && now.Sub(h.last) > 2*copySpread {
		h.missed = now
	}
	h.last = now
}

// repeat is a datagram without anything new. It reports whether it is a copy of what
// came just before it.
func (h *listener) repeat(now time.Time) bool {
	if h.last.IsZero() || now.Sub(h.last) >= copySpread {
		return false
	}
	h.copy = now
	return true
}

// playWait is how long to stay silent in a game, with messages outstanding, before they
// are sent again.
//
// With a message every frame the frames themselves are the resends, and a silence of two
// of them and the jitter of a third means that the game stalls; from then on it goes on at
// this slower pace, since what is missing may be ours. Measured in package lab with 8
// players at 10 % loss: a frame and a quarter stalls as an oracle does that resends with
// every frame, for a tenth more datagrams than the oracle; two frames and a quarter stall
// 1.4 times as long for 2 % fewer.
//
// At a slower pace a client knows after a round trip, and goes by that and one variation of
// it, not the usual four: a resend too early costs a datagram, one too late the
// frames that the delay had to spare. A server does not know, since what proves its messages
// is a batch some frames later; it goes by the pace, and by what the client asks.
func (l *Link) playWait() time.Duration {
	pace := l.games.pace.mean
	switch {
	case pace == 0:
		return max(l.rtt.wait(), minPlayWait)
	case pace < everyFrame:
		return max(pace*9/4, minPlayWait)
	case l.server:
		return pace * 5 / 4
	}
	return max(min(l.rtt.overdue(), pace*5/4), minPlayWait)
}

// backOff is w at first, then half as long again for each resend that was in vain.
func (l *Link) backOff(w time.Duration) time.Duration {
	if l.inVain() {
		w = max(w, l.rtt.wait())
	}
	for range min(l.resends-promptResends, 16) {
		w = min(w+w/2, maxPlayWait)
	}
	return min(w, maxPlayWait)
}

// owesCopy reports whether a copy follows the datagram that was just sent: a message, or
// the first resend after it.
func (l *Link) owesCopy(now time.Time) bool {
	return l.phase == Play && l.games.pace.mean >= everyFrame &&
		!l.games.pace.hurry && l.resends <= 1 && !l.heard.missed.IsZero() && now.Sub(l.heard.missed) < lossMemory &&
		l.steps() == 1
}

// inVain reports whether a resend had the time to be answered and was not.
func (l *Link) inVain() bool {
	return l.resends > 0 && l.lastSend.Sub(l.progress) >= l.rtt.wait()
}
