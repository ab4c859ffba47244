package kaillera

import (
	"io"
	"sync"
	"time"

	"kbridge/server/limits"
)

// prover finds out whether an old client is where its datagrams say that they come from. A 06 has no secret in it, so
// whoever writes somebody else's address into a login can send the 06 along. But a client answers each 05 with one 06
// at once, and only who receives the 05 knows how many there were: the server asks in rounds of a random number of 05,
// all in one datagram. A round counts when exactly so many 06 have come, all within limits.AnswerSpread of the first,
// and then none for limits.AnswerSpread. Whatever somebody sends blindly, at whatever times, fits one number at most:
// for a greater one the last of them would have had to come sooner than that.
//
// Each round that counts is worth the bits of its random number. 06 that are too many, or too far apart, take
// everything away. Where some do not come another 05 is to draw them: such a round is worth nothing, and takes one of
// those before it away, or somebody could send fewer than are asked for until the numbers are right by chance.
type prover struct {
	bits    int           // won, without the round at hand
	worth   int           // of the round at hand, in bits; 0 when it says nothing
	open    int           // 05 that are not answered
	at      time.Time     // when the latest 05 went out
	first   time.Time     // when the round's first 06 came; zero before
	last    time.Time     // when the latest 06 came
	rtt     time.Duration // the least that was seen; 0 before
	vain    int           // 05 in a row that drew nothing
	waiting bool          // for bytes that pay for the next 05
	lossy   bool          // something got lost: rounds are small, so that there are bytes for more of them
}

// ask takes down that n 05 have gone out, a round worth so many bits. What the round before it was worth is won,
// unless a 06 comes too soon.
func (p *prover) ask(now time.Time, n, worth int) {
	p.bits += p.worth
	p.worth, p.open, p.at, p.first = worth, p.open+n, now, time.Time{}
}

// askMore takes down another 05 that is to draw what was lost: the round counts no more.
func (p *prover) askMore(now time.Time) {
	p.stepBack()
	p.open++
	p.at, p.first = now, time.Time{}
}

// spoil takes everything away.
func (p *prover) spoil() { p.bits, p.worth = 0, 0 }

// stepBack takes the round at hand away and one before it: something got lost.
func (p *prover) stepBack() {
	p.worth, p.lossy = 0, true
	p.bits = max(p.bits-(limits.MostRoundBits-1), 0)
}

// answer takes a 06, and how long after its 05 it came, 0 if nobody knows; it reports whether it answers any.
func (p *prover) answer(now time.Time, rtt time.Duration) bool {
	soon := !p.last.IsZero() && now.Sub(p.last) <= limits.AnswerSpread
	p.vain, p.waiting = 0, false
	asked := p.open > 0
	switch {
	case !asked: // too many
		p.spoil()
	case p.first.IsZero():
		if soon && p.bits > 0 { // too many for the round before
			p.spoil()
		}
		p.first = now
	case now.Sub(p.first) > limits.AnswerSpread:
		p.spoil()
	}
	if asked {
		p.open--
		if rtt > 0 && (p.rtt == 0 || rtt < p.rtt) {
			p.rtt = rtt
		}
	}
	p.last = now
	return asked
}

// lose takes down 06 that were sent and are lost for good.
func (p *prover) lose(n int) {
	if p.stepBack(); n > p.open {
		p.spoil()
	}
	p.open = max(p.open-n, 0)
}

// proven reports whether enough was won.
func (p *prover) proven(now time.Time, bits int) bool {
	return p.open == 0 && p.bits+p.worth >= bits && now.Sub(p.last) > limits.AnswerSpread
}

// won is what counts if nothing comes too soon.
func (p *prover) won() int {
	if p.open == 0 {
		return p.bits + p.worth
	}
	return p.bits
}

// next is when there is something to do: to ask anew, to ask again, or to look whether it is over. The next round's
// first 06 cannot come sooner than a round trip, of which half is taken for sure.
func (p *prover) next(bits int) time.Time {
	switch {
	case p.waiting:
		return time.Time{}
	case p.vain > limits.MaxVainAsks:
		return p.at.Add(limits.ProveAgainAfter)
	case p.open > 0:
		return p.at.Add(max(limits.AskAgainAfter, p.rtt+p.rtt/2))
	case p.bits+p.worth >= bits:
		return p.last.Add(limits.AnswerSpread + time.Millisecond)
	case p.bits+p.worth == 0:
		return p.last
	}
	return p.last.Add(max(limits.AnswerSpread+time.Millisecond-p.rtt/2, 0))
}

// roundOf is how many 05 the next round has and what it is worth, if so many bytes may be spent on the datagram and,
// should it get lost, on another one; 0 when they are too few. It does not depend on the bytes in any finer way, since
// somebody else may choose those.
func (s *Server) roundOf(bytes int, lossy bool) (n, worth int) {
	worth = limits.MostRoundBits
	if lossy {
		worth = limits.MostRoundBits - 1
	}
	for worth > 1 && acksSize(1<<worth)+acksSize(1<<worth+1) > bytes {
		worth--
	}
	b, ok := s.dice.byte()
	if !ok || acksSize(1<<worth) > bytes {
		return 0, 0
	}
	return 1 + int(b)&(1<<worth-1), worth
}

// acksSize is the size of a datagram of n 05.
func acksSize(n int) int { return 1 + n*limits.AckSize }

// dice are bytes that nobody can know. Their lock is a leaf.
type dice struct {
	random io.Reader

	mu    sync.Mutex
	block [256]byte
	left  []byte // of block
}

// byte is the next one; ok is false when there is none.
func (d *dice) byte() (b byte, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.left) == 0 {
		if _, err := io.ReadFull(d.random, d.block[:]); err != nil {
			return 0, false
		}
		d.left = d.block[:]
	}
	b, d.left = d.left[0], d.left[1:]
	return b, true
}
