package kaillera

import "net/netip"

// A server that listens on all addresses answers from the one that was asked: a client ignores what comes from another,
// and where its socket is connected, or a NAT stands before it, does not even get it. HELLO and PING are answered from
// where they came to. A login is answered from there too, and is another one than that of the same client at another
// address; the session that comes of it talks from there, until a Move that proves itself comes to another address.
// Whatever else comes to another address in a client's name changes nothing: whoever can write that name into a
// datagram could send the answers astray.

// loginAddr is where a client is, and which of our addresses it talks to; that is not valid where nobody knows.
type loginAddr struct {
	addr  netip.AddrPort
	local netip.Addr
}

// LocalConn is a PacketConn that may stand for several addresses of this computer, and tells them apart: Listen's is
// one, where it listens on all of them and the system can (Linux, macOS, Windows). With another PacketConn the system
// chooses what a datagram leaves from.
type LocalConn interface {
	PacketConn
	// ReadFromTo is ReadFromUDPAddrPort; to is the address that the datagram was sent to, not valid where nobody knows.
	ReadFromTo(b []byte) (n int, from netip.AddrPort, to netip.Addr, err error)
	// WriteFromTo is WriteToUDPAddrPort with a source that ReadFromTo has given.
	WriteFromTo(b []byte, from netip.Addr, to netip.AddrPort) (n int, err error)
}
