package room

import (
	"fmt"
	"log/slog"
	"time"

	"kbridge/kclient/history"
	"kbridge/kclient/lockstep"
	"kbridge/server/door"
)

// A player whose client can rejoin, and that loses the connection in a game, keeps its seat for a while. The others
// wait for it a little, then it is away: zeros stand for its input. When it is heard again, or when its emulator was
// started again and has come back through another door, it fetches the frames that it lacks from the game's history and
// asks for game data again: it is catching up. From its first input that comes in time it is present, and the game
// waits for it as before.

// canRejoin reports whether the player can get the frames that it will lack.
func (s *Seat) canRejoin() bool {
	return s.Rejoins && s.room != nil && s.room.records()
}

// Kept reports whether the player can rejoin the game that it is in, so that nobody else may have its name.
func (s *Seat) Kept() bool {
	return s.Plays() && s.Rejoins && s.room.shared.Rules.Comeback > 0 &&
		(s.room.state == door.Netsync || s.canRejoin())
}

// silent reports whether a player has lost the connection, rather than being slow.
func (s *Seat) silent(now time.Time) bool {
	rules := &s.room.shared.Rules
	return now.Sub(s.door.Heard()) >= min(rules.Stall, rules.ComebackWait)/2
}

// SetAway makes a player away. The others are told, and old clients see no more of it than that.
func (s *Seat) SetAway(now time.Time) {
	r := s.room
	r.mixer.SetAway(s.player)
	s.tellBehind(now)
	s.notifyOthers(now, fmt.Sprintf("%s has lost the connection. The game goes on; %s can rejoin within %v",
		s.Shown, s.Shown, r.shared.Rules.Comeback))
	r.shared.Logger.Info("player is away", append(s.attrs(), slog.Uint64("room", uint64(r.ID)),
		slog.Int("frame", r.frames))...)
}

func (s *Seat) notifyOthers(now time.Time, text string) {
	for _, m := range s.room.seats {
		if m != s {
			m.Notify(now, text)
		}
	}
}

// tellBehind tells a player who is away where it stands, so that it fetches what it lacks.
func (s *Seat) tellBehind(now time.Time) {
	r := s.room
	s.door.Tell(now, door.Behind{
		Room: r.ID, Game: r.Game, FrameDelay: r.mixer.FrameDelay(s.player), Player: s.player + 1,
		Players: len(r.players), Size: r.mixer.Size(), Loading: r.state == door.Netsync,
	})
}

// History is the record of the game so far, for a player who is away, and the frames of zeros that stand before it for
// this player; nil when there is none for it.
func (s *Seat) History() (record *history.Record, zeros int) {
	if s.Presence() != lockstep.Away || !s.canRejoin() {
		return nil, 0
	}
	return s.room.history, s.room.mixer.Lead(s.player)
}

// CatchUp gives a player who is away game data again: its emulator has so many frames, from so many calls, with inputs
// of this size. It reports false when the player must fetch more, and has been told so.
func (s *Seat) CatchUp(now time.Time, frames, calls, size int) bool {
	r := s.room
	have := r.mixer.Have(s.player)
	if !r.mixer.CatchUp(s.player, frames, calls, size) {
		s.tellBehind(now)
		return false
	}
	s.notePresent(now, lockstep.Away, have)
	return true
}

// Resume gives a player what is ready for it: the door has made itself ready for game data.
func (s *Seat) Resume(now time.Time) { s.room.relay(now) }

// notePresent follows CatchUp and every input: if the player was not present before it, with have frames of the game
// holding its part, and is now, the game waits for it again.
func (s *Seat) notePresent(now time.Time, was lockstep.Presence, have int) {
	r := s.room
	m := r.mixer
	if was == lockstep.Present || m.Presence(s.player) != lockstep.Present {
		return
	}
	first := m.InFrom(s.player)
	batch := first + max(m.Received(s.player)-1, 0)*s.Connection
	s.door.Tell(now, door.InStep{Frame: max(have, batch), First: first})
	r.since = now
	r.lag.again(now)
	r.schedule(now)
	s.notifyOthers(now, s.Shown+" has rejoined the game")
	r.shared.Logger.Info("player is present again", append(s.attrs(), slog.Uint64("room", uint64(r.ID)),
		slog.Int("frame", max(have, batch)))...)
}

// Rejoin seats a player who has come back through another door. Until it has caught up it is away.
func (s *Seat) Rejoin(now time.Time, d door.Door) {
	if s.State() == door.Playing {
		s.room.mixer.SetAway(s.player)
	}
	s.door = d
	s.tellBehind(now)
}

// WelcomeBack tells a player who has rejoined who is there, and what its game does.
func (s *Seat) WelcomeBack(now time.Time) {
	r := s.room
	s.door.Tell(now, r.present(s))
	s.door.Tell(now, door.Joined{Room: r.ID, Member: s.Member})
	if r.state == door.Netsync {
		s.ready = false
		s.door.Tell(now, r.starts(s.player))
		return
	}
	s.door.Tell(now, door.Resumes{})
	s.notifyOthers(now, s.Shown+" is rejoining the game")
	r.relay(now)
}
