// Package lobby is what users share: who is here, which rooms there are, what is said, and what each may do. It knows
// no protocol and no socket; whoever has come in is reached through a [Door].
//
// The lobby's lock guards everything here; its users, and what stands in this package for a room, included. Whoever has
// it may take the locks of rooms, see package lock: [Lobby.Hold] does so until the lobby's is given back. What rooms
// tell the lobby ([room.Outside]) is queued, and settled by whoever has the lobby's lock next; a timer sees to it.
package lobby
