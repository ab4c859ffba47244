package network

import (
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"time"
)

const (
	// DefaultReadBuffer bounds what waits in a conn's receive queue, in bytes, like
	// Linux's net.core.rmem_default. Each datagram counts with its length and
	// the 768 bytes that Linux's own bookkeeping of a small one takes, so about 270
	// small datagrams fit.
	DefaultReadBuffer = 212992
	datagramOverhead  = 768

	// MaxInFlight bounds the datagrams under way to one conn. What is sent beyond
	// it is dropped: 1,000 frames a second from each of 8 players over a two-second
	// path.
	MaxInFlight = 16384

	// maxDatagram is the largest payload of a UDP datagram over IPv4.
	maxDatagram = 65507

	firstFreePort = 49152 // the dynamic ports of RFC 6335
)

// Network carries datagrams between its conns. Its methods may be called from
// any goroutine (of the same synctest bubble, if it was made in one).
type Network struct {
	seed  uint64
	start time.Time

	mu       sync.Mutex // guards everything below, and the conns' fields
	profile  Profile
	paths    map[direction]Profile
	cuts     map[direction]struct{}
	conns    map[netip.AddrPort]*Conn // by public address
	hosts    map[netip.Addr]int       // conns per host
	nextHost netip.Addr
	nextPort uint16
	filter   func(from, to netip.AddrPort, datagram []byte) bool
	pool     pool
	serial   uint64
	stats    Stats
}

// direction is an ordered pair of hosts.
type direction struct{ from, to netip.Addr }

// Fresh hosts come from the range that is reserved for testing network devices
// (RFC 2544), so that they meet no address a test picks for itself.
var freshHosts = netip.MustParsePrefix("198.18.0.0/15")

// New makes a network on which p holds for every path. Inside a synctest bubble
// it must be made by a goroutine of that bubble.
func New(seed uint64, p Profile) *Network {
	return &Network{
		seed:     seed,
		start:    time.Now(),
		profile:  p.clean(),
		paths:    make(map[direction]Profile),
		cuts:     make(map[direction]struct{}),
		conns:    make(map[netip.AddrPort]*Conn),
		hosts:    make(map[netip.Addr]int),
		nextHost: freshHosts.Addr().Next(),
		nextPort: firstFreePort,
	}
}

// now is the time since the network was made.
func (n *Network) now() time.Duration { return time.Since(n.start) }

// Listen opens a conn at the address. An address that is not valid or unspecified
// (0.0.0.0, ::) means a host of its own that nobody else has; port 0 means a free
// port. The error is a *net.OpError around syscall.EADDRINUSE when the address
// is taken.
func (n *Network) Listen(addr netip.AddrPort) (*Conn, error) {
	host := addr.Addr().Unmap().WithZone("")
	n.mu.Lock()
	defer n.mu.Unlock()
	public, errno := n.claimLocked(host, addr.Port())
	if errno != 0 {
		return nil, &net.OpError{Op: "listen", Net: "udp", Addr: net.UDPAddrFromAddrPort(addr),
			Err: os.NewSyscallError("bind", errno)}
	}
	c := &Conn{net: n, local: net.UDPAddrFromAddrPort(public), public: public, readBuffer: DefaultReadBuffer}
	c.timeout = &net.OpError{Op: "read", Net: "udp", Source: c.local, Err: os.ErrDeadlineExceeded}
	n.conns[public] = c
	n.hosts[public.Addr()]++
	return c, nil
}

// claimLocked finds the address to use for a wanted host and port, or says why there is none.
func (n *Network) claimLocked(host netip.Addr, port uint16) (netip.AddrPort, syscall.Errno) {
	if !host.IsValid() || host.IsUnspecified() {
		if host = n.freshHostLocked(); !host.IsValid() {
			return netip.AddrPort{}, syscall.EADDRNOTAVAIL
		}
	}
	if port != 0 {
		a := netip.AddrPortFrom(host, port)
		if n.conns[a] != nil {
			return netip.AddrPort{}, syscall.EADDRINUSE
		}
		return a, 0
	}
	for range 1<<16 - firstFreePort {
		a := netip.AddrPortFrom(host, n.nextPort)
		if n.nextPort++; n.nextPort < firstFreePort {
			n.nextPort = firstFreePort
		}
		if n.conns[a] == nil {
			return a, 0
		}
	}
	return netip.AddrPort{}, syscall.EADDRINUSE
}

func (n *Network) freshHostLocked() netip.Addr {
	for range 1 << (32 - freshHosts.Bits()) {
		host := n.nextHost
		if n.nextHost = host.Next(); !freshHosts.Contains(n.nextHost) {
			n.nextHost = freshHosts.Addr().Next()
		}
		if n.hosts[host] == 0 {
			return host
		}
	}
	return netip.Addr{}
}

// releaseLocked gives a conn's public address back.
func (n *Network) releaseLocked(c *Conn) {
	n.releaseAddressLocked(c.public)
	for _, a := range c.more {
		n.releaseAddressLocked(netip.AddrPortFrom(a, c.public.Port()))
	}
	c.more = nil
}

func (n *Network) releaseAddressLocked(a netip.AddrPort) {
	delete(n.conns, a)
	host := a.Addr()
	if n.hosts[host]--; n.hosts[host] == 0 {
		delete(n.hosts, host)
	}
}

// SetProfile changes the profile of every path that SetPath has not named, for what is
// sent from now on.
func (n *Network) SetProfile(p Profile) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.profile = p.clean()
}

// SetPath gives one direction between two hosts a profile of its own, for what is sent from now on.
func (n *Network) SetPath(from, to netip.Addr, p Profile) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.paths[direction{from.Unmap(), to.Unmap()}] = p.clean()
}

// Partition cuts the line between two hosts, in both directions, or mends it. What is
// under way between them when the line is cut is lost.
func (n *Network) Partition(a, b netip.Addr, on bool) {
	a, b = a.Unmap(), b.Unmap()
	n.mu.Lock()
	defer n.mu.Unlock()
	if !on {
		delete(n.cuts, direction{a, b})
		delete(n.cuts, direction{b, a})
		return
	}
	n.cuts[direction{a, b}] = struct{}{}
	n.cuts[direction{b, a}] = struct{}{}
	now := n.now()
	for _, c := range n.conns {
		c.settleLocked(now)
		other := a
		switch c.public.Addr() {
		case a:
			other = b
		case b:
		default:
			continue
		}
		c.flight.remove(func(d *datagram) bool { return d.from.Addr() == other }, func(d *datagram) {
			n.stats.Cut++
			n.pool.put(d)
		})
	}
}

// Rebind gives the conn another public port on the same host, as a NAT does that
// has forgotten a mapping, and returns it. The conn itself does not notice: its
// LocalAddr stays. What is under way to the old address is lost, and so is
// whatever is sent there later. The result is not valid if the conn is closed
// or the host has no port left.
func (n *Network) Rebind(c *Conn) netip.AddrPort {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.moveLocked(c, c.public.Addr())
}

// Roam is Rebind to another host, as when a machine goes from Wi-Fi to
// cable; a host that is not valid means a fresh one. The weather changes with the
// path: losses are those of the new host's directions.
func (n *Network) Roam(c *Conn, host netip.Addr) netip.AddrPort {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.moveLocked(c, host.Unmap().WithZone(""))
}

func (n *Network) moveLocked(c *Conn, host netip.Addr) netip.AddrPort {
	if c.closed {
		return netip.AddrPort{}
	}
	public, errno := n.claimLocked(host, 0)
	if errno != 0 {
		return netip.AddrPort{}
	}
	c.settleLocked(n.now())
	c.forgetFlightLocked()
	n.releaseLocked(c)
	c.public = public
	n.conns[public] = c
	n.hosts[public.Addr()]++
	return public
}

// Filter installs a function that sees every datagram as it is sent and drops it by
// returning false; nil removes it. It is called on the sender's goroutine without any
// lock held, so it may use the network, and from several goroutines at once when
// several send. The datagram is valid during the call only.
func (n *Network) Filter(keep func(from, to netip.AddrPort, datagram []byte) bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.filter = keep
}

// Inject sends a datagram with whatever source address, as an attacker does who
// forges one. It meets the same fate as any other from that address. Datagrams of more than
// 65,507 bytes are dropped.
func (n *Network) Inject(from, to netip.AddrPort, datagram []byte) {
	if len(datagram) > maxDatagram {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.sendLocked(unmap(from), unmap(to), datagram)
}

// sendLocked takes a datagram from a sender. It lets go of the lock while a filter looks.
func (n *Network) sendLocked(from, to netip.AddrPort, b []byte) {
	n.stats.Sent++
	n.stats.SentBytes += uint64(len(b))
	if n.filter != nil && !n.keepLocked(from, to, b) {
		n.stats.Filtered++
		return
	}
	d := direction{from.Addr(), to.Addr()}
	if _, cut := n.cuts[d]; cut {
		n.stats.Cut++
		return
	}
	c := n.conns[to]
	if c == nil {
		n.stats.Unreachable++
		return
	}
	profile, ok := n.paths[d]
	if !ok {
		profile = n.profile
	}
	path := Path{key: pathKey(n.seed, d.from, d.to), profile: profile}
	var content uint64
	if path.wantsContent() {
		content = digest(b)
	}
	now := n.now()
	fate := path.Fate(now, content)
	if fate.Lost {
		n.stats.Lost++
		return
	}
	if fate.Late {
		n.stats.Late++
	}
	c.settleLocked(now)
	n.launchLocked(c, from, to.Addr(), path.key, now+fate.Delay, b)
	if fate.Copied {
		n.stats.Copied++
		n.launchLocked(c, from, to.Addr(), path.key, now+fate.CopyDelay, b)
	}
	c.wakeLocked(now)
}

// keepLocked asks the filter, without the lock. The lock is back even if the filter ends
// the goroutine, as a failing test does.
func (n *Network) keepLocked(from, to netip.AddrPort, b []byte) bool {
	keep := n.filter
	n.mu.Unlock()
	defer n.mu.Lock()
	return keep(from, to, b)
}

// launchLocked puts one datagram on its way to a conn.
func (n *Network) launchLocked(c *Conn, from netip.AddrPort, to netip.Addr, direction uint64, due time.Duration,
	b []byte) {
	if len(c.flight) >= MaxInFlight {
		n.stats.Overflowed++
		return
	}
	n.serial++
	d := n.pool.get(b)
	d.from, d.to, d.due, d.direction, d.serial = from, to, due, direction, n.serial
	c.flight.push(d)
}

func unmap(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap().WithZone(""), a.Port())
}
