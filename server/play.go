package server

import (
	"errors"
	"log/slog"
	"time"

	"kbridge/kclient/link"
	"kbridge/kclient/lockstep"
	"kbridge/kclient/wire"
	"kbridge/kclient/wire/ext"
	"kbridge/server/limits"
)

// handleGameData takes a player's next batch of input. This path does not
// allocate in the steady state.
func (s *session) handleGameData(now time.Time, body []byte) error {
	payload, err := wire.ParseGameData(body)
	if err != nil {
		s.fault(now, err)
		return err
	}
	if s.room.mixer.Presence(s.player) == lockstep.Away {
		return nil // sent before it was away
	}
	if s.room.mixer.Size() == 0 && !s.room.reserveOrEnd(now, len(payload), s.connection.Frames()) {
		return nil
	}
	have := s.room.mixer.Have(s.player)
	was, held, late := s.room.mixer.Presence(s.player), s.holdsUp(now), s.room.lateness(now, s.player)
	if err := s.room.mixer.Input(s.player, payload); err != nil {
		s.fault(now, err)
		return err
	}
	s.notePresent(now, was, have)
	s.played(now, held, late)
	return nil
}

// handleGameCache is handleGameData for a batch that the player sent before.
func (s *session) handleGameCache(now time.Time, body []byte) error {
	pos, err := wire.ParseGameCache(body)
	if err != nil {
		s.fault(now, err)
		return err
	}
	if s.room.mixer.Presence(s.player) == lockstep.Away {
		return nil
	}
	have := s.room.mixer.Have(s.player)
	was, held, late := s.room.mixer.Presence(s.player), s.holdsUp(now), s.room.lateness(now, s.player)
	if err := s.room.mixer.InputCached(s.player, pos); err != nil {
		s.fault(now, err)
		return err
	}
	s.notePresent(now, was, have)
	s.played(now, held, late)
	return nil
}

// played follows every batch of a player's; held: the next frame has waited for it long; late: so long of its own lag.
func (s *session) played(now time.Time, held bool, late time.Duration) {
	s.batched = now
	s.setPhase(now, link.Play)
	s.link.ProveGame(now, s.room.mixer.ClientProven(s.player))
	r := s.room
	if wait := now.Sub(r.since) - r.usual(); wait >= limits.ToldWait && r.frames > 0 && r.mixer.Frames() > r.frames {
		r.tellWaited(now, s.player, wait)
	}
	came := (held || late > 0) && r.mixer.Have(s.player)-r.mixer.Lead(s.player) > r.frames
	if held = held && came; held {
		r.charge(now, s.player)
	}
	if late > 0 && came {
		r.lagged(now, s.player, late)
	}
	r.relayOf(now, s.player)
	if held {
		r.schedule(now) // less is left of its patience
	}
}

// usual is how long frames take at sixty a second to come, when the slowest player
// sends as many at once.
func (r *room) usual() time.Duration {
	slowest := 1
	for _, p := range r.players {
		if p != nil {
			slowest = max(slowest, p.connection.Frames())
		}
	}
	return time.Duration(slowest) * time.Second / 60
}

// tellWaited tells those who understand it for whom they have waited.
func (r *room) tellWaited(now time.Time, player int, wait time.Duration) {
	m := ext.Waited{Player: uint8(player + 1), Milliseconds: uint16(min(wait.Milliseconds(), 0xFFFF))}
	for _, p := range r.players {
		if p != nil && p.proven {
			p.send(now, ext.TypeWaited, m)
		}
	}
}

// relay sends everyone the combined frames that are ready for them.
func (r *room) relay(now time.Time) { r.relayOf(now, -1) }

// relayOf is relay after a player's input.
func (r *room) relayOf(now time.Time, player int) {
	frames := r.mixer.Frames()
	news := frames > r.frames
	if news {
		r.server.count.Frames.Add(int64(frames - r.frames))
		r.remember(frames)
		r.frames = frames
		r.since = now
		r.lag.advanced(now, player, frames)
	}
	for i, p := range r.players {
		if p == nil || r.early(p) {
			continue
		}
		for {
			data, ok := r.mixer.Next(i)
			if !ok {
				break
			}
			r.lag.sent(now, i, r.mixer.Sent(i))
			p.sendGame(now, data)
		}
	}
	if news {
		r.lines.withFrame(now)
	}
}

// sendGame queues one game message.
func (s *session) sendGame(now time.Time, data lockstep.GameData) {
	if s.failed {
		return
	}
	defer s.caught("server: send")
	sv := s.server
	if !s.reached && s.holdGame(data) {
		return
	}
	if data.Cached {
		sv.body = wire.AppendGameCache(sv.body[:0], data.Position)
		s.link.SendGame(now, wire.TypeGameCache, sv.body)
	} else {
		sv.body = wire.AppendGameData(sv.body[:0], data.Payload)
		s.link.SendGame(now, wire.TypeGameData, sv.body)
	}
	s.touch()
}

// fault handles a protocol error of a player: only that one's game ends.
func (s *session) fault(now time.Time, err error) {
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
	s.server.cfg.Logger.Warn("protocol error in a game", append(s.attrs(), slog.Any("error", err))...)
	s.expel(now, reason)
}

// expel drops a player from the game and tells it why.
func (s *session) expel(now time.Time, reason string) {
	s.warn(now, "You were dropped from the game: "+reason)
	s.drop(now)
}
