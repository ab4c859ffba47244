package kclient

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"kbridge/kclient/wire"
)

// emuLinkerName is who EmuLinker's own words are from in the lobby and when it refuses a
// login; other servers write it with a capital.
const emuLinkerName = "server"

// privateTo and privateFrom are the two forms of a private message, see privateLocked.
var (
	privateTo   = regexp.MustCompile(`^TO: <(.*?)>\((\d{1,5})\) <(.*?)> \((\d{1,5})\): (.*)$`)
	privateFrom = regexp.MustCompile(`^<(.*?)> \((\d{1,5})\): (.*)$`)
)

// Private says something to one user. The server passes it on as EmuLinker does,
// when it is asked with /msg in the lobby's chat; a server that does not know that
// would show it to everybody, so it is not sent to a server that has not shown
// that it is one of the two: then the error is ErrNoPrivate. Lengths are those of
// Chat, and so is *CharsetError.
func (c *Client) Private(userID uint16, text string) (err error) {
	s := c.s
	s.mu.Lock()
	defer s.release(&err)
	if s.err != nil {
		return s.closedLocked()
	}
	if !s.knowsPrivateLocked() {
		return ErrNoPrivate
	}
	if _, err := s.raw("private message", text, wire.MaxChat); err != nil {
		return err
	}
	raw, _ := s.raw("private message", fmt.Sprintf("/msg %d %s", userID, text), wire.MaxChat)
	words := s.text(strings.TrimPrefix(raw, fmt.Sprintf("/msg %d ", userID)))
	now := time.Now()
	s.sayLocked(now, wire.TypeGlobalChat, wire.ChatRequest{Text: raw}, words, nil, LostLine{ToID: userID, Text: words})
	s.flushLocked(now)
	return nil
}

// knowsPrivateLocked: a server that has given us a ticket is ours; EmuLinker says
// its words as "server", with a small letter.
func (s *session) knowsPrivateLocked() bool { return s.ticket.have || s.emuLinker }

// privateLocked recognises a private message among the server's own words, in the lobby
// or in a room. Both EmuLinkers, and our server, word it so (their ChatAction and
// GameChatAction), to the one whom it is for and to the one who sent it:
//
//	<name> (ID): text
//	TO: <name>(ID) <our name> (our ID): text
func (s *session) privateLocked(text string) (p PrivateChat, ok bool) {
	rest, to := strings.CutPrefix(text, "TO: ")
	if rest, ok = strings.CutPrefix(rest, "<"); !ok {
		return p, false
	}
	if s.ticket.have {
		return s.ourPrivateLocked(text)
	}
	// The name and the ID have to be those of one user, so that a user's or a room's name in
	// another announcement ("… created game: …") makes no private message.
	me, form := s.login.me, ""
	for _, u := range s.lobby.users {
		if !strings.HasPrefix(rest, u.Name) {
			continue
		}
		f := fmt.Sprintf("<%s> (%d): ", u.Name, u.ID)
		if to {
			f = fmt.Sprintf("TO: <%s>(%d) <%s> (%d): ", u.Name, u.ID, me.Name, me.ID)
		}
		if strings.HasPrefix(text, f) && len(f) > len(form) {
			form = f
			p = PrivateChat{From: u.Name, FromID: u.ID, To: me.Name, ToID: me.ID, Text: text[len(f):]}
			if to {
				p.From, p.FromID, p.To, p.ToID = me.Name, me.ID, u.Name, u.ID
			}
		}
	}
	if form == "" {
		return p, false
	}
	for _, u := range s.lobby.users {
		if strings.HasPrefix(u.Name+" ", form) && strings.HasPrefix(text, u.Name) {
			return p, false // the announcement is about somebody who is called so
		}
	}
	return p, true
}

// ourPrivateLocked: our server says nothing else that begins so. It may show a name in
// other letters than the list does, when the charsets differ.
func (s *session) ourPrivateLocked(text string) (PrivateChat, bool) {
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
