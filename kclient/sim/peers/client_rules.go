package peers

import "time"

// clientRules is where n02 and SupraClient differ.
type clientRules struct {
	name       string
	end        ClientEnd
	sameSocket bool // HELLO comes from the socket of the session
	caches     bool // it sends 13
	dropBytes  int  // of the drop request after its empty string

	// keepAlive is the time between two 09, from the HELLO on, or from the lists of the login on. None is sent
	// in a game; n02 sends the one that is due afterwards.
	keepAlive  time.Duration
	keepsHello bool

	oneInNetsync bool // handles one message per arriving datagram in netsync
}

// n02 says HELLO from another socket than it then logs in from; it sends only 12;
// waiting in netsync it handles one message per arriving datagram and never asks
// again; its keep-alive comes every 60 s.
var n02Rules = clientRules{
	name: "n02",
	end: ClientEnd{in: clientInbox{last: 0xFFFF, ignoreFrom: 10, holds: 16}, out: Outbox{Usual: 3, Keeps: 15},
		again: repeats{messages: 5, after: 10, givesUpAt: 500}},
	keepAlive:    60 * time.Second,
	oneInNetsync: true,
	dropBytes:    2,
}

// SupraClient sends 13 too; its keep-alive comes every 20 s. When it gives up nobody has seen: it is taken to do as the
// n02 that it was made of, which waited as long between two repeats.
var supraRules = clientRules{
	name: "SupraClient",
	end: ClientEnd{in: clientInbox{last: 0xFFFF, crashFrom: 16}, out: Outbox{Usual: 3, Keeps: 15},
		again: repeats{messages: 3, after: 1000, givesUpAt: 100}},
	sameSocket: true,
	keepAlive:  20 * time.Second,
	keepsHello: true,
	caches:     true,
	dropBytes:  1,
}
