package server

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"kbridge/kclient/wire"
	"kbridge/server/limits"
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
	from *session
	room *room  // in whose chat; nil in the lobby's
	rest string // behind the word; UTF-8, harmless, without spaces at its ends
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

// isCommand reports whether a line, in wire bytes, is one: a slash and a letter. A line that is data begins with its
// mark.
func isCommand(raw string) bool {
	return len(raw) > 1 && raw[0] == '/' && (raw[1]|0x20 >= 'a' && raw[1]|0x20 <= 'z')
}

// command does what a line says that isCommand, in a room's chat or, where r is nil, in the lobby's.
func (s *session) command(now time.Time, r *room, raw string) {
	word, rest, _ := strings.Cut(s.server.clean.text(raw), " ")
	o := order{now: now, from: s, room: r, rest: trim(rest)}
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
func (o order) mayOrder() bool { return o.room.owner == o.from }

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
func (o order) tell(u *session, text string) {
	if o.room != nil {
		u.warn(o.now, text)
	} else {
		u.tell(o.now, text)
	}
}

// tellAll tells everybody in the room.
func (o order) tellAll(format string, args ...any) {
	o.room.tellAll(o.now, fmt.Sprintf(format, args...))
}

// tellAll is a line of the server's for everybody in the room, at the room's pace.
func (r *room) tellAll(now time.Time, text string) {
	r.lines.say(now, serverName, r.server.clean.encode(text, limits.MaxGameChat))
}

// number is an argument from 1 to most.
func (o order) number(most int) (n int, ok bool) {
	n, err := strconv.Atoi(o.rest)
	return n, err == nil && n >= 1 && n <= most
}

// name is a user's name as words of ours quote it.
func (s *session) name() string { return s.server.clean.text(s.user) }

// trim takes spaces off the ends, but not what is one in the server's charset
// only: A0 in 1252 is half of "あ" in 932.
func trim(s string) string { return strings.Trim(s, " ") }

// commandOfRoom is a command in the room's chat. It counts as a line of the lobby's, where commands are as dear.
func (s *session) commandOfRoom(now time.Time, raw string) {
	if s.chats.Allow(now, s.server.cfg.Flood.Chat) {
		s.command(now, s.room, raw)
		return
	}
	s.server.countRefused(RefusedChat)
	if s.takeNotice(now) {
		s.warn(now, "You say commands too fast, wait a moment")
	}
}

// waiting reports whether the room's game has not started.
func (o order) waiting() bool { return o.room.state == wire.GameWaiting }
