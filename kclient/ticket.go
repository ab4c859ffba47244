package kclient

import (
	"time"

	"kbridge/kclient/wire"
	"kbridge/kclient/wire/ext"
)

// Ticket is what a server of ours knows this session by, when it comes from
// another address or when its emulator was started again. Its key is a secret.
type Ticket = ext.Ticket

const (
	// playSilence and lobbySilence are how long a server may be silent, beyond a
	// round trip, before we tell it where we are: in a game something comes with
	// every frame or in answer to our repeats; outside of one only answers come.
	playSilence  = 500 * time.Millisecond
	lobbySilence = 2 * time.Second
	// keepAcks is how many 06 can still be proven.
	keepAcks = 64
	// lateMoves is how many Moves back an answer may be: one every askGap, so a round trip of 4 s.
	lateMoves = 8
	// callGap is the least time between two answers to the server's call.
	callGap = 100 * time.Millisecond
)

// ticketState is what the session has taken of the server's offers; the
// session's lock guards it. An old server offers nothing, and then none of
// it is ever sent.
type ticketState struct {
	ticket  Ticket
	have    bool
	counter uint32              // of the last move
	moved   time.Time           // when it was sent
	tries   int                 // since the server was last heard
	nonce   [ext.NonceSize]byte // of the server's last call
	called  time.Time           // when a call was last answered
	acks    [keepAcks]uint16
}

// Ticket is what the session can be taken up with after a crash, see
// Config.Comeback; ok is false if the server does not offer that.
func (c *Client) Ticket() (t Ticket, ok bool) {
	c.s.mu.Lock()
	defer c.s.release(nil)
	return c.s.ticket.ticket, c.s.ticket.have && c.s.ticket.ticket.Comeback > 0
}

// Room is the room of the game that Config.Comeback led back into; nil if the
// server no longer keeps the seat, or for a usual login. Its WaitStart returns the
// game, which hands out its frames from the first one on without waiting, until
// the player is present again (Game.Behind).
func (c *Client) Room() *Room {
	c.s.mu.Lock()
	defer c.s.release(nil)
	return c.s.back
}

// ackLocked answers S 05 at once: the server measures the ping with it, in the
// login and, on ours, whenever it wants to know how far we are.
func (s *session) ackLocked(now time.Time, ask wire.ServerAck) {
	s.proveAcksLocked(now, ask)
	var answer wire.ClientAck
	if nonce, ok := ext.ParseNonce(ask.Extra); ok {
		answer.Extra = ext.AppendNonce(nil, nonce)
	} else if t, ok := ext.ParseTicket(ask.Extra); ok && !s.login.in {
		if s.cfg.Comeback != nil && !s.ticket.have {
			answer.Extra = ext.AppendComeback(nil, *s.cfg.Comeback, t)
		}
		s.ticket.ticket, s.ticket.have = t, true
	}
	s.login.ack = s.sendLocked(now, wire.TypeClientAck, answer.AppendTo(s.body[:0]))
	s.ticket.acks[s.login.acks%keepAcks] = s.login.ack
	s.login.acks++
}

// proveAcksLocked: in the login the server sends its next 05 only after the
// answer to the one before. Later it sends one whenever it likes, and that proves only
// what it says itself.
func (s *session) proveAcksLocked(now time.Time, ask wire.ServerAck) {
	switch {
	case s.login.in:
		if n, ok := ext.ParseCount(ask.Extra); ok && n > 0 && int64(n) <= int64(s.login.acks) &&
			s.login.acks-int(n) < keepAcks {
			s.link.Prove(now, s.ticket.acks[(int(n)-1)%keepAcks])
		}
	case s.login.acks > 0:
		s.link.Prove(now, s.login.ack)
	case s.wait[requestLogin] != nil:
		s.link.Prove(now, s.wait[requestLogin].seq)
	}
}

// moveAtLocked is when to tell the server where we are; zero is never.
func (s *session) moveAtLocked() time.Time {
	if !s.ticket.have {
		return time.Time{}
	}
	wait := s.quietLocked()
	if g := s.gameLocked(); g != nil && g.started {
		wait = playSilence + s.link.RTT()
	} else if s.link.Resending() {
		wait = min(wait, lobbySilence+s.link.RTT())
	}
	at := s.link.LastReceived().Add(wait)
	if s.ticket.tries > 0 {
		gap := askGap
		if s.ticket.tries >= quickAsks {
			gap = slowAsk
		}
		at = later(at, s.ticket.moved.Add(gap))
	}
	return at
}

// moveLocked tells the server where we are, if it has been silent for too long: the
// address that it knows may no longer be ours.
func (s *session) moveLocked(now time.Time) {
	if s.ticket.have && s.ticket.tries > 0 && s.link.LastReceived().After(s.ticket.moved) {
		s.ticket.tries = 0
	}
	if at := s.moveAtLocked(); at.IsZero() || now.Before(at) {
		return
	}
	s.ticket.tries++
	s.sendMoveLocked(now)
}

func (s *session) sendMoveLocked(now time.Time) {
	s.ticket.counter++
	s.ticket.moved = now
	s.writeLocked(ext.AppendMove(s.out[:0], s.ticket.ticket, s.ticket.counter, s.ticket.nonce), s.server)
}

// calledLocked answers the server's call: whether we are still there, or whether we hear it where our last Move came
// from. It is no sign of life of the session: what the server says to it before the answer has come is nothing but
// this.
func (s *session) calledLocked(now time.Time, nonce [ext.NonceSize]byte) {
	s.ticket.nonce = nonce
	if now.Sub(s.ticket.called) >= callGap {
		s.ticket.called = now
		s.sendMoveLocked(now)
	}
}

// extensionLocked takes a datagram of our own server's that is no bundle.
func (s *session) extensionLocked(now time.Time, datagram []byte) {
	if !s.ticket.have {
		return
	}
	if id, nonce, ok := ext.ParseCall(datagram); ok {
		if id == s.ticket.ticket.ID {
			s.calledLocked(now, nonce)
		}
		return
	}
	if counter, ok := ext.ParseMoved(datagram, s.ticket.ticket); ok {
		if behind := s.ticket.counter - counter; counter > 0 && behind < lateMoves {
			s.link.Heard(now)
			s.vigil.pongs = 0
		}
		return
	}
	if h, ok := ext.ParseHistory(datagram); ok {
		if g := s.gameLocked(); g != nil {
			g.historyLocked(now, h)
		}
	}
}
