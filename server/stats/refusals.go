package stats

import "log/slog"

// Refusal is a reason for which the server did not do what a datagram or a user asked for. What is refused is
// counted, by reason, in Stats.Refusals.
type Refusal uint8

// The reasons. What several of them fit counts as the first that was met.
const (
	RefusedMalformed Refusal = iota // a datagram that is no bundle, or a body that cannot be parsed
	RefusedStray                    // a datagram that belongs to no session and starts none
	RefusedMisplaced                // a message of a type that makes no sense in the session's state
	RefusedMessage                  // a message beyond the general rate of a session
	RefusedChat                     // a line of the lobby's chat beyond its rate
	RefusedRoomChat                 // a line of a room's chat beyond what may wait, or of somebody silenced
	RefusedCreate                   // a room beyond the rate of new ones, or beyond the number of rooms
	RefusedJoin                     // a join beyond its rate
	RefusedStart                    // the start of a game beyond its rate
	RefusedLogin                    // a login: its name, connection type or ping, or its address's rate
	RefusedRejoin                   // a return to an earlier session, beyond its rate
	RefusedFull                     // a login on a full server
	RefusedHistory                  // a request for history out of turn or beyond its rate
	RefusedMove                     // a move to an address that has proven nothing, beyond its rate
	RefusedHost                     // a login beyond the places of its address
	RefusedMemory                   // a game, a history or a session that needs more memory than there is left
	RefusedCrowded                  // a login that made room for others before it had proven where it comes from
	RefusedUnproven                 // a login or a message for want of a proof where its client is
	refusals
)

// String is the reason in a word, for the log and for metrics.
func (r Refusal) String() string {
	if r < refusals {
		return refusalWords[r]
	}
	return "other"
}

var refusalWords = [refusals]string{
	RefusedMalformed: "malformed",
	RefusedStray:     "stray",
	RefusedMisplaced: "misplaced",
	RefusedMessage:   "message",
	RefusedChat:      "chat",
	RefusedRoomChat:  "room-chat",
	RefusedCreate:    "create",
	RefusedJoin:      "join",
	RefusedStart:     "start",
	RefusedLogin:     "login",
	RefusedRejoin:    "rejoin",
	RefusedFull:      "full",
	RefusedHistory:   "history",
	RefusedMove:      "move",
	RefusedHost:      "host",
	RefusedMemory:    "memory",
	RefusedCrowded:   "crowded",
	RefusedUnproven:  "unproven",
}

// Refusals counts by reason since the server was made.
type Refusals [refusals]int

// Total is how many there were for whatever reason.
func (r Refusals) Total() (n int) {
	for _, count := range r {
		n += count
	}
	return n
}

// Since is how much was added to earlier counts.
func (r Refusals) Since(earlier Refusals) Refusals {
	for i := range r {
		r[i] -= earlier[i]
	}
	return r
}

// Attrs are the counts that are not 0, by reason, for the log.
func (r Refusals) Attrs() (attrs []any) {
	for reason, n := range r {
		if n != 0 {
			attrs = append(attrs, slog.Int(Refusal(reason).String(), n))
		}
	}
	return attrs
}
