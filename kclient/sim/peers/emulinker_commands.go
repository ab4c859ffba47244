package peers

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// roomCommand is a line in a room that begins with a slash: it is never said to the room. What answers it are lines
// from "Server", to the room or to the asker alone.
func (e *emulinker) roomCommand(u *elUser, r *elRoom, text string) {
	word, rest, _ := strings.Cut(text, " ")
	switch word {
	case "/start", "/startn", "/samedelay", "/maxusers", "/num", "/kick", "/kickall":
		if r.owner != u && !e.o.Admins {
			e.announce(r, "GameOwner Command Error: You are not an owner!", u)
			return
		}
		e.ownerCommand(u, r, word, rest)
		return
	}
	if e.flooding(u.chatted) {
		e.announce(r, "Denied: Flood Control", u)
		return
	}
	u.chatted = time.Now()
	switch {
	case word == "/msgon", word == "/msgoff":
		u.noMsgs = word == "/msgoff"
		e.announce(r, "Private messages are now "+word[4:]+".", u)
	case strings.HasPrefix(word, "/p2p"):
		e.ignoreServer(u, r, text)
	case strings.HasPrefix(word, "/msg"):
		e.privately(u, rest, func(to *elUser, line string) {
			if to.room != nil {
				e.announce(to.room, line, to)
			}
		})
	case word == "/me":
		e.announce(r, "*"+u.name+" "+rest, nil)
	default:
		e.announce(r, "Unknown Command: "+text, u)
	}
}

func (e *emulinker) ownerCommand(u *elUser, r *elRoom, word, rest string) {
	number, err := strconv.Atoi(rest)
	switch word {
	case "/start":
		if why := e.startGame(u, r); why != "" {
			e.announce(r, "GameOwner Command Failed: "+why, u)
		}
	case "/startn":
		if err != nil || number < 1 || number > 100 {
			e.announce(r, "StartN Error: Enter value between 1 and 100.", u)
			return
		}
		r.startN = number
		e.announce(r, fmt.Sprintf("This game will start when %d players have joined.", number), nil)
	case "/samedelay":
		r.sameDelay = rest == "true"
		e.announce(r, fmt.Sprintf("Same delay when game starts (restarts): %v", r.sameDelay), nil)
	case "/maxusers":
		if err != nil || number < 1 || number > 100 {
			e.announce(r, "Failed: /maxusers <#>", u)
			return
		}
		r.maxUsers = number
		e.statusChanged(r)
		e.announce(r, fmt.Sprintf("Max Users has been set to %d", number), nil)
	case "/num":
		e.announce(r, fmt.Sprintf("%d in the room!", len(r.players)), u)
	case "/kick":
		if err != nil || number < 1 || number > len(r.players) || r.players[number-1] == u {
			e.announce(r, "Failed: /kick <Player#> or /kickall to kick all players.", u)
			return
		}
		e.kick(u, r.players[number-1].id)
	case "/kickall":
		for _, p := range append([]*elUser(nil), r.players...) {
			if p != u {
				e.kick(u, p.id)
			}
		}
		e.announce(r, "All players have been kicked!", u)
	}
}

// ignoreServer is /p2pon and /p2poff: the owner's is for the room, and the next start says so before it succeeds.
func (e *emulinker) ignoreServer(u *elUser, r *elRoom, text string) {
	on := text == "/p2pon"
	switch {
	case !on && text != "/p2poff":
		e.announce(r, "Failed P2P: /p2pon or /p2poff", u)
	case r.owner == u:
		r.p2p = on
		for _, p := range r.players {
			p.p2p = on
		}
		e.announce(r, "This game will NOT receive any server activity during gameplay!", nil)
	default:
		u.p2p = on
		e.announce(r, u.name+" will NOT receive any server activity during gameplay!", nil)
	}
}

// lobbyCommand is a line in the lobby that begins with a slash. What answers it are lines from "server".
func (e *emulinker) lobbyCommand(u *elUser, text string) {
	if e.flooding(u.chatted) {
		e.tell(u, "Denied: Flood Control")
		return
	}
	u.chatted = time.Now()
	word, rest, _ := strings.Cut(text, " ")
	switch word {
	case "/alivecheck":
		e.tell(u, ":ALIVECHECK=EmuLinker-K Alive Check: You are still logged in.")
	case "/msg":
		e.privately(u, rest, e.inform)
	case "/msgon", "/msgoff":
		u.noMsgs = word == "/msgoff"
		e.tell(u, "Private messages are now "+word[4:]+".")
	case "/me":
		e.informAll("*" + u.name + " " + rest)
	default:
		e.tell(u, "Unknown Command: "+text)
	}
}

// privately is /msg <UserID> <text>, or without a number to who was talked with last: both hear it, as lines of the
// server's.
func (e *emulinker) privately(u *elUser, rest string, say func(to *elUser, line string)) {
	first, text, _ := strings.Cut(rest, " ")
	id, err := strconv.ParseUint(first, 10, 16)
	if err != nil {
		id, text = uint64(u.lastMsg), rest
	}
	to := e.userByID(uint16(id))
	text = strings.TrimSpace(text)
	switch {
	case err != nil && u.lastMsg == 0:
		say(u, "Private Message Error: /msg <UserID> <message>")
	case to == nil:
		say(u, "User not found!")
	case u.room != nil && to.room != u.room:
		say(u, "User not in this game!")
	case to == u:
		say(u, "You can't private message yourself!")
	case to.noMsgs:
		say(u, "<"+to.name+"> Is not accepting private messages!")
	case text == "":
	case len(text) > 320:
		say(u, "Private Message Denied: Message Too Long")
	default:
		u.lastMsg, to.lastMsg = to.id, u.id
		say(u, fmt.Sprintf("TO: <%s>(%d) <%s> (%d): %s", to.name, to.id, u.name, u.id, text))
		say(to, fmt.Sprintf("<%s> (%d): %s", u.name, u.id, text))
	}
}
