package udp

import (
	"net"
	"net/netip"
	"strconv"
	"sync"
)

// ServerConn is a Conn of all addresses of this computer that knows which of them a datagram was sent to, and can
// answer from there. A client that asked one address ignores an answer that comes from another, and if it has connected
// its socket, or is behind a NAT, it never even sees it.
type ServerConn interface {
	Conn
	// ReadFromTo is ReadFromUDPAddrPort. to is the address that the datagram was sent to, which is not valid when the
	// system does not say; of a link-local IPv6 address the zone is the number of the interface.
	ReadFromTo(b []byte) (n int, from netip.AddrPort, to netip.Addr, err error)
	// WriteFromTo is WriteToUDPAddrPort with a source: an address that ReadFromTo has given. One that is not this
	// computer's (any more), or not valid, leaves the choice to the system.
	WriteFromTo(b []byte, from netip.Addr, to netip.AddrPort) (int, error)
}

// ListenServer is Listen for a server: where addr is that of all addresses (no IP, 0.0.0.0 or ::) and the system can
// tell them apart, the socket is a ServerConn. One that is bound to one address answers from there anyway.
func ListenServer(network string, addr *net.UDPAddr) (Conn, error) {
	if addr != nil && len(addr.IP) > 0 && !addr.IP.IsUnspecified() {
		return Listen(network, addr)
	}
	return listenAll(network, addr)
}

// serverConn is a ServerConn of package net's socket. The address comes with each datagram in a control message
// (IP_PKTINFO, IPV6_PKTINFO), and leaves in one.
type serverConn struct {
	*net.UDPConn

	read     sync.Mutex // one reader at a time; guards the fields below
	receiver *receiver
	index    uint32 // the interface of the last link-local address, and its zone
	zone     string
	write    sync.Mutex // guards the fields below
	leaving4 infoMessage
	leaving6 infoMessage
	usual    *usual
}

// controlSize has room for what the options that are set here bring, in one datagram: on Windows two messages.
const controlSize = 128

// tellApart makes a ServerConn of a socket, or leaves it as it is where the system cannot.
func tellApart(c *net.UDPConn) Conn {
	raw, err := c.SyscallConn()
	if err != nil {
		return c
	}
	local, ok := c.LocalAddr().(*net.UDPAddr)
	if !ok {
		return c
	}
	six := local.IP.To4() == nil
	if e := raw.Control(func(fd uintptr) { err = askForInfo(fd, six) }); e != nil || err != nil {
		return c
	}
	s := &serverConn{UDPConn: c, receiver: newReceiver(c, raw), usual: newUsual()}
	s.leaving4.init4()
	s.leaving6.init6()
	return s
}

func (c *serverConn) ReadFromTo(b []byte) (n int, from netip.AddrPort, to netip.Addr, err error) {
	c.read.Lock()
	defer c.read.Unlock()
	n, control, from, err := c.receiver.read(b)
	if err != nil {
		return 0, netip.AddrPort{}, netip.Addr{}, err
	}
	to, index := localOf(control)
	if index != 0 && to.Is6() && to.IsLinkLocalUnicast() {
		if index != c.index {
			c.index, c.zone = index, strconv.FormatUint(uint64(index), 10)
		}
		to = to.WithZone(c.zone)
	}
	return n, from, to, nil
}

func (c *serverConn) ReadFromUDPAddrPort(b []byte) (n int, from netip.AddrPort, err error) {
	n, from, _, err = c.ReadFromTo(b)
	return n, from, err
}

func (c *serverConn) WriteFromTo(b []byte, from netip.Addr, to netip.AddrPort) (int, error) {
	if !from.IsValid() {
		return c.UDPConn.WriteToUDPAddrPort(b, to)
	}
	if from = from.Unmap(); c.sends(from, to.Addr().Unmap()) {
		return c.UDPConn.WriteToUDPAddrPort(b, to)
	}
	n, err := c.writeFrom(b, from, to)
	if err != nil && notHere(err) {
		// Nothing was sent: it was asked by a broadcast, or the address was taken from this computer meanwhile.
		return c.UDPConn.WriteToUDPAddrPort(b, to)
	}
	return n, err
}

// Close ends the socket.
func (c *serverConn) Close() error {
	c.write.Lock()
	c.usual.close()
	c.write.Unlock()
	return c.UDPConn.Close()
}

func (c *serverConn) sends(from, to netip.Addr) bool {
	c.write.Lock()
	defer c.write.Unlock()
	return c.usual.sends(from, to)
}

func (c *serverConn) writeFrom(b []byte, from netip.Addr, to netip.AddrPort) (int, error) {
	c.write.Lock()
	defer c.write.Unlock()
	m := &c.leaving6
	if from.Is4() {
		m = &c.leaving4
	}
	n, _, err := c.UDPConn.WriteMsgUDPAddrPort(b, m.from(from), to)
	return n, err
}

// interfaceOf is the number that ReadFromTo has written into a link-local address; 0 of all others, whose way is the
// routing's affair.
func interfaceOf(a netip.Addr) uint32 {
	if !a.IsLinkLocalUnicast() {
		return 0
	}
	n, err := strconv.ParseUint(a.Zone(), 10, 32)
	if err != nil {
		return 0
	}
	return uint32(n)
}
