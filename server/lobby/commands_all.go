package lobby

import (
	"fmt"
	"strconv"
	"strings"

	"kbridge/server/door"
	"kbridge/server/limits"
	"kbridge/server/room"
)

// The commands that are answered in the lobby and in rooms.

func orderVersion(o order) bool {
	o.answer("VERSION: %s", o.from.lobby.Version)
	return true
}

func orderMyIP(o order) bool {
	o.answer("Your IP Address is: %v", o.from.door.Addr().Addr().Unmap())
	return true
}

// orderFindUser answers in EmuLinker's words, which tools read. Of many there are only the first ones.
func orderFindUser(o order) bool {
	if o.rest == "" {
		return false
	}
	part, found := strings.ToLower(o.rest), 0
	for _, u := range o.from.lobby.users {
		name := u.Shown
		if !strings.Contains(strings.ToLower(name), part) {
			continue
		}
		if found++; found > limits.MaxFound {
			continue
		}
		text := fmt.Sprintf("UserID: %d, Nick: <%s>, Access: %s", u.ID, name, accessNormal)
		if r := u.Room(); r != nil {
			text += fmt.Sprintf(", GameID: %d, Game: %s", r.ID, u.lobby.Clean.Text(r.Game))
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
	text := "*" + o.from.Shown + " " + o.rest
	switch {
	case o.room == nil:
		o.from.lobby.Broadcast(o.now, door.Told{Text: text})
	case o.from.seat.Muted():
		o.answer(room.MutedNotice)
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
	u, l := o.from, o.from.lobby
	number, text, _ := strings.Cut(o.rest, " ")
	id, err := strconv.ParseUint(number, 10, 16)
	to := l.byID[uint16(id)]
	if text = trim(text); err != nil { // without an ID
		if text, to = o.rest, l.byID[u.partner.id]; u.partner.key == "" {
			return false
		}
		if id = uint64(u.partner.id); to != nil && to.Key != u.partner.key {
			to = nil
		}
	}
	switch {
	case text == "":
		return false
	case to == nil:
		o.answer("There is no user with the ID %d", id)
	case o.room != nil && to.Room() != o.room.Room:
		o.answer("%s is not in this room", to.Shown)
	case o.room != nil && u.seat.Muted():
		o.answer(room.MutedNotice)
	case to.noMessages && to != u:
		o.answer("%s takes no private messages", to.Shown)
	default:
		u.partner, to.partner = partner{to.ID, to.Key}, partner{u.ID, u.Key}
		o.answer("TO: <%s>(%d) <%s> (%d): %s", to.Shown, to.ID, u.Shown, u.ID, text)
		if to != u {
			o.tell(to, fmt.Sprintf("<%s> (%d): %s", u.Shown, u.ID, text))
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
