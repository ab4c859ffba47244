package network

import (
	"encoding/binary"
	"math"
	"math/bits"
	"net/netip"
	"time"
)

// Path is one direction between two hosts: the function from the moment of
// sending to what becomes of a datagram. It has no state, so it may be asked in
// any order and from any goroutine. A Network with the same seed and profile
// treats datagrams between the same two addresses in exactly this way.
type Path struct {
	key     uint64
	profile Profile
}

// Fate is what becomes of one datagram.
type Fate struct {
	Lost      bool
	Delay     time.Duration // from sending to arrival, at least MinDelay; 0 when Lost
	Late      bool          // held back by ReorderDelay, which Delay includes
	Copied    bool          // a second copy arrives
	CopyDelay time.Duration // from sending to the copy's arrival
}

// NewPath returns the path from one host to another under the seed.
func NewPath(seed uint64, from, to netip.Addr, p Profile) Path {
	return Path{key: pathKey(seed, from, to), profile: p.clean()}
}

// pathKey mixes the seed with the direction; the two directions of a pair differ.
func pathKey(seed uint64, from, to netip.Addr) uint64 {
	h := mix(seed)
	for _, a := range [2]netip.Addr{from, to} {
		b := a.As16()
		h = mix(h ^ binary.LittleEndian.Uint64(b[:8]))
		h = mix(h ^ binary.LittleEndian.Uint64(b[8:]))
	}
	return h
}

// What a hash is for, so that loss does not decide jitter.
const (
	forLoss = iota + 1
	forJitter
	forDuplicate
	forCopyDelay
	forReorder
	forBurstStart
	forBurstLength
)

// Fate tells what becomes of a datagram that is sent at the given time after
// the network was made. Loss and jitter depend on the millisecond of it alone;
// content is any number that tells the datagrams of one millisecond apart, for duplicates
// and reordering.
func (p *Path) Fate(at time.Duration, content uint64) Fate {
	ms := uint64(max(at, 0) / time.Millisecond)
	if p.lost(ms) {
		return Fate{Lost: true}
	}
	f := Fate{Delay: p.profile.Delay + span(p.roll(forJitter, ms, 0), p.profile.Jitter)}
	if p.profile.Reorder > 0 && chance(p.roll(forReorder, ms, content), p.profile.Reorder) {
		f.Late = true
		f.Delay += p.profile.ReorderDelay
	}
	f.Delay = max(f.Delay, MinDelay)
	if p.profile.Duplicate > 0 && chance(p.roll(forDuplicate, ms, content), p.profile.Duplicate) {
		f.Copied = true
		f.CopyDelay = f.Delay + span(p.roll(forCopyDelay, ms, content), duplicateSpread)
	}
	return f
}

// Lost reports whether what is sent at the given time after the network was made is lost.
func (p *Path) Lost(at time.Duration) bool {
	return p.lost(uint64(max(at, 0) / time.Millisecond))
}

// wantsContent reports whether Fate looks at its second argument.
func (p *Path) wantsContent() bool {
	return p.profile.Reorder > 0 || p.profile.Duplicate > 0
}

func (p *Path) lost(ms uint64) bool {
	loss := p.profile.Loss
	if p.profile.Burst.Every > 0 && loss < p.profile.Burst.Loss && p.inBurst(ms) {
		loss = p.profile.Burst.Loss
	}
	return loss > 0 && chance(p.roll(forLoss, ms, 0), loss)
}

// inBurst looks at the burst of the current period and at those before it
// that can be long enough to reach this millisecond.
func (p *Path) inBurst(ms uint64) bool {
	b := &p.profile.Burst
	now := time.Duration(ms) * time.Millisecond
	longest := b.Length
	if !b.Fixed {
		longest *= burstCut
	}
	period := int64(now / b.Every)
	for w := period; w >= 0 && time.Duration(w+1)*b.Every+longest > now; w-- {
		start := time.Duration(w)*b.Every + span(p.roll(forBurstStart, uint64(w), 0), b.Every)
		length := b.Length
		if !b.Fixed {
			length = min(exponential(p.roll(forBurstLength, uint64(w), 0), b.Length), longest)
		}
		if start <= now && now < start+length {
			return true
		}
	}
	return false
}

// roll hashes a purpose and two numbers under the path's key.
func (p *Path) roll(purpose, x, y uint64) uint64 {
	return mix(mix(mix(p.key^purpose)^x) ^ y)
}

// mix is one step of splitmix64: a bijection that spreads every input bit.
func mix(z uint64) uint64 {
	z += 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// chance turns a hash into a yes with probability p. For one hash, a higher p
// never turns a yes into a no.
func chance(h uint64, p float64) bool {
	return h>>11 < uint64(p*(1<<53))
}

// span turns a hash into a duration in [0, d). It is integer arithmetic, so
// that a seed means the same on every machine.
func span(h uint64, d time.Duration) time.Duration {
	hi, _ := bits.Mul64(h, uint64(d))
	return time.Duration(hi)
}

// exponential turns a hash into an exponentially distributed duration, in whole
// milliseconds and at least one.
func exponential(h uint64, mean time.Duration) time.Duration {
	u := (float64(h>>11) + 1) / (1 << 53) // in (0, 1]
	d := time.Duration(-math.Log(u) * float64(mean))
	return max(d.Truncate(time.Millisecond), time.Millisecond)
}

// digest hashes a datagram's content, eight bytes at a time.
func digest(b []byte) uint64 {
	h := uint64(len(b))
	for ; len(b) >= 8; b = b[8:] {
		h = (h ^ binary.LittleEndian.Uint64(b)) * 0x9e3779b97f4a7c15
		h ^= h >> 32
	}
	var tail [8]byte
	copy(tail[:], b)
	return mix(h ^ binary.LittleEndian.Uint64(tail[:]))
}
