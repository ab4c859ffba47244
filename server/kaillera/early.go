package kaillera

import (
	"time"

	"kbridge/server/door"
)

// The n02 of 2010 returns a frame as soon as it has one, inside its frame delay too; later ones and
// SupraClient return 0 exactly D times. What comes before the delay is over, because that is a little longer
// than the way, makes the old one return fewer zeros, and its machine runs ahead of the others' by as
// many frames for the whole game. Seen with its own core at 0 and 40 ms: one call apart at type 3 on this
// server as it was, and on EmuLinker-K at types 2 and 3.
//
// So an old client's first message waits until its delay is over: in call D + 1 it sends batch d + 1, and waits. d + 1
// messages then come at once. That costs each one wait of its round trip, at the start of a game.

// earlySilence is how long after the time of another batch a client that sends none has stopped to wait: one that
// counts its delay in another way than the known ones is not left waiting.
const earlySilence = 100 * time.Millisecond

// earlyAt is when the player counts as waiting, although it has sent fewer batches than it should have; zero is never.
func (s *session) earlyAt() time.Time {
	if s.plays() != door.Playing || !s.seat().Early() || s.seat().Batches() == 0 {
		return time.Time{}
	}
	return s.batched.Add(time.Duration(s.connection.Frames())*time.Second/60 + earlySilence)
}

// tickEarly gives a player who waits what there is for it.
func (s *session) tickEarly(now time.Time) {
	if at := s.earlyAt(); !at.IsZero() && !now.Before(at) {
		s.seat().NoLongerEarly(now)
	}
}
