package kaillera

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/link"
	"kbridge/kclient/wire"
	"kbridge/server/limits"
	"kbridge/server/rate"
)

func countAcks(c *boxClient) (n int) {
	for _, g := range c.inbox {
		if g.typ == wire.TypeServerAck {
			n++
		}
	}
	c.inbox = nil
	return n
}

// Outside of play the server asks for proof about a second after something new,
// once, and then is silent.
func TestProofIsAskedFor(t *testing.T) {
	b := newBox(t, Config{})
	c := b.client(1, "anna")
	c.login()
	b.pass(10 * time.Second)
	require.Equal(t, 1, countAcks(c))
	require.Zero(t, c.session().link.Unproven())
	b.meter()
	c.silent = true
	b.pass(60 * time.Second)
	require.Zero(t, b.counts[c.addr], "an idle session sends nothing")
	c.silent = false
	c.send(wire.TypeGlobalChat, wire.ChatRequest{Text: "x"})
	b.pass(900 * time.Millisecond)
	require.Zero(t, countAcks(c))
	b.pass(10 * time.Second)
	require.Equal(t, 1, countAcks(c))
	require.Zero(t, c.session().link.Unproven())
}

// A client that answers none (n02 with a set ping) is asked a few times, then
// left alone until there is something new, and in the end for good.
func TestProofIsNotAskedForEver(t *testing.T) {
	b := newBox(t, Config{Flood: limits.Flood{Chat: rate.Rate{Burst: -1}}})
	c := b.client(1, "anna")
	c.login()
	b.pass(10 * time.Second)
	c.inbox = nil
	c.mute = true
	c.send(wire.TypeGlobalChat, wire.ChatRequest{Text: "x"})
	b.pass(60 * time.Second)
	require.Equal(t, limits.MaxAsks, countAcks(c))
	c.send(wire.TypeGlobalChat, wire.ChatRequest{Text: "x"})
	b.pass(60 * time.Second)
	require.Equal(t, 1, countAcks(c))
	for range 200 {
		c.send(wire.TypeGlobalChat, wire.ChatRequest{Text: "x"})
		b.pass(5 * time.Second)
	}
	require.LessOrEqual(t, countAcks(c), limits.MaxOpen)
	// Whatever it does not prove, it gets what is new.
	c.send(wire.TypeGlobalChat, wire.ChatRequest{Text: "last"})
	require.Equal(t, "last", boxParse(c, wire.TypeGlobalChat, wire.ParseChat).Text)
	// And as soon as it answers again, all is proven in a while.
	c.mute = false
	for range limits.MaxOpen + 10 {
		c.send(wire.TypeClientAck, wire.ClientAck{})
	}
	c.send(wire.TypeGlobalChat, wire.ChatRequest{Text: "x"})
	b.pass(10 * time.Second)
	require.Zero(t, c.session().link.Unproven())
}

// In a game the counts prove, and no 05 disturbs it.
func TestNoAsksInAGame(t *testing.T) {
	b := newBox(t, Config{})
	cs := b.game(2, wire.LAN)
	for _, c := range cs { // loading clients ignore all but one message of a datagram
		require.Equal(t, link.Netsync, c.session().link.Phase(), "until its first game data")
	}
	for n := range 600 {
		for _, c := range cs {
			c.data(byte(n), byte(n>>8))
		}
		b.pass(time.Second / 60)
	}
	for _, c := range cs {
		require.Zero(t, countAcks(c))
		require.LessOrEqual(t, c.session().link.Unproven(), 5)
		require.Equal(t, link.Play, c.session().link.Phase())
	}
	// After it, they are asked again.
	for _, c := range cs {
		c.send(wire.TypeDropGame, wire.DropRequest{})
	}
	b.pass(5 * time.Second)
	for _, c := range cs {
		require.Equal(t, link.Lobby, c.session().link.Phase())
		require.NotZero(t, countAcks(c))
		require.Zero(t, c.session().link.Unproven())
	}
}

// Ready proves the start message, so netsync repeats nothing older than it.
func TestReadyProvesStart(t *testing.T) {
	b := newBox(t, Config{})
	c := b.client(1, "anna")
	c.login()
	c.send(wire.TypeCreateGame, wire.CreateRequest{Game: "x"})
	c.send(wire.TypeStartGame, wire.StartRequest{})
	require.NotZero(t, c.session().link.Unproven())
	b.now = b.now.Add(time.Second)
	c.send(wire.TypeReady, wire.ReadyRequest{})
	// What came after the start: 0E playing and 15.
	require.Equal(t, 2, c.session().link.Unproven())
}
