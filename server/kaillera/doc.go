// Package kaillera is the classic door: clients that speak the Kaillera protocol (the 0.9 DLL, n02, SupraClient, our
// own) say HELLO, log in, and are told what goes on in the lobby and in their rooms, in the order and within the limits
// that they bear.
//
// A session is one client; it is the [lobby.Door] of its user. It is guarded by the lock of where it is, of the lobby
// or of its room: whoever has a datagram or a timer for it looks up where that is, takes that lock, and looks again
// (place.go). Most of what comes in a game needs the room's lock alone. What needs the lobby's too is done after the
// room's was given back, with both. Who has no session yet, and the tables of sessions, are guarded by the lobby's
// lock, but for those that have a lock of their own (tables.go).
//
// One goroutine reads the game socket, handles each datagram, does what has become due and sleeps until the next one of
// either (loop.go). Nothing but the loop depends on there being one.
package kaillera
