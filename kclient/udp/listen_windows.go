package udp

import (
	"errors"
	"net"

	"golang.org/x/sys/windows"
)

// Listen opens a UDP socket as net.ListenUDP does: network is "udp", "udp4" or
// "udp6", and a nil addr is any address and a free port.
func Listen(network string, addr *net.UDPAddr) (Conn, error) {
	c, err := net.ListenUDP(network, addr)
	if err == nil {
		return c, nil
	}
	if !errors.Is(err, windows.WSAEOPNOTSUPP) { // what Wine says
		return nil, err
	}
	return listenPlain(network, addr)
}

func listenAll(network string, addr *net.UDPAddr) (Conn, error) {
	c, err := Listen(network, addr)
	if real, ok := c.(*net.UDPConn); ok {
		return tellApart(real), nil
	}
	return c, err
}
