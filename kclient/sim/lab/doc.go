// Package lab plays whole games over bad networks in a fraction of their time and
// counts what the players would have felt. One game is N emulators at 60 frames a
// second, each with a lockstep.Batcher and one end of a session, and a server with a
// lockstep.Mixer and the other ends, driven by one thread from one queue of events
// under a clock of its own. The network is a function of seed, direction and
// millisecond, so that ends that send at other moments meet the same weather.
//
// Three strategies play on the same seeds: [Ours] is package link as it is;
// [Classic] is n02 and EmuLinker by the models of package peers, which lose games; [Floor] is an
// oracle that knows what has arrived and sends everything outstanding once per
// frame, stalled or not. What the floor stalls, no rule of resending at the pace of
// the frames can avoid; ours is measured against it.
//
// How it is used: [Run] plays one game, a [Campaign] plays many and sums them up, and
// [WriteTable] prints the sums. examples/sim is the program around it.
//
// What it must not do: it has no socket and no goroutine of its own but the
// campaign's workers, it reads no clock, and the same Config gives the same Result on
// every machine. It plays from the first frame to the last one and nothing else:
// lobby, netsync and real time are for the tests of whole clients and servers.
package lab
