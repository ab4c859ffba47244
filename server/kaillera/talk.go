package kaillera

import (
	"time"

	"kbridge/kclient/wire"
	"kbridge/server/door"
	"kbridge/server/limits"
	"kbridge/server/stats"
)

// An old client looks at what came when it waits for a frame, and n02 holds sixteen messages until then: one more and
// it crashes (its code). Of game data no more than d + 1 messages are under way, fifteen at most. What is said beside
// it, by the room or the lobby, is up to others; so of that no more is under way to an old client in a game than there
// is room for. What it has looked at its batches prove. The rest waits, in its order.

// talk is what is said to an old client in a game.
type talk struct {
	open   []uint16 // the numbers of the messages that it may not have looked at
	queued []heldMessage
	bytes  int
}

// talkRoom is how many messages beside game data may be under way.
func (s *session) talkRoom() int {
	return max(limits.MaxUnread-1-(s.seat().FrameDelay()+1), 1)
}

// restrained reports whether what is said has to be counted.
func (s *session) restrained(t wire.Type) bool {
	return !s.proven && s.plays() == door.Playing && t != wire.TypeServerAck
}

// mayHear reports whether there is room for one more message, once forgetHeard has run.
func (s *session) mayHear() bool { return len(s.talk.open) < s.talkRoom() }

// forgetHeard forgets what the client has looked at.
func (s *session) forgetHeard() {
	k := &s.talk
	for len(k.open) > 0 && s.link.Proven(k.open[0]) {
		k.open = append(k.open[:0], k.open[1:]...)
	}
}

// holdTalk keeps a message if it has to wait, and reports whether it does.
func (s *session) holdTalk(t wire.Type, body []byte) bool {
	k := &s.talk
	if !s.restrained(t) {
		return false
	}
	if s.forgetHeard(); len(k.queued) == 0 && s.mayHear() {
		return false
	}
	cost := len(body) + limits.HeldOverhead
	if k.bytes+cost > limits.MaxTalkBytes && (t == wire.TypeGameChat || t == wire.TypeGlobalChat ||
		t == wire.TypeServerMessage) {
		s.server.countRefused(stats.RefusedRoomChat)
		return true
	}
	k.queued = append(k.queued, heldMessage{typ: t, body: append([]byte(nil), body...)})
	k.bytes += cost
	return true
}

// listens follows every datagram of the session's, and the end of its game: what waits is told, as much as may be.
func (s *session) listens(now time.Time) {
	k := &s.talk
	over := s.plays() != door.Playing
	if over && !s.reached { // from here on it waits only for bytes that pay for it, before what is said from now on
		s.queued = append(k.queued, s.queued...)
		s.queuedBytes += k.bytes
		k.queued, k.bytes = nil, 0
	}
	for len(k.queued) > 0 && !s.failed {
		s.forgetHeard()
		if !over && (!s.mayHear() || !s.reached && !s.affords(len(k.queued[0].body))) {
			break
		}
		m := k.queued[0]
		k.queued[0] = heldMessage{}
		k.queued = k.queued[1:]
		k.bytes -= len(m.body) + limits.HeldOverhead
		s.pass(now, m.typ, m.body)
	}
	if len(k.queued) == 0 {
		k.queued = nil
	}
	if over {
		k.open = k.open[:0]
	}
}

// told takes down that a message is under way.
func (s *session) told(seq uint16, t wire.Type) {
	if s.restrained(t) {
		s.talk.open = append(s.talk.open, seq)
	}
}
