package link

import "time"

// A server of old says a thing once, with its next messages as the only repeat, and a
// client that lacks the last one cannot know. Repeating our own last datagram, with
// nothing new in it, makes EmuLinker send its recent messages again: 3 × n at the
// n-th repeat in a row, nine at most, at most once in its maxPing (250 ms EmuLinkerSF,
// 200 ms EmuLinker-K as shipped, 1 s in the code). direlera-rs ignores it. This file is
// when a client asks in that way, and what it learns from the answers; limits.go has how
// often.

// watch is what a client does about a quiet server.
type watch struct {
	quiet      time.Duration // 0: nothing
	row        int           // repeats of ours since the last news of either side
	complete   bool          // one of them was answered: we have what the server has said
	inVain     int           // whole rows without an answer, until the first one
	answers    bool          // the server has answered a repeat with nothing new
	unanswered int           // repeats since anything was received
	strangers  strangers     // stranger.go
}

// Watch makes a client ask a quiet server for what it may have missed: three times in
// a row outside of a game, a second after the last news; and a server that has been
// seen to answer also whenever nothing has come for the time quiet, which is what
// Unanswered goes by. 0, from the beginning, is never: a server of our own repeats
// by itself what we may lack.
func (l *Link) Watch(quiet time.Duration) { l.watch.quiet = quiet }

// AnswersRepeats reports whether the peer has answered a datagram with nothing new.
func (l *Link) AnswersRepeats() bool { return l.watch.answers }

// Unanswered is how many datagrams with nothing new we have sent since anything was
// received.
func (l *Link) Unanswered() int { return l.watch.unanswered }

// AskAnew begins the asking of a silent server again, as after a line that was dead.
func (l *Link) AskAnew() { l.watch.unanswered = 0 }

// Ask makes a datagram with nothing new due, at most every answerGap.
func (l *Link) Ask() { l.asked = true }

// watchAt is when the server is to be asked; zero is never.
func (l *Link) watchAt() (at time.Time) {
	w := &l.watch
	if w.quiet == 0 || l.out.next == 0 {
		return at
	}
	if l.phase == Lobby && w.row < asksInRow && !w.complete && w.inVain < deafRows {
		at = latest(l.lastNew, l.heard.last).Add(askAfter)
		if w.row > 0 {
			at = latest(at, l.lastSend.Add(askGap))
		}
	}
	if w.answers {
		probe := l.lastRecv.Add(w.quiet)
		switch {
		case w.unanswered >= maxProbes:
			probe = latest(probe, l.lastSend.Add(slowProbe))
		case w.unanswered > 0:
			probe = latest(probe, l.lastSend.Add(probeGap))
		}
		at = sooner(at, probe)
	}
	return at
}

// news begins a new row: either side has said something.
func (w *watch) news() {
	if w.row >= asksInRow && !w.complete && !w.answers {
		w.inVain++
	}
	w.row, w.complete = 0, false
}

// repeated: we have sent a datagram with nothing new.
func (w *watch) repeated() {
	w.row++
	w.unanswered++
}

// answered takes a datagram of the server's with nothing new, so long after the last
// news. EmuLinker's newest message is in each of its datagrams.
func (w *watch) answered(since time.Duration) {
	if w.row > 0 && since >= noCopy {
		w.complete, w.answers = true, true
	}
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
