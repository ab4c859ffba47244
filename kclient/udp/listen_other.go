//go:build !windows

package udp

import "net"

// Listen opens a UDP socket as net.ListenUDP does: network is "udp", "udp4" or
// "udp6", and a nil addr is any address and a free port.
func Listen(network string, addr *net.UDPAddr) (Conn, error) {
	c, err := net.ListenUDP(network, addr)
	if err != nil {
		return nil, err // not a Conn with a nil in it
	}
	return c, nil
}

func listenAll(network string, addr *net.UDPAddr) (Conn, error) {
	c, err := net.ListenUDP(network, addr)
	if err != nil {
		return nil, err
	}
	return tellApart(c), nil
}
