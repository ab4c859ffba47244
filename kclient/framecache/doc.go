// Package framecache is the payload cache of Kaillera's game data: the last 256 different payloads of one direction of
// one player's game, so that a payload that was sent before goes out as one byte.
//
// The rule of the protocol notes: each direction of each client has a cache of its own, empty at the start of every
// game. The sender looks a payload up; if it is there it sends game cache (13) with the position, else it sends game
// data (12) and adds it. The receiver adds every game data, also one whose bytes it holds already (n02 sends only 12),
// and looks up every game cache. Both ends so hold the same entries at the same positions as long as they see the same
// messages in the same order. A full cache drops its oldest entry.
//
// Two numberings of the positions exist, see [Numbering]. They are the same until 256 payloads have been added.
//
// A sender may forget payloads to save memory ([NewSender]): what it does not find goes out as game data, which every
// receiver takes. A receiver may not.
//
// What this package must not do: know what a payload means, keep a slice of a caller, or search. Add, Find and At take
// the same time whatever the cache holds, and in the steady state (as many payloads as slots have been seen, none
// longer than the ones before) none of them allocates. It has no lock: one direction of one session has one owner.
package framecache
