package deployed

import (
	"net/netip"
	"time"

	"kbridge/kclient/netsim"
)

// NewEmuLinker starts an EmuLinker at the address; one port serves everything.
//
// It sends up to five messages in a datagram, keeps nine, and resends them when a
// client's datagram has nothing new, at most once per maxPing (1 s by default,
// 250 ms as shipped); a hole in a client's messages desynchronises that
// player for good; it starts only games of one connection type and one emulator; it
// gives everybody the frame delay of the slowest, and answers the first batches with zeros of
// its own. When a player is desynchronised, the others here play on; the real one ends the game when only
// one is left.
func NewEmuLinker(network *netsim.Network, addr netip.AddrPort, maxPing time.Duration) (*Server, error) {
	conn, err := network.Listen(addr)
	if err != nil {
		return nil, err
	}
	s := &Server{query: conn, conn: conn, maxPing: maxPing, rules: serverRules{
		name: "EmuLinker", from: "server", redundancy: 5, keeps: 9, resends: true, maxPlayers: 8,
		sameType: true, split: true, ownFrames: true,
	}}
	s.serve()
	return s, nil
}
