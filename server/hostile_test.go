package server

import (
	"bytes"
	"fmt"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/wire"
)

// Row 13: a malformed packet after HELLO.
func TestRow13MalformedAfterHello(t *testing.T) {
	b := newBox(t, Config{})
	from := hostAddr(1)
	b.raw(from, wire.AppendHello(nil))
	require.Equal(t, 1, b.count)
	for _, d := range []string{"Kthxbai", "", "\x00", "HELLO", "HELLO\x00", "HELLOD00D27888\x00", "PING", "PONG\x00", "\xff", "\x20", "HELLO0.83",
		"\x01\x00\x00\xff\xff\x07", "\x02\x00\x00\x01\x00\x07", "\x21\x00\x00\x01\x00\x07", strings.Repeat("A", 65535)} {
		b.raw(from, []byte(d))
	}
	require.Equal(t, 1, b.count, "none of it was answered")
	require.Empty(t, b.s.sessions)
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
		b.s.receive(b.now, b.s.conn, hostAddr(9), d)
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
	require.Len(t, b.s.sessions, 1, "none of this left a trace")
	require.Zero(t, b.s.pending.len())
}

// Row 14: a length of 0, and bodies that are too short or point beyond their end.
func TestRow14ShortBodies(t *testing.T) {
	b := newBox(t, Config{})
	cs := b.game(2, wire.LAN)
	b.raw(cs[0].addr, []byte{1, 0, 0, 0, 0, 7})
	require.Equal(t, statePlaying, cs[0].session().state)
	cs[0].send(wire.TypeJoinGame, rawBody{0})
	require.Equal(t, statePlaying, cs[0].session().state)
	for typ := wire.Type(0); typ < 0x20; typ++ {
		if typ != wire.TypeGameData && typ != wire.TypeGameCache {
			cs[0].send(typ, rawBody{})
			cs[0].send(typ, rawBody{'x'})
		}
	}
	require.Equal(t, statePlaying, cs[0].session().state)
	// A game data that points beyond its end ends that player's game only.
	cs[0].inbox = nil
	cs[0].send(wire.TypeGameData, rawBody{0, 0xFF, 0xFF})
	require.Equal(t, stateRoom, cs[0].session().state)
	require.Contains(t, boxParse(cs[0], wire.TypeGameChat, wire.ParseChat).Text, "dropped from the game")
	require.Equal(t, statePlaying, cs[1].session().state)
	cs[1].data(1)
	require.Contains(t, cs[1].types(), wire.TypeGameData, "the others go on")
}

// Row 15: stray datagrams, and logins from 100,000 forged addresses.
func TestRow15ForgedLogins(t *testing.T) {
	b := newBox(t, Config{})
	flood := func(from, to int) {
		for n := from; n < to; n++ {
			b.raw(hostAddr(n), loginDatagram(fmt.Sprint("forged", n)))
			b.raw(hostAddr(n), one(7, wire.TypeGlobalChat, wire.ChatRequest{Text: "x"}.AppendTo(nil)))
			b.raw(hostAddr(n), wire.AppendHello(nil))
			b.now = b.now.Add(10 * time.Microsecond)
			b.s.run(b.now)
		}
	}
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	flood(1000, 11_000)
	before := heap()
	flood(11_000, 60_000)
	// In the midst of it somebody really logs in; 10 ms pass between a 05 and
	// its answer, in which a thousand more come.
	c := b.client(1, "anna")
	c.mute = true
	c.send(wire.TypeLogin, wire.LoginRequest{User: "anna", Emulator: "emu", Connection: wire.LAN})
	for i := range loginRounds {
		flood(60_000+i*1000, 61_000+i*1000)
		c.send(wire.TypeClientAck, wire.ClientAck{})
	}
	require.True(t, c.session() != nil && c.session().loggedIn(), "the real login works at once")
	require.Equal(t, uint32(10), c.session().ping)
	flood(64_000, 100_000)
	require.LessOrEqual(t, b.s.pending.len(), maxPending)
	require.Len(t, b.s.sessions, 1)
	require.LessOrEqual(t, len(b.s.hosts), maxPending)
	require.InDelta(t, before, heap(), 1<<20, "the heap is flat")
	b.pass(loginTimeout + time.Second)
	require.Zero(t, b.s.pending.len(), "and they are soon forgotten")
	require.Empty(t, b.s.hosts)
	require.Equal(t, 1, b.s.Stats().Users)
}

// Row 15: nobody is kept out by logins forged in their name, as many as there
// are ports.
func TestRow15ForgedAddressIsNotBanned(t *testing.T) {
	b := newBox(t, Config{})
	c := b.client(1, "anna")
	for port := uint16(1); port < 60_000; port++ {
		if port != c.addr.Port() {
			b.raw(netipPort(c.addr, port), loginDatagram("anna"))
		}
	}
	require.LessOrEqual(t, b.s.pending.len(), maxPendingPerAddress)
	c.login()
}

// The address of a pending login is forgotten before it answers: its answer
// brings the login along and counts.
func TestRow15AnswerAfterEviction(t *testing.T) {
	for _, nonce := range []bool{false, true} {
		b := newBox(t, Config{})
		c := b.client(1, "anna")
		c.mute = true
		c.send(wire.TypeLogin, wire.LoginRequest{User: "anna", Emulator: "emu", Connection: wire.LAN})
		ack := boxParse(c, wire.TypeServerAck, wire.ParseServerAck)
		require.Len(t, ack.Extra, nonceSize)
		for n := range maxPending + 10 {
			b.raw(hostAddr(1000+n), loginDatagram("forged"))
		}
		require.Nil(t, b.s.pending.byAddr[c.addr])
		if nonce {
			// Not even a full table is needed for whoever returns the nonce.
			b.pass(loginTimeout + time.Second)
			require.Zero(t, b.s.pending.len())
			c.send(wire.TypeClientAck, wire.ClientAck(ack))
		} else {
			c.send(wire.TypeClientAck, wire.ClientAck{})
		}
		require.NotNil(t, c.session(), "nonce %v", nonce)
		for range loginRounds - 1 {
			b.now = b.now.Add(20 * time.Millisecond)
			c.send(wire.TypeClientAck, wire.ClientAck{})
		}
		require.True(t, c.session().loggedIn())
		require.Equal(t, uint32(20), c.session().ping, "the mean of the rounds that could be timed")
	}
}

// Row 15: logins from a real address that are begun and never completed are
// bounded as well, for one address and in all, and keep nobody out.
func TestRow15UnfinishedLogins(t *testing.T) {
	b := newBox(t, Config{})
	begin := func(addr addrPort) {
		b.raw(addr, loginDatagram("half"))
		b.raw(addr, one(1, wire.TypeClientAck, wire.ClientAck{}.AppendTo(nil)))
	}
	for port := range uint16(1000) {
		begin(netipPort(hostAddr(7), 1000+port))
	}
	require.Equal(t, maxLoginsPerAddress, b.s.logins.n)
	b.clientAt(netipPort(hostAddr(7), 7), "anna").login()
	for n := range 3000 {
		begin(hostAddr(1000 + n))
	}
	require.Equal(t, maxLogins, b.s.logins.n)
	b.client(1, "bert").login()
	b.pass(loginTimeout)
	require.Zero(t, b.s.logins.n)
	require.Empty(t, b.s.hosts)
	require.Len(t, b.s.sessions, 2)
}

// Row 15: an IPv6 host has more addresses than anybody can count.
func TestRow15OneIPv6Host(t *testing.T) {
	b := newBox(t, Config{})
	for n := range 1000 {
		ip := [16]byte{0x20, 0x01, 0x0d, 0xb8, 15: byte(n), 14: byte(n >> 8)}
		b.raw(netip.AddrPortFrom(netip.AddrFrom16(ip), 4000), loginDatagram("x"))
	}
	require.Equal(t, maxPendingPerAddress, b.s.pending.len())
	require.Len(t, b.s.hosts, 1)
}

// Row 16: every type in every state. Nothing may change but what the table of
// accepted types says, and the session must still work.
func TestRow16EveryTypeInEveryState(t *testing.T) {
	setups := map[state]func(b *box) *boxClient{
		stateLogin: func(b *box) *boxClient {
			c := b.client(1, "anna")
			c.mute = true
			c.send(wire.TypeLogin, wire.LoginRequest{User: "anna", Emulator: "emu", Connection: wire.LAN})
			c.send(wire.TypeClientAck, wire.ClientAck{})
			return c
		},
		stateLobby: func(b *box) *boxClient {
			c := b.client(1, "anna")
			c.login()
			return c
		},
		stateRoom: func(b *box) *boxClient {
			c := b.client(1, "anna")
			c.login()
			c.send(wire.TypeCreateGame, wire.CreateRequest{Game: "Pong"})
			return c
		},
		stateNetsync: func(b *box) *boxClient {
			c := b.client(1, "anna")
			c.login()
			c.send(wire.TypeCreateGame, wire.CreateRequest{Game: "Pong"})
			c.send(wire.TypeStartGame, wire.StartRequest{})
			return c
		},
		statePlaying: func(b *box) *boxClient { return b.game(2, wire.LAN)[0] },
		stateClosed: func(b *box) *boxClient {
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
	moves := map[state]map[wire.Type]state{
		stateLobby:   {wire.TypeCreateGame: stateRoom, wire.TypeUserQuit: stateClosed},
		stateRoom:    {wire.TypeQuitGame: stateLobby, wire.TypeUserQuit: stateClosed, wire.TypeStartGame: stateNetsync},
		stateNetsync: {wire.TypeQuitGame: stateLobby, wire.TypeUserQuit: stateClosed, wire.TypeDropGame: stateRoom, wire.TypeReady: statePlaying},
		statePlaying: {wire.TypeQuitGame: stateLobby, wire.TypeUserQuit: stateClosed, wire.TypeDropGame: stateRoom, wire.TypeGameCache: stateRoom},
	}
	for st, setup := range setups {
		for typ := wire.Type(0); typ < 0x22; typ++ {
			b := newBox(t, Config{})
			by := b.client(50, "bystander")
			by.login()
			c := setup(b)
			se := c.session()
			require.Equal(t, st, se.state)
			by.inbox = nil
			before := b.s.stats.Misplaced
			c.send(typ, rawBody(bodies[typ]))
			name := fmt.Sprintf("state %d, %v", st, typ)
			if st == stateLogin {
				if typ == wire.TypeUserQuit {
					require.Nil(t, c.session(), name)
					require.Empty(t, by.types(), name)
					continue
				}
			} else if want, moved := moves[st][typ]; moved {
				require.Equal(t, want, se.state, name)
				continue
			}
			require.Equal(t, st, se.state, name)
			if st != stateClosed && !accepted[st].has(typ) {
				require.Equal(t, before+1, b.s.stats.Misplaced, name)
				require.Empty(t, by.types(), name+": nobody else hears of it")
			}
			by.inbox = nil
			by.send(wire.TypeGlobalChat, wire.ChatRequest{Text: "still here"})
			require.Equal(t, []wire.Type{wire.TypeGlobalChat}, by.types(), name)
			if st == stateLogin { // the login can still be completed
				for range loginRounds {
					c.send(wire.TypeClientAck, wire.ClientAck{})
				}
				require.Equal(t, stateLobby, se.state, name)
			}
		}
	}
}

// Row 17: a second login does not rename the user.
func TestRow17SecondLogin(t *testing.T) {
	b := newBox(t, Config{})
	c := b.client(1, "anna")
	id := c.login()
	c.send(wire.TypeLogin, wire.LoginRequest{User: "server", Emulator: "emu", Connection: wire.LAN})
	c.send(wire.TypeGlobalChat, wire.ChatRequest{Text: "who am I"})
	require.Equal(t, []wire.Type{wire.TypeGlobalChat}, typesOf(c.inbox))
	require.Equal(t, wire.Chat{User: "anna", Text: "who am I"}, boxParse(c, wire.TypeGlobalChat, wire.ParseChat))
	require.Equal(t, id, c.session().id)
	require.Len(t, b.s.users, 1)
}

func typesOf(gs []got) (out []wire.Type) {
	for _, g := range gs {
		out = append(out, g.typ)
	}
	return out
}

// Row 18: no more than three times the bytes that came in go to an address that
// has not answered, whatever it is sent.
func TestRow18BlindLogin(t *testing.T) {
	for name, datagrams := range map[string][][]byte{
		"a login":                    {loginDatagram("anna")},
		"the shortest login":         {one(0, wire.TypeLogin, []byte{0, 0, 1})},
		"a login again and again":    repeat(loginDatagram("anna"), 50),
		"the shortest one, often":    repeat(one(0, wire.TypeLogin, []byte{0, 0, 1}), 50),
		"different logins":           {loginDatagram("anna"), loginDatagram("bert"), loginDatagram("carl")},
		"hello, ping, and the login": {wire.AppendHello(nil), wire.AppendPing(nil), loginDatagram("anna")},
		"a login and other messages": {loginDatagram("anna"), one(1, wire.TypeGlobalChat, wire.ChatRequest{Text: "x"}.AppendTo(nil))},
		"acks without the login":     repeat(one(1, wire.TypeClientAck, wire.ClientAck{}.AppendTo(nil)), 100),
		"a wrong nonce":              {one(1, wire.TypeClientAck, wire.ClientAck{Extra: make([]byte, 8)}.AppendTo(nil))},
		"a login and a wrong nonce": {wire.AppendMessage(wire.AppendMessage([]byte{2}, 1, wire.TypeClientAck, wire.ClientAck{Extra: make([]byte, 8)}.AppendTo(nil)),
			0, wire.TypeLogin, loginDatagram("anna")[6:])},
		"a login with a quit on top":  {append(wire.AppendMessage([]byte{2}, 1, wire.TypeUserQuit, wire.QuitRequest{}.AppendTo(nil)), loginDatagram("anna")[1:]...)},
		"a login with a number not 0": {one(1, wire.TypeLogin, loginDatagram("anna")[6:])},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBox(t, Config{MOTD: strings.Repeat("a long welcome\n", 30)})
			for n := range 20 {
				b.client(100+n, fmt.Sprint("user", n)).login()
			}
			b.pass(5 * time.Second)
			in := 0
			b.meter()
			victim := hostAddr(1)
			for _, d := range datagrams {
				in += len(d)
				b.raw(victim, d)
				b.pass(100 * time.Millisecond)
				require.LessOrEqual(t, b.sent[victim], 3*in)
			}
			b.pass(20 * time.Second)
			require.LessOrEqual(t, b.sent[victim], 3*in)
			require.Nil(t, b.s.sessions[victim])
		})
	}
}

func repeat(d []byte, n int) (out [][]byte) {
	for range n {
		out = append(out, d)
	}
	return out
}

// On a socket for IPv4 and IPv6 an IPv4 address can look either way: it is one
// client all the same.
func TestMappedAddressesAreTheSame(t *testing.T) {
	b := newBox(t, Config{})
	c := b.client(1, "anna")
	c.login()
	mapped := netip.AddrPortFrom(netip.AddrFrom16(c.addr.Addr().As16()), c.addr.Port())
	require.True(t, mapped.Addr().Is4In6())
	b.raw(mapped, one(uint16(c.link.Stats().MessagesSent), wire.TypeGlobalChat, wire.ChatRequest{Text: "x"}.AppendTo(nil)))
	require.Equal(t, []wire.Type{wire.TypeGlobalChat}, c.types())
}

// n02 sends its login once. When the 05 gets lost the server repeats it.
func TestFirstAckIsRepeated(t *testing.T) {
	b := newBox(t, Config{})
	b.meter()
	b.raw(hostAddr(1), loginDatagram("anna brown"))
	require.Equal(t, 1, b.counts[hostAddr(1)])
	b.pass(firstAckRetry)
	require.Equal(t, 2, b.counts[hostAddr(1)])
	b.pass(loginTimeout)
	require.LessOrEqual(t, b.sent[hostAddr(1)], 3*len(loginDatagram("anna brown")))
	require.LessOrEqual(t, b.counts[hostAddr(1)], 1+maxFirstAckRetries)
}

// Row 18: a 06 that nobody asked for changes nothing: not before the 05 it would
// answer was sent, and not after the login.
func TestRow18ExtraAcks(t *testing.T) {
	b := newBox(t, Config{})
	c := b.client(1, "anna")
	c.login()
	b.pass(5 * time.Second)
	before := b.count
	for range 100 {
		c.send(wire.TypeClientAck, wire.ClientAck{})
	}
	require.Empty(t, c.types())
	require.Equal(t, stateLobby, c.session().state)
	require.Equal(t, before, b.count, "none of them is answered")
	require.Len(t, b.s.users, 1)

	// A blind login with many 06 in one go: one round counts, so there is no
	// lobby traffic yet.
	blind := hostAddr(2)
	b.meter()
	b.raw(blind, loginDatagram("blind"))
	in := len(loginDatagram("blind"))
	ack := wire.ClientAck{}.AppendTo(nil)
	d := wire.AppendBundleHeader(nil, 31)
	for seq := uint16(30); seq > 0; seq-- {
		d = wire.AppendMessage(d, seq, wire.TypeClientAck, ack)
	}
	d = append(d, loginDatagram("blind")[1:]...)
	b.raw(blind, d)
	in += len(d)
	require.Equal(t, stateLogin, b.s.sessions[blind].state)
	require.Equal(t, 1, b.s.sessions[blind].login.rounds)
	require.LessOrEqual(t, b.sent[blind], 3*in)
}

// n02 with a set ping sends four 06 of its own accord and answers none. Its
// first one can get lost; the next datagram then brings two.
func TestUnaskedAcksAfterLoss(t *testing.T) {
	b := newBox(t, Config{})
	c := b.client(1, "anna")
	c.mute = true
	c.send(wire.TypeLogin, wire.LoginRequest{User: "anna", Emulator: "emu", Connection: wire.LAN})
	ack := wire.ClientAck{}.AppendTo(nil)
	b.pass(40 * time.Millisecond)
	c.silent = true
	c.link.Send(b.now, wire.TypeClientAck, ack)
	c.link.Datagram(b.now, nil) // lost
	c.silent = false
	b.pass(40 * time.Millisecond)
	for range 3 {
		c.send(wire.TypeClientAck, wire.ClientAck{})
		b.pass(40 * time.Millisecond)
	}
	require.Equal(t, stateLogin, c.session().state)
	b.pass(time.Second)
	require.Equal(t, stateLobby, c.session().state)
}

// Row 19: duplicates, jumps and replays.
func TestRow19SequenceTricks(t *testing.T) {
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
func TestRow19HoleThatStays(t *testing.T) {
	b := newBox(t, Config{})
	cs := b.game(2, wire.LAN)
	c := cs[0]
	next := uint16(c.link.Stats().MessagesSent)
	c.silent = true
	b.raw(c.addr, one(next+1, wire.TypeGameChat, wire.ChatRequest{Text: "after the hole"}.AppendTo(nil)))
	cs[1].data(1)
	require.Equal(t, statePlaying, c.session().state)
	b.pass(holePatience + time.Second)
	require.Equal(t, stateRoom, c.session().state)
	require.Equal(t, "after the hole", boxParse(cs[1], wire.TypeGameChat, wire.ParseChat).Text)
	require.Contains(t, typesOf(cs[1].inbox), wire.TypeDropGame)
	require.Contains(t, typesOf(cs[1].inbox), wire.TypeGameData)
}

// Row 20: sizes and positions that do not fit.
func TestRow20GameDataFaults(t *testing.T) {
	cache := func(pos byte) rawBody { return rawBody(wire.AppendGameCache(nil, pos)) }
	data := func(n int) rawBody { return rawBody(wire.AppendGameData(nil, make([]byte, n))) }
	for name, tc := range map[string]struct {
		typ    wire.ConnectionType
		before int // length of what is sent first
		t      wire.Type
		body   rawBody
	}{
		"a position that is empty":     {wire.LAN, 0, wire.TypeGameCache, cache(0)},
		"the position after the last":  {wire.LAN, 4, wire.TypeGameCache, cache(1)},
		"position 255":                 {wire.LAN, 4, wire.TypeGameCache, cache(255)},
		"type 6 with length 1":         {wire.Bad, 0, wire.TypeGameData, data(1)},
		"type 6 with length 7":         {wire.Bad, 0, wire.TypeGameData, data(7)},
		"length 0":                     {wire.LAN, 0, wire.TypeGameData, data(0)},
		"4 then 8 bytes":               {wire.LAN, 4, wire.TypeGameData, data(8)},
		"2 KiB a frame":                {wire.LAN, 0, wire.TypeGameData, data(2048)},
		"64 KiB":                       {wire.LAN, 4, wire.TypeGameData, data(65_000)},
		"less than its length":         {wire.LAN, 4, wire.TypeGameData, rawBody{0, 4, 0, 1}},
		"a position without a payload": {wire.LAN, 4, wire.TypeGameCache, rawBody{0}},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBox(t, Config{})
			cs := b.game(3, tc.typ)
			if tc.before > 0 {
				for _, c := range cs {
					c.data(make([]byte, tc.before)...)
				}
			}
			for _, c := range cs {
				c.inbox = nil
			}
			cs[0].send(tc.t, tc.body)
			require.Equal(t, stateRoom, cs[0].session().state)
			m := boxParse(cs[0], wire.TypeGameChat, wire.ParseChat)
			require.Equal(t, "Server", m.User)
			require.Contains(t, m.Text, "You were dropped from the game")
			for _, c := range cs {
				require.Equal(t, wire.PlayerDropped{User: "a", Player: 1}, boxParse(c, wire.TypeDropGame, wire.ParsePlayerDropped))
			}
			for _, c := range cs[1:] {
				require.Equal(t, statePlaying, c.session().state)
				c.inbox = nil
				c.data(bytes.Repeat([]byte{9}, 4*int(tc.typ))...)
			}
			for _, c := range cs[1:] {
				g, ok := c.find(wire.TypeGameData)
				require.True(t, ok, "the others play on")
				require.Len(t, g.body, 3+3*4*int(tc.typ))
			}
		})
	}
}

// Row 20: a queue that nobody empties is bounded.
func TestRow20TooFarAhead(t *testing.T) {
	b := newBox(t, Config{})
	cs := b.game(2, wire.LAN)
	for i := range 300 {
		cs[0].data(byte(i), byte(i>>8))
	}
	require.Equal(t, stateRoom, cs[0].session().state)
	require.Contains(t, boxParse(cs[0], wire.TypeGameChat, wire.ParseChat).Text, "too far ahead")
	require.Equal(t, statePlaying, cs[1].session().state)
}

// Row 22: control characters in each field.
func TestRow22ControlCharacters(t *testing.T) {
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
	require.Equal(t, wire.GameCreated{User: clean, Game: clean, Emulator: clean, GameID: 1}, boxParse(by, wire.TypeCreateGame, wire.ParseGameCreated))
	by.send(wire.TypeJoinGame, wire.JoinRequest{GameID: 1})
	require.Equal(t, clean, boxParse(by, wire.TypePlayerList, wire.ParsePlayerList).Players[0].Name)
	c.send(wire.TypeGameChat, wire.ChatRequest{Text: dirty})
	require.Equal(t, wire.Chat{User: clean, Text: clean}, boxParse(by, wire.TypeGameChat, wire.ParseChat))
	c.send(wire.TypeUserQuit, wire.QuitRequest{Message: dirty})
	require.Equal(t, wire.UserQuit{User: clean, UserID: 2, Message: clean}, boxParse(by, wire.TypeUserQuit, wire.ParseUserQuit))
}

// Row 22: longer than the wire allows is cut, not refused.
func TestRow22LongTexts(t *testing.T) {
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
func TestRow22ReservedNames(t *testing.T) {
	utf8 := Config{Charset: "utf-8"}
	for _, name := range []string{"server", "SERVER", "Server ", " error", "ERROR", "S e r v e r", "[Server]", "Sеrver", "ｓｅｒｖｅｒ", "Err0r",
		"ser\u200bver", "\u202eServer", "server:", "5erver"} {
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
func TestRow22Floods(t *testing.T) {
	b := newBox(t, Config{})
	by := b.client(2, "bert")
	by.login()
	by.send(wire.TypeCreateGame, wire.CreateRequest{Game: "Pong"})
	id := by.session().room.id
	c := b.client(1, "anna")
	c.login()
	flood := func(count wire.Type, send func()) int {
		b.pass(30 * time.Second)
		by.inbox, c.inbox = nil, nil
		for range 1000 {
			send()
			b.pass(10 * time.Millisecond)
		}
		n := 0
		for _, g := range by.inbox {
			if g.typ == count {
				n++
			}
		}
		return n
	}
	chat := wire.ChatRequest{Text: "x"}
	require.InDelta(t, 5+5, flood(wire.TypeGlobalChat, func() { c.send(wire.TypeGlobalChat, chat) }), 1)
	require.Contains(t, typesOf(c.inbox), wire.TypeServerMessage, "and is told")
	require.InDelta(t, 5+5, flood(wire.TypeCreateGame, func() {
		c.send(wire.TypeCreateGame, wire.CreateRequest{Game: "x"})
		c.send(wire.TypeQuitGame, wire.LeaveRequest{})
	}), 1)
	require.InDelta(t, 8+10, flood(wire.TypeJoinGame, func() {
		c.send(wire.TypeJoinGame, wire.JoinRequest{GameID: id})
		c.send(wire.TypeQuitGame, wire.LeaveRequest{})
	}), 1)
	c.send(wire.TypeJoinGame, wire.JoinRequest{GameID: id})
	b.pass(30 * time.Second)
	c.send(wire.TypeJoinGame, wire.JoinRequest{GameID: id})
	require.InDelta(t, 10+20, flood(wire.TypeGameChat, func() { c.send(wire.TypeGameChat, chat) }), 1)

	// 1,000 messages of any other kind in an instant: most are not looked at.
	b.pass(30 * time.Second)
	before := b.s.stats.Flooded
	for range 1000 {
		c.send(wire.TypeKick, wire.KickRequest{UserID: 9})
	}
	require.Equal(t, 1000-100, b.s.stats.Flooded-before)
}

// Row 22: logins without end from one address, each complete.
func TestRow22LoginFlood(t *testing.T) {
	b := newBox(t, Config{})
	refused := 0
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
	require.Equal(t, 100-30, refused)
	b.client(2, "somebody else").login()
	b.pass(time.Minute)
	require.Len(t, b.s.sessions, 1, "nothing is left of them")
}

// Row 23: a list of 500 users with 31-byte names.
func TestRow23LongUserList(t *testing.T) {
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
	require.LessOrEqual(t, sentAtOnce, paceBurst+wire.MaxDatagram, "but spread")
	require.Equal(t, wire.TypeUserJoined, order[bytes.LastIndexByte(typeBytes(order), byte(wire.TypeServerStatus))+1])
	require.Zero(t, last.link.Stats().Lost)
}

func typeBytes(ts []wire.Type) (out []byte) {
	for _, t := range ts {
		out = append(out, byte(t))
	}
	return out
}

// Row 24: 70,000 logins, while the first user stays.
func TestRow24UserIDsWrap(t *testing.T) {
	b := newBox(t, Config{Flood: Flood{Login: Rate{Burst: -1}}})
	first := b.client(0, "first")
	id := first.login()
	first.silent = true
	b.remove(first)
	seen := map[uint16]bool{}
	logins, different := 70_000, 0xFFFE-1
	if raceEnabled { // the race detector is too slow for all of them
		logins, different = 2000, 2000
		b.s.lastUser = 0xFFFF - 1000
	}
	for n := range logins {
		c := b.client(1+n, "guest")
		got := c.login()
		require.NotEqual(t, id, got)
		require.NotZero(t, got)
		require.NotEqual(t, uint16(0xFFFF), got)
		seen[got] = true
		c.send(wire.TypeUserQuit, wire.QuitRequest{})
		b.remove(c)
		// Time must pass for the goodbyes to end; the first user is alive.
		if n%100 == 0 {
			b.now = b.now.Add(time.Second)
			b.raw(first.addr, one(1, wire.TypeKeepAlive, wire.KeepAlive{}.AppendTo(nil)))
		}
	}
	require.Len(t, seen, different)
	require.LessOrEqual(t, len(b.s.sessions), maxClosing+1)
}

// Row 24: room IDs skip what is in use, and 0 and FFFFFFFF.
func TestRow24RoomIDsWrap(t *testing.T) {
	b := newBox(t, Config{})
	a, c := b.client(1, "anna"), b.client(2, "bert")
	a.login()
	c.login()
	b.s.lastRoom = 0
	a.send(wire.TypeCreateGame, wire.CreateRequest{Game: "x"})
	b.s.lastRoom = 0xFFFFFFFD
	var ids []uint32
	for range 3 {
		c.send(wire.TypeCreateGame, wire.CreateRequest{Game: "x"})
		ids = append(ids, c.session().room.id)
		c.send(wire.TypeQuitGame, wire.LeaveRequest{})
	}
	require.Equal(t, []uint32{0xFFFFFFFE, 2, 3}, ids)
}
