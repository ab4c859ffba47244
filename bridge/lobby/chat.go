package lobby

import (
	"slices"
	"strings"
	"time"

	"kbridge/bridge/lobby/message"
	"kbridge/bridge/lobby/settings"
	"kbridge/kclient/text"
)

const (
	maxLines = 500
	maxLost  = 10 // of the lines that did not arrive, how many are shown at once
	// awayAgain is how long somebody who has written to us while we are away is not
	// told so again.
	awayAgain = 5 * time.Minute
	maxAway   = 200 // users that are remembered for that
)

// chatLog is what was said; the oldest lines go.
type chatLog struct {
	lines []message.Line
	last  int64
	away  map[string]time.Time // who was told that we are away
}

// say adds a line and shows it.
func (d *desk) say(l message.Line) {
	d.chat.last++
	l.ID, l.At = d.chat.last, now()
	if len(d.chat.lines) >= maxLines {
		d.chat.lines = slices.Delete(d.chat.lines, 0, len(d.chat.lines)-maxLines+1)
	}
	d.chat.lines = append(d.chat.lines, l)
	d.tell(message.Chat{Lines: []message.Line{l}})
}

func now() int64 { return time.Now().UnixMilli() }

// ignores reports whether the player does not want to read this user.
func (d *desk) ignores(name string) bool {
	return d.visit != nil && d.visit.ignored[text.NameKey(name)]
}

// ignore hides a user, or shows it again. Names are kept: IDs are new with every
// login.
func (d *desk) ignore(m message.Ignore) *message.Problem {
	if d.visit == nil || m.User < 0 || m.User > 0xFFFF {
		return problem("state", "")
	}
	u, ok := d.visit.users[uint16(m.User)]
	if !ok {
		return problem("user", "")
	}
	key := text.NameKey(u.Name)
	err := d.settings.Change(func(s *settings.Settings) {
		s.Ignored = slices.DeleteFunc(s.Ignored, func(name string) bool { return text.NameKey(name) == key })
		if m.On {
			s.Ignored = append(s.Ignored, u.Name)
		}
	})
	if m.On {
		d.visit.ignored[key] = true
	} else {
		delete(d.visit.ignored, key)
	}
	d.tell(message.UserChanged{User: d.shownUser(u)})
	if err != nil {
		return problem("file", err.Error())
	}
	return nil
}

// answerAway tells somebody who writes to us that we are away, seldom enough that
// two who are away do not talk to each other for ever.
func (d *desk) answerAway(from string, id uint16) {
	v := d.visit
	if !d.session.Away || v == nil || id == 0 {
		return
	}
	if d.chat.away == nil || len(d.chat.away) > maxAway {
		d.chat.away = map[string]time.Time{}
	}
	if last, ok := d.chat.away[from]; ok && time.Since(last) < awayAgain {
		return
	}
	d.chat.away[from] = time.Now()
	_ = v.lobby.Private(id, "(away)")
}

// mentions reports whether a line speaks of us by name.
func mentions(text, nick string) bool {
	return nick != "" && strings.Contains(strings.ToLower(text), strings.ToLower(nick))
}

// serversOwn reports whether a line in the room under this name is the server's own word: an answer to a command, or a
// refusal. Servers let nobody be called so; where one does, it is a player's.
func (d *desk) serversOwn(name string) bool {
	called := func(p message.RoomPlayer) bool { return p.Name == name }
	return (name == "Server" || name == "Error") && !slices.ContainsFunc(d.room.Players, called)
}
