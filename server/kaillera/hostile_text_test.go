package kaillera

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/wire"
	"kbridge/server/limits"
	"kbridge/server/stats"
)

// Row 22: control characters in each field.
func TestControlCharactersAreTakenOutOfEveryField(t *testing.T) {
	const dirty = "a\x01b\nc\x1b[31md\x7fe\r\t"
	const clean = "abc[31mde"
	b := newBox(t, Config{})
	by := b.client(2, "bert")
	by.login()
	c := b.client(1, dirty)
	c.send(wire.TypeLogin, wire.LoginRequest{User: dirty, Emulator: dirty, Connection: wire.LAN})
	require.Equal(t, clean, boxParse(by, wire.TypeUserJoined, wire.ParseUserJoined).User)
	c.send(wire.TypeGlobalChat, wire.ChatRequest{Text: dirty})
	require.Equal(t, wire.Chat{User: clean, Text: clean}, boxParse(by, wire.TypeGlobalChat, wire.ParseChat))
	c.send(wire.TypeCreateGame, wire.CreateRequest{Game: dirty})
	require.Equal(t, wire.GameCreated{User: clean, Game: clean, Emulator: clean, GameID: 1},
		boxParse(by, wire.TypeCreateGame, wire.ParseGameCreated))
	by.send(wire.TypeJoinGame, wire.JoinRequest{GameID: 1})
	require.Equal(t, clean, boxParse(by, wire.TypePlayerList, wire.ParsePlayerList).Players[0].Name)
	c.send(wire.TypeGameChat, wire.ChatRequest{Text: dirty})
	require.Equal(t, wire.Chat{User: clean, Text: clean}, boxParse(by, wire.TypeGameChat, wire.ParseChat))
	c.send(wire.TypeUserQuit, wire.QuitRequest{Message: dirty})
	require.Equal(t, wire.UserQuit{User: clean, UserID: 2, Message: clean}, boxParse(by, wire.TypeUserQuit,
		wire.ParseUserQuit))
}

// Row 22: longer than the wire allows is cut, not refused.
func TestTextsLongerThanTheWireAllowsAreCut(t *testing.T) {
	b := newBox(t, Config{})
	long := strings.Repeat("x", 350)
	c := b.client(1, "anna")
	c.send(wire.TypeLogin, wire.LoginRequest{User: long[:200], Emulator: long[:190], Connection: wire.LAN})
	require.Equal(t, long[:31], boxParse(c, wire.TypeUserJoined, wire.ParseUserJoined).User)
	c.send(wire.TypeGlobalChat, wire.ChatRequest{Text: long})
	require.Equal(t, long[:150], boxParse(c, wire.TypeGlobalChat, wire.ParseChat).Text)
	c.send(wire.TypeCreateGame, wire.CreateRequest{Game: long})
	m := boxParse(c, wire.TypeCreateGame, wire.ParseGameCreated)
	require.Equal(t, long[:127], m.Game)
	require.Equal(t, long[:127], m.Emulator)
	c.send(wire.TypeGameChat, wire.ChatRequest{Text: long})
	require.Equal(t, long[:320], boxParse(c, wire.TypeGameChat, wire.ParseChat).Text)
	c.send(wire.TypeUserQuit, wire.QuitRequest{Message: long})
	require.Equal(t, long[:100], boxParse(c, wire.TypeUserQuit, wire.ParseUserQuit).Message)
}

// Row 22: nobody passes for the server.
func TestNobodyPassesForTheServer(t *testing.T) {
	utf8 := Config{Charset: "utf-8"}
	for _, name := range []string{"server", "SERVER", "Server ", " error", "ERROR", "S e r v e r", "[Server]", "Sеrver",
		"ｓｅｒｖｅｒ", "Err0r",
		"ser\u200bver", "\u202eServer", "server:", "5erver", "Ｓer\u3000ver", "s\u00e9rver", "se\u0301rver",
		"\U0001d412erver", "ⓔⓡⓡⓞⓡ"} {
		require.Contains(t, boxRefusal(t, utf8, name), "reserved", "%q", name)
	}
	for _, name := range []string{"", " ", "\x01", "\u200b"} {
		require.Contains(t, boxRefusal(t, utf8, name), "empty", "%q", name)
	}
	for _, name := range []string{"servers", "Server1", "observer", "terror", "サーバー", "Érrorist"} {
		require.Empty(t, boxRefusal(t, utf8, name), "%q", name)
	}
}

// boxRefusal logs in with a name and returns why it was refused; empty if not.
func boxRefusal(t *testing.T, cfg Config, name string) string {
	b := newBox(t, cfg)
	c := b.client(1, name)
	c.send(wire.TypeLogin, wire.LoginRequest{User: name, Emulator: "emu", Connection: wire.LAN})
	if se := c.session(); se.loggedIn() {
		return ""
	}
	return boxParse(c, wire.TypeLoginRefused, wire.ParseLoginRefused).Message
}

// Row 22: 100 chats a second, and the same with rooms and joins.
func TestAFloodPassesAtItsRateOnly(t *testing.T) {
	b := newBox(t, Config{})
	by := b.client(2, "bert")
	by.login()
	by.send(wire.TypeCreateGame, wire.CreateRequest{Game: "Pong"})
	id := by.session().room.Load().ID
	c := b.client(1, "anna")
	c.login()
	flood := func(at *boxClient, count wire.Type, send func()) int {
		b.pass(30 * time.Second)
		by.inbox, c.inbox = nil, nil
		for range 1000 {
			send()
			b.pass(10 * time.Millisecond)
		}
		n := 0
		for _, g := range at.inbox {
			if g.typ == count {
				n++
			}
		}
		return n
	}
	chat := wire.ChatRequest{Text: "x"}
	require.InDelta(t, 5+5, flood(by, wire.TypeGlobalChat, func() { c.send(wire.TypeGlobalChat, chat) }), 1)
	require.Contains(t, typesOf(c.inbox), wire.TypeServerMessage, "and is told")
	require.InDelta(t, 5+5, flood(c, wire.TypeCreateGame, func() {
		c.send(wire.TypeCreateGame, wire.CreateRequest{Game: "x"})
		c.send(wire.TypeQuitGame, wire.LeaveRequest{})
	}), 1)
	heard := 0
	for _, g := range by.inbox {
		if g.typ == wire.TypeCreateGame {
			heard++
		}
	}
	require.InDelta(t, 5+3, heard, 3, "who is not in the room need not hear of each")
	require.InDelta(t, 8+10, flood(by, wire.TypeJoinGame, func() {
		c.send(wire.TypeJoinGame, wire.JoinRequest{GameID: id})
		c.send(wire.TypeQuitGame, wire.LeaveRequest{})
	}), 1)
	c.send(wire.TypeJoinGame, wire.JoinRequest{GameID: id})
	b.pass(30 * time.Second)
	c.send(wire.TypeJoinGame, wire.JoinRequest{GameID: id})
	// Room chat waits: what passes is the room's pace.
	require.InDelta(t, 10*limits.LineRate/limits.LeastLine, flood(by, wire.TypeGameChat,
		func() { c.send(wire.TypeGameChat, chat) }),
		20)

	// 1,000 messages of any other kind in an instant: most are not looked at.
	b.pass(30 * time.Second)
	before := b.refused(stats.RefusedMessage)
	for range 1000 {
		c.send(wire.TypeKick, wire.KickRequest{UserID: 9})
	}
	require.Equal(t, 1000-100, b.refused(stats.RefusedMessage)-before)
}

// Row 22: logins without end from one address, each complete.
func TestLoginsOfOneAddressPassAtTheirRateOnly(t *testing.T) {
	b := newBox(t, Config{})
	refused := 0
	begun := b.now
	for n := range 100 {
		c := b.clientAt(netipPort(hostAddr(1), uint16(2000+n)), fmt.Sprint("u", n))
		c.send(wire.TypeLogin, wire.LoginRequest{User: c.name, Emulator: "emu", Connection: wire.LAN})
		if g, ok := c.find(wire.TypeLoginRefused); ok {
			refused++
			m, err := wire.ParseLoginRefused(g.body)
			require.NoError(t, err)
			require.Contains(t, m.Message, "Too many logins")
			continue
		}
		c.send(wire.TypeUserQuit, wire.QuitRequest{})
	}
	require.InDelta(t, 100-30-b.now.Sub(begun).Seconds(), refused, 2, "30 at once and one a second")
	b.client(2, "somebody else").login()
	b.pass(time.Minute)
	require.Len(t, b.s.sessions.at, 1, "nothing is left of them")
}

// Row 23: a list of 500 users with 31-byte names.
func TestALongUserListIsSplit(t *testing.T) {
	b := newBox(t, Config{MaxUsers: 600})
	want := map[string]bool{}
	for n := range 500 {
		name := fmt.Sprintf("%04d%s", n, strings.Repeat("n", 27))
		want[name] = true
		c := b.client(1000+n, name)
		c.login()
		b.remove(c) // nothing of what it gets matters
	}
	last := b.client(1, "last")
	b.largest = 0
	b.meter()
	last.send(wire.TypeLogin, wire.LoginRequest{User: "last", Emulator: "emu", Connection: wire.LAN})
	sentAtOnce := b.sent[last.addr]
	b.pass(5 * time.Second)
	require.LessOrEqual(t, b.largest, wire.MaxDatagram)
	order := typesOf(last.inbox)
	for _, g := range last.inbox {
		if g.typ == wire.TypeServerStatus {
			st, err := wire.ParseServerStatus(g.body)
			require.NoError(t, err)
			for _, u := range st.Users {
				require.True(t, want[u.Name], u.Name)
				delete(want, u.Name)
			}
		}
	}
	require.Empty(t, want, "everyone is in the list, once")
	require.Greater(t, sentAtOnce, 10_000, "the list is not withheld")
	rounds := 5 * (1 + 8*limits.AckSize) // of the login
	require.LessOrEqual(t, sentAtOnce, rounds+limits.PaceBurst+wire.MaxDatagram, "but spread")
	require.Equal(t, wire.TypeUserJoined, order[bytes.LastIndexByte(typeBytes(order), byte(wire.TypeServerStatus))+1])
	require.Zero(t, last.link.Stats().Lost)
}

func typeBytes(ts []wire.Type) (out []byte) {
	for _, t := range ts {
		out = append(out, byte(t))
	}
	return out
}
