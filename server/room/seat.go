package room

import (
	"log/slog"
	"time"

	"kbridge/kclient/lockstep"
	"kbridge/server/door"
	"kbridge/server/rate"
)

// Seat is somebody in a room. It stays the same when its player rejoins, with another door.
type Seat struct {
	*door.Member
	room  *Room // nil when it has left
	door  door.Door
	rates *Rates

	player int  // in the room's game, from 0; -1 in none
	ready  bool // in netsync
	begun  bool // it has been told that play begins
	due    bool // game data goes out to it: it is not Early, and will not be in this game
	muted  bool // the owner lets it say nothing

	lines   *lineQueue // said in the room and not heard yet; nil when there is none
	dropped int        // lines, since it was last told
}

// Rates is what a user has used up of what may be said and done in rooms. It stays with the user.
type Rates struct {
	Chats, Starts rate.Limiter
	Waited        rate.Bucket // of what was said, what had to wait: see limits.MaxSessionLines
	Noticed       time.Time   // when the user was last told about a limit
}

// Room is where the seat is; nil when it has left.
func (s *Seat) Room() *Room { return s.room }

// Owns reports whether the room is this one's.
func (s *Seat) Owns() bool { return s.room != nil && s.room.owner == s }

// Plays reports whether it is in the game, in netsync or in play.
func (s *Seat) Plays() bool { return s.room != nil && s.player >= 0 }

// State is what the game does that it is in; Waiting when it is in none.
func (s *Seat) State() door.State {
	switch {
	case !s.Plays():
		return door.Waiting
	case s.room.state == door.Playing && !s.begun:
		return door.Netsync
	}
	return s.room.state
}

// Loaded reports whether it has said that it is ready for the game that it is in.
func (s *Seat) Loaded() bool { return s.ready }

// Presence is where the player stands in its game; Present outside of one.
func (s *Seat) Presence() lockstep.Presence {
	if s.State() != door.Playing {
		return lockstep.Present
	}
	return s.room.mixer.Presence(s.player)
}

// FrameDelay is the d of the game that it is in, in batches beyond the first.
func (s *Seat) FrameDelay() int { return s.room.mixer.FrameDelay(s.player) }

// Batches is how many of its inputs have come in the game that it is in.
func (s *Seat) Batches() int { return s.room.mixer.Received(s.player) }

// Awaited reports whether the game that it plays waits for its input.
func (s *Seat) Awaited() bool { return s.room.mixer.Waiting().Has(s.player) }

// Frames is how many frames of the game that it is in are ready so far.
func (s *Seat) Frames() int { return s.room.frames }

// Player is its number in the game, from 1; 0 in none.
func (s *Seat) Player() int { return s.player + 1 }

// Mute lets it say nothing in the room, or something again.
func (s *Seat) Mute(yes bool) { s.muted = yes }

// Muted reports whether it may say nothing in the room.
func (s *Seat) Muted() bool { return s.muted && !s.Owns() }

// Notify tells this one a line of the server's in the room's chat.
func (s *Seat) Notify(now time.Time, text string) { s.door.Tell(now, door.Notice{Text: text}) }

// attrs describe it in the log.
func (s *Seat) attrs() []any {
	return []any{slog.String("user", s.Shown), slog.Any("addr", s.door.Addr())}
}

// Given is how many messages of the game that it is in it was given.
func (s *Seat) Given() int { return s.room.mixer.Sent(s.player) }

// Waiting is how many lines that it has said in the room wait for their turn, and what they count for in bytes.
func (s *Seat) Waiting() (lines, bytes int) {
	if s.lines == nil {
		return 0, 0
	}
	return len(s.lines.lines), s.lines.bytes
}
