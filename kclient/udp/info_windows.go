package udp

import (
	"errors"
	"net/netip"
	"unsafe"

	"golang.org/x/sys/windows"
)

// Written after Microsoft's documentation of IP_PKTINFO and WSASendMsg, and compiled; nobody has run it yet, since
// Wine, where the tests run, has no socket of package net's: see plain_windows.go.

// notHere reports whether a write failed because its source is no address of this computer's.
func notHere(err error) bool {
	return errors.Is(err, windows.WSAEINVAL) || errors.Is(err, windows.WSAEADDRNOTAVAIL)
}

// askForInfo has the system say of each datagram where it was sent to. A socket of both families needs both.
func askForInfo(fd uintptr, six bool) error {
	four := windows.SetsockoptInt(windows.Handle(fd), windows.IPPROTO_IP, windows.IP_PKTINFO, 1)
	if !six {
		return four
	}
	return windows.SetsockoptInt(windows.Handle(fd), windows.IPPROTO_IPV6, windows.IPV6_PKTINFO, 1)
}

const (
	headerSize = int(unsafe.Sizeof(windows.WSACMSGHDR{}))
	info4Size  = int(unsafe.Sizeof(windows.IN_PKTINFO{}))
	info6Size  = int(unsafe.Sizeof(windows.IN6_PKTINFO{}))
)

// aligned is how long n bytes are in a control message: WSA_CMSGHDR_ALIGN.
func aligned(n int) int {
	const word = int(unsafe.Sizeof(uintptr(0)))
	return (n + word - 1) &^ (word - 1)
}

// localOf reads where a datagram was sent to. What is not what was asked for is nothing.
func localOf(control []byte) (a netip.Addr, index uint32) {
	for len(control) >= headerSize {
		h := (*windows.WSACMSGHDR)(unsafe.Pointer(&control[0]))
		if h.Len < uintptr(headerSize) || h.Len > uintptr(len(control)) {
			return netip.Addr{}, 0
		}
		data := control[headerSize:h.Len]
		switch {
		case h.Level == windows.IPPROTO_IP && h.Type == windows.IP_PKTINFO && len(data) >= info4Size:
			info := (*windows.IN_PKTINFO)(unsafe.Pointer(&data[0]))
			return netip.AddrFrom4(info.Addr), info.Ifindex
		case h.Level == windows.IPPROTO_IPV6 && h.Type == windows.IPV6_PKTINFO && len(data) >= info6Size:
			info := (*windows.IN6_PKTINFO)(unsafe.Pointer(&data[0]))
			return netip.AddrFrom16(info.Addr).Unmap(), info.Ifindex
		}
		control = control[min(aligned(int(h.Len)), len(control)):]
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

func (m *infoMessage) init4() { m.init(windows.IPPROTO_IP, windows.IP_PKTINFO, info4Size) }
func (m *infoMessage) init6() { m.init(windows.IPPROTO_IPV6, windows.IPV6_PKTINFO, info6Size) }

func (m *infoMessage) init(level, typ int32, size int) {
	*(*windows.WSACMSGHDR)(unsafe.Pointer(&m.b[0])) = windows.WSACMSGHDR{Len: uintptr(headerSize + size), Level: level,
		Type: typ}
	m.size = headerSize + aligned(size)
}

// from is the message for this address; it is valid until the next call.
func (m *infoMessage) from(a netip.Addr) []byte {
	if a != m.last {
		m.last = a
		data := unsafe.Add(unsafe.Pointer(&m.b[0]), headerSize)
		if a.Is4() {
			*(*windows.IN_PKTINFO)(data) = windows.IN_PKTINFO{Addr: a.As4()}
		} else {
			*(*windows.IN6_PKTINFO)(data) = windows.IN6_PKTINFO{Addr: a.As16(), Ifindex: interfaceOf(a)}
		}
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&m.b[0])), m.size)
}
