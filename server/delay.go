package server

import (
	"fmt"
	"strings"
	"time"

	"kbridge/kclient/lockstep"
	"kbridge/server/limits"
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
	// Config.SameDelayEmulators.
	FrameDelayAuto FrameDelay = iota
	// FrameDelayOwn gives each player the delay of its own ping.
	FrameDelayOwn
	// FrameDelaySame gives everybody the longest one, so that near players feel the distance of the far ones.
	FrameDelaySame
)

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
	if f, ok := frameDelays.Parse(s); ok {
		return f, nil
	}
	return 0, fmt.Errorf("frame delay %q is not one of auto, own, same", s)
}

// sameDelay reports whether everybody in the room gets the same frame delay.
func (r *room) sameDelay() bool {
	mode := r.delay
	if mode == FrameDelayAuto {
		mode = r.server.cfg.FrameDelay
	}
	if mode != FrameDelayAuto {
		return mode == FrameDelaySame
	}
	name := strings.ToLower(r.server.clean.text(r.emulator))
	for _, begin := range r.server.cfg.SameDelayEmulators {
		if strings.HasPrefix(name, strings.ToLower(begin)) {
			return true
		}
	}
	return false
}

// frameDelays is the d of each member for a game that starts now. An error is for the owner to read.
func (r *room) frameDelays() ([]int, error) {
	var types []int
	var pings []time.Duration
	for _, m := range r.members {
		types = append(types, m.connection.Frames())
		pings = append(pings, time.Duration(m.ping)*time.Millisecond)
	}
	delays := lockstep.FrameDelays(types, pings)
	for i, m := range r.members {
		delays[i] = min(delays[i], m.maxDelay())
	}
	if !r.sameDelay() {
		return delays, nil
	}
	// D + 1 = (d + 1) × c: the same for all only at a multiple of every type.
	longest, most, step := 0, 0, 1
	for i, m := range r.members {
		c := m.connection.Frames()
		longest = max(longest, (delays[i]+1)*c)
		step = step / gcd(step, c) * c
		if limit := (m.maxDelay() + 1) * c; i == 0 || limit < most {
			most = limit
		}
	}
	same := min((longest+step-1)/step, most/step) * step
	if same == 0 {
		return nil,
			fmt.Errorf("these connection types have no frame delay in common below the %d frames that somebody's client can bear. "+
				"Choose types that are closer together, or say /samedelay false", most-1)
	}
	for i, m := range r.members {
		delays[i] = same/m.connection.Frames() - 1
	}
	return delays, nil
}

// maxDelay is the largest d that the client can bear.
func (s *session) maxDelay() int {
	if s.proven {
		return lockstep.MaxFrameDelay
	}
	return limits.MaxOldDelay
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
