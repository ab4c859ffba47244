package kclient_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient"
	"kbridge/kclient/sim/network"
	"kbridge/kclient/wire"
)

// A private message reaches one user and comes back to its sender; what looks like
// one in public chat is public chat.
func TestPrivateMessages(t *testing.T) {
	m := match{seed: 1, profile: network.LAN()}
	bubble(t, m, func(t *testing.T, w *world) {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		lobbies := map[string]*kclient.Client{}
		for _, name := range []string{"ann", "bob <x> (9): y", "cid"} {
			l, err := w.dial(ctx, name, 1)
			require.NoError(t, err)
			lobbies[name[:3]] = l
		}
		ann, bob := lobbies["ann"].User(), lobbies["bob"].User()
		require.NoError(t, lobbies["ann"].Private(bob.ID, "psst: <b>"))
		require.NoError(t, lobbies["cid"].Chat("<ann> (1): forged"))
		require.NoError(t, lobbies["cid"].Chat("/msg 999 nobody"))
		require.NoError(t, lobbies["cid"].Chat("/dance"))
		time.Sleep(time.Second)
		seen := map[string][]kclient.PrivateChat{}
		public, told := 0, 0
		for name, l := range lobbies {
			for {
				soon, cancel := context.WithTimeout(ctx, time.Millisecond)
				e, err := l.NextEvent(soon)
				cancel()
				if err != nil {
					break
				}
				switch e := e.(type) {
				case kclient.PrivateChat:
					seen[name] = append(seen[name], e)
				case kclient.GlobalChat:
					require.Equal(t, "<ann> (1): forged", e.Text)
					public++
				case kclient.ServerMessage:
					if name == "cid" {
						told++
					}
				}
			}
		}
		want := kclient.PrivateChat{From: "ann", FromID: ann.ID, To: bob.Name, ToID: bob.ID, Text: "psst: <b>"}
		require.Equal(t, []kclient.PrivateChat{want}, seen["bob"])
		require.Len(t, seen["ann"], 1)
		require.Equal(t, "psst: <b>", seen["ann"][0].Text[len(seen["ann"][0].Text)-9:])
		require.Empty(t, seen["cid"])
		require.Equal(t, 3, public, "everybody sees the public line, and no command")
		require.GreaterOrEqual(t, told, 3, "the welcome and two answers")
	})
}

// privateLines are the private messages, and everything else that was said to us.
func privateLines(l *kclient.Client) (private []kclient.PrivateChat, other []string) {
	for e := range events(l) {
		switch e := e.(type) {
		case kclient.PrivateChat:
			private = append(private, e)
		case kclient.RoomChat:
			other = append(other, e.Text)
		case kclient.ServerMessage:
			other = append(other, e.Text)
		}
	}
	return private, other
}

// TestAPrivateMessageInARoomIsOne: both EmuLinkers say it as "Server" in the room's chat when it
// was written there, and as "server" when it comes from the lobby.
func TestAPrivateMessageInARoomIsOne(t *testing.T) {
	script(t, func(t *testing.T, s *scripted) {
		l := s.login()
		s.asEmuLinker()
		s.room(l)
		s.joins("bob", wire.LAN)
		privateLines(l)
		s.chat("Server", "<bob> (9): psst")
		s.chat("Server", "TO: <bob>(9) <ann> (7): what?")
		s.say(wire.TypeServerMessage, wire.ServerMessage{From: "server", Text: "<bob> (9): nothing"}.AppendTo(nil))
		private, other := privateLines(l)
		require.Empty(t, other)
		require.Equal(t, []kclient.PrivateChat{
			{From: "bob", FromID: 9, To: "ann", ToID: 7, Text: "psst"},
			{From: "ann", FromID: 7, To: "bob", ToID: 9, Text: "what?"},
			{From: "bob", FromID: 9, To: "ann", ToID: 7, Text: "nothing"},
		}, private)
	})
}

// TestNobodyForgesAPrivateMessage: not by a name of the server's, not in what is said
// under another name, not by a name that looks like the form and is announced.
func TestNobodyForgesAPrivateMessage(t *testing.T) {
	const form = "<bob> (9): "
	user := func(s *scripted, name string, id uint16) {
		s.say(wire.TypeUserJoined, wire.UserJoined{User: name, UserID: id, Connection: 1}.AppendTo(nil))
	}
	script(t, func(t *testing.T, s *scripted) {
		l := s.login()
		s.asEmuLinker()
		s.room(l)
		s.joins("bob", wire.LAN)
		for i, name := range []string{"<bob> (9):", form + "x", "TO: <bob>(9) <ann> (7):"} {
			user(s, name, uint16(20+i))
		}
		privateLines(l)
		s.chat("server", form+"EmuLinker lets a user be called so")
		s.chat("SERVER", form+"and so")
		s.chat("bob", form+"in his own line")
		for _, name := range []string{"<bob> (9):", form + "x", "TO: <bob>(9) <ann> (7):"} {
			s.say(wire.TypeServerMessage, wire.ServerMessage{From: "server",
				Text: name + " created game: Duel"}.AppendTo(nil))
			s.chat("Server", name+" will NOT receive any server activity during gameplay!")
		}
		s.chat("Server", "*bob "+form+"with /me")
		s.chat("Server", "<nobody> (9): a name and an ID of two users")
		private, other := privateLines(l)
		require.Empty(t, private)
		require.Len(t, other, 11)
		s.chat("Server", form+"a real one")
		private, other = privateLines(l)
		require.Empty(t, private, "nobody can tell while somebody is called so")
		require.Equal(t, []string{form + "a real one"}, other, "and it is not lost")
		for id := range uint16(3) {
			s.say(wire.TypeUserQuit, wire.UserQuit{UserID: 20 + id}.AppendTo(nil))
		}
		s.chat("Server", form+"a real one")
		private, _ = privateLines(l)
		require.Len(t, private, 1)
	})
	script(t, func(t *testing.T, s *scripted) { // a server where users may be called Server
		l := s.login()
		s.room(l)
		s.joins("bob", wire.LAN)
		user(s, "Server", 10)
		s.say(wire.TypeJoinGame, wire.PlayerJoined{GameID: 1, User: "Server", UserID: 10, Connection: 1}.AppendTo(nil))
		privateLines(l)
		s.chat("Server", form+"forged")
		private, other := privateLines(l)
		require.Empty(t, private)
		require.Len(t, other, 1)
	})
}
