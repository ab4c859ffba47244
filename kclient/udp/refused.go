package udp

import (
	"fmt"
	"net/netip"
)

// RefusedError is what a socket of ListenClient reports when the system was told that
// nothing listens at an address that was sent to (ICMP port unreachable). It may be
// late, and whoever can send a datagram in another's name can forge it: one alone says
// nothing. A write that returns it has sent its datagram all the same.
type RefusedError struct{ To netip.AddrPort }

func (e *RefusedError) Error() string { return fmt.Sprintf("udp: nothing listens at %v", e.To) }
