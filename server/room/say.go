package room

import (
	"log/slog"
	"time"

	"kbridge/server/limits"
	"kbridge/server/stats"
)

// MutedNotice is what somebody is told whom the owner lets say nothing.
const MutedNotice = "The owner of the room lets you say nothing here"

// IsCommand reports whether a line is one: a slash and a letter. A line that is data begins with its mark.
func IsCommand(line string) bool {
	return len(line) > 1 && line[0] == '/' && (line[1]|0x20 >= 'a' && line[1]|0x20 <= 'z')
}

// Admit decides about a line for the room, of so many bytes, before anything is done with it. One that comes too fast
// waits; beyond the bounds of what may wait it is dropped, and its sender is told.
func (s *Seat) Admit(now time.Time, bytes int) (waits, ok bool) {
	waits = s.lines != nil || !s.rates.Chats.Allow(now, s.room.shared.Rules.Chat)
	if waits && !s.mayWait(now, min(bytes, limits.MaxGameChat)) {
		s.lineDropped(now)
		return false, false
	}
	return waits, true
}

// Say says a line in the room that Admit has let in.
func (s *Seat) Say(now time.Time, line string, waits bool) {
	switch {
	case line == "":
	case waits:
		s.room.lines.wait(now, s, line)
	default:
		s.hear(now, line)
	}
}

// hear is when a line that somebody has said in the room is heard: now, or when its turn has come.
func (s *Seat) hear(now time.Time, line string) {
	r := s.room
	switch {
	case IsCommand(line):
		r.outside.Command(now, s, line)
		return
	case s.Muted():
		r.shared.Count.Refuse(stats.RefusedRoomChat)
		if s.rates.Notice(now) {
			s.Notify(now, MutedNotice)
		}
		return
	}
	r.lines.say(now, s.Name, line)
	r.shared.Logger.Debug("game chat", append(s.attrs(), slog.Uint64("room", uint64(r.ID)),
		slog.String("text", r.shared.Shown(line)))...)
}

// lineDropped is a line for the room that was one too many.
func (s *Seat) lineDropped(now time.Time) {
	shared := s.room.shared
	shared.Count.Refuse(stats.RefusedRoomChat)
	s.dropped++
	if !s.rates.Notice(now) {
		return
	}
	s.Notify(now, "You say too much at once: what you said last was not passed on, wait a moment")
	shared.Logger.Info("game chat dropped", append(s.attrs(), slog.Uint64("room", uint64(s.room.ID)),
		slog.Int("lines", s.dropped))...)
	s.dropped = 0
}

// Notice reports whether the user may be told about a limit once more, and takes down that it is.
func (r *Rates) Notice(now time.Time) bool {
	if !r.Noticed.IsZero() && now.Sub(r.Noticed) < limits.FloodNotice {
		return false
	}
	r.Noticed = now
	return true
}

// Silence drops what somebody who is put out has waiting. The lines of others who leave were said, and are heard.
func (s *Seat) Silence(now time.Time) {
	if s.lines != nil {
		s.room.lines.forget(s.lines)
		s.lines = nil
		s.room.lines.schedule(now)
	}
}
