package kaillera

import (
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/lockstep"
	"kbridge/kclient/wire"
	"kbridge/kclient/wire/ext"
	"kbridge/server/limits"
	"kbridge/server/rate"
)

// loginWithTicket logs a client of our own in.
func (c *boxClient) loginWithTicket() (ticket ext.Ticket) {
	c.mute = true
	c.send(wire.TypeLogin, wire.LoginRequest{User: c.name, Emulator: "emu", Connection: wire.LAN})
	for round := range limits.LoginRounds {
		ack := boxParse(c, wire.TypeServerAck, wire.ParseServerAck)
		answer := wire.ClientAck{}
		if nonce, ok := ext.ParseNonce(ack.Extra); ok {
			answer.Extra = ext.AppendNonce(nil, nonce)
		}
		if t, ok := ext.ParseTicket(ack.Extra); ok {
			ticket = t
		}
		require.Equal(c.b.t, round == 1, ticket != ext.Ticket{} && round < 2, "the ticket comes with the second 05")
		c.inbox = nil
		c.send(wire.TypeClientAck, answer)
	}
	c.mute = false
	require.True(c.b.t, c.session().loggedIn())
	require.True(c.b.t, c.session().proven)
	return ticket
}

// Row 18: an old client is offered something in the trailing bytes of the first
// 05, and never hears of it again.
func TestOldClientsSeeOnlyTheOffer(t *testing.T) {
	b := newBox(t, Config{})
	c := b.client(1, "anna")
	c.mute = true
	c.send(wire.TypeLogin, wire.LoginRequest{User: "anna", Emulator: "emu", Connection: wire.LAN})
	for round := 0; c.session() == nil; round++ {
		for _, g := range c.inbox {
			ack, err := wire.ParseServerAck(g.body)
			require.NoError(t, err)
			_, offered := ext.ParseNonce(ack.Extra)
			require.Equal(t, round == 0, offered)
			require.Equal(t, round == 0, len(ack.Extra) > 0)
		}
		n := len(c.inbox)
		c.inbox = nil
		for range n {
			c.send(wire.TypeClientAck, wire.ClientAck{})
		}
		if len(c.inbox) == 0 {
			b.pass(10 * time.Millisecond)
		}
	}
	c.inbox = nil
	require.True(t, c.session().loggedIn())
	require.False(t, c.session().proven)
	b.pass(10 * time.Second)
	for _, g := range c.inbox {
		require.Less(t, g.typ, ext.TypeBehind)
		if g.typ == wire.TypeServerAck {
			require.Len(t, g.body, 17)
		}
	}
	require.Empty(t, b.s.tickets.of)
}

// Row 18: whoever brings back something else than what was offered gets no
// session, however often it tries; the address of the victim is sent no more than
// three times what came.
func TestAGuessedNonceIsNoProof(t *testing.T) {
	b := newBox(t, Config{})
	victim := hostAddr(9)
	b.meter()
	in := 0
	for n := range 1000 {
		d := wire.AppendMessage(wire.AppendMessage([]byte{2}, 1, wire.TypeClientAck,
			wire.ClientAck{Extra: ext.AppendNonce(nil, [8]byte{byte(n), byte(n >> 8)})}.AppendTo(nil)),
			0, wire.TypeLogin, wire.LoginRequest{User: "anna", Emulator: "emu", Connection: wire.LAN}.AppendTo(nil))
		in += len(d)
		b.raw(victim, d)
		require.Nil(t, b.s.sessions.find(victim))
	}
	require.LessOrEqual(t, b.sent[victim], 3*in)
}

// Row 18: the list that a proven client asked for comes at once; an old one gets
// it in portions, since nothing has proven that it receives there.
func TestAProvenClientIsNotPaced(t *testing.T) {
	b := newBox(t, Config{MaxUsers: 2000, Flood: limits.Flood{Login: rate.Rate{Burst: -1}}})
	for n := range 1500 {
		b.client(1000+n,
			"somebody with a long name "+string(rune('a'+n%26))+string(rune('a'+n/26%26))+
				string(rune('a'+n/676))).loginWithTicket()
	}
	for _, proven := range []bool{false, true} {
		b.meter()
		c := b.client(1, "anna")
		if proven {
			c = b.client(2, "bert")
			c.loginWithTicket()
		} else {
			c.login()
		}
		require.Equal(t, proven, b.sent[c.addr] > limits.PaceBurst+4096, "%d bytes at once", b.sent[c.addr])
	}
}

// A session moves with a proof only, and a flood of wrong ones costs nothing.
func TestMoves(t *testing.T) {
	b := newBox(t, Config{})
	c := b.client(1, "anna")
	ticket := c.loginWithTicket()
	from, to, thief := c.addr, hostAddr(50), hostAddr(60)
	wrong := ticket
	wrong.Key[0]++
	unknown := ticket
	unknown.ID[0]++
	b.meter()
	move := func(counter uint32, at netip.AddrPort) []byte {
		return ext.AppendMove(nil, ticket, counter, b.s.tickets.find(ticket.ID).moveNonce(at, b.now))
	}
	for n := range uint32(1000) {
		b.raw(thief, ext.AppendMove(nil, wrong, n+1, [ext.NonceSize]byte{}))
		b.raw(thief, ext.AppendMove(nil, unknown, n+1, [ext.NonceSize]byte{}))
		b.raw(thief, ext.HistoryRequest{ID: ticket.ID, Count: 255}.AppendTo(nil))
		b.raw(thief, append(move(5, thief), 0))
	}
	require.Zero(t, b.sent[thief])
	require.Equal(t, from, c.session().addr)
	require.Len(t, b.s.sessions.at, 1)

	se := c.session()
	// An address that has not shown that it hears the server draws a call, shorter than the Move, and nothing moves.
	b.raw(to, ext.AppendMove(nil, ticket, 2, [ext.NonceSize]byte{}))
	b.raw(to, move(2, thief))
	require.Equal(t, from, se.addr)
	require.Equal(t, 2*len(ext.AppendCall(nil, ticket.ID, [ext.NonceSize]byte{})), b.sent[to])
	old := move(2, to)
	b.pass(2 * limits.CallTime)
	b.raw(to, old)
	require.Equal(t, from, se.addr, "its nonce is too old")
	c.silent = true // it is elsewhere now
	b.raw(to, move(2, to))
	require.Equal(t, to, se.addr)
	require.Same(t, se, b.s.sessions.find(to))
	require.Nil(t, b.s.sessions.find(from))
	require.NotZero(t, b.sent[to], "it is told")
	// A copy of that move leads nowhere, nor does an older one.
	b.raw(thief, move(2, thief))
	b.raw(thief, move(1, thief))
	require.Equal(t, to, se.addr)
	require.Zero(t, b.sent[thief])
	// Nobody is pushed out of an address.
	d := b.client(2, "bert")
	d.login()
	b.raw(d.addr, move(3, d.addr))
	require.Equal(t, to, se.addr)
	require.NotNil(t, d.session())
	// After the session is over the ticket is worth nothing.
	last := move(9, thief)
	b.s.withLobby(b.now, "", se, func() { se.user.Quit(b.now, "", true) })
	b.raw(thief, last)
	require.Empty(t, b.s.tickets.of)
	require.Zero(t, b.sent[thief])
}

// The history is for a player who is behind, at its own address, and no faster
// than its rate.
func TestHistoryIsNotForEverybody(t *testing.T) {
	b := newBox(t, Config{})
	c, d := b.client(1, "anna"), b.client(2, "bert")
	ticket := c.loginWithTicket()
	d.loginWithTicket()
	ask := func() int {
		b.meter()
		b.raw(c.addr, ext.HistoryRequest{ID: ticket.ID, Count: 255}.AppendTo(nil))
		return b.counts[c.addr]
	}
	require.Zero(t, ask(), "in the lobby")
	c.send(wire.TypeCreateGame, wire.CreateRequest{Game: "x"})
	d.send(wire.TypeJoinGame, wire.JoinRequest{GameID: c.session().room.Load().ID, Connection: wire.LAN})
	c.send(wire.TypeStartGame, wire.StartRequest{})
	c.send(wire.TypeReady, wire.ReadyRequest{})
	d.send(wire.TypeReady, wire.ReadyRequest{})
	for n := range 90 {
		c.data(byte(n), 1)
		d.data(byte(n), 2)
		b.pass(time.Second / 60)
	}
	require.Zero(t, ask(), "in step")
	c.session().seat().SetAway(b.now)
	b.pass(time.Second)
	require.NotZero(t, ask(), "who is behind gets it")
	b.meter()
	for range 1000 {
		b.raw(c.addr, ext.HistoryRequest{ID: ticket.ID, Count: 255}.AppendTo(nil))
	}
	require.LessOrEqual(t, b.counts[c.addr], limits.HistoryRate.Burst+2, "the link may repeat itself beside it")
	b.raw(c.addr, ext.HistoryRequest{ID: ticket.ID, Offset: 1 << 30, Count: 1}.AppendTo(nil))
	// CaughtUp with numbers that cannot be is answered with where the game is.
	for _, m := range []ext.CaughtUp{{Frames: 1 << 31}, {Frames: 50, Calls: 1 << 31},
		{Frames: 0xFFFFFFFF, Calls: 0xFFFFFFFF}, {Frames: 0, Calls: 150}} {
		c.inbox = nil
		c.send(ext.TypeCaughtUp, m)
		require.Contains(t, typesOf(c.inbox), ext.TypeBehind)
		require.Equal(t, lockstep.Away, c.session().seat().Presence())
	}
}
