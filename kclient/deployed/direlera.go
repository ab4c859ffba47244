package deployed

import (
	"net/netip"

	"kbridge/kclient/netsim"
)

// NewDirelera starts a direlera-rs: HELLO and PING are answered at query, sessions run at the game port of
// the same host.
//
// It applies exactly the next expected message of a datagram and no more; it sends three messages in a
// datagram, each datagram once, and never again; it refuses by silence; it sends S 15 at the
// first C 15; it plays mixed connection types, padded; its S 0C names no game.
func NewDirelera(network *netsim.Network, query netip.AddrPort, gamePort uint16) (*Server, error) {
	q, err := network.Listen(query)
	if err != nil {
		return nil, err
	}
	conn, err := network.Listen(netip.AddrPortFrom(query.Addr(), gamePort))
	if err != nil {
		q.Close()
		return nil, err
	}
	s := &Server{query: q, conn: conn, rules: serverRules{
		name: "direlera-rs", from: "Server", redundancy: 3, keeps: 3, maxPlayers: 4,
		silent: true, firstReady: true, padding: true,
	}}
	s.serve()
	return s, nil
}
