package lab

import (
	"time"

	"kbridge/kclient/wire"
)

// The rules of n02, as far as they concern a running game.
const (
	clientUsual = 3                     // messages in a datagram
	pollEvery   = 10 * time.Millisecond // while waiting for a frame, and a little more each time
	pollSends   = 5                     // messages of a poll
	pollTries   = 500                   // then it drops
	ignoreFrom  = 10                    // messages ahead; the datagram is ignored
)

// The rules of EmuLinker.
const (
	serverUsual   = 5
	serverKeeps   = 9
	serverMaxPing = time.Second // between two resends, at least
)

// classicEnd is what both have in common.
type classicEnd struct {
	out     outbox
	in      inbox
	sent    uint64
	usual   uint64
	resends int
	lost    int
	err     error
}

func (e *classicEnd) send(_ time.Time, t wire.Type, body []byte, _ bool) { e.out.add(t, body) }

// fresh writes the datagram of the oldest message that was never sent: each has one
// of its own.
func (e *classicEnd) fresh(buf []byte) []byte {
	e.sent++
	return e.last(buf, e.sent, e.usual)
}

func (e *classicEnd) last(buf []byte, end, count uint64) []byte {
	return e.out.bundle(buf, end-min(count, end), end)
}

func (e *classicEnd) proveGame(time.Time, int)      {}
func (e *classicEnd) tick(time.Time)                {}
func (e *classicEnd) message() (wire.Message, bool) { return e.in.take() }
func (e *classicEnd) over() error                   { return e.err }
func (e *classicEnd) counts() (lost, resends int)   { return e.lost, e.resends }

// hole gives the session up because messages before n are missing.
func (e *classicEnd) hole(n uint64) {
	e.lost += int(n - e.in.next)
	e.err = errHole
}

// classicClient is n02.
type classicClient struct {
	classicEnd
	polls int       // of the wait under way
	poll  time.Time // the next one; zero while no frame is waited for
}

func newClassicClient() *classicClient {
	return &classicClient{classicEnd: classicEnd{usual: clientUsual}}
}

func (c *classicClient) waits(now time.Time, yes bool) {
	switch {
	case !yes:
		c.polls, c.poll = 0, time.Time{}
	case c.poll.IsZero():
		c.poll = now.Add(pollEvery)
	}
}

func (c *classicClient) next() time.Time { return c.poll }

func (c *classicClient) datagram(now time.Time, buf []byte) []byte {
	switch {
	case c.sent < c.out.next:
		return c.fresh(buf[:0])
	case c.poll.IsZero() || c.poll.After(now) || c.out.next == 0:
		return buf[:0]
	}
	c.polls++
	if c.polls >= pollTries {
		c.err = errGaveUp
	}
	c.poll = now.Add(max(pollEvery, time.Duration(c.polls)*time.Millisecond))
	c.resends++
	return c.last(buf[:0], c.out.next, pollSends)
}

// receive takes the first message's seq as the newest. A datagram that is too far
// ahead is ignored; from any other all news is taken, and if a message before them is
// missing the client waits for it for ever.
func (c *classicClient) receive(_ time.Time, datagram []byte) (err error) {
	if c.in.bundle, err = wire.ParseBundle(datagram, c.in.bundle[:0]); err != nil {
		return err
	}
	newest, old := c.in.number(c.in.bundle[0].Seq)
	if old || newest-c.in.next >= ignoreFrom-1 || c.err != nil {
		return nil
	}
	for i := len(c.in.bundle) - 1; i >= 0; i-- {
		n, old := c.in.number(c.in.bundle[i].Seq)
		if old {
			continue
		}
		if n > c.in.next {
			c.hole(n)
			return nil
		}
		c.in.next++
		c.in.accept(c.in.bundle[i])
	}
	return nil
}

// classicServer is EmuLinker's end towards one client.
type classicServer struct {
	classicEnd
	owes    uint64    // messages of a resend that is due; 0 is none
	retries uint64    // since the last news
	resent  time.Time // the last resend
}

func newClassicServer() *classicServer {
	return &classicServer{classicEnd: classicEnd{usual: serverUsual}}
}

func (s *classicServer) waits(time.Time, bool) {}
func (s *classicServer) next() time.Time       { return time.Time{} }

func (s *classicServer) datagram(now time.Time, buf []byte) []byte {
	switch {
	case s.sent < s.out.next:
		return s.fresh(buf[:0])
	case s.owes > 0 && s.out.next > 0:
		buf = s.last(buf[:0], s.out.next, s.owes)
		s.owes = 0
		s.resends++
		return buf
	}
	return buf[:0]
}

// receive applies everything above the last seq it saw. A hole means that the player
// is desynchronised for good. A datagram with nothing new makes it resend: three
// messages, six, then all nine that it keeps.
func (s *classicServer) receive(now time.Time, datagram []byte) (err error) {
	if s.in.bundle, err = wire.ParseBundle(datagram, s.in.bundle[:0]); err != nil {
		return err
	}
	news := false
	for i := len(s.in.bundle) - 1; i >= 0; i-- {
		n, old := s.in.number(s.in.bundle[i].Seq)
		if old {
			continue
		}
		if n > s.in.next {
			s.hole(n)
			return nil
		}
		news = true
		s.in.next++
		s.in.accept(s.in.bundle[i])
	}
	if news {
		s.retries = 0
		return nil
	}
	if !s.resent.IsZero() && now.Sub(s.resent) <= serverMaxPing {
		return nil
	}
	s.resent = now
	s.retries++
	s.owes = min(3*s.retries, serverKeeps)
	return nil
}
