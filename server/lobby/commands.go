package lobby

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"kbridge/server/door"
	"kbridge/server/stats"
)

// A line that begins with a slash and a letter is for the server, in the lobby as in a room: it is never shown to
// others, whether it means something or not. The words are those of EmuLinker, which players know; the texts are our
// own, but for those of a private message and of a found user, which clients read.
//
// A word must be the whole word, upper case or lower. EmuLinker looks at how a line begins, so that "/message" is a
// private message there and "/kicking" a kick: what is mistyped must not do something else.
//
// Each one counts as a line of chat (Flood.Chat). What answers it goes to whoever typed it, a bounded number of lines;
// what everybody in a room is told of it goes out at the room's pace.

// command is one that there is.
type command struct {
	word  string // with its slash
	args  string // what stands behind it, for the usage
	whose whose
	run   func(o order) bool // does it; false: the arguments are wrong, and the usage is the answer
	help  string             // what it does, in a few words
}

// whose is who may say a command, and where.
type whose uint8

const (
	anywhere whose = iota // everybody, in the lobby and in rooms
	inRooms               // everybody, in a room
	ofOwners              // in a room, its owner
)

// order is a command that somebody has typed.
type order struct {
	now  time.Time
	from *User
	room *listing // in whose chat; nil in the lobby's
	rest string   // behind the word; UTF-8, harmless, without spaces at its ends
}

// commands are all there are, in the order of /help, which is in none of them. EmuLinker's /setemu, /setconn,
// /detectautofire, /fps, /stop, /p2pon and /ignore are not there: rooms line up whatever types there are, lag is
// measured at the game's own pace, nobody posts anything elsewhere, and who plays is told little of the lobby anyhow
// (news.go).
var commands []command

func init() { // they lead to where the table is looked at
	commands = []command{
		{"/version", "", anywhere, orderVersion, "which server this is"},
		{"/myip", "", anywhere, orderMyIP, "your address, as the server sees it"},
		{"/finduser", "<part of a name>", anywhere, orderFindUser, "who is here, and in which room"},
		{"/me", "<text>", anywhere, orderMe, "say what you do"},
		{"/msg", "<user ID> <text>", anywhere, orderMsg, "a private message; without an ID to whom you talked to last"},
		{"/msgon", "", anywhere, orderMsgOn, "take private messages"},
		{"/msgoff", "", anywhere, orderMsgOff, "take no private messages"},
		{"/num", "", inRooms, orderNum, "who is in the room, by number"},
		{"/lagstat", "", inRooms, orderLagStat, "who the game has waited for, shown to all"},
		{"/lagreset", "", inRooms, orderLagReset, "count that anew"},
		{"/start", "", ofOwners, orderStart, "start the game"},
		{"/startn", "<1-100>", ofOwners, orderStartN, "start it when so many have joined"},
		{"/maxusers", "<1-100>", ofOwners, orderMaxUsers, "how many the room holds"},
		{"/maxping", "<1-1000>", ofOwners, orderMaxPing, "the largest ping, in milliseconds, that may join"},
		{"/swap", "<order, as 213>", ofOwners, orderSwap, "each place's new player number, from the next game on"},
		{"/samedelay", "true, false or auto", ofOwners, orderSameDelay,
			"true gives everybody the longest frame delay, false each the one of its ping"},
		{"/kick", "<player number>", ofOwners, orderKick, "put somebody out, for as long as the room lives"},
		{"/kickall", "", ofOwners, orderKickAll, "put everybody else out"},
		{"/mute", "<user ID>", ofOwners, orderMute, "let somebody say no more in the room"},
		{"/unmute", "<user ID>", ofOwners, orderUnmute, "let somebody talk again"},
		{"/muteall", "", ofOwners, orderMuteAll, "let nobody else talk"},
		{"/unmuteall", "", ofOwners, orderUnmuteAll, "let everybody talk again"},
	}
}

// command does what a line says that room.IsCommand, in a room's chat or, where r is nil, in the lobby's.
func (u *User) command(now time.Time, r *listing, raw string) {
	word, rest, _ := strings.Cut(u.lobby.Clean.Text(raw), " ")
	o := order{now: now, from: u, room: r, rest: trim(rest)}
	if strings.EqualFold(word, "/help") {
		o.help()
		return
	}
	for i := range commands {
		if c := &commands[i]; strings.EqualFold(word, c.word) {
			o.do(c)
			return
		}
	}
	o.answer("There is no command %s; /help lists those there are", word)
}

// do does it, or says why not.
func (o order) do(c *command) {
	switch {
	case c.whose != anywhere && o.room == nil:
		o.answer("%s is for the chat of a room", c.word)
	case c.whose == ofOwners && !o.mayOrder():
		o.answer("Only the owner of the room may say %s", c.word)
	case c.args == "" && o.rest != "":
		o.answer("%s takes nothing more: %s", c.word, c.help)
	case !c.run(o):
		o.answer("%s takes %s: %s", c.word, c.args, c.help)
	}
}

func (c *command) usage() string { return strings.TrimSpace(c.word + " " + c.args) }

// mayOrder reports whether an owner's command may be given.
func (o order) mayOrder() bool { return o.from.seat.Owns() }

// help lists what the asker may use here.
func (o order) help() {
	for i := range commands {
		c := &commands[i]
		if c.whose == anywhere || o.room != nil && (c.whose == inRooms || o.mayOrder()) {
			o.answer("%s: %s", c.usage(), c.help)
		}
	}
}

// answer tells whoever has given the order, and nobody else.
func (o order) answer(format string, args ...any) {
	o.tell(o.from, fmt.Sprintf(format, args...))
}

// tell tells one user, where the order was given.
func (o order) tell(u *User, text string) {
	if o.room != nil {
		u.tell(o.now, door.Notice{Text: text})
	} else {
		u.say(o.now, text)
	}
}

// tellAll is a line of the server's for everybody in the room, at the room's pace.
func (o order) tellAll(format string, args ...any) {
	o.room.Notify(o.now, fmt.Sprintf(format, args...))
}

// number is an argument from 1 to most.
func (o order) number(most int) (n int, ok bool) {
	n, err := strconv.Atoi(o.rest)
	return n, err == nil && n >= 1 && n <= most
}

// trim takes spaces off the ends, but not what is one in the server's charset
// only: A0 in 1252 is half of "あ" in 932.
func trim(s string) string { return strings.Trim(s, " ") }

// commandInRoom is a command in the room's chat. It counts as a line of the lobby's, where commands are as dear.
func (u *User) commandInRoom(now time.Time, raw string) {
	if u.rates.chats.Allow(now, u.lobby.cfg.Flood.Chat) {
		u.command(now, u.lobby.roomByID[u.Room().ID], raw)
		return
	}
	u.refuse(stats.RefusedChat)
	if u.rates.Notice(now) {
		u.seat.Notify(now, "You say commands too fast, wait a moment")
	}
}
