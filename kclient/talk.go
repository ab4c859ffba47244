package kclient

import (
	"strings"
	"time"

	"kbridge/kclient/wire"
)

// Emulators send data as room chat: 1964 and Project64k hand over a save in hundreds of lines at once, none above 113
// bytes, and all players wait for the last one. Lines go out in order at a pace that leaves the game its place on the
// line; those that are not out yet wait here. Servers repeat a line to the one who said it, which is how we know that
// it was passed on.
const (
	// talkRate is how much goes out in a second, in bytes of messages: 64 lines of such a save. In a game each goes
	// along in every datagram until it is proven, see package link. Our server passes lines on at the same rate, and
	// EmuLinker at once. A line counts for leastTalk at least. talkBurst goes out at once: more than anybody types.
	talkRate  = 8 << 10
	talkBurst = 1 << 10
	leastTalk = 100

	// talkFrame is how long after an input of a game the next one is waited for, for lines to go with it: longer than
	// six frames at sixty a second, which is how often the slowest connection type sends one. After it the game stalls,
	// and lines do not.
	talkFrame = 120 * time.Millisecond

	// maxTalk bounds what waits, in bytes, talkOverhead for each line included: 2,400 lines of a save; the largest
	// there can be, an N64's FlashRAM and memory pack that do not compress, has 2,200.
	maxTalk      = 384 << 10
	talkOverhead = 48

	// maxEchoes is how many lines may be under way and not repeated to us yet. It holds nothing up at a round trip
	// below a second, and lets a server that is behind with them set the pace.
	maxEchoes = 64

	// echoPatience is how long after a line was sent the server may say other things before it counts as not passed on:
	// our server has eight players' maxEchoes lines passed on within 8 s.
	echoPatience = 15 * time.Second
)

// talk is what we say in rooms; the session's lock guards it.
type talk struct {
	queue []queuedLine
	bytes int       // of queue
	spent time.Time // when what was sent lately is within talkRate
	frame time.Time // when the last input of a game was sent
	under []echo    // sent and not repeated to us yet, oldest first
}

type queuedLine struct {
	raw  string
	room *Room
}

type echo struct {
	raw  string
	room *Room
	sent time.Time
}

// talkLocked says a line to the room, when its turn comes.
func (s *session) talkLocked(now time.Time, room *Room, raw string) error {
	t := &s.talk
	if t.bytes+len(raw)+talkOverhead > maxTalk {
		return ErrChatFull
	}
	t.queue = append(t.queue, queuedLine{raw, room})
	t.bytes += len(raw) + talkOverhead
	s.talkOnLocked(now)
	s.flushLocked(now)
	return nil
}

// talkWithFrameLocked goes before the flush of a game's input: lines that go along cost no datagram of their own, of
// which each carries all that is not proven.
func (s *session) talkWithFrameLocked(now time.Time) {
	s.talk.frame = time.Time{}
	if len(s.talk.queue) > 0 {
		if s.knowsPrivateLocked() { // ours, or EmuLinker
			s.link.Pack()
		}
		s.talkOnLocked(now)
	}
	s.talk.frame = now
}

// talkOnLocked queues for the next flush what may go out by now.
func (s *session) talkOnLocked(now time.Time) {
	t := &s.talk
	if len(t.queue) == 0 && len(t.under) == 0 {
		return
	}
	s.unheardLocked()
	for at := s.talkAtLocked(); !at.IsZero() && !now.Before(at); at = s.talkAtLocked() {
		l := t.queue[0]
		t.queue[0] = queuedLine{}
		t.queue = t.queue[1:]
		t.bytes -= len(l.raw) + talkOverhead
		t.spent = later(t.spent, now).Add(time.Duration(max(len(l.raw)+wire.MessageHeaderSize+2,
			leastTalk)) * time.Second / talkRate)
		if !isRoomCommand(l.raw) {
			t.under = append(t.under, echo{l.raw, l.room, now})
		}
		s.sayLocked(now, wire.TypeGameChat, wire.ChatRequest{Text: l.raw}, l.raw, l.room, s.lineOf(l.raw))
	}
}

// isRoomCommand reports whether servers take a line for an order to them, which is not repeated.
func isRoomCommand(raw string) bool { return strings.HasPrefix(raw, "/") }

func (s *session) lineOf(raw string) LostLine { return LostLine{Room: true, Text: s.text(raw)} }

// talkAtLocked is when the next line goes out; zero is not before something comes.
func (s *session) talkAtLocked() time.Time {
	t := &s.talk
	if len(t.queue) == 0 || len(t.under) >= maxEchoes {
		return time.Time{}
	}
	return later(t.spent.Add(-talkBurst*time.Second/talkRate), t.frame.Add(talkFrame))
}

// heardAgainLocked: a line under our name has come. The lines before it were said before it, and would have come before
// it. One that is like none of ours is one of ours that the server has changed.
func (s *session) heardAgainLocked(now time.Time, room *Room, raw string) {
	t := &s.talk
	for i := range t.under {
		if t.under[i].raw == raw && t.under[i].room == room {
			s.notPassedOnLocked(i)
			t.under = append(t.under[:0], t.under[1:]...)
			s.talkOnLocked(now)
			return
		}
	}
	if len(t.under) > 0 {
		t.under = append(t.under[:0], t.under[1:]...)
		s.talkOnLocked(now)
	}
}

// unheardLocked gives up the lines that have not come although so much later ones of the server's have.
func (s *session) unheardLocked() {
	n := 0
	for n < len(s.talk.under) && s.link.LastReceived().Sub(s.talk.under[n].sent) >= echoPatience {
		n++
	}
	s.notPassedOnLocked(n)
}

// notPassedOnLocked reports the oldest n of the lines that are under way.
func (s *session) notPassedOnLocked(n int) {
	if n == 0 {
		return
	}
	t := &s.talk
	var lost []LostLine
	for _, e := range t.under[:n] {
		lost = append(lost, s.lineOf(e.raw))
		for i, l := range s.said {
			if l.room == e.room && l.raw == e.raw {
				s.said = append(s.said[:i], s.said[i+1:]...)
				break
			}
		}
	}
	t.under = append(t.under[:0], t.under[n:]...)
	s.log.Warn("the server did not pass on what was said in the room", "lines", n, "first", lost[0].Text)
	s.events.push(ChatLost{Lines: lost, Dropped: true})
}

// hushLocked forgets what was said in a room that we are no longer in, and reports what was never sent.
func (s *session) hushLocked() {
	lost := s.takeUnsentLocked()
	s.talk.under = nil
	if len(lost) > 0 {
		s.log.Warn("a room was left before all that was said in it was sent", "lines", len(lost), "first", lost[0].Text)
		s.events.push(ChatLost{Lines: lost, Dropped: true})
	}
}

// takeUnsentLocked takes the lines that still wait.
func (s *session) takeUnsentLocked() (lost []LostLine) {
	for _, l := range s.talk.queue {
		lost = append(lost, s.lineOf(l.raw))
	}
	s.talk.queue, s.talk.bytes = nil, 0
	return lost
}
