// Package server is a Kaillera server: users log in, chat, open rooms and play
// in lockstep; the server mixes their input and relays it. It speaks what
// deployed clients speak (the 0.9 DLL, n02, SupraClient), in the order and
// within the limits that they bear.
//
// How it is used: make one with [New], run it with [Server.ListenAndServe], or
// with [Server.Serve] on sockets of your own, and end it with [Server.Close]
// from any goroutine. Package servertest starts one for a test in one line.
//
// How it works: this package puts the parts together. Package lobby has the users and the list of rooms, package room a
// room and its game, and package kaillera is the door: it speaks the protocol, and stands for a client in the other
// two, which know no protocol. A session, its link included, is guarded by the lock of where it is, of the lobby or of
// its room; game data takes that of the room alone (package lock has the order). One goroutine reads the game socket;
// it handles each datagram, sends what became due, fires the timers that have passed and sleeps until the next datagram
// or timer. A second goroutine answers HELLO and PING where the query port is another one. What is slow or hostile in a
// room or session is bounded (package limits) and does not reach the others.
//
// Where it listens on all addresses of the computer it answers everybody from the one that was asked, if the socket can
// tell them apart ([LocalConn], kaillera/local.go).
//
// Room chat is data too: emulators send saves as hundreds of lines at once. What comes
// too fast waits, in order and within a bound of bytes for each session, room and server,
// and goes out at the room's pace, in a game along with its frames (room/lines.go).
//
// Rooms obey: a line that begins with a slash and a letter is a command (lobby/commands.go), whom the owner of a room
// has put out or silenced is so while the room lives (lobby/ruled_out.go), and /lagstat says for whom a game has waited
// (room/lag.go).
//
// What it must not do: it trusts no byte of a datagram, keeps no state for an address that has not logged in (a bounded
// table of logins under way apart), sends no more than three times what came in to a session that has not proven where
// it is (kaillera/unproven.go), and does not allocate for game data in the steady state. A panic ends the session or
// room that it came from and nothing else (kaillera/fault.go). HOSTILE.md has every attack that was thought of, with
// its tests. It writes to no file and to no standard stream; it logs to Config.Logger only.
package server
