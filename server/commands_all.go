package server

import (
	"fmt"
	"strconv"
	"strings"

	"kbridge/server/limits"
)

// The commands that are answered in the lobby and in rooms.

func orderVersion(o order) bool {
	o.answer("VERSION: %s", Version())
	return true
}

func orderMyIP(o order) bool {
	o.answer("Your IP Address is: %v", o.from.addr.Addr().Unmap())
	return true
}

// orderFindUser answers in EmuLinker's words, which tools read. Of many there are only the first ones.
func orderFindUser(o order) bool {
	if o.rest == "" {
		return false
	}
	part, found := strings.ToLower(o.rest), 0
	for _, u := range o.from.server.users {
		name := u.name()
		if !strings.Contains(strings.ToLower(name), part) {
			continue
		}
		if found++; found > limits.MaxFound {
			continue
		}
		text := fmt.Sprintf("UserID: %d, Nick: <%s>, Access: %s", u.id, name, accessNormal)
		if u.room != nil {
			text += fmt.Sprintf(", GameID: %d, Game: %s", u.room.id, u.server.clean.text(u.room.game))
		}
		o.answer("%s", text)
	}
	switch {
	case found == 0:
		o.answer("Nobody here has a name with %s in it", o.rest)
	case found > limits.MaxFound:
		o.answer("And %d more; say more of the name", found-limits.MaxFound)
	}
	return true
}

// accessNormal is what EmuLinker calls the access of users who have no office.
const accessNormal = "Normal"

func orderMe(o order) bool {
	if o.rest == "" {
		return false
	}
	text := "*" + o.from.name() + " " + o.rest
	switch {
	case o.room == nil:
		for _, u := range o.from.server.users {
			u.tell(o.now, text)
		}
	case o.room.muted(o.from):
		o.answer(mutedNotice)
	default:
		o.tellAll("%s", text)
	}
	return true
}

// partner is whom a user talked to last in private. IDs are used again, so the name has to be the same too.
type partner struct {
	id  uint16
	key string
}

// orderMsg passes a line on to one user, in a room to one who is there. The words are EmuLinker's, which clients read.
func orderMsg(o order) bool {
	s, sv := o.from, o.from.server
	number, text, _ := strings.Cut(o.rest, " ")
	id, err := strconv.ParseUint(number, 10, 16)
	to := sv.byID[uint16(id)]
	if text = trim(text); err != nil { // without an ID
		if text, to = o.rest, sv.byID[s.partner.id]; s.partner.key == "" {
			return false
		}
		if id = uint64(s.partner.id); to != nil && to.key != s.partner.key {
			to = nil
		}
	}
	switch {
	case text == "":
		return false
	case to == nil:
		o.answer("There is no user with the ID %d", id)
	case o.room != nil && to.room != o.room:
		o.answer("%s is not in this room", to.name())
	case o.room != nil && o.room.muted(s):
		o.answer(mutedNotice)
	case to.noMessages && to != s:
		o.answer("%s takes no private messages", to.name())
	default:
		s.partner, to.partner = partner{to.id, to.key}, partner{s.id, s.key}
		o.answer("TO: <%s>(%d) <%s> (%d): %s", to.name(), to.id, s.name(), s.id, text)
		if to != s {
			o.tell(to, fmt.Sprintf("<%s> (%d): %s", s.name(), s.id, text))
		}
	}
	return true
}

func orderMsgOn(o order) bool {
	o.from.noMessages = false
	o.answer("You take private messages now")
	return true
}

func orderMsgOff(o order) bool {
	o.from.noMessages = true
	o.answer("You take no private messages now; /msgon takes them again")
	return true
}
