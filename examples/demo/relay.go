package main

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// line is how bad the way between an emulator and the server is, each way.
type line struct {
	loss          float64 // 0 to 1
	delay, jitter time.Duration
}

func (l line) perfect() bool { return l == line{} }

func (l line) String() string {
	return fmt.Sprintf("%.4g %% lost, %v ± %v each way", l.loss*100, l.delay, l.jitter)
}

const (
	// maxInFlight datagrams are on a line at once; more are lost, as in a router. A game has some sixty a second.
	maxInFlight = 2000
	// maxRelayClients is how many sockets may use one relay. An emulator has one; older ones say HELLO from a second.
	maxRelayClients = 8
	// maxDatagram holds any UDP datagram.
	maxDatagram = 65_535
)

// relay stands between one emulator and the server: it has a port of its own, forwards what comes there to the server and
// what the server answers back, and loses and delays some of it.
//
// The server tells a client in HELLOD00D<port> where the session goes on, and the client holds on to that, so the relay puts its
// own port there and remembers the server's.
type relay struct {
	front  *net.UDPConn
	server netip.AddrPort // where HELLO goes
	line   line
	seed   uint64
	closed atomic.Bool
	done   sync.WaitGroup

	mu      sync.Mutex
	clients map[netip.AddrPort]*relayClient
}

// relayClient is one socket of the emulator, which the server sees as another.
type relayClient struct {
	address  netip.AddrPort
	back     *net.UDPConn
	session  atomic.Uint32 // the port that HELLOD00D named; 0 = not yet
	up, down channel
}

// newRelay starts a relay on loopback. The same seed loses the same datagrams of each way, counted from the first.
func newRelay(server netip.AddrPort, l line, seed uint64) (*relay, error) {
	front, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(server.Addr(), 0)))
	if err != nil {
		return nil, fmt.Errorf("the relay cannot listen: %w", err)
	}
	r := &relay{front: front, server: server, line: l, seed: seed, clients: map[netip.AddrPort]*relayClient{}}
	r.done.Go(r.forward)
	return r, nil
}

// addr is what the emulator is told as its server.
func (r *relay) addr() netip.AddrPort { return addrOf(r.front) }

// close ends the relay; datagrams under way are lost.
func (r *relay) close() {
	r.closed.Store(true)
	r.front.Close()
	r.mu.Lock()
	for _, c := range r.clients {
		c.back.Close()
	}
	r.mu.Unlock()
	r.done.Wait()
}

// forward carries the emulator's datagrams to the server.
func (r *relay) forward() {
	buf := make([]byte, maxDatagram)
	for {
		n, from, err := r.front.ReadFromUDPAddrPort(buf)
		if err != nil {
			if r.over(err) {
				return
			}
			continue
		}
		c := r.client(from)
		if c == nil {
			continue
		}
		to := r.server
		datagram := bytes.Clone(buf[:n])
		if port := c.session.Load(); port != 0 && !bytes.HasPrefix(datagram, []byte("HELLO")) && !bytes.HasPrefix(datagram, []byte("PING")) {
			to = netip.AddrPortFrom(to.Addr(), uint16(port))
		}
		c.up.pass(func() { c.back.WriteToUDPAddrPort(datagram, to) })
	}
}

// client finds the socket that a datagram came from, nil if there are too many.
func (r *relay) client(from netip.AddrPort) *relayClient {
	r.mu.Lock()
	defer r.mu.Unlock()
	if c := r.clients[from]; c != nil {
		return c
	}
	if len(r.clients) == maxRelayClients || r.closed.Load() {
		return nil
	}
	back, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(r.server.Addr(), 0)))
	if err != nil {
		return nil
	}
	stream := uint64(2 * len(r.clients))
	c := &relayClient{
		address: from, back: back,
		up:   channel{line: r.line, random: rand.New(rand.NewPCG(r.seed, stream))},
		down: channel{line: r.line, random: rand.New(rand.NewPCG(r.seed, stream+1))},
	}
	r.clients[from] = c
	r.done.Go(func() { r.back(c) })
	return c
}

// back carries the server's datagrams to the emulator.
func (r *relay) back(c *relayClient) {
	buf := make([]byte, maxDatagram)
	for {
		n, from, err := c.back.ReadFromUDPAddrPort(buf)
		if err != nil {
			if r.over(err) {
				return
			}
			continue
		}
		if from.Addr().Unmap() != r.server.Addr() {
			continue
		}
		datagram := bytes.Clone(buf[:n])
		if port, ok := helloPort(datagram); ok {
			c.session.Store(uint32(port))
			datagram = fmt.Appendf(nil, "HELLOD00D%d\x00", r.addr().Port())
		}
		c.down.pass(func() { r.front.WriteToUDPAddrPort(datagram, c.address) })
	}
}

// over tells the end of the relay from a fault that passes, such as the port unreachable of a server that has gone.
func (r *relay) over(err error) bool { return r.closed.Load() || errors.Is(err, net.ErrClosed) }

// helloPort reads the server's answer to HELLO.
func helloPort(datagram []byte) (uint16, bool) {
	text, ok := bytes.CutPrefix(datagram, []byte("HELLOD00D"))
	if !ok {
		return 0, false
	}
	port, err := strconv.ParseUint(string(bytes.TrimRight(text, "\x00")), 10, 16)
	return uint16(port), err == nil && port != 0
}

// channel is one way of a line. One goroutine calls pass.
type channel struct {
	line   line
	random *rand.Rand
	flying atomic.Int32
}

// pass calls deliver later, or never.
func (c *channel) pass(deliver func()) {
	// Both are always drawn, so that the losses do not depend on the delay.
	lost := c.random.Float64() < c.line.loss
	delay := c.line.delay + time.Duration((2*c.random.Float64()-1)*float64(c.line.jitter))
	if lost || c.flying.Load() >= maxInFlight {
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
