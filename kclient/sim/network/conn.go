package network

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"slices"
	"syscall"
	"time"
)

// Conn is an open UDP socket on a Network, with the methods of *net.UDPConn that
// kclient and server use. Its methods may be called from any goroutine (of the
// network's bubble). Errors are *net.OpError values that wrap what *net.UDPConn's
// wrap: net.ErrClosed, os.ErrDeadlineExceeded, syscall.EMSGSIZE.
type Conn struct {
	net     *Network
	local   *net.UDPAddr
	timeout *net.OpError // made once, so that a read that times out allocates nothing

	// Guarded by net.mu.
	public     netip.AddrPort // where the others see it: local until Rebind
	more       []netip.Addr   // its other addresses, see AlsoAt
	closed     bool
	deadline   time.Duration // after the network's start; meaningful when timed
	timed      bool
	flight     flight
	queue      queue
	readBuffer int
	asleep     []*sleeper // readers that wait
	rested     []*sleeper // their timers, for reuse
}

// sleeper is a reader that waits. Its timer is set to the next arrival, and whoever
// changes what it waits for sets the timer anew, so that a datagram costs one
// wake-up. What must end the wait at once comes through the channel: a synctest
// bubble fires no more timers once its main function has returned, and a conn that is
// closed there must still let its reader go.
type sleeper struct {
	timer *time.Timer
	now   chan struct{} // holds one
}

// errMissingAddress has the words of net's own error, which is not exported.
var errMissingAddress = errors.New("missing address")

// never is the duration of a wait that only another goroutine can end.
const never = time.Duration(1<<63 - 1)

// ReadFromUDPAddrPort waits for a datagram, copies it to b and returns its length and
// source. What does not fit into b is cut off and gone, without an error, as on Linux.
// Once the read deadline has passed it fails even if datagrams are waiting.
func (c *Conn) ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error) {
	size, from, _, err := c.ReadFromTo(b)
	return size, from, err
}

// ReadFromTo is ReadFromUDPAddrPort for a conn of several addresses, see AlsoAt: to is the one that the datagram was
// sent to.
func (c *Conn) ReadFromTo(b []byte) (size int, from netip.AddrPort, to netip.Addr, err error) {
	n := c.net
	n.mu.Lock()
	defer n.mu.Unlock()
	for {
		if c.closed {
			return 0, netip.AddrPort{}, netip.Addr{}, c.errorLocked("read", net.ErrClosed)
		}
		now := n.now()
		if c.timed && c.deadline <= now {
			return 0, netip.AddrPort{}, netip.Addr{}, c.timeout
		}
		c.settleLocked(now)
		if c.queue.head != nil {
			d := c.queue.pop()
			size, from, to = copy(b, d.data), d.from, d.to
			n.pool.put(d)
			return size, from, to, nil
		}
		c.sleepLocked(now)
	}
}

// sleepLocked waits, without the lock, until there may be something new.
func (c *Conn) sleepLocked(now time.Duration) {
	var s *sleeper
	if last := len(c.rested) - 1; last >= 0 {
		s, c.rested = c.rested[last], c.rested[:last]
		s.timer.Reset(c.waitLocked(now))
	} else {
		s = &sleeper{timer: time.NewTimer(c.waitLocked(now)), now: make(chan struct{}, 1)}
	}
	c.asleep = append(c.asleep, s)
	c.net.mu.Unlock()

	select {
	case <-s.timer.C:
	case <-s.now:
	}

	c.net.mu.Lock()
	for i, other := range c.asleep {
		if other == s {
			last := len(c.asleep) - 1
			c.asleep[i] = c.asleep[last]
			c.asleep = c.asleep[:last]
			break
		}
	}
	// Either may have been used between the end of the wait and this line.
	s.timer.Stop()
	select {
	case <-s.now:
	default:
	}
	c.rested = append(c.rested, s)
}

// waitLocked is how long a reader has nothing to look for.
func (c *Conn) waitLocked(now time.Duration) time.Duration {
	if c.closed || c.queue.head != nil {
		return 0
	}
	wait := never
	if len(c.flight) > 0 {
		wait = c.flight[0].due - now
	}
	if c.timed {
		wait = min(wait, c.deadline-now)
	}
	return max(wait, 0)
}

// wakeLocked sets the alarms of the sleeping readers to what they now wait for.
func (c *Conn) wakeLocked(now time.Duration) {
	if len(c.asleep) == 0 {
		return
	}
	wait := c.waitLocked(now)
	for _, s := range c.asleep {
		if wait > 0 {
			s.timer.Reset(wait)
			continue
		}
		select {
		case s.now <- struct{}{}:
		default:
		}
	}
}

// settleLocked moves what has arrived by now into the receive queue. Nobody has read since
// the last time it was called, so what finds the queue full here would have
// found it full at its own time too.
func (c *Conn) settleLocked(now time.Duration) {
	for len(c.flight) > 0 && c.flight[0].due <= now {
		d := c.flight.pop()
		if c.queue.size+d.cost() > c.readBuffer {
			c.net.stats.Overflowed++
			c.net.pool.put(d)
			continue
		}
		c.net.stats.Delivered++
		c.queue.push(d)
	}
}

// forgetFlightLocked drops what is under way, because its address is gone.
func (c *Conn) forgetFlightLocked() {
	c.net.stats.Unreachable += uint64(len(c.flight))
	for i, d := range c.flight {
		c.flight[i] = nil
		c.net.pool.put(d)
	}
	c.flight = c.flight[:0]
}

// WriteToUDPAddrPort sends b to an address. It never blocks, and like UDP it succeeds whatever
// becomes of the datagram.
func (c *Conn) WriteToUDPAddrPort(b []byte, addr netip.AddrPort) (int, error) {
	return c.WriteFromTo(b, netip.Addr{}, addr)
}

// WriteFromTo is WriteToUDPAddrPort for a conn of several addresses, see AlsoAt: the datagram leaves from the one that
// is named, or, if that is none of the conn's, from the first.
func (c *Conn) WriteFromTo(b []byte, from netip.Addr, addr netip.AddrPort) (int, error) {
	n := c.net
	n.mu.Lock()
	defer n.mu.Unlock()
	var err error
	switch {
	case c.closed:
		err = net.ErrClosed
	case !addr.Addr().IsValid():
		err = errMissingAddress
	case addr.Port() == 0:
		err = os.NewSyscallError("sendto", syscall.EINVAL)
	case len(b) > maxDatagram:
		err = os.NewSyscallError("sendto", syscall.EMSGSIZE)
	default:
		source := c.public
		if slices.Contains(c.more, from) {
			source = netip.AddrPortFrom(from, source.Port())
		}
		n.sendLocked(source, unmap(addr), b)
		return len(b), nil
	}
	return 0, &net.OpError{Op: "write", Net: "udp", Source: c.local, Addr: net.UDPAddrFromAddrPort(addr), Err: err}
}

// SetReadDeadline sets the time at which reads, those that wait already too, fail with
// os.ErrDeadlineExceeded. The zero time means never.
func (c *Conn) SetReadDeadline(t time.Time) error {
	n := c.net
	n.mu.Lock()
	defer n.mu.Unlock()
	if c.closed {
		return c.errorLocked("set", net.ErrClosed)
	}
	c.timed = !t.IsZero()
	c.deadline = t.Sub(n.start)
	c.wakeLocked(n.now())
	return nil
}

// SetReadBuffer sets the size of the receive queue in bytes, where each datagram counts with
// its length and 768 bytes more. What is queued already stays.
func (c *Conn) SetReadBuffer(bytes int) error {
	n := c.net
	n.mu.Lock()
	defer n.mu.Unlock()
	if c.closed {
		return c.errorLocked("set", net.ErrClosed)
	}
	c.settleLocked(n.now())
	c.readBuffer = bytes
	return nil
}

// LocalAddr returns the *net.UDPAddr that Listen gave the conn. Like a socket behind a NAT,
// the conn does not know of a Rebind.
func (c *Conn) LocalAddr() net.Addr { return c.local }

// AlsoAt gives the conn one more address, with the same port, as a socket has that listens on all addresses of a
// computer. It is the conn's until that is closed or given another public address. The error is as Listen's.
func (c *Conn) AlsoAt(host netip.Addr) error {
	n := c.net
	n.mu.Lock()
	defer n.mu.Unlock()
	if c.closed {
		return c.errorLocked("listen", net.ErrClosed)
	}
	a, errno := n.claimLocked(host.Unmap().WithZone(""), c.public.Port())
	if errno != 0 {
		return c.errorLocked("listen", os.NewSyscallError("bind", errno))
	}
	n.conns[a] = c
	n.hosts[a.Addr()]++
	c.more = append(c.more, a.Addr())
	return nil
}

// AddrPort returns the address at which the others see the conn.
func (c *Conn) AddrPort() netip.AddrPort {
	c.net.mu.Lock()
	defer c.net.mu.Unlock()
	return c.public
}

// Close closes the conn. Reads that wait fail with net.ErrClosed, what is under way to it is
// lost, and what it has sent goes on its way. Closing twice is an error.
func (c *Conn) Close() error {
	n := c.net
	n.mu.Lock()
	defer n.mu.Unlock()
	if c.closed {
		return c.errorLocked("close", net.ErrClosed)
	}
	now := n.now()
	c.settleLocked(now)
	c.closed = true
	c.forgetFlightLocked()
	for c.queue.head != nil {
		n.pool.put(c.queue.pop())
	}
	n.releaseLocked(c)
	c.wakeLocked(now)
	return nil
}

func (c *Conn) errorLocked(op string, err error) error {
	return &net.OpError{Op: op, Net: "udp", Source: c.local, Err: err}
}
