package server

import "time"

// The n02 of 2010 returns a frame as soon as it has one, inside its frame delay too; later ones and
// SupraClient return 0 exactly D times. What comes before the delay is over, because that is a little longer
// than the way, makes the old one return fewer zeros, and its machine runs ahead of the others' by as
// many frames for the whole game. Seen with its own core at 0 and 40 ms: one call apart at type 3 on this
// server as it was, and on EmuLinker-K at types 2 and 3.
//
// So an old client's first message waits until its delay is over: in call D + 1 it sends batch
// d + 1, and waits. d + 1 messages then come at once. That costs each one wait of its round trip, at the start of a game.

// lateRepeat is how long after a batch a repeat is a client's that waits, and no copy that the network made: one
// that counts its delay in another way than the known ones is not left waiting for ever. SupraClient and the n02
// of 2010 repeat themselves after a second, later n02 after 10 ms.
const lateRepeat = 500 * time.Millisecond

// early reports whether a player may still be in the calls of its frame delay. Our own clients count them.
func (r *room) early(p *session) bool {
	return !p.proven && !p.waits && r.mixer.Sent(p.player) == 0 && r.mixer.Received(p.player) <= r.mixer.FrameDelay(p.player)
}

// repeated takes a datagram with nothing new.
func (s *session) repeated(now time.Time) {
	if s.state != statePlaying || !s.room.early(s) || s.room.mixer.Received(s.player) == 0 || now.Sub(s.batched) < lateRepeat {
		return
	}
	s.waits = true
	s.room.relay(now)
}
