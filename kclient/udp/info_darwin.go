package udp

import "golang.org/x/sys/unix"

// Written after the documentation of xnu's sockets and compiled; nobody has run it yet.

const askInfo4 = unix.IP_RECVPKTINFO

// isInfo6: a datagram of IPv4 on a socket of IPv6 may bring the message of RFC 2292.
func isInfo6(typ int) bool { return typ == unix.IPV6_PKTINFO || typ == unix.IPV6_2292PKTINFO }
