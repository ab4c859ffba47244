package lab

import (
	"errors"
	"fmt"
	"time"

	"kbridge/kclient/link"
	"kbridge/kclient/wire"
)

// Strategy is a set of rules for what to send and when.
type Strategy uint8

const (
	Ours    Strategy = iota // package link
	Classic                 // n02 and EmuLinker
	Floor                   // an oracle, once per frame
)

// Strategies are all of them.
var Strategies = []Strategy{Ours, Classic, Floor}

func (s Strategy) String() string {
	switch s {
	case Ours:
		return "ours"
	case Classic:
		return "classic"
	case Floor:
		return "floor"
	}
	return fmt.Sprintf("strategy %d", uint8(s))
}

// ParseStrategy is the opposite of String.
func ParseStrategy(name string) (Strategy, error) {
	for _, s := range Strategies {
		if s.String() == name {
			return s, nil
		}
	}
	return 0, fmt.Errorf("lab: there is no strategy %q: use ours, classic or floor", name)
}

// errOverrun is how a session ends by the oracle's rules; peers has how one ends by the classic ones.
var errOverrun = errors.New("more outstanding than is kept")

// end is one end of one session. It is driven as a link.Link is.
type end interface {
	send(now time.Time, t wire.Type, body []byte, game bool)
	proveGame(now time.Time, m int)
	receive(now time.Time, datagram []byte) error
	message() (wire.Message, bool)
	// tick tells a client's end that the emulator has begun a frame.
	tick(now time.Time)
	// waits tells a client's end that the emulator waits for a frame, or no
	// longer does.
	waits(now time.Time, yes bool)
	datagram(now time.Time, buf []byte) []byte
	next() time.Time
	// over is how the session was lost; nil while it lives.
	over() error
	// counts are messages lost for good and datagrams sent without news.
	counts() (lost, resends int)
}

// newEnds makes both ends of the session of a player with connection type c whose
// login measured this round trip.
func newEnds(s Strategy, now time.Time, connection int, ping time.Duration) (client, server end) {
	switch s {
	case Classic:
		return newClassicClient(), newClassicServer()
	case Floor:
		c, s := &floorEnd{}, &floorEnd{server: true, every: frameTime}
		if connection == 1 {
			s.every = frameTime * 5 / 4
		}
		c.peer, s.peer = s, c
		return c, s
	}
	return newLinkEnd(false, now, ping), newLinkEnd(true, now, ping)
}

// linkEnd is the real thing.
type linkEnd struct{ l *link.Link }

func newLinkEnd(server bool, now time.Time, ping time.Duration) linkEnd {
	l := link.New(link.Config{Server: server}, now)
	for range 4 { // the rounds of a login
		l.ObserveRTT(ping)
	}
	l.SetPhase(now, link.Netsync)
	l.SetPhase(now, link.Play)
	return linkEnd{l}
}

func (e linkEnd) send(now time.Time, t wire.Type, body []byte, game bool) {
	if game {
		e.l.SendGame(now, t, body)
		return
	}
	e.l.Send(now, t, body)
}

func (e linkEnd) proveGame(now time.Time, m int)               { e.l.ProveGame(now, m) }
func (e linkEnd) receive(now time.Time, datagram []byte) error { return e.l.Receive(now, datagram) }
func (e linkEnd) message() (wire.Message, bool)                { return e.l.NextMessage() }
func (e linkEnd) tick(time.Time)                               {}
func (e linkEnd) waits(time.Time, bool)                        {}
func (e linkEnd) datagram(now time.Time, buf []byte) []byte    { return e.l.NextDatagram(now, buf) }
func (e linkEnd) next() time.Time                              { return e.l.Next() }
func (e linkEnd) over() error                                  { return nil }

func (e linkEnd) counts() (lost, resends int) {
	s := e.l.Stats()
	return s.Lost + s.Forgotten, s.Resends
}
