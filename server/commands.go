package server

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// command handles a line of the lobby's chat that begins with a slash, as EmuLinker
// does: it is never shown to everybody, whether it means something or not. The
// texts of a private message are EmuLinker's, which clients know.
func (s *session) command(now time.Time, text string) {
	sv := s.server
	line := sv.clean.text(text)
	word, rest, _ := strings.Cut(line, " ")
	switch strings.ToLower(word) {
	case "/msg":
		s.private(now, trim(rest))
	case "/me":
		if rest = trim(rest); rest == "" {
			s.tell(now, "Say what you do: /me <text>")
			return
		}
		for _, u := range sv.users {
			u.tell(now, "*"+sv.clean.text(s.user)+" "+rest)
		}
	default:
		s.tell(now, fmt.Sprintf("There is no command %s; there are /msg <user ID> <text> and /me <text>", word))
	}
}

// private passes a line on to one user.
func (s *session) private(now time.Time, rest string) {
	sv := s.server
	number, text, _ := strings.Cut(rest, " ")
	id, err := strconv.ParseUint(number, 10, 16)
	text = trim(text)
	if err != nil || text == "" {
		s.tell(now, "A private message is /msg <user ID> <text>")
		return
	}
	to := sv.byID[uint16(id)]
	if to == nil {
		s.tell(now, fmt.Sprintf("There is no user with the ID %d", id))
		return
	}
	from := sv.clean.text(s.user)
	s.tell(now, fmt.Sprintf("TO: <%s>(%d) <%s> (%d): %s", sv.clean.text(to.user), to.id, from, s.id, text))
	if to != s {
		to.tell(now, fmt.Sprintf("<%s> (%d): %s", from, s.id, text))
	}
}

// trim takes spaces off the ends, but not what is one in the server's charset
// only: A0 in 1252 is half of "あ" in 932.
func trim(s string) string { return strings.Trim(s, " ") }

// isCommand reports whether a chat line is one: a slash and a letter.
func isCommand(raw string) bool {
	return len(raw) > 1 && raw[0] == '/' && (raw[1]|0x20 >= 'a' && raw[1]|0x20 <= 'z')
}
