// Package link is one Kaillera datagram session as both ends see it: it numbers
// outgoing messages, packs them into datagrams together with what the peer may
// still lack, decides when to send something again, and puts incoming messages
// back into order.
//
// The protocol has no acknowledgements. What stands in for them are proofs that
// the layer above draws from the progress of the session: an answer proves its
// question ([Link.Prove]), and in a game the count of game messages proves what
// the peer must have had to get there ([Link.ProveGame]; package lockstep has
// the counts). Everything that is not proven is carried in every datagram, within
// the limits of deployed receivers (see limits.go), so that a lost datagram costs
// nothing when one of the next arrives. What else is sent, and when, is in pace.go;
// package lab measures it.
//
// A server of old repeats nothing by itself; how a client asks a quiet one, and knows
// whether it still answers, is in watch.go.
//
// How it is used: after every Send, every Receive and whenever the time that
// Next returned has come, call NextDatagram until it returns nothing and write each
// datagram to the socket. After every Receive, call NextMessage until it reports
// false.
//
// What it must not do: it has no socket, no clock and no goroutine. Every call is
// given the time, so that a run can be replayed from its seed. A Link is not safe
// for concurrent use; whoever owns the session holds a lock. In the steady state
// no call allocates.
package link
