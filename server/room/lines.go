package room

import (
	"slices"
	"time"

	"kbridge/server/door"
	"kbridge/server/limits"
	"kbridge/server/rate"
	"kbridge/server/timer"
)

// Room chat is data too: 1964 and Project64k send a save as hundreds of lines at once, and all players wait for
// the last one. So a line that comes too fast is not dropped, it waits: each sender's lines in their order, and the
// senders of a room in turns, at the room's pace. The bounds are in package limits.

// lines is what was said in a room and waits to be passed on.
type lines struct {
	room   *Room
	timer  timer.Timer
	pace   rate.Bucket
	queues []*lineQueue // of the senders who have lines waiting; the first one is next
	bytes  int
}

// lineQueue is what one sender has said in one room and nobody has heard yet.
type lineQueue struct {
	from  *Seat // who may have left the room since
	lines []string
	bytes int
}

// lineCost is what a waiting line of so many bytes counts for.
func lineCost(size int) int { return max(size, limits.LeastLine) + limits.LineOverhead }

// lineHeader is what a line takes beside its text and the name of its sender: the header of its message and two zeros.
const lineHeader = 5 + 2

// mayWait reports whether the seat may have one more line waiting in its room, of so many bytes of text.
func (s *Seat) mayWait(now time.Time, size int) bool {
	l := &s.room.lines
	size = lineCost(size)
	own := 0
	if s.lines != nil {
		own = s.lines.bytes
	}
	return own+size <= limits.MaxSessionLines && l.bytes+size <= limits.MaxRoomLines &&
		(own+size <= limits.OwnLines || s.room.shared.LineBytes()+size <= limits.MaxServerLines) &&
		s.rates.Waited.Fits(now, size, limits.WaitedRate, limits.MaxSessionLines)
}

// wait has a line wait for its turn.
func (l *lines) wait(now time.Time, s *Seat, text string) {
	cost := lineCost(len(text))
	s.rates.Waited.Spend(now, cost, limits.WaitedRate)
	if s.lines == nil {
		s.lines = &lineQueue{from: s}
		l.queues = append(l.queues, s.lines)
	}
	q := s.lines
	q.lines = append(q.lines, text)
	l.count(q, cost)
	l.schedule(now)
}

// count adds to what waits, in all the places where that is bounded.
func (l *lines) count(q *lineQueue, bytes int) {
	q.bytes += bytes
	l.bytes += bytes
	l.room.shared.lineBytes.Add(int64(bytes))
}

// take is the next line: the senders take turns.
func (l *lines) take() (q *lineQueue, text string) {
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
func (l *lines) release(now time.Time) {
	for len(l.queues) > 0 && l.pace.Fits(now, 0, limits.LineRate, limits.LineBurst) {
		switch q, text := l.take(); {
		case q.from.room == l.room:
			q.from.hear(now, text)
			if IsCommand(text) { // it is done first
				l.schedule(now)
				return
			}
		case !IsCommand(text) && !q.from.Muted(): // it has left since, and a command is for its own room
			l.say(now, q.from.Name, text)
		}
	}
	l.schedule(now)
}

// withFrame is release together with a frame that goes out anyway, so that it costs no datagram of its own.
func (l *lines) withFrame(now time.Time) {
	if len(l.queues) > 0 {
		l.release(now)
	}
}

// say passes one line on to everybody in the room.
func (l *lines) say(now time.Time, name, text string) {
	l.room.broadcast(now, door.Said{From: name, Text: text})
	l.pace.Spend(now, max(lineHeader+len(name)+len(text), limits.LeastLine), limits.LineRate)
}

// notify is say for a line of the server's.
func (l *lines) notify(now time.Time, text string) {
	l.room.broadcast(now, door.Notice{Text: text})
	l.pace.Spend(now, max(lineHeader+min(len(text), limits.MaxGameChat), limits.LeastLine), limits.LineRate)
}

// Tick is the pace of a room that no frames come from.
func (l *lines) Tick(now time.Time) {
	if l.frames(now) {
		l.schedule(now)
		return
	}
	l.release(now)
}

// frames reports whether frames go out, that the next lines can go with.
func (l *lines) frames(now time.Time) bool {
	return l.room.state == door.Playing && l.room.frames > 0 && now.Sub(l.room.since) < limits.LineFrame
}

func (l *lines) schedule(now time.Time) {
	timers := l.room.shared.Timers
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

// enter gives somebody who is in the room again the lines that it has left behind, so that its next one comes after
// them.
func (l *lines) enter(s *Seat) {
	for _, q := range l.queues {
		if q.from.Member == s.Member {
			s.lines, q.from = q, s
		}
	}
}

// close forgets everything: nobody is there to hear it.
func (l *lines) close() {
	for len(l.queues) > 0 {
		q := l.queues[0]
		if q.from.lines == q {
			q.from.lines = nil
		}
		l.forget(q)
	}
	l.room.shared.Timers.Remove(&l.timer)
}

func (l *lines) forget(q *lineQueue) {
	l.count(q, -q.bytes)
	if i := slices.Index(l.queues, q); i >= 0 {
		l.queues = slices.Delete(l.queues, i, i+1)
	}
}

// LineBytes is how many bytes of chat wait in the room.
func (r *Room) LineBytes() int { return r.lines.bytes }
