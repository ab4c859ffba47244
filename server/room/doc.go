// Package room is one game room: who sits in it, the game that they play, how long it waits for whom, and what they say
// to each other meanwhile.
//
// Input goes in as bytes and frames come out; a room knows no protocol, no socket and no clock. Whoever sits in a seat
// is reached through a [door.Door]. What the lobby has to know of a room it is told through [Outside].
//
// A game: the owner says start, and everybody loads ([Seat.Ready]); when all are ready they play. Each input goes to
// the mixer, and when it completes a frame every player is given what is ready for it (play.go). Who holds the game up
// is dropped, or is away if its client can rejoin (stalls.go, away.go).
package room
