// Package peers models the programs that Kaillera is played with today, for
// tests: what they accept, what they ignore, what they answer and when they break.
// [DialN02] and [DialSupraClient] are clients, [StartEmuLinker] and [NewDirelera]
// are servers. Each plays whole games on a network in memory (sim/network), and works under
// testing/synctest. A [Host] is an emulator on top of any client.
//
// A model is a guess about a program until it is held against it. These are: they are fed with what the real ones were
// sent, in conversations that were recorded, and must say what the real ones said, message by message, with the same
// numbers, bodies and repetitions (TestServersSayWhatTheRealOnesSaid, TestClientsSayWhatTheRealOnesSaid). What no
// recording shows is written from the protocol notes and from what the programs' code does, and says so.
//
// The rules of a session (how messages are numbered and bundled, what is ignored, what is said again and when) stand
// apart from socket and clock: [ClientEnd] and [EmuLinkerEnd], with an [Outbox]. There is no other model of them: the
// laboratory (sim/lab) and the tests of package link drive the same ends in a time of their own.
//
// # Lost by its own rules
//
// A deployed peer can lose a game that nobody else could have saved. The models
// record that, with an error that says by which rule:
//
//   - [ErrHole]: n02, and like it SupraClient, took a datagram with a message missing in it. It waits
//     for that message for ever.
//   - [ErrOverrun]: SupraClient was more than 15 messages behind, or n02 had to hold more than 16. It crashes.
//   - [ErrGaveUp]: n02 asked 500 times for a frame that did not come, or waited 120 s for the others to load.
//   - [ErrDesynchronised]: EmuLinker saw a hole in a client's messages. Zeros stand for that player from then on.
//   - [ErrNoAnswer]: what was asked for did not come, and the client does not repeat itself.
//
// Against a peer that keeps the rules of the notes the first two never happen,
// whatever the network loses, as long as the messages are small. The
// others are a matter of luck: n02 sends its three or five last messages and
// nothing older, SupraClient its last three, EmuLinker keeps nine, and direlera-rs sends everything once.
//
// # What it must not do
//
// It is no part of the product: only tests import it. It shares no code with what
// it stands opposite to, but for the codec (wire), the caches (framecache) and the
// batching (lockstep), which are the same for everybody. It has no link, on purpose.
package peers
