package server

import (
	"log/slog"
	"time"

	"kbridge/kclient/wire"
	"kbridge/server/limits"
	"kbridge/server/rate"
)

// chat relays a line to everyone.
func (s *session) chat(now time.Time, c wire.ChatRequest) {
	sv := s.server
	text := sv.clean.clean(c.Text, limits.MaxChat)
	if text == "" || !s.limit(now, &s.chats, sv.cfg.Flood.Chat, "You chat too fast, wait a moment") {
		return
	}
	if isCommand(text) {
		s.command(now, nil, text)
		return
	}
	sv.broadcast(now, wire.TypeGlobalChat, wire.Chat{User: s.user, Text: text})
	sv.cfg.Logger.Info("chat", append(s.attrs(), slog.String("text", sv.clean.text(text)))...)
}

// admitLine decides about a line for the room, in a message's body of so many bytes, before anything is done with it.
// One that comes too fast waits (see lines.go); beyond the bounds of what may wait it is dropped, and its sender is
// told.
func (s *session) admitLine(now time.Time, body int) (waits, ok bool) {
	waits = s.lines != nil || !s.gameChats.Allow(now, s.server.cfg.Flood.GameChat)
	if waits && !s.mayWait(now, min(body, limits.MaxGameChat)) {
		s.lineDropped(now)
		return false, false
	}
	return waits, true
}

// handleGameChat asks for the bounds of a line before it is parsed: they count bytes, whatever is in them.
func (s *session) handleGameChat(now time.Time, body []byte) error {
	waits, ok := s.admitLine(now, len(body))
	if !ok {
		return nil
	}
	c, err := wire.ParseChatRequest(body)
	if err != nil {
		return err
	}
	s.gameChat(now, c.Text, waits)
	return nil
}

// gameChat takes a line for the room.
func (s *session) gameChat(now time.Time, raw string, waits bool) {
	text := s.server.clean.line(raw)
	switch {
	case text == "":
	case waits:
		s.room.lines.wait(now, s, text)
	default:
		s.hear(now, text)
	}
}

// line makes a line of room chat harmless and cuts it. The mark of one that is data stays.
func (c cleaner) line(raw string) string {
	mark, rest := wire.CutDataMark(raw)
	return mark + c.clean(rest, limits.MaxGameChat-len(mark))
}

// hear is when a line that the session has said in its room is heard: now, or when its turn has come.
func (s *session) hear(now time.Time, text string) {
	sv, r := s.server, s.room
	switch {
	case isCommand(text):
		s.commandOfRoom(now, text)
		return
	case r.muted(s):
		sv.countRefused(RefusedRoomChat)
		if s.takeNotice(now) {
			s.warn(now, mutedNotice)
		}
		return
	}
	r.lines.say(now, s.user, text)
	attrs := append(s.attrs(), slog.Uint64("room", uint64(r.id)), slog.String("text", sv.clean.text(text)))
	sv.cfg.Logger.Debug("game chat", attrs...)
}

// lineDropped is a line for the room that was one too many.
func (s *session) lineDropped(now time.Time) {
	s.server.countRefused(RefusedRoomChat)
	s.dropped++
	if !s.takeNotice(now) {
		return
	}
	s.warn(now, "You say too much at once: what you said last was not passed on, wait a moment")
	s.server.cfg.Logger.Info("game chat dropped", append(s.attrs(), slog.Uint64("room", uint64(s.room.id)),
		slog.Int("lines", s.dropped))...)
	s.dropped = 0
}

// warn tells the user something about their room: as game chat, which clients
// show where the user looks at that moment.
func (s *session) warn(now time.Time, text string) {
	s.send(now, wire.TypeGameChat, wire.Chat{User: serverName, Text: s.server.clean.encode(text, limits.MaxGameChat)})
}

// deny refuses what the user asked of their room: as game chat too, but under the name by
// which clients know that it is an answer to them. EmuLinker refuses starts and kicks so.
func (s *session) deny(now time.Time, text string) {
	s.send(now, wire.TypeGameChat, wire.Chat{User: errorName, Text: s.server.clean.encode(text, limits.MaxGameChat)})
}

// limit counts one more and reports whether it fits; if not the user is told,
// though not each time.
func (s *session) limit(now time.Time, l *rate.Limiter, r Rate, notice string) bool {
	if l.Allow(now, r) {
		return true
	}
	s.server.countRefused(RefusedChat)
	if s.takeNotice(now) {
		s.tell(now, notice)
	}
	return false
}

// takeNotice reports whether the user may be told about a limit once more, and takes down that it is.
func (s *session) takeNotice(now time.Time) bool {
	if !s.noticed.IsZero() && now.Sub(s.noticed) < limits.FloodNotice {
		return false
	}
	s.noticed = now
	return true
}
