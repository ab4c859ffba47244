// Package network is a packet network in memory: what a test or a demonstration
// puts between a client and a server in place of the Internet.
//
// A [Network] carries datagrams between the [Conn]s that were opened on it, as
// badly as its [Profile] says: it delays, jitters, loses, loses in bursts,
// duplicates and reorders. Paths can be cut with [Network.Partition], and a
// conn can be moved to another public address in mid-session with
// [Network.Rebind] and [Network.Roam]. A Conn has the methods of *net.UDPConn
// that kclient and server use and behaves as that does on Linux, so the code
// under test does not know the difference.
//
// # What is random, and when it is not
//
// Everything random is computed by hashing, never drawn from a stream. Whether
// a datagram is lost and how long it takes are functions of the seed, the
// direction (the addresses of the two hosts, without ports) and the millisecond
// of sending, counted from [New]. So two programs that send at different moments
// meet the same weather, and raising Loss only adds lost milliseconds to those
// that were lost already. Duplicates and held-back datagrams also depend on the
// datagram's content, so that the datagrams of one millisecond can overtake
// each other. [Path] is that function alone, for simulations that have a clock
// and an event queue of their own.
//
// Inside a testing/synctest bubble a run is therefore the same every time: time
// is virtual, a datagram takes at least [MinDelay] (so all senders of an instant
// have sent before the first of their datagrams arrives), and arrivals of the same
// instant are ordered by where they come from, not by who was scheduled
// first. The network must be made inside the bubble. Outside a bubble the same
// code runs on real time, and arrivals are as late as the machine's timers are: about
// a millisecond on Linux.
//
// # What it costs
//
// There are no goroutines: a reader sleeps on a timer that is set to the next
// arrival. Nothing has to be stopped but the conns themselves. Datagram buffers
// are reused, so that sending and receiving allocate nothing in the steady state.
// Everything is bounded: a conn's receive queue as a socket buffer is
// ([DefaultReadBuffer], [Conn.SetReadBuffer]), the datagrams under way to it
// by [MaxInFlight].
//
// # What it must not do
//
// It knows nothing of Kaillera and imports only the standard library. It
// does not model bandwidth, fragmentation or a NAT's filtering: a datagram sent to a
// conn's public address arrives there whoever sent it.
package network
