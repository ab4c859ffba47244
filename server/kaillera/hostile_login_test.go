package kaillera

import (
	"fmt"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/wire"
	"kbridge/kclient/wire/ext"
	"kbridge/server/limits"
)

// Row 15: stray datagrams, and logins from 100,000 forged addresses.
func TestForgedLoginsTakeNoMemoryAndKeepNobodyOut(t *testing.T) {
	b := newBox(t, Config{})
	flood := func(from, to int) {
		for n := from; n < to; n++ {
			b.raw(hostAddr(n), loginDatagram(fmt.Sprint("forged", n)))
			b.raw(hostAddr(n), one(7, wire.TypeGlobalChat, wire.ChatRequest{Text: "x"}.AppendTo(nil)))
			b.raw(hostAddr(n), wire.AppendHello(nil))
			b.now = b.now.Add(10 * time.Microsecond)
			b.s.Run(b.now)
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
	// In the midst of it somebody really logs in; a thousand more come every 10 ms.
	c := b.client(1, "anna")
	c.link.Send(b.now, wire.TypeLogin, wire.LoginRequest{User: "anna", Emulator: "emu",
		Connection: wire.LAN}.AppendTo(nil))
	c.flush()
	rounds := 0
	for ; c.session() == nil && rounds < 60; rounds++ {
		b.settle()
		flood(60_000+rounds%4*1000, 61_000+rounds%4*1000)
	}
	require.True(t, c.session() != nil && c.session().loggedIn(), "the real login works at once")
	require.Less(t, rounds, 45)
	require.True(t, c.session().reached)
	flood(64_000, 100_000)
	require.LessOrEqual(t, b.s.pending.len(), limits.PendingMost[0])
	require.Len(t, b.s.sessions.at, 1)
	require.LessOrEqual(t, len(b.s.hosts), limits.MaxLogins)
	require.InDelta(t, before, heap(), 1<<20, "the heap is flat")
	b.pass(limits.LoginTimeout + time.Second)
	require.Zero(t, b.s.pending.len(), "and they are soon forgotten")
	require.Empty(t, b.s.hosts)
	require.Equal(t, 1, b.s.lobby.Users())
}

// Row 15: nobody is kept out by logins forged in their name, as many as there
// are ports, before and while the real one comes.
func TestLoginsForgedInAUsersNameDoNotKeepItOut(t *testing.T) {
	b := newBox(t, Config{})
	c := b.client(1, "anna")
	forge := func(from, to uint16) {
		for port := from; port < to; port++ {
			if port != c.addr.Port() {
				b.raw(netipPort(c.addr, port), loginDatagram("anna"))
			}
		}
	}
	forge(1, 60_000)
	require.LessOrEqual(t, b.s.pending.len(), limits.PendingMost[0])
	c.link.Send(b.now, wire.TypeLogin, wire.LoginRequest{User: "anna", Emulator: "emu",
		Connection: wire.LAN}.AppendTo(nil))
	c.flush()
	for n := uint16(0); c.session() == nil && n < 59; n++ {
		b.settle()
		forge(1000*n+1, 1000*n+1000)
		b.pass(10 * time.Millisecond)
	}
	require.True(t, c.session() != nil && c.session().loggedIn())
}

// The address of a pending login is forgotten before it answers: its answer
// brings the login along and counts.
func TestAnAnswerAfterItsLoginWasForgottenStillCounts(t *testing.T) {
	for _, nonce := range []bool{false, true} {
		b := newBox(t, Config{})
		c := b.client(1, "anna")
		c.mute = true
		c.send(wire.TypeLogin, wire.LoginRequest{User: "anna", Emulator: "emu", Connection: wire.LAN})
		ack := boxParse(c, wire.TypeServerAck, wire.ParseServerAck)
		_, offered := ext.ParseNonce(ack.Extra)
		require.True(t, offered)
		for n := range limits.PendingMost[0] + 10 {
			b.raw(hostAddr(1000+n), loginDatagram("forged"))
		}
		require.Nil(t, b.s.pending.find(loginAddr{addr: c.addr}))
		if nonce {
			// Not even a full table is needed for whoever returns the nonce.
			b.pass(limits.LoginTimeout + time.Second)
			require.Zero(t, b.s.pending.len())
			c.send(wire.TypeClientAck, wire.ClientAck(ack))
		} else {
			c.mute = false
			c.send(wire.TypeClientAck, wire.ClientAck{})
			b.pass(time.Second)
			require.True(t, c.session().loggedIn())
			continue
		}
		require.NotNil(t, c.session())
		for range limits.LoginRounds - 1 {
			b.now = b.now.Add(20 * time.Millisecond)
			c.send(wire.TypeClientAck, wire.ClientAck{})
		}
		require.True(t, c.session().loggedIn())
		require.Equal(t, uint32(20), c.session().who.Ping, "the mean of the rounds that could be timed")
	}
}

// Row 15: logins from a real address that are begun and never completed are
// bounded as well, for one address and in all, and keep nobody out.
func TestUnfinishedLoginsAreBounded(t *testing.T) {
	b := newBox(t, Config{})
	begin := func(addr addrPort) {
		b.raw(addr, loginDatagram("half"))
		b.raw(addr, one(1, wire.TypeClientAck,
			wire.ClientAck{Extra: ext.AppendNonce(nil, b.s.nonce(addr))}.AppendTo(nil)))
	}
	for port := range uint16(1000) {
		begin(netipPort(hostAddr(7), 1000+port))
	}
	require.Equal(t, limits.MaxLoginsPerAddress, b.s.logins.n)
	b.clientAt(netipPort(hostAddr(7), 7), "anna").login()
	for n := range 3000 {
		begin(hostAddr(1000 + n))
	}
	require.Equal(t, limits.MaxLogins, b.s.logins.n)
	b.client(1, "bert").login()
	b.pass(limits.LoginTimeout)
	require.Zero(t, b.s.logins.n)
	require.Empty(t, b.s.hosts)
	require.Len(t, b.s.sessions.at, 2)
}

// Row 15: an IPv6 host has more addresses than anybody can count.
func TestOneIPv6HostTakesNoPlaceWithForgedLogins(t *testing.T) {
	b := newBox(t, Config{})
	for n := range 1000 {
		ip := [16]byte{0x20, 0x01, 0x0d, 0xb8, 15: byte(n), 14: byte(n >> 8)}
		b.raw(netip.AddrPortFrom(netip.AddrFrom16(ip), 4000), loginDatagram("x"))
	}
	require.Equal(t, 1000, b.s.pending.len())
	require.Empty(t, b.s.sessions.at)
	b.clientAt(netip.MustParseAddrPort("[2001:db8::ffff]:4000"), "anna").login()
}

// Row 17: a second login does not rename the user.
func TestASecondLoginDoesNotRenameTheUser(t *testing.T) {
	b := newBox(t, Config{})
	c := b.client(1, "anna")
	id := c.login()
	c.send(wire.TypeLogin, wire.LoginRequest{User: "server", Emulator: "emu", Connection: wire.LAN})
	c.send(wire.TypeGlobalChat, wire.ChatRequest{Text: "who am I"})
	require.Equal(t, []wire.Type{wire.TypeGlobalChat}, typesOf(c.inbox))
	require.Equal(t, wire.Chat{User: "anna", Text: "who am I"}, boxParse(c, wire.TypeGlobalChat, wire.ParseChat))
	require.Equal(t, id, c.session().who.ID)
	require.Equal(t, 1, b.s.lobby.Users())
}

// Row 18: no more than three times the bytes that came in go to an address that
// has not answered, whatever it is sent.
func TestNoMoreThanThreeTimesTheBytesGoToAnUnprovenAddress(t *testing.T) {
	for name, datagrams := range map[string][][]byte{
		"a login":                    {loginDatagram("anna")},
		"the shortest login":         {one(0, wire.TypeLogin, []byte{0, 0, 1})},
		"a login again and again":    repeat(loginDatagram("anna"), 50),
		"the shortest one, often":    repeat(one(0, wire.TypeLogin, []byte{0, 0, 1}), 50),
		"different logins":           {loginDatagram("anna"), loginDatagram("bert"), loginDatagram("carl")},
		"hello, ping, and the login": {wire.AppendHello(nil), wire.AppendPing(nil), loginDatagram("anna")},
		"a login and other messages": {loginDatagram("anna"), one(1, wire.TypeGlobalChat,
			wire.ChatRequest{Text: "x"}.AppendTo(nil))},
		"acks without the login": repeat(one(1, wire.TypeClientAck, wire.ClientAck{}.AppendTo(nil)), 100),
		"a wrong nonce": {one(1, wire.TypeClientAck,
			wire.ClientAck{Extra: ext.AppendNonce(nil, [ext.NonceSize]byte{})}.AppendTo(nil))},
		"a login and a wrong nonce": {wire.AppendMessage(wire.AppendMessage([]byte{2}, 1, wire.TypeClientAck,
			wire.ClientAck{Extra: ext.AppendNonce(nil, [ext.NonceSize]byte{})}.AppendTo(nil)),
			0, wire.TypeLogin, loginDatagram("anna")[6:])},
		"a login with a quit on top": {append(wire.AppendMessage([]byte{2}, 1, wire.TypeUserQuit,
			wire.QuitRequest{}.AppendTo(nil)), loginDatagram("anna")[1:]...)},
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
			require.Nil(t, b.s.sessions.find(victim))
		})
	}
}

func repeat(d []byte, n int) (out [][]byte) {
	for range n {
		out = append(out, d)
	}
	return out
}

// n02 sends its login once. When the 05 gets lost the server repeats it.
func TestFirstAckIsRepeated(t *testing.T) {
	b := newBox(t, Config{})
	b.meter()
	b.raw(hostAddr(1), loginDatagram("anna brown"))
	require.Equal(t, 1, b.counts[hostAddr(1)])
	b.pass(limits.AskAgainAfter)
	require.Equal(t, 2, b.counts[hostAddr(1)])
	b.pass(limits.LoginTimeout)
	require.LessOrEqual(t, b.sent[hostAddr(1)], 3*len(loginDatagram("anna brown")))
	require.LessOrEqual(t, b.counts[hostAddr(1)], 1+limits.MaxPendingSends)
}

// Row 18: a 06 that nobody asked for changes nothing: not before the 05 it would
// answer was sent, and not after the login.
func TestAnAckThatNobodyAskedForChangesNothing(t *testing.T) {
	b := newBox(t, Config{})
	c := b.client(1, "anna")
	c.login()
	b.pass(5 * time.Second)
	before := b.count
	for range 100 {
		c.send(wire.TypeClientAck, wire.ClientAck{})
	}
	require.Empty(t, c.types())
	require.Equal(t, standsInLobby, c.session().stands())
	require.Equal(t, before, b.count, "none of them is answered")
	require.Equal(t, 1, b.s.lobby.Users())

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
	require.Nil(t, b.s.sessions.find(blind))
	require.Equal(t, limits.MostRepeatedAcks, b.s.pending.find(loginAddr{addr: blind}).acks)
	b.pass(20 * time.Second)
	require.Nil(t, b.s.sessions.find(blind))
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
	c.link.NextDatagram(b.now, nil) // lost
	c.silent = false
	b.pass(40 * time.Millisecond)
	for range 3 {
		c.send(wire.TypeClientAck, wire.ClientAck{})
		b.pass(40 * time.Millisecond)
	}
	require.Nil(t, c.session())
	b.pass(2 * time.Second)
	require.Equal(t, standsInLobby, c.session().stands())
}
