package room

import (
	"errors"
	"log/slog"
	"time"

	"kbridge/kclient/lockstep"
	"kbridge/server/door"
	"kbridge/server/limits"
)

// Input takes a player's next batch of input. An error ends the player's game, which it has been told. This path does
// not allocate in the steady state.
func (s *Seat) Input(now time.Time, payload []byte) error {
	r := s.room
	if r.mixer.Presence(s.player) == lockstep.Away {
		return nil // sent before it was away
	}
	if r.mixer.Size() == 0 && !r.reserveOrEnd(now, len(payload), s.Connection) {
		return nil
	}
	before := s.before(now)
	if err := r.mixer.Input(s.player, payload); err != nil {
		s.Fault(now, err)
		return err
	}
	s.played(now, before)
	return nil
}

// InputCached is Input for a batch that the player has sent before, at this position of its cache.
func (s *Seat) InputCached(now time.Time, position uint8) error {
	r := s.room
	if r.mixer.Presence(s.player) == lockstep.Away {
		return nil
	}
	before := s.before(now)
	if err := r.mixer.InputCached(s.player, position); err != nil {
		s.Fault(now, err)
		return err
	}
	s.played(now, before)
	return nil
}

// before is how things stood before an input.
type before struct {
	have     int // frames with a part of the player's
	presence lockstep.Presence
	held     bool          // the next frame has waited for the player long
	late     time.Duration // of its own lag
}

func (s *Seat) before(now time.Time) before {
	m := s.room.mixer
	return before{m.Have(s.player), m.Presence(s.player), s.holdsUp(now), s.room.lateness(now, s.player)}
}

// played follows every batch of a player's.
func (s *Seat) played(now time.Time, was before) {
	r := s.room
	s.notePresent(now, was.presence, was.have)
	s.door.Proven(now, r.mixer.ClientProven(s.player))
	if waited := now.Sub(r.since); waited >= limits.ToldWait && r.frames > 0 && r.mixer.Frames() > r.frames {
		if wait := waited - r.usual(); wait >= limits.ToldWait {
			r.tellWaited(now, s.player, wait)
		}
	}
	came := (was.held || was.late > 0) && r.mixer.Have(s.player)-r.mixer.Lead(s.player) > r.frames
	held := was.held && came
	if held {
		r.charge(now, s.player)
	}
	if was.late > 0 && came {
		r.lagged(now, s.player, was.late)
	}
	r.relayOf(now, s.player)
	if held {
		r.schedule(now) // less is left of its patience
	}
}

// usual is how long frames take at sixty a second to come, when the slowest player sends as many at once.
func (r *Room) usual() time.Duration {
	slowest := 1
	for _, p := range r.players {
		if p != nil {
			slowest = max(slowest, p.Connection)
		}
	}
	return time.Duration(slowest) * time.Second / 60
}

// tellWaited tells those who understand it for whom they have waited.
func (r *Room) tellWaited(now time.Time, player int, wait time.Duration) {
	e := door.Waited{Player: player + 1, Milliseconds: int(min(wait.Milliseconds(), 0xFFFF))}
	for _, p := range r.players {
		if p != nil && p.Rejoins {
			p.door.Tell(now, e)
		}
	}
}

// relay sends everyone the combined frames that are ready for them.
func (r *Room) relay(now time.Time) { r.relayOf(now, -1) }

// relayOf is relay after a player's input.
func (r *Room) relayOf(now time.Time, player int) {
	frames := r.mixer.Frames()
	news := frames > r.frames
	if news {
		r.shared.Count.Frames.Add(int64(frames - r.frames))
		r.remember(frames)
		r.frames = frames
		r.since = now
		r.lag.advanced(now, player, frames)
	}
	for i, p := range r.players {
		if p == nil || !p.due && p.Early() {
			continue
		}
		p.due = true
		for {
			data, ok := r.mixer.Next(i)
			if !ok {
				break
			}
			r.lag.sent(now, i, r.mixer.Sent(i))
			p.door.Frame(now, data)
		}
	}
	if news {
		r.lines.withFrame(now)
	}
}

// Early reports whether a player who plays may still be in the calls of its frame delay, and must not get game data
// before they are over.
func (s *Seat) Early() bool {
	m := s.room.mixer
	return !s.due && s.LateStart && m.Sent(s.player) == 0 && m.Received(s.player) <= m.FrameDelay(s.player)
}

// NoLongerEarly gives a player who is Early what there is for it: it waits.
func (s *Seat) NoLongerEarly(now time.Time) {
	s.due = true
	s.room.relay(now)
}

// Fault handles game data that cannot be right: only the game of the one who has sent it ends.
func (s *Seat) Fault(now time.Time, err error) {
	reason := "it sent game data that cannot be read"
	switch {
	case errors.Is(err, lockstep.ErrLength), errors.Is(err, lockstep.ErrSize):
		reason = "the length of its game data does not fit its connection type"
	case errors.Is(err, lockstep.ErrSizeChanged):
		reason = "the size of its input is not that of the others, or has changed"
	case errors.Is(err, lockstep.ErrPosition):
		reason = "it named game data that it never sent"
	case errors.Is(err, lockstep.ErrQueueFull):
		reason = "it sent too far ahead of the others"
	}
	s.room.shared.Logger.Warn("protocol error in a game", append(s.attrs(), slog.Any("error", err))...)
	s.Expel(now, reason)
}

// Expel drops a player from the game and tells it why.
func (s *Seat) Expel(now time.Time, reason string) {
	s.Notify(now, "You were dropped from the game: "+reason)
	s.Drop(now)
}
