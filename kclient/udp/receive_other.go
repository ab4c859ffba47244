//go:build !linux

package udp

import (
	"net"
	"net/netip"
	"syscall"
)

// receiver reads datagrams with their control messages.
type receiver struct {
	conn *net.UDPConn
	came [controlSize]byte
}

func newReceiver(c *net.UDPConn, _ syscall.RawConn) *receiver { return &receiver{conn: c} }

// read reads one datagram. control is valid until the next call.
func (r *receiver) read(b []byte) (n int, control []byte, from netip.AddrPort, err error) {
	n, size, _, from, err := r.conn.ReadMsgUDPAddrPort(b, r.came[:])
	if err != nil {
		return 0, nil, netip.AddrPort{}, err
	}
	return n, r.came[:size], from, nil
}
