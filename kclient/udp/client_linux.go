package udp

import (
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"syscall"

	"golang.org/x/sys/unix"
)

// ListenClient is Listen for a client: closed ports are reported, see RefusedError. A
// server's socket must not hear of the clients that have vanished, and is not made here.
//
// A socket that is not connected learns of ICMP errors only with IP_RECVERR. Then each of
// them is a pending error, which the next read or write returns instead of doing its
// work, and an entry of the error queue, which tells where it came from (ip(7)).
func ListenClient(network string, addr *net.UDPAddr) (Conn, error) {
	c, err := net.ListenUDP(network, addr)
	if err != nil {
		return nil, err
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return c, nil
	}
	err = raw.Control(func(fd uintptr) {
		four := unix.SetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_RECVERR, 1)
		six := unix.SetsockoptInt(int(fd), unix.IPPROTO_IPV6, unix.IPV6_RECVERR, 1)
		if four != nil && six != nil {
			err = four
		}
	})
	if err != nil {
		return c, nil // without it time-outs decide, as on other systems
	}
	return &clientConn{c, raw}, nil
}

type clientConn struct {
	*net.UDPConn
	raw syscall.RawConn
}

func (c *clientConn) ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error) {
	for tries := 1; ; tries++ {
		n, from, err := c.UDPConn.ReadFromUDPAddrPort(b)
		if err == nil || !isICMP(err) || tries > maxQueued {
			return n, from, err
		}
		if to, ok := c.refused(); ok {
			return 0, netip.AddrPort{}, &RefusedError{to}
		}
	}
}

func (c *clientConn) WriteToUDPAddrPort(b []byte, addr netip.AddrPort) (int, error) {
	n, err := c.UDPConn.WriteToUDPAddrPort(b, addr)
	if err == nil || !isICMP(err) {
		return n, err
	}
	// The error was of a datagram before; this one was not sent.
	to, refused := c.refused()
	if n, err = c.UDPConn.WriteToUDPAddrPort(b, addr); err == nil && refused {
		err = &RefusedError{to}
	}
	return n, err
}

// isICMP reports whether an error may be one that a router or a host has sent
// (icmp_err_convert and icmpv6_err_convert of the kernel).
func isICMP(err error) bool {
	var errno syscall.Errno
	if !errors.As(err, &errno) {
		return false
	}
	switch errno {
	case unix.ECONNREFUSED, unix.EHOSTUNREACH, unix.ENETUNREACH, unix.EHOSTDOWN, unix.ENONET, unix.EPROTO,
		unix.ENOPROTOOPT, unix.EOPNOTSUPP, unix.EACCES, unix.EMSGSIZE:
		return true
	}
	return false
}

// maxQueued bounds how many entries are read at once; the kernel keeps a few dozen.
const maxQueued = 64

// refused empties the error queue and returns the last address whose port is closed.
func (c *clientConn) refused() (to netip.AddrPort, ok bool) {
	_ = c.raw.Control(func(fd uintptr) {
		var data [1]byte
		var control [256]byte
		for range maxQueued {
			_, n, _, name, err := unix.Recvmsg(int(fd), data[:], control[:], unix.MSG_ERRQUEUE|unix.MSG_DONTWAIT)
			if err != nil {
				return
			}
			if at, yes := refusal(control[:n], name); yes {
				to, ok = at, true
			}
		}
	})
	return to, ok
}

// refusal reads one entry: name is where our datagram had gone, and the control message
// begins with struct sock_extended_err: u32 errno, u8 origin, u8 type, u8 code.
func refusal(control []byte, name unix.Sockaddr) (netip.AddrPort, bool) {
	messages, err := unix.ParseSocketControlMessage(control)
	if err != nil {
		return netip.AddrPort{}, false
	}
	for _, m := range messages {
		four := m.Header.Level == unix.IPPROTO_IP && m.Header.Type == unix.IP_RECVERR
		six := m.Header.Level == unix.IPPROTO_IPV6 && m.Header.Type == unix.IPV6_RECVERR
		if !four && !six || len(m.Data) < 7 {
			continue
		}
		origin := m.Data[4]
		if binary.NativeEndian.Uint32(m.Data) != uint32(unix.ECONNREFUSED) ||
			origin != unix.SO_EE_ORIGIN_ICMP && origin != unix.SO_EE_ORIGIN_ICMP6 {
			continue
		}
		switch a := name.(type) {
		case *unix.SockaddrInet4:
			return netip.AddrPortFrom(netip.AddrFrom4(a.Addr), uint16(a.Port)), true
		case *unix.SockaddrInet6:
			ip := netip.AddrFrom16(a.Addr).Unmap()
			return netip.AddrPortFrom(ip, uint16(a.Port)), true
		}
	}
	return netip.AddrPort{}, false
}
