package server

import (
	"kbridge/kclient/wire"
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
	s.mu.Lock()
	defer s.mu.Unlock()
	st := Stats{
		Users: len(s.users), Rooms: len(s.rooms), Pending: s.pending.len() + s.logins.n,
		Logins: int(s.count.Logins.Load()), Refusals: s.count.Refusals(),
		DatagramsReceived: int(s.count.DatagramsReceived.Load()), DatagramsSent: int(s.count.DatagramsSent.Load()),
		BytesReceived: int(s.count.BytesReceived.Load()), BytesSent: int(s.count.BytesSent.Load()),
		Frames: int(s.count.Frames.Load()), InternalErrors: s.faults.Count(),
	}
	for _, r := range s.rooms {
		if r.state != wire.GameWaiting {
			st.Games++
		}
	}
	return st
}

func (s *Server) countRefused(r Refusal) { s.count.Refuse(r) }
