package lab

import (
	"time"

	"kbridge/kclient/sim/peers"
	"kbridge/kclient/wire"
)

// maxPing is EmuLinker's setting: the largest ping of a login, and the least time between two repeats. It is what its
// code takes, not the 200 ms that it is shipped with, with which nobody gets in over a satellite.
const maxPing = time.Second

// classicEnd is what n02's end and EmuLinker's have in common: datagrams that wait for datagram to be called, and
// counts.
type classicEnd struct {
	out     [][]byte
	free    [][]byte
	resends int
	lost    int
	err     error
}

// put queues a datagram.
func (e *classicEnd) put(datagram []byte) {
	var b []byte
	if n := len(e.free); n > 0 {
		b, e.free = e.free[n-1], e.free[:n-1]
	}
	e.out = append(e.out, append(b[:0], datagram...))
}

// repeat queues what is said again. It is empty when nothing was said in this game yet: the program would repeat what
// it said before, which is not played here.
func (e *classicEnd) repeat(datagram []byte) {
	if len(datagram) > wire.BundleHeaderSize {
		e.put(datagram)
		e.resends++
	}
}

// first takes the next one off the queue.
func (e *classicEnd) first(buf []byte) []byte {
	if len(e.out) == 0 {
		return buf[:0]
	}
	buf = append(buf[:0], e.out[0]...)
	e.free = append(e.free, e.out[0])
	e.out = append(e.out[:0], e.out[1:]...)
	return buf
}

func (e *classicEnd) proveGame(time.Time, int)    {}
func (e *classicEnd) tick(time.Time)              {}
func (e *classicEnd) over() error                 { return e.err }
func (e *classicEnd) counts() (lost, resends int) { return e.lost, e.resends }

// classicClient is n02. It reads what has come at once, not only inside the emulator's calls: nothing of that can be
// seen, but for an array that would be full sooner.
type classicClient struct {
	classicEnd
	n02     *peers.ClientEnd
	waiting bool
	look    time.Time // at the clock, the next one; zero while no frame is waited for
}

func newClassicClient() *classicClient { return &classicClient{n02: peers.NewN02End()} }

func (c *classicClient) send(_ time.Time, t wire.Type, body []byte, _ bool) {
	c.put(c.n02.Send(t, body))
}

func (c *classicClient) waits(now time.Time, yes bool) {
	if yes && !c.waiting {
		c.n02.Wait()
		c.lookAt(now)
	}
	if !yes {
		c.look = time.Time{}
	}
	c.waiting = yes
}

func (c *classicClient) lookAt(now time.Time) {
	again, err := c.n02.Look(now)
	c.repeat(again)
	if err != nil {
		c.err = err
	}
	c.look = now.Add(c.n02.NextLook(now))
}

func (c *classicClient) next() time.Time { return c.look }

func (c *classicClient) datagram(now time.Time, buf []byte) []byte {
	if c.waiting && c.err == nil {
		c.lookAt(now)
	}
	return c.first(buf)
}

func (c *classicClient) receive(_ time.Time, datagram []byte) error {
	if c.err != nil {
		return nil
	}
	return c.n02.Receive(datagram)
}

func (c *classicClient) message() (wire.Message, bool) {
	m, err := c.n02.Take()
	if err != nil && c.err == nil {
		c.lost += c.n02.Missing()
		c.err = err
	}
	if m == nil {
		return wire.Message{}, false
	}
	return m.Message, true
}

// classicServer is EmuLinker's end towards one client.
type classicServer struct {
	classicEnd
	emuLinker *peers.EmuLinkerEnd
	fresh     []peers.Message
}

func newClassicServer() *classicServer {
	s := &classicServer{emuLinker: peers.NewEmuLinkerEnd(maxPing)}
	s.emuLinker.Resume(0xFFFF) // the login has been
	return s
}

func (s *classicServer) send(_ time.Time, t wire.Type, body []byte, _ bool) {
	s.put(s.emuLinker.Send(t, body))
}

func (s *classicServer) waits(time.Time, bool)                   {}
func (s *classicServer) next() time.Time                         { return time.Time{} }
func (s *classicServer) datagram(_ time.Time, buf []byte) []byte { return s.first(buf) }

func (s *classicServer) receive(now time.Time, datagram []byte) error {
	fresh, again, err := s.emuLinker.Receive(now, datagram)
	s.fresh = fresh
	s.repeat(again)
	return err
}

// message is the next one, up to the first that is missing: from there on the player is out, and the game with it.
func (s *classicServer) message() (wire.Message, bool) {
	if len(s.fresh) == 0 {
		return wire.Message{}, false
	}
	m := s.fresh[0]
	s.fresh = s.fresh[1:]
	if m.Missing > 0 {
		s.lost += m.Missing
		s.err, s.fresh = peers.ErrDesynchronised, nil
		return wire.Message{}, false
	}
	return m.Message, true
}
