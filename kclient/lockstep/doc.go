// Package lockstep is the game data of Kaillera as two state machines: a [Batcher] is one client's end of a game, a
// [Mixer] is the server's. They hold everything the protocol notes say about batching, frame delay, mixing, padding,
// output schedules, dropped players and caches, and nothing else.
//
// A client calls [Batcher.Collect] once a frame with its own input, sends what that returns, and then calls
// [Batcher.Next] until it has its answer: nothing yet inside the frame delay, the next combined frame after it. Calls
// are frames: the emulator advances its machine by one frame for either answer, with neutral input of all players for
// the former. What arrives goes to [Batcher.Receive] (game data, 12) and [Batcher.ReceiveCached] (game cache, 13). A
// server hands what arrives from a player to [Mixer.Input] and [Mixer.InputCached], and then takes what [Mixer.Next]
// has for each player. Messages must be given in the order in which the peer numbered them, each once; that is the
// link's work.
//
// Combined frames are interleaved by frame, never concatenated by player: two frames of three players are A0 B0 C0 A1
// B1 C1. A player who has dropped stays in the layout: first what it had sent, then zeros.
//
// The order of messages is also an acknowledgement that costs no bytes: [Batcher.ServerProven] and [Mixer.ClientProven]
// say which game messages the peer must have, by counting alone.
//
// What this package must not do: touch a socket, a clock or a goroutine, keep a slice of a caller, or allocate in the
// steady state. Memory is taken when the input size becomes known and while the caches fill for the first time. Errors
// on a peer's bytes are static values, and leave the state as it was. What a peer can make it hold is bounded, see
// limits.go. Neither type has a lock: one goroutine at a time.
package lockstep
