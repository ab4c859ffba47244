package kclient

import (
	"time"

	"kbridge/kclient/wire"
)

// maxSaid bounds the chat lines that are remembered until they are known to have
// arrived: those of the room that may be under way (talk.go), and as many more; nobody types
// that many in the time that noticing a dead server takes.
const maxSaid = 2 * maxEchoes

// saidLine is a chat line of ours that is not known to have arrived. The server repeats
// a line to everybody, us too, which proves it; so does everything later that is proven.
type saidLine struct {
	seq  uint16
	raw  string // as on the wire, and as the server repeats it
	room *Room  // that it was said in; nil is the lobby
	line LostLine
}

// sayLocked queues a chat line and remembers it. raw is what the server will repeat.
func (s *session) sayLocked(now time.Time, t wire.Type, body wire.ChatRequest, raw string, room *Room, line LostLine) {
	s.arrivedLocked()
	if len(s.said) >= maxSaid {
		s.said = append(s.said[:0], s.said[1:]...)
	}
	seq := s.sendLocked(now, t, body.AppendTo(s.body[:0]))
	s.said = append(s.said, saidLine{seq, raw, room, line})
}

// repeatedLocked: a line of ours came back, so it had arrived. Of equal lines the oldest
// one is meant. private is whether it went to one user. It reports whether there was one.
func (s *session) repeatedLocked(now time.Time, room *Room, private bool, raw string) bool {
	for i := range s.said {
		if l := &s.said[i]; l.raw == raw && l.room == room && (l.line.ToID != 0) == private {
			s.link.Prove(now, l.seq)
			s.said = append(s.said[:i], s.said[i+1:]...)
			return true
		}
	}
	return false
}

// privateEchoLocked: EmuLinker and our server show a private line to its sender too.
func (s *session) privateEchoLocked(now time.Time, p PrivateChat) {
	if p.FromID == s.login.me.ID {
		s.repeatedLocked(now, nil, true, p.Text)
	}
}

// awaitsEchoLocked reports whether a line of ours in the room has not come back yet.
func (s *session) awaitsEchoLocked(r *Room) bool {
	for i := range s.talk.under {
		if s.talk.under[i].room == r {
			return true
		}
	}
	for i := range s.said {
		if s.said[i].room == r {
			return true
		}
	}
	return false
}

// arrivedLocked forgets the lines that are known to have arrived.
func (s *session) arrivedLocked() {
	for len(s.said) > 0 && s.link.Proven(s.said[0].seq) {
		s.said = append(s.said[:0], s.said[1:]...)
	}
}

// chatLostLocked reports the lines that may never have arrived, when the session ends.
func (s *session) chatLostLocked() {
	s.arrivedLocked()
	var lost []LostLine
	for _, l := range s.said {
		lost = append(lost, l.line)
	}
	lost = append(lost, s.takeUnsentLocked()...)
	s.said, s.talk = nil, talk{}
	if len(lost) > 0 {
		s.events.push(ChatLost{Lines: lost})
	}
}
