package kclient

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"kbridge/kclient/wire"
)

// privateTo and privateFrom are how EmuLinkerSF, and our server, word a private
// message to the one who sent it and to the one it is for (its ChatAction).
var (
	privateTo   = regexp.MustCompile(`^TO: <(.*?)>\((\d{1,5})\) <(.*?)> \((\d{1,5})\): (.*)$`)
	privateFrom = regexp.MustCompile(`^<(.*?)> \((\d{1,5})\): (.*)$`)
)

// Private says something to one user. The server passes it on as EmuLinker does,
// when it is asked with /msg in the lobby's chat; a server that does not know that
// would show it to everybody, so it is not sent to a server that has not shown
// that it is one of the two: then the error is ErrNoPrivate. Lengths are those of
// Chat.
func (l *Lobby) Private(userID uint16, text string) error {
	s := l.s
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return s.closedLocked()
	}
	if !s.knowsPrivateLocked() {
		return ErrNoPrivate
	}
	raw := s.raw(fmt.Sprintf("/msg %d %s", userID, text), wire.MaxChat)
	s.sendLocked(time.Now(), wire.TypeGlobalChat, wire.ChatRequest{Text: raw}.AppendTo(s.body[:0]))
	s.flushLocked(time.Now())
	return nil
}

// knowsPrivateLocked: a server that has given us a ticket is ours; EmuLinker says
// its words as "server", with a small letter.
func (s *session) knowsPrivateLocked() bool { return s.ticket.have || s.emuLinker }

// privateLocked recognises a private message among the server's words.
func (s *session) privateLocked(from, text string) (PrivateChat, bool) {
	if from == "server" {
		s.emuLinker = true
	}
	if !strings.EqualFold(from, "server") {
		return PrivateChat{}, false
	}
	if m := privateTo.FindStringSubmatch(text); m != nil {
		return PrivateChat{From: m[3], FromID: userID(m[4]), To: m[1], ToID: userID(m[2]), Text: m[5]}, true
	}
	if m := privateFrom.FindStringSubmatch(text); m != nil {
		return PrivateChat{From: m[1], FromID: userID(m[2]), To: s.login.me.Name, ToID: s.login.me.ID, Text: m[3]}, true
	}
	return PrivateChat{}, false
}

func userID(s string) uint16 {
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil {
		return 0
	}
	return uint16(n)
}
