//go:build linux || darwin

package udp

import (
	"errors"
	"net/netip"
	"unsafe"

	"golang.org/x/sys/unix"
)

// notHere reports whether a write may have failed because its source is no address of this computer's: what Linux says
// of one of IPv6, macOS, and Linux of one of IPv4, which also stands for a network that is not there.
func notHere(err error) bool {
	return errors.Is(err, unix.EINVAL) || errors.Is(err, unix.EADDRNOTAVAIL) || errors.Is(err, unix.ENETUNREACH)
}

// askForInfo has the system say of each datagram where it was sent to. On a socket of IPv6 that is enough for the
// datagrams of IPv4 too: the address is written as one of IPv6 (Linux: ip6_datagram_recv_common_ctl).
func askForInfo(fd uintptr, six bool) error {
	if six {
		return unix.SetsockoptInt(int(fd), unix.IPPROTO_IPV6, unix.IPV6_RECVPKTINFO, 1)
	}
	return unix.SetsockoptInt(int(fd), unix.IPPROTO_IP, askInfo4, 1)
}

const (
	info4Size = int(unsafe.Sizeof(unix.Inet4Pktinfo{}))
	info6Size = int(unsafe.Sizeof(unix.Inet6Pktinfo{}))
)

// localOf reads where a datagram was sent to. What is not what was asked for is nothing.
func localOf(control []byte) (a netip.Addr, index uint32) {
	for len(control) >= unix.CmsgLen(0) {
		h, data, rest, err := unix.ParseOneSocketControlMessage(control)
		if err != nil {
			return netip.Addr{}, 0
		}
		switch {
		case h.Level == unix.IPPROTO_IP && h.Type == unix.IP_PKTINFO && len(data) >= info4Size:
			// Spec_dst, not Addr, which of a broadcast is the broadcast's.
			info := (*unix.Inet4Pktinfo)(unsafe.Pointer(&data[0]))
			return netip.AddrFrom4(info.Spec_dst), uint32(info.Ifindex)
		case h.Level == unix.IPPROTO_IPV6 && isInfo6(int(h.Type)) && len(data) >= info6Size:
			info := (*unix.Inet6Pktinfo)(unsafe.Pointer(&data[0]))
			return netip.AddrFrom16(info.Addr).Unmap(), uint32(info.Ifindex)
		}
		control = rest
	}
	return netip.Addr{}, 0
}

// infoMessage is a control message that says where a datagram is to leave from. IPv4 addresses have one of IPv4 on
// sockets of IPv6 too.
type infoMessage struct {
	b    [64 / 8]uint64 // aligned as the system wants it
	size int
	last netip.Addr // what is written there
}

func (m *infoMessage) init4() { m.init(unix.IPPROTO_IP, unix.IP_PKTINFO, info4Size) }
func (m *infoMessage) init6() { m.init(unix.IPPROTO_IPV6, unix.IPV6_PKTINFO, info6Size) }

func (m *infoMessage) init(level, typ int32, size int) {
	h := (*unix.Cmsghdr)(unsafe.Pointer(&m.b[0]))
	h.Level, h.Type = level, typ
	h.SetLen(unix.CmsgLen(size))
	m.size = unix.CmsgLen(size) // without the padding after it, Linux need not allocate for one of IPv6
}

// from is the message for this address; it is valid until the next call.
func (m *infoMessage) from(a netip.Addr) []byte {
	if a != m.last {
		m.last = a
		data := unsafe.Add(unsafe.Pointer(&m.b[0]), unix.CmsgLen(0))
		if a.Is4() {
			*(*unix.Inet4Pktinfo)(data) = unix.Inet4Pktinfo{Spec_dst: a.As4()}
		} else {
			*(*unix.Inet6Pktinfo)(data) = unix.Inet6Pktinfo{Addr: a.As16(), Ifindex: interfaceOf(a)}
		}
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&m.b[0])), m.size)
}
