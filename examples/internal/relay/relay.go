package relay

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// maxInFlight datagrams are on a way at once; more are lost, as in a router. A game has some sixty a second.
	maxInFlight = 2000
	// maxSockets is how many sockets may use one relay. An emulator has one; older ones say HELLO from a second, and
	// one that is started again after a crash has another.
	maxSockets = 8
	// maxDatagram holds any UDP datagram, in bytes.
	maxDatagram = 65_535
)

// Fate is what becomes of one datagram.
type Fate struct {
	Lost      bool
	Delay     time.Duration // until it arrives
	Copied    bool          // it arrives a second time
	CopyDelay time.Duration // then after this
}

// Way is one direction of a line: it decides about each datagram in turn. One goroutine calls it.
type Way func(datagram []byte) Fate

// Ways makes both directions for a socket of the emulator; the first is 0.
type Ways func(socket int) (up, down Way)

// Relay stands between one emulator and the server: it has a port of its own, forwards what comes there to the server
// and what the server answers back, and loses and delays some of it.
//
// The server tells a client in HELLOD00D<port> where the session goes on, and the client holds on to that, so the relay
// puts its own port there and remembers the server's.
type Relay struct {
	front            *net.UDPConn
	server           netip.AddrPort // where HELLO goes
	ways             Ways
	closed           atomic.Bool
	done             sync.WaitGroup
	datagrams, bytes atomic.Int64

	mu      sync.Mutex
	sockets map[netip.AddrPort]*socket
}

// socket is one socket of the emulator, which the server sees as another.
type socket struct {
	address  netip.AddrPort
	back     *net.UDPConn
	session  atomic.Uint32 // the port that HELLOD00D named; 0 = not yet
	up, down channel
}

// New starts a relay beside the server.
func New(server netip.AddrPort, ways Ways) (*Relay, error) {
	front, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(server.Addr(), 0)))
	if err != nil {
		return nil, fmt.Errorf("the relay cannot listen: %w", err)
	}
	r := &Relay{front: front, server: server, ways: ways, sockets: map[netip.AddrPort]*socket{}}
	r.done.Go(r.forward)
	return r, nil
}

// Addr is what the emulator is told as its server.
func (r *Relay) Addr() netip.AddrPort { return addrOf(r.front) }

// Traffic is how much has come in so far, both ways: datagrams, and bytes of UDP payload.
func (r *Relay) Traffic() (datagrams, bytes int64) { return r.datagrams.Load(), r.bytes.Load() }

// Close ends the relay; datagrams under way are lost.
func (r *Relay) Close() error {
	r.closed.Store(true)
	err := r.front.Close()
	r.mu.Lock()
	for _, s := range r.sockets {
		err = errors.Join(err, s.back.Close())
	}
	r.mu.Unlock()
	r.done.Wait()
	return err
}

// receive hands on what comes to a socket until the relay is closed.
func (r *Relay) receive(from *net.UDPConn, each func(datagram []byte, from netip.AddrPort)) {
	buf := make([]byte, maxDatagram)
	for {
		n, addr, err := from.ReadFromUDPAddrPort(buf)
		if err != nil {
			if r.closed.Load() || errors.Is(err, net.ErrClosed) {
				return
			}
			continue // a fault that passes, such as the port unreachable of a server that has gone
		}
		r.datagrams.Add(1)
		r.bytes.Add(int64(n))
		each(bytes.Clone(buf[:n]), addr)
	}
}

// forward carries the emulator's datagrams to the server.
func (r *Relay) forward() {
	r.receive(r.front, func(datagram []byte, from netip.AddrPort) {
		s := r.socket(from)
		if s == nil {
			return
		}
		to := r.server
		if port := s.session.Load(); port != 0 && !bytes.HasPrefix(datagram, []byte("HELLO")) &&
			!bytes.HasPrefix(datagram, []byte("PING")) {
			to = netip.AddrPortFrom(to.Addr(), uint16(port))
		}
		s.up.pass(datagram, func() { _, _ = s.back.WriteToUDPAddrPort(datagram, to) })
	})
}

// socket finds the socket that a datagram came from, nil if there are too many.
func (r *Relay) socket(from netip.AddrPort) *socket {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s := r.sockets[from]; s != nil {
		return s
	}
	if len(r.sockets) == maxSockets || r.closed.Load() {
		return nil
	}
	back, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(r.server.Addr(), 0)))
	if err != nil {
		return nil
	}
	s := &socket{address: from, back: back}
	s.up.way, s.down.way = r.ways(len(r.sockets))
	r.sockets[from] = s
	r.done.Go(func() { r.back(s) })
	return s
}

// back carries the server's datagrams to the emulator.
func (r *Relay) back(s *socket) {
	r.receive(s.back, func(datagram []byte, from netip.AddrPort) {
		if from.Addr().Unmap() != r.server.Addr() {
			return
		}
		if port, ok := helloPort(datagram); ok {
			s.session.Store(uint32(port))
			datagram = fmt.Appendf(nil, "HELLOD00D%d\x00", r.Addr().Port())
		}
		s.down.pass(datagram, func() { _, _ = r.front.WriteToUDPAddrPort(datagram, s.address) })
	})
}

// helloPort reads the server's answer to HELLO.
func helloPort(datagram []byte) (uint16, bool) {
	text, ok := bytes.CutPrefix(datagram, []byte("HELLOD00D"))
	if !ok {
		return 0, false
	}
	port, err := strconv.ParseUint(string(bytes.TrimRight(text, "\x00")), 10, 16)
	return uint16(port), err == nil && port != 0
}

// channel is one way with what is on it. One goroutine calls pass.
type channel struct {
	way    Way
	flying atomic.Int32
}

// pass calls deliver later, or never, or twice.
func (c *channel) pass(datagram []byte, deliver func()) {
	fate := c.way(datagram)
	if fate.Lost {
		return
	}
	c.after(fate.Delay, deliver)
	if fate.Copied {
		c.after(fate.CopyDelay, deliver)
	}
}

func (c *channel) after(delay time.Duration, deliver func()) {
	if c.flying.Load() >= maxInFlight {
		return
	}
	if delay <= 0 {
		deliver()
		return
	}
	c.flying.Add(1)
	time.AfterFunc(delay, func() {
		c.flying.Add(-1)
		deliver()
	})
}

func addrOf(c *net.UDPConn) netip.AddrPort {
	a := c.LocalAddr().(*net.UDPAddr).AddrPort()
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}
