package server

import (
	"time"

	"kbridge/kclient/wire"
	"kbridge/server/limits"
	"kbridge/server/rate"
	"kbridge/server/timer"
)

// Room chat is data too: 1964 and Project64k send a save as hundreds of lines at once, and all players wait for
// the last one. So a line that comes too fast is not dropped, it waits: each sender's lines in their order, and the
// senders of a room in turns, at the room's pace. The bounds are in package limits.

// roomLines is what was said in a room and waits to be passed on.
type roomLines struct {
	room   *room
	timer  timer.Timer
	pace   rate.Bucket
	queues []*lineQueue // of the senders who have lines waiting; the first one is next
	bytes  int
}

// lineQueue is what one sender has said in one room and nobody has heard yet.
type lineQueue struct {
	from  *session // who may have left the room since
	user  string   // wire bytes: the name that the lines go out under
	lines []string // wire bytes, clean
	bytes int
}

// lineCost is what a waiting line of so many bytes counts for.
func lineCost(size int) int { return max(size, limits.LeastLine) + limits.LineOverhead }

// mayWait reports whether the session may have one more line waiting in its room, of so many bytes of text.
func (s *session) mayWait(now time.Time, size int) bool {
	sv, l := s.server, &s.room.lines
	size = lineCost(size)
	own := 0
	if s.lines != nil {
		own = s.lines.bytes
	}
	return own+size <= limits.MaxSessionLines && l.bytes+size <= limits.MaxRoomLines &&
		(own+size <= limits.OwnLines || sv.lineBytes+size <= limits.MaxServerLines) &&
		s.waited.Fits(now, size, limits.WaitedRate, limits.MaxSessionLines)
}

// wait has a line wait for its turn.
func (l *roomLines) wait(now time.Time, s *session, text string) {
	cost := lineCost(len(text))
	s.waited.Spend(now, cost, limits.WaitedRate)
	if s.lines == nil {
		s.lines = &lineQueue{from: s, user: s.user}
		l.queues = append(l.queues, s.lines)
	}
	q := s.lines
	q.lines = append(q.lines, text)
	l.count(q, cost)
	l.schedule(now)
}

// count adds to what waits, in all the places where that is bounded.
func (l *roomLines) count(q *lineQueue, bytes int) {
	q.bytes += bytes
	l.bytes += bytes
	l.room.server.lineBytes += bytes
}

// take is the next line: the senders take turns.
func (l *roomLines) take() (q *lineQueue, text string) {
	q = l.queues[0]
	copy(l.queues, l.queues[1:])
	text, q.lines[0] = q.lines[0], ""
	q.lines = q.lines[1:]
	l.count(q, -lineCost(len(text)))
	if len(q.lines) > 0 {
		l.queues[len(l.queues)-1] = q
		return q, text
	}
	l.queues[len(l.queues)-1] = nil
	l.queues = l.queues[:len(l.queues)-1]
	if q.from.lines == q {
		q.from.lines = nil
	}
	return q, text
}

// release passes on what the pace allows.
func (l *roomLines) release(now time.Time) {
	for len(l.queues) > 0 && l.pace.Fits(now, 0, limits.LineRate, limits.LineBurst) {
		switch q, text := l.take(); {
		case q.from.room == l.room:
			q.from.hear(now, text)
		case !isCommand(text) && !l.room.muted(q.from): // it has left since, and a command is for its own room
			l.say(now, q.user, text)
		}
	}
	l.schedule(now)
}

// withFrame is release together with a frame that goes out anyway, so that it costs no datagram of its own.
func (l *roomLines) withFrame(now time.Time) {
	if len(l.queues) > 0 {
		l.release(now)
	}
}

// say passes one line on to everybody in the room.
func (l *roomLines) say(now time.Time, user, text string) {
	m := wire.Chat{User: user, Text: text}
	l.room.broadcast(now, wire.TypeGameChat, m)
	l.pace.Spend(now, max(wire.MessageHeaderSize+len(user)+len(text)+2, limits.LeastLine), limits.LineRate)
}

// tick is the pace of a room that no frames come from.
func (l *roomLines) Tick(now time.Time) {
	if l.frames(now) {
		l.schedule(now)
		return
	}
	l.release(now)
}

// frames reports whether frames go out, that the next lines can go with.
func (l *roomLines) frames(now time.Time) bool {
	return l.room.state == wire.GamePlaying && l.room.frames > 0 && now.Sub(l.room.since) < limits.LineFrame
}

func (l *roomLines) schedule(now time.Time) {
	timers := &l.room.server.timers
	if len(l.queues) == 0 {
		timers.Remove(&l.timer)
		return
	}
	at := l.pace.FitsAt(0, limits.LineRate, limits.LineBurst)
	if l.frames(now) {
		if later := l.room.since.Add(limits.LineFrame); later.After(at) {
			at = later
		}
	}
	if floor := now.Add(time.Millisecond); at.Before(floor) {
		at = floor
	}
	timers.Set(&l.timer, at)
}

// enter gives a session that is in the room again the lines that it has left behind, so that its next one comes after
// them.
func (l *roomLines) enter(s *session) {
	for _, q := range l.queues {
		if q.from == s {
			s.lines = q
		}
	}
}

// kick drops what somebody who is kicked has waiting. The lines of others who leave were said, and are heard.
func (l *roomLines) kick(now time.Time, s *session) {
	if s.lines != nil {
		l.forget(s.lines)
		s.lines = nil
		l.schedule(now)
	}
}

// hand gives what a session has waiting to the one that takes its seat.
func (l *roomLines) hand(from, to *session) {
	to.lines = from.lines
	from.lines = nil
	for _, q := range l.queues {
		if q.from == from {
			q.from = to
		}
	}
}

// close forgets everything: nobody is there to hear it.
func (l *roomLines) close() {
	for len(l.queues) > 0 {
		q := l.queues[0]
		if q.from.lines == q {
			q.from.lines = nil
		}
		l.forget(q)
	}
	l.room.server.timers.Remove(&l.timer)
}

func (l *roomLines) forget(q *lineQueue) {
	l.count(q, -q.bytes)
	for i, other := range l.queues {
		if other == q {
			l.queues = append(l.queues[:i], l.queues[i+1:]...)
			return
		}
	}
}
