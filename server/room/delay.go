package room

import (
	"fmt"
	"strings"
	"time"

	"kbridge/kclient/lockstep"
)

// FrameDelay says which frame delay the players of a game get.
//
// Most emulators run a frame of their machine on every call of kailleraModifyPlayValues, those that return nothing
// inside the frame delay too; for them calls must line up, and lockstep.Mixer sees to that whatever the delays are. A
// few repeat a call until it returns a frame; for them the returned frames must line up, and those do only where
// everybody has the same delay.
type FrameDelay uint8

const (
	// FrameDelayAuto is Own, but Same in rooms of emulators that are known to repeat a call; see
	// Rules.SameDelayEmulators.
	FrameDelayAuto FrameDelay = iota
	// FrameDelayOwn gives each player the delay of its own ping.
	FrameDelayOwn
	// FrameDelaySame gives everybody the longest one, so that near players feel the distance of the far ones.
	FrameDelaySame
)

// FrameDelays are all there are.
var FrameDelays = []FrameDelay{FrameDelayAuto, FrameDelayOwn, FrameDelaySame}

// String is the word that ParseFrameDelay takes.
func (f FrameDelay) String() string {
	switch f {
	case FrameDelayAuto:
		return "auto"
	case FrameDelayOwn:
		return "own"
	case FrameDelaySame:
		return "same"
	}
	return fmt.Sprintf("FrameDelay(%d)", uint8(f))
}

// ParseFrameDelay reads "auto", "own" or "same".
func ParseFrameDelay(s string) (FrameDelay, error) {
	for _, f := range FrameDelays {
		if s == f.String() {
			return f, nil
		}
	}
	return 0, fmt.Errorf("frame delay %q is not one of auto, own, same", s)
}

// SetDelay chooses which frame delay the players get from the next game on; FrameDelayAuto leaves it to the server.
func (r *Room) SetDelay(f FrameDelay) { r.delay = f }

// SameDelay reports whether everybody in the room gets the same frame delay.
func (r *Room) SameDelay() bool {
	mode := r.delay
	if mode == FrameDelayAuto {
		mode = r.shared.Rules.FrameDelay
	}
	if mode != FrameDelayAuto {
		return mode == FrameDelaySame
	}
	name := strings.ToLower(r.Runs)
	for _, begin := range r.shared.Rules.SameDelayEmulators {
		if strings.HasPrefix(name, strings.ToLower(begin)) {
			return true
		}
	}
	return false
}

// frameDelays is the d of each member for a game that starts now. An error is for the owner to read.
func (r *Room) frameDelays() ([]int, error) {
	var types []int
	var pings []time.Duration
	for _, m := range r.seats {
		types = append(types, m.Connection)
		pings = append(pings, time.Duration(m.Ping)*time.Millisecond)
	}
	delays := lockstep.FrameDelays(types, pings)
	for i, m := range r.seats {
		delays[i] = min(delays[i], m.MaxDelay)
	}
	if !r.SameDelay() {
		return delays, nil
	}
	// D + 1 = (d + 1) × c: the same for all only at a multiple of every type.
	longest, most, step := 0, 0, 1
	for i, m := range r.seats {
		c := m.Connection
		longest = max(longest, (delays[i]+1)*c)
		step = step / gcd(step, c) * c
		if limit := (m.MaxDelay + 1) * c; i == 0 || limit < most {
			most = limit
		}
	}
	same := min((longest+step-1)/step, most/step) * step
	if same == 0 {
		return nil,
			fmt.Errorf("these connection types have no frame delay in common below the %d frames that somebody's client can bear. "+
				"Choose types that are closer together, or say /samedelay false", most-1)
	}
	for i, m := range r.seats {
		delays[i] = same/m.Connection - 1
	}
	return delays, nil
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
