package udp

import (
	"net"
	"net/netip"
	"time"
)

// Conn is a UDP socket: *net.UDPConn, but where that cannot be had (see the
// package's documentation) something that does the same. All methods may be called from
// any goroutine. A read that waits ends with an error that wraps
// os.ErrDeadlineExceeded when its deadline comes, and net.ErrClosed after Close.
type Conn interface {
	ReadFromUDPAddrPort(b []byte) (n int, addr netip.AddrPort, err error)
	WriteToUDPAddrPort(b []byte, addr netip.AddrPort) (int, error)
	SetReadDeadline(t time.Time) error
	// SetReadBuffer asks the system to keep so many bytes that were not read yet.
	SetReadBuffer(bytes int) error
	LocalAddr() net.Addr
	Close() error
}
