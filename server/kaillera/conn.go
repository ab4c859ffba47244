package kaillera

import (
	"net"
	"net/netip"
	"time"
)

// PacketConn is what the server asks of a socket; *net.UDPConn is one. See LocalConn for one of several addresses.
type PacketConn interface {
	ReadFromUDPAddrPort(b []byte) (n int, addr netip.AddrPort, err error)
	WriteToUDPAddrPort(b []byte, addr netip.AddrPort) (n int, err error)
	SetReadDeadline(t time.Time) error
	LocalAddr() net.Addr
	Close() error
}
