package lab

import (
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"kbridge/kclient/lockstep"
)

const (
	frameTime = time.Second / 60

	// catchUp is how far behind its timetable an emulator may be and still catch up
	// by running faster; more is forgotten. As in examples/chip8.
	catchUp = 100 * time.Millisecond

	// giveWay is the share of its lateness by which an emulator moves its timetable
	// (1/256 in a frame: some seconds). Without it, whoever is ahead of the others, by a
	// faster clock or after a long stall, would wait and hurry in turns for the rest of
	// the game, and that, not the line, would be most of what is counted.
	giveWay = 256

	// workTime is how long an emulator computes a frame when it does not wait: it
	// catches up at 250 frames a second.
	workTime = 4 * time.Millisecond

	// skew is how much the clock of each player is slower than that of the one
	// before it, in billionths: crystals are off by some ten millionths.
	skew = 10_000

	// stallLimit is how long a wait ends a game, as in kclient.
	stallLimit = 15 * time.Second
)

// Timetable is when one player's emulator calls for its frames.
type Timetable struct {
	frame time.Duration // of its own clock
	due   time.Duration // of the call under way, or the next one
	done  time.Duration // when the last call returned
}

// NewTimetable is that of a player, counted from 0, whose first call is at start.
// Times are since any moment, the same for all calls.
func NewTimetable(player int, start time.Duration) Timetable {
	frame := frameTime + frameTime*time.Duration(player)*skew/1_000_000_000
	return Timetable{frame: frame, due: start, done: start - frame}
}

// Finish ends a call at the given time, and returns when the next one begins and how
// late this one was: how much longer than a frame it took since the last one.
func (t *Timetable) Finish(now time.Duration) (next, late time.Duration) {
	late = t.late(now)
	t.done = now
	t.due += t.frame + max(now-t.due, 0)/giveWay
	if behind := now - t.due; behind > catchUp {
		t.due += behind - catchUp
	}
	return max(t.due, now+workTime), late
}

func (t *Timetable) late(now time.Duration) time.Duration { return max(now-t.done-t.frame, 0) }

// emulator is one player's.
type emulator struct {
	Timetable
	calls int
	taken int // frames of the machine, one for each call
	sum   uint64
	waits bool
}

// Mixed is how the server makes room for mixed connection types.
type Mixed uint8

const (
	MixedDelays Mixed = iota // longer frame delays, as lockstep.FrameDelays gives them: what our server does
	MixedPadded              // EmuLinker's delays, and c - min(c) frames of zeros before a player's first input
	MixedPlain               // EmuLinker's delays, and nothing
)

var mixedNames = []string{"delays", "padded", "plain"}

func (m Mixed) String() string { return mixedNames[m] }

// ParseMixed is the opposite of String.
func ParseMixed(name string) (Mixed, error) {
	if i := slices.Index(mixedNames, name); i >= 0 {
		return Mixed(i), nil
	}
	return 0, fmt.Errorf("lab: mixed types cannot be met by %q: use delays, padded or plain", name)
}

// frameDelays is the d of each player.
func (m Mixed) frameDelays(connections []int, pings []time.Duration) []int {
	if m == MixedDelays {
		return lockstep.FrameDelays(connections, pings)
	}
	var delays []int
	for p, c := range connections {
		delays = append(delays, lockstep.FrameDelay(c, pings[p]))
	}
	return delays
}

// Lags is how many calls later each player's own input comes back, in a game whose calls are lined up.
type Lags struct {
	own     []int
	longest int // K, the largest frame delay: before call K nobody's input counts
}

// NewLags is for players of these connection types with these frame delays D, in frames.
func NewLags(connections, delays []int, mixed Mixed) Lags {
	var l Lags
	fastest := slices.Min(connections)
	for p, c := range connections {
		lag := delays[p]
		l.longest = max(l.longest, lag)
		if mixed == MixedPadded {
			lag += c - fastest
		}
		l.own = append(l.own, lag)
	}
	return l
}

// Pressed writes what every machine runs in a call, counted from 0: the input of all players, size bytes
// for each, in player order.
func (l Lags) Pressed(seed uint64, call, size int, dst []byte) {
	for p, lag := range l.own {
		part := dst[p*size:][:size]
		if call >= max(l.longest, lag) {
			Input(seed, p, call-lag, part)
		} else {
			clear(part)
		}
	}
}

// Input is what a player presses in a frame: the same for every strategy. A button
// is held for five frames, as people do.
func Input(seed uint64, player, frame int, b []byte) {
	x := seed*0x9e3779b97f4a7c15 + uint64(player)<<32 + uint64(frame/5*7%16)
	for len(b) > 0 {
		x ^= x >> 31
		x *= 0xbf58476d1ce4e5b9
		x ^= x >> 29
		var eight [8]byte
		binary.LittleEndian.PutUint64(eight[:], x)
		b = b[copy(b, eight[:]):]
	}
}

// chain continues a digest over everything that a player was given.
func chain(sum uint64, b []byte) uint64 {
	for ; len(b) >= 8; b = b[8:] {
		sum = (sum ^ binary.LittleEndian.Uint64(b)) * 0x9e3779b97f4a7c15
		sum ^= sum >> 32
	}
	var tail [8]byte
	copy(tail[:], b)
	sum = (sum ^ binary.LittleEndian.Uint64(tail[:])) * 0x9e3779b97f4a7c15
	return sum ^ sum>>29
}
