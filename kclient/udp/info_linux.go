package udp

import "golang.org/x/sys/unix"

const askInfo4 = unix.IP_PKTINFO

func isInfo6(typ int) bool { return typ == unix.IPV6_PKTINFO }
