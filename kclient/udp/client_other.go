//go:build !linux

package udp

import "net"

// ListenClient is Listen for a client. On Linux it also reports closed ports, see
// RefusedError.
func ListenClient(network string, addr *net.UDPAddr) (Conn, error) { return Listen(network, addr) }
