package kaillera

import (
	"time"

	"kbridge/kclient/wire"
	"kbridge/kclient/wire/ext"
	"kbridge/server/door"
	"kbridge/server/limits"
)

// asks keeps track of the 05 that were sent and not answered. During the login
// they measure the ping; outside of play they ask the client to prove what it
// has, since nothing else does there.
type asks struct {
	seqs       []uint16 // a ring of limits.MaxOpen: the oldest unanswered 05 first
	head, n    int
	at         time.Time // when to look whether to ask again; zero: not now
	unanswered int       // since the last answer, or the last news after giving up

	// In play.
	looked time.Time // when it was last seen that there is no need to ask
	frame  int       // for which one 05 was sent, from 1
}

// open records a 05 that was sent.
func (a *asks) open(seq uint16) {
	if a.n < limits.MaxOpen {
		if a.seqs == nil {
			a.seqs = make([]uint16, limits.MaxOpen)
		}
		a.seqs[(a.head+a.n)%limits.MaxOpen] = seq
		a.n++
	}
}

// answered takes the oldest one: the k-th 06 answers the k-th 05. A client that
// leaves some out thereby proves less than it could, never more.
func (a *asks) answered(now time.Time) (seq uint16, ok bool) {
	if a.n == 0 {
		return 0, false
	}
	seq = a.seqs[a.head]
	a.skip()
	a.unanswered = 0
	a.at = now.Add(limits.AskAfter)
	return seq, true
}

// skip takes the oldest one away, unanswered.
func (a *asks) skip() {
	if a.n > 0 {
		a.head = (a.head + 1) % limits.MaxOpen
		a.n--
	}
}

// news is called with every message sent.
func (a *asks) news(now time.Time) {
	if a.at.IsZero() {
		a.at = now.Add(limits.AskAfter)
		a.unanswered = min(a.unanswered, limits.MaxAsks-1)
	}
}

// askAt is when ask has something to do; zero when never.
func (s *session) askAt() time.Time {
	if s.mayAskInPlay() {
		at := s.link.LastReceived()
		if s.asks.looked.After(at) {
			at = s.asks.looked
		}
		return at.Add(limits.PlayAskAfter + 2*time.Duration(s.connection.Frames())*time.Second/60)
	}
	if s.proves() || s.asksToProve() {
		return time.Time{}
	}
	return s.asks.at
}

// proves reports whether what the session does now proves by itself what it has:
// in play the counts of game data do. In netsync only being ready does. n02
// sends its ready once and never again, but in each datagram it repeats its last
// three messages: answering a 05 it brings a lost ready along.
func (s *session) proves() bool {
	state := s.plays()
	return state == door.Playing || state == door.Netsync && s.seat().Loaded()
}

// ask sends a 05 when the client has proven nothing for a while.
func (s *session) ask(now time.Time) {
	a := &s.asks
	if s.plays() == door.Playing {
		s.askInPlay(now)
		return
	}
	if s.proves() || s.asksToProve() || a.at.IsZero() || now.Before(a.at) {
		return
	}
	oldest, ok := s.link.OldestUnproven()
	awaited := s.plays() == door.Netsync // the ready, whatever else is proven
	switch {
	case !ok && s.link.Unproven() > 0: // not even sent yet
		a.at = now.Add(limits.AskAfter)
	case !s.reached && s.prover.vain > limits.MaxVainAsks: // it answers none, and its bytes are few
		a.at = time.Time{}
	case !ok && !awaited, a.unanswered >= limits.MaxAsks, a.n >= limits.MaxOpen:
		a.at = time.Time{}
	case ok && now.Before(oldest.Add(limits.AskAfter)):
		a.at = oldest.Add(limits.AskAfter)
	default:
		a.unanswered++
		a.at = now.Add(limits.AskAfter)
		question := wire.ServerAck{}
		if s.proven {
			question.Extra = ext.AppendCount(nil, s.acks)
		}
		a.open(s.send(now, wire.TypeServerAck, question))
	}
}

// mayAskInPlay reports whether a 05 cannot push anything that is missing out of the last messages that
// the client still sends: see limits.MaxAskDelay. One that was not answered may yet be.
func (s *session) mayAskInPlay() bool {
	return !s.proven && s.asks.n == 0 && s.plays() == door.Playing && s.asks.frame != s.seat().Frames()+1 &&
		s.seat().FrameDelay() <= limits.MaxAskDelay
}

// askInPlay sends a 05 to a client that is silent while the room waits for its input: its answer brings
// the batches along that were lost, a second before the client would repeat them.
func (s *session) askInPlay(now time.Time) {
	if !s.mayAskInPlay() || now.Before(s.askAt()) {
		return
	}
	s.asks.looked = now
	if s.seat().Awaited() {
		s.asks.frame = s.seat().Frames() + 1
		s.asks.open(s.send(now, wire.TypeServerAck, wire.ServerAck{}))
	}
}
