package udp

import (
	"net"
	"net/netip"
	"os"
	"sync"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

// plainConn is a UDP socket that asks of Winsock only what every version and
// Wine has: a non-blocking socket and an event that says when there is
// something to read. A read holds one system thread while it waits.
type plainConn struct {
	socket windows.Handle
	six    bool // of IPv6
	local  *net.UDPAddr
	// events are what a read waits for: the socket's own, set when a datagram
	// is there, and one that Close and SetReadDeadline set.
	events [2]windows.Handle

	read   sync.Mutex // one reader at a time; guards the fields below
	buf    windows.WSABuf
	from   windows.RawSockaddrAny
	length int32
	flags  uint32
	got    uint32

	write sync.Mutex // guards the fields below
	out   windows.WSABuf
	to    windows.RawSockaddrAny
	sent  uint32

	mu       sync.Mutex // guards the fields below; never held while waiting
	deadline time.Time
	closed   bool
}

const (
	readable = 0 // index into events, and what WaitForMultipleObjects returns
	woken    = 1
	fdRead   = 1 // FD_READ of winsock2.h

	sizeInet4 = int32(unsafe.Sizeof(windows.RawSockaddrInet4{}))
	sizeInet6 = int32(unsafe.Sizeof(windows.RawSockaddrInet6{}))
)

var eventSelect = windows.NewLazySystemDLL("ws2_32.dll").NewProc("WSAEventSelect")

// listenPlain is Listen without package net.
func listenPlain(network string, addr *net.UDPAddr) (Conn, error) {
	if addr == nil {
		addr = &net.UDPAddr{}
	}
	switch {
	case network == "udp4" || network == "udp" && addr.IP.To4() != nil:
		return bindPlain(network, addr, false, true)
	case network == "udp" && addr.IP == nil:
		// As net does: a socket for both families, where there is IPv6.
		if c, err := bindPlain(network, addr, true, false); err == nil {
			return c, nil
		}
		return bindPlain(network, addr, false, true)
	}
	return bindPlain(network, addr, true, true)
}

// bindPlain opens a socket: of IPv6 if six is true, which takes IPv4 as well
// unless only is.
func bindPlain(network string, addr *net.UDPAddr, six, only bool) (Conn, error) {
	fail := func(what string, err error) (Conn, error) {
		return nil, &net.OpError{Op: "listen", Net: network, Addr: addr, Err: os.NewSyscallError(what, err)}
	}
	four := &windows.SockaddrInet4{Port: addr.Port}
	copy(four.Addr[:], addr.IP.To4())
	family, bind := int32(windows.AF_INET), windows.Sockaddr(four)
	if six {
		to := &windows.SockaddrInet6{Port: addr.Port}
		copy(to.Addr[:], addr.IP.To16())
		family, bind = windows.AF_INET6, to
	}
	s, err := windows.WSASocket(family, windows.SOCK_DGRAM, windows.IPPROTO_UDP, nil, 0,
		windows.WSA_FLAG_OVERLAPPED|windows.WSA_FLAG_NO_HANDLE_INHERIT)
	if err != nil {
		return fail("wsasocket", err)
	}
	c := &plainConn{socket: s, six: six}
	for i := range c.events {
		if c.events[i], err = windows.CreateEvent(nil, 0, 0, nil); err != nil {
			c.release()
			return fail("createevent", err)
		}
	}
	if six {
		value := 0
		if only {
			value = 1
		}
		if err := windows.SetsockoptInt(s, windows.IPPROTO_IPV6, windows.IPV6_V6ONLY, value); err != nil {
			c.release()
			return fail("setsockopt", err)
		}
	}
	if err := windows.Bind(s, bind); err != nil {
		c.release()
		return fail("bind", err)
	}
	// This makes the socket non-blocking as well.
	if r, _, err := eventSelect.Call(uintptr(s), uintptr(c.events[readable]), fdRead); r != 0 {
		c.release()
		return fail("wsaeventselect", err)
	}
	name, err := windows.Getsockname(s)
	if err != nil {
		c.release()
		return fail("getsockname", err)
	}
	switch n := name.(type) {
	case *windows.SockaddrInet4:
		c.local = &net.UDPAddr{IP: append(net.IP(nil), n.Addr[:]...), Port: n.Port}
	case *windows.SockaddrInet6:
		c.local = &net.UDPAddr{IP: append(net.IP(nil), n.Addr[:]...), Port: n.Port}
	}
	return c, nil
}

func (c *plainConn) release() {
	_ = windows.Closesocket(c.socket)
	for _, e := range c.events {
		if e != 0 {
			_ = windows.CloseHandle(e)
		}
	}
}

func (c *plainConn) LocalAddr() net.Addr { return c.local }

func (c *plainConn) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return net.ErrClosed
	}
	c.deadline = t
	return windows.SetEvent(c.events[woken])
}

func (c *plainConn) SetReadBuffer(bytes int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return net.ErrClosed
	}
	return windows.SetsockoptInt(c.socket, windows.SOL_SOCKET, windows.SO_RCVBUF, bytes)
}

// Close makes a waiting read return net.ErrClosed. The handles are released when
// neither a read nor a write uses them any more.
func (c *plainConn) Close() error {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return net.ErrClosed
	}
	c.closed = true
	_ = windows.SetEvent(c.events[woken])
	c.mu.Unlock()
	c.read.Lock()
	defer c.read.Unlock()
	c.write.Lock()
	defer c.write.Unlock()
	c.release()
	return nil
}

// patience returns how long a read may wait, in milliseconds, rounded up.
func (c *plainConn) patience() (uint32, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return 0, net.ErrClosed
	}
	if c.deadline.IsZero() {
		return windows.INFINITE, nil
	}
	left := time.Until(c.deadline)
	if left <= 0 {
		return 0, os.ErrDeadlineExceeded
	}
	const most = time.Hour // then it looks again
	return uint32((min(left, most) + time.Millisecond - 1) / time.Millisecond), nil
}

func (c *plainConn) ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error) {
	c.read.Lock()
	defer c.read.Unlock()
	if len(b) == 0 {
		return 0, netip.AddrPort{}, nil
	}
	for {
		wait, err := c.patience()
		if err != nil {
			return 0, netip.AddrPort{}, err
		}
		event, err := windows.WaitForMultipleObjects(c.events[:], false, wait)
		if err != nil {
			return 0, netip.AddrPort{}, os.NewSyscallError("waitformultipleobjects", err)
		}
		if event != windows.WAIT_OBJECT_0+readable {
			continue // a new deadline, the end, or time is up: patience tells
		}
		c.buf = windows.WSABuf{Len: uint32(len(b)), Buf: &b[0]}
		c.length, c.flags, c.got = int32(unsafe.Sizeof(c.from)), 0, 0
		// After this the event is set again if there is more to read.
		err = windows.WSARecvFrom(c.socket, &c.buf, 1, &c.got, &c.flags, &c.from, &c.length, nil, nil)
		c.buf.Buf = nil
		switch err {
		case nil:
			return int(c.got), addrPort(&c.from), nil
		case windows.WSAEMSGSIZE: // the rest is lost, as with net.UDPConn on Unix
			return len(b), addrPort(&c.from), nil
		}
		// WSAEWOULDBLOCK: somebody was faster. WSAECONNRESET, WSAENETRESET:
		// what a closed port answered to an earlier datagram. Neither
		// says anything about this socket.
	}
}

func (c *plainConn) WriteToUDPAddrPort(b []byte, addr netip.AddrPort) (int, error) {
	c.write.Lock()
	defer c.write.Unlock()
	c.mu.Lock()
	closed := c.closed
	c.mu.Unlock()
	if closed {
		return 0, net.ErrClosed
	}
	length, err := c.setTo(addr)
	if err != nil {
		return 0, err
	}
	c.out = windows.WSABuf{Len: uint32(len(b)), Buf: unsafe.SliceData(b)}
	c.sent = 0
	err = windows.WSASendTo(c.socket, &c.out, 1, &c.sent, 0, &c.to, length, nil, nil)
	c.out.Buf = nil
	if err != nil {
		return 0, os.NewSyscallError("wsasendto", err)
	}
	return int(c.sent), nil
}

// setTo writes addr to c.to, in the form of the socket's family, and
// returns its length.
func (c *plainConn) setTo(addr netip.AddrPort) (int32, error) {
	port := addr.Port()
	swapped := port<<8 | port>>8 // network order; Windows is little-endian
	if !c.six {
		if !addr.Addr().Unmap().Is4() {
			return 0, &net.AddrError{Err: "not an IPv4 address", Addr: addr.String()}
		}
		to := (*windows.RawSockaddrInet4)(unsafe.Pointer(&c.to))
		*to = windows.RawSockaddrInet4{Family: windows.AF_INET, Port: swapped, Addr: addr.Addr().Unmap().As4()}
		return sizeInet4, nil
	}
	if !addr.IsValid() {
		return 0, &net.AddrError{Err: "no address"}
	}
	to := (*windows.RawSockaddrInet6)(unsafe.Pointer(&c.to))
	*to = windows.RawSockaddrInet6{Family: windows.AF_INET6, Port: swapped, Addr: addr.Addr().As16()}
	return sizeInet6, nil
}

// addrPort reads an address that Winsock wrote.
func addrPort(from *windows.RawSockaddrAny) netip.AddrPort {
	switch from.Addr.Family {
	case windows.AF_INET:
		a := (*windows.RawSockaddrInet4)(unsafe.Pointer(from))
		return netip.AddrPortFrom(netip.AddrFrom4(a.Addr), a.Port<<8|a.Port>>8)
	case windows.AF_INET6:
		a := (*windows.RawSockaddrInet6)(unsafe.Pointer(from))
		return netip.AddrPortFrom(netip.AddrFrom16(a.Addr), a.Port<<8|a.Port>>8)
	}
	return netip.AddrPort{}
}
