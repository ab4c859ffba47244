package kaillera

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/wire"
	"kbridge/kclient/wire/ext"
	"kbridge/server/limits"
	"kbridge/server/stats"
)

// Row 13: a malformed packet after HELLO.
func TestAMalformedDatagramIsDroppedAndNothingElse(t *testing.T) {
	b := newBox(t, Config{})
	from := hostAddr(1)
	b.raw(from, wire.AppendHello(nil))
	require.Equal(t, 1, b.count)
	for _, d := range []string{"Kthxbai", "", "\x00", "HELLO", "HELLO\x00", "HELLOD00D27888\x00", "PING", "PONG\x00",
		"\xff", "\x20", "HELLO0.83",
		"\x01\x00\x00\xff\xff\x07", "\x02\x00\x00\x01\x00\x07", "\x21\x00\x00\x01\x00\x07",
		strings.Repeat("A", 65535)} {
		b.raw(from, []byte(d))
	}
	require.Equal(t, 1, b.count, "none of it was answered")
	require.Empty(t, b.s.sessions.at)
	require.Zero(t, b.s.pending.len())
	b.client(2, "anna").login()
	// The same from a user's own address: dropped, and nothing else.
	for _, d := range []string{"Kthxbai", "", "\x00", "\x01\x00\x00\xff\xff\x07"} {
		b.raw(hostAddr(2), []byte(d))
	}
	require.True(t, b.clients[hostAddr(2)].session().loggedIn())
}

func TestHelloAndPing(t *testing.T) {
	b := newBox(t, Config{MaxUsers: 1})
	c := b.client(1, "anna")
	answer := func(d []byte) string {
		var got []byte
		before := b.bytes
		probe := b.client(9, "probe")
		probe.silent = true
		b.s.Receive(b.now, b.s.conn, hostAddr(9), netip.Addr{}, d)
		for _, r := range probe.raw {
			got = append(got, r...)
		}
		b.queue = nil
		b.remove(probe)
		require.Equal(t, len(got), b.bytes-before)
		return string(got)
	}
	require.Equal(t, "PONG\x00", answer([]byte("PING\x00")))
	require.Equal(t, "HELLOD00D27888\x00", answer([]byte("HELLO0.83\x00")))
	require.Equal(t, "VER\x00", answer([]byte("HELLO0.99\x00")))
	c.login()
	require.Equal(t, "TOO\x00", answer([]byte("HELLO0.83\x00")))
	require.Equal(t, "PONG\x00", answer([]byte("PING\x00")))
	require.Len(t, b.s.sessions.at, 1, "none of this left a trace")
	require.Zero(t, b.s.pending.len())
}

// Row 14: a length of 0, and bodies that are too short or point beyond their end.
func TestShortBodiesEndNoMoreThanTheirSendersGame(t *testing.T) {
	b := newBox(t, Config{})
	cs := b.game(2, wire.LAN)
	b.raw(cs[0].addr, []byte{1, 0, 0, 0, 0, 7})
	require.Equal(t, standsInPlay, cs[0].session().stands())
	cs[0].send(wire.TypeJoinGame, rawBody{0})
	require.Equal(t, standsInPlay, cs[0].session().stands())
	for typ := wire.Type(0); typ < 0x20; typ++ {
		if typ != wire.TypeGameData && typ != wire.TypeGameCache {
			cs[0].send(typ, rawBody{})
			cs[0].send(typ, rawBody{'x'})
		}
	}
	require.Equal(t, standsInPlay, cs[0].session().stands())
	// A game data that points beyond its end ends that player's game only.
	cs[0].inbox = nil
	cs[0].send(wire.TypeGameData, rawBody{0, 0xFF, 0xFF})
	require.Equal(t, standsInRoom, cs[0].session().stands())
	require.Contains(t, boxParse(cs[0], wire.TypeGameChat, wire.ParseChat).Text, "dropped from the game")
	require.Equal(t, standsInPlay, cs[1].session().stands())
	cs[1].batches(1)
	require.Contains(t, cs[1].types(), wire.TypeGameData, "the others go on")
}

// Row 16: every type in every state. Nothing may change but what the table of
// accepted types says, and the session must still work.
func TestATypeInTheWrongStateChangesNothing(t *testing.T) {
	setups := map[standing]func(b *box) *boxClient{
		standsInLogin: func(b *box) *boxClient {
			c := b.client(1, "anna")
			c.mute = true
			c.send(wire.TypeLogin, wire.LoginRequest{User: "anna", Emulator: "emu", Connection: wire.LAN})
			c.send(wire.TypeClientAck, wire.ClientAck{Extra: ext.AppendNonce(nil, b.s.nonce(c.addr))})
			return c
		},
		standsInLobby: func(b *box) *boxClient {
			c := b.client(1, "anna")
			c.login()
			return c
		},
		standsInRoom: func(b *box) *boxClient {
			c := b.client(1, "anna")
			c.login()
			c.send(wire.TypeCreateGame, wire.CreateRequest{Game: "Pong"})
			return c
		},
		standsInNetsync: func(b *box) *boxClient {
			c := b.client(1, "anna")
			c.login()
			c.send(wire.TypeCreateGame, wire.CreateRequest{Game: "Pong"})
			c.send(wire.TypeStartGame, wire.StartRequest{})
			return c
		},
		standsInPlay: func(b *box) *boxClient { return b.game(2, wire.LAN)[0] },
		standsOver: func(b *box) *boxClient {
			c := b.client(1, "anna")
			c.login()
			c.send(wire.TypeUserQuit, wire.QuitRequest{})
			return c
		},
	}
	bodies := map[wire.Type][]byte{
		wire.TypeUserQuit:     wire.QuitRequest{Message: "bye"}.AppendTo(nil),
		wire.TypeLogin:        wire.LoginRequest{User: "other", Emulator: "emu", Connection: wire.LAN}.AppendTo(nil),
		wire.TypeClientAck:    wire.ClientAck{}.AppendTo(nil),
		wire.TypeGlobalChat:   wire.ChatRequest{Text: "hi"}.AppendTo(nil),
		wire.TypeGameChat:     wire.ChatRequest{Text: "hi"}.AppendTo(nil),
		wire.TypeKeepAlive:    wire.KeepAlive{}.AppendTo(nil),
		wire.TypeCreateGame:   wire.CreateRequest{Game: "Pong"}.AppendTo(nil),
		wire.TypeQuitGame:     wire.LeaveRequest{}.AppendTo(nil),
		wire.TypeJoinGame:     wire.JoinRequest{GameID: 1}.AppendTo(nil),
		wire.TypeKick:         wire.KickRequest{UserID: 1}.AppendTo(nil),
		wire.TypeStartGame:    wire.StartRequest{}.AppendTo(nil),
		wire.TypeGameData:     wire.AppendGameData(nil, []byte{1, 2}),
		wire.TypeGameCache:    wire.AppendGameCache(nil, 0),
		wire.TypeDropGame:     wire.DropRequest{}.AppendTo(nil),
		wire.TypeReady:        wire.ReadyRequest{}.AppendTo(nil),
		wire.TypeUserJoined:   wire.UserJoined{User: "x"}.AppendTo(nil),
		wire.TypeCloseGame:    wire.GameClosed{GameID: 1}.AppendTo(nil),
		wire.TypeGameStatus:   wire.GameStatus{GameID: 1}.AppendTo(nil),
		wire.TypePlayerList:   wire.PlayerList{}.AppendTo(nil),
		wire.TypeServerAck:    wire.ServerAck{}.AppendTo(nil),
		wire.TypeServerStatus: wire.ServerStatus{}.AppendTo(nil),
	}
	// What a message does to the sender's state; none where not named.
	moves := map[standing]map[wire.Type]standing{
		standsInLobby: {wire.TypeCreateGame: standsInRoom, wire.TypeUserQuit: standsOver},
		standsInRoom: {wire.TypeQuitGame: standsInLobby, wire.TypeUserQuit: standsOver,
			wire.TypeStartGame: standsInNetsync},
		standsInNetsync: {wire.TypeQuitGame: standsInLobby, wire.TypeUserQuit: standsOver,
			wire.TypeDropGame: standsInRoom,
			wire.TypeReady:    standsInPlay},
		standsInPlay: {wire.TypeQuitGame: standsInLobby, wire.TypeUserQuit: standsOver, wire.TypeDropGame: standsInRoom,
			wire.TypeGameCache: standsInRoom},
	}
	for st, setup := range setups {
		for typ := wire.Type(0); typ < 0x22; typ++ {
			b := newBox(t, Config{})
			by := b.client(50, "bystander")
			by.login()
			c := setup(b)
			se := c.session()
			require.Equal(t, st, se.stands())
			by.inbox = nil
			before := b.refused(stats.RefusedMisplaced)
			c.send(typ, rawBody(bodies[typ]))
			name := fmt.Sprintf("state %s, %v", st, typ)
			if st == standsInLogin {
				if typ == wire.TypeUserQuit {
					require.Nil(t, c.session(), name)
					require.Empty(t, by.types(), name)
					continue
				}
			} else if want, moved := moves[st][typ]; moved {
				require.Equal(t, want, se.stands(), name)
				continue
			}
			require.Equal(t, st, se.stands(), name)
			if st != standsOver && !acceptedIn[st].has(typ) {
				require.Equal(t, before+1, b.refused(stats.RefusedMisplaced), name)
				require.Empty(t, by.types(), name+": nobody else hears of it")
			}
			by.inbox = nil
			by.send(wire.TypeGlobalChat, wire.ChatRequest{Text: "still here"})
			require.Equal(t, []wire.Type{wire.TypeGlobalChat}, by.types(), name)
			if st == standsInLogin { // the login can still be completed
				for range limits.LoginRounds {
					c.send(wire.TypeClientAck, wire.ClientAck{})
				}
				require.Equal(t, standsInLobby, se.stands(), name)
			}
		}
	}
}

// On a socket for IPv4 and IPv6 an IPv4 address can look either way: it is one
// client all the same.
func TestMappedAddressesAreTheSame(t *testing.T) {
	b := newBox(t, Config{})
	c := b.client(1, "anna")
	c.login()
	mapped := netip.AddrPortFrom(netip.AddrFrom16(c.addr.Addr().As16()), c.addr.Port())
	require.True(t, mapped.Addr().Is4In6())
	b.raw(mapped, one(uint16(c.link.Stats().MessagesSent), wire.TypeGlobalChat,
		wire.ChatRequest{Text: "x"}.AppendTo(nil)))
	require.Equal(t, []wire.Type{wire.TypeGlobalChat}, c.types())
}

// Row 19: duplicates, jumps and replays.
func TestDuplicatesJumpsAndReplaysDoNoHarm(t *testing.T) {
	b := newBox(t, Config{})
	c := b.client(1, "anna")
	c.login()
	by := b.client(2, "bert")
	by.login()
	next := uint16(c.link.Stats().MessagesSent) // the number of the next message
	chat := func(text string) []byte { return wire.ChatRequest{Text: text}.AppendTo(nil) }
	heard := func() (out []string) {
		for _, g := range by.inbox {
			if g.typ == wire.TypeGlobalChat {
				m, err := wire.ParseChat(g.body)
				require.NoError(t, err)
				out = append(out, m.Text)
			}
		}
		by.inbox = nil
		return out
	}
	// [n+1, n+1]: the same number twice in a bundle.
	d := wire.AppendBundleHeader(nil, 2)
	d = wire.AppendMessage(d, next, wire.TypeGlobalChat, chat("one"))
	d = wire.AppendMessage(d, next, wire.TypeGlobalChat, chat("other"))
	b.raw(c.addr, d)
	require.Len(t, heard(), 1)
	// A jump by 30,000 is not followed, and does no harm.
	b.raw(c.addr, one(next+30_000, wire.TypeGlobalChat, chat("far")))
	require.Empty(t, heard())
	b.raw(c.addr, one(next+1, wire.TypeGlobalChat, chat("two")))
	require.Equal(t, []string{"two"}, heard())
	// Old ones again: not applied a second time.
	b.raw(c.addr, d)
	b.raw(c.addr, one(next+1, wire.TypeGlobalChat, chat("two")))
	require.Empty(t, heard())

	// A replay, 1,000 a second for ten seconds, is answered a few times a second
	// at most.
	c.silent = true
	b.meter()
	for range 10_000 {
		b.raw(c.addr, d)
		b.pass(time.Millisecond)
	}
	require.LessOrEqual(t, b.counts[c.addr], 60)
	require.Less(t, b.sent[c.addr], 10_000*len(d))
	require.Empty(t, heard())
}

// Row 19: a message that never comes does not stop the session for ever; in a
// game the loss is told, not hidden.
func TestAHoleThatStaysStopsNoSession(t *testing.T) {
	b := newBox(t, Config{})
	cs := b.game(2, wire.LAN)
	c := cs[0]
	next := uint16(c.link.Stats().MessagesSent)
	c.silent = true
	b.raw(c.addr, one(next+1, wire.TypeGameChat, wire.ChatRequest{Text: "after the hole"}.AppendTo(nil)))
	cs[1].batches(1)
	require.Equal(t, standsInPlay, c.session().stands())
	b.pass(limits.HolePatience + time.Second)
	require.Equal(t, standsInRoom, c.session().stands())
	require.Equal(t, "after the hole", boxParse(cs[1], wire.TypeGameChat, wire.ParseChat).Text)
	require.Contains(t, typesOf(cs[1].inbox), wire.TypeDropGame)
	require.Contains(t, typesOf(cs[1].inbox), wire.TypeGameData)
}
