package lobby

import (
	"log/slog"
	"time"

	"kbridge/server/door"
	"kbridge/server/limits"
	"kbridge/server/rate"
	"kbridge/server/room"
	"kbridge/server/stats"
)

// Chat relays a line to everyone.
func (u *User) Chat(now time.Time, raw string) {
	l := u.lobby
	l.Hold(u.Room())
	line := l.Clean.Clean(raw, limits.MaxChat)
	if line == "" || !u.limit(now, &u.rates.chats, l.cfg.Flood.Chat, "You chat too fast, wait a moment") {
		return
	}
	if room.IsCommand(line) {
		u.command(now, nil, line)
		return
	}
	l.Broadcast(now, door.Chat{From: u.Name, Text: line})
	l.Logger.Info("chat", append(u.attrs(), slog.String("text", l.Clean.Text(line)))...)
}

// limit counts one more and reports whether it fits; if not the user is told, though not each time.
func (u *User) limit(now time.Time, l *rate.Limiter, r rate.Rate, notice string) bool {
	if l.Allow(now, r) {
		return true
	}
	u.refuse(stats.RefusedChat)
	if u.rates.Notice(now) {
		u.say(now, notice)
	}
	return false
}
