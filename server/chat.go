package server

import (
	"log/slog"
	"strings"
	"time"

	"kbridge/kclient/wire"
)

// chat relays a line to everyone.
func (s *session) chat(now time.Time, raw string) {
	sv := s.server
	text := sv.clean.clean(raw, maxChat)
	if text == "" || !s.limit(now, &s.chats, sv.cfg.Flood.Chat, "You chat too fast, wait a moment") {
		return
	}
	if isCommand(text) {
		s.command(now, text)
		return
	}
	sv.broadcast(now, wire.TypeGlobalChat, wire.Chat{User: s.user, Text: text})
	sv.cfg.Logger.Info("chat", append(s.attrs(), slog.String("text", sv.clean.text(text)))...)
}

// gameChat relays a line to the room.
func (s *session) gameChat(now time.Time, raw string) {
	sv := s.server
	text := sv.clean.clean(raw, maxGameChat)
	if text == "" || !s.limit(now, &s.gameChats, sv.cfg.Flood.GameChat, "You chat too fast, wait a moment") {
		return
	}
	if word, rest, _ := strings.Cut(sv.clean.text(text), " "); strings.EqualFold(word, "/samedelay") {
		s.chooseDelay(now, strings.ToLower(strings.TrimSpace(rest)))
		return
	}
	s.room.broadcast(now, wire.TypeGameChat, wire.Chat{User: s.user, Text: text})
	sv.cfg.Logger.Debug("game chat", append(s.attrs(), slog.Uint64("room", uint64(s.room.id)), slog.String("text", sv.clean.text(text)))...)
}

// warn tells the user something about their room: as game chat, which clients
// show where the user looks at that moment.
func (s *session) warn(now time.Time, text string) {
	s.send(now, wire.TypeGameChat, wire.Chat{User: serverName, Text: s.server.clean.encode(text, maxGameChat)})
}

// deny refuses what the user asked of their room: as game chat too, but under the name by
// which clients know that it is an answer to them. EmuLinker refuses starts and kicks so.
func (s *session) deny(now time.Time, text string) {
	s.send(now, wire.TypeGameChat, wire.Chat{User: errorName, Text: s.server.clean.encode(text, maxGameChat)})
}

// limit counts one more and reports whether it fits; if not the user is told,
// though not each time.
func (s *session) limit(now time.Time, l *rater, r Rate, notice string) bool {
	if l.allow(now, r) {
		return true
	}
	s.server.stats.Flooded++
	if s.noticed.IsZero() || now.Sub(s.noticed) >= floodNotice {
		s.noticed = now
		s.tell(now, notice)
	}
	return false
}
