package server

import (
	"time"

	"kbridge/server/stats"
)

// Refusal is a reason for which the server did not do what a datagram or a user asked for. What is refused is counted,
// by reason, in Stats.Refusals.
type Refusal = stats.Refusal

// Refusals counts by reason since the server was made.
type Refusals = stats.Refusals

// The reasons, see package stats.
const (
	RefusedMalformed = stats.RefusedMalformed
	RefusedStray     = stats.RefusedStray
	RefusedMisplaced = stats.RefusedMisplaced
	RefusedMessage   = stats.RefusedMessage
	RefusedChat      = stats.RefusedChat
	RefusedRoomChat  = stats.RefusedRoomChat
	RefusedCreate    = stats.RefusedCreate
	RefusedJoin      = stats.RefusedJoin
	RefusedStart     = stats.RefusedStart
	RefusedLogin     = stats.RefusedLogin
	RefusedRejoin    = stats.RefusedRejoin
	RefusedFull      = stats.RefusedFull
	RefusedHistory   = stats.RefusedHistory
	RefusedMove      = stats.RefusedMove
	RefusedHost      = stats.RefusedHost
	RefusedMemory    = stats.RefusedMemory
	RefusedCrowded   = stats.RefusedCrowded
	RefusedUnproven  = stats.RefusedUnproven
)

// Stats counts since the server was made, and says what there is now.
type Stats struct {
	Users, Rooms, Games int // now; Games are rooms in netsync or in play
	Pending             int // logins under way now
	Logins              int
	Refusals            Refusals
	DatagramsReceived   int
	DatagramsSent       int
	BytesReceived       int // UDP payload
	BytesSent           int
	Frames              int // combined frames that were ready
	InternalErrors      int // panics that were caught: faults of the server itself
}

// Stats returns a snapshot.
func (s *Server) Stats() Stats {
	now := time.Now()
	c := s.count
	rooms, games := s.lobby.Rooms(now)
	return Stats{
		Users: s.lobby.Users(), Rooms: rooms, Games: games, Pending: s.door.Pending(now),
		Logins: int(c.Logins.Load()), Refusals: c.Refusals(),
		DatagramsReceived: int(c.DatagramsReceived.Load()), DatagramsSent: int(c.DatagramsSent.Load()),
		BytesReceived: int(c.BytesReceived.Load()), BytesSent: int(c.BytesSent.Load()),
		Frames: int(c.Frames.Load()), InternalErrors: s.faults.Count(),
	}
}
