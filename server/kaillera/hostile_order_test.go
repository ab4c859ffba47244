package kaillera

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/wire"
)

// Row 19: numbers that wrap while a message is missing; twice.
func TestNumbersWrapWithAHole(t *testing.T) {
	b := newBox(t, Config{})
	c, by := b.client(1, "anna"), b.client(2, "bert")
	c.login()
	by.login()
	c.silent = true
	chats := func(base uint16, numbers ...uint16) []byte {
		d := wire.AppendBundleHeader(nil, len(numbers))
		for _, n := range numbers {
			d = wire.AppendMessage(d, base+n, wire.TypeGlobalChat,
				wire.ChatRequest{Text: strings.Repeat("|", int(n)+1)}.AppendTo(nil))
		}
		return d
	}
	heard := func() (out []int) {
		for _, g := range by.inbox {
			if g.typ == wire.TypeGlobalChat {
				m, err := wire.ParseChat(g.body)
				require.NoError(t, err)
				out = append(out, len(m.Text)-1)
			}
		}
		by.inbox = nil
		return out
	}
	alive := wire.KeepAlive{}.AppendTo(nil)
	for n := uint64(c.link.Stats().MessagesSent); n < 2<<16; {
		left := (1<<16 - 2) - n%(1<<16) // until the last two numbers before the wrap
		d := wire.AppendBundleHeader(nil, int(min(left, wire.MaxBundle)))
		for i := min(left, wire.MaxBundle); i > 0; i-- {
			d = wire.AppendMessage(d, uint16(n+i-1), wire.TypeKeepAlive, alive)
		}
		b.raw(c.addr, d)
		if n += min(left, wire.MaxBundle); left > wire.MaxBundle {
			continue
		}
		b.raw(c.addr, chats(uint16(n), 3, 2))
		require.Empty(t, heard(), "they wait on the other side of the wrap")
		b.raw(c.addr, chats(uint16(n), 1, 0))
		require.Equal(t, []int{0, 1, 2, 3}, heard())
		b.raw(c.addr, chats(uint16(n), 3, 2, 1))
		require.Empty(t, heard())
		n += 4
		b.pass(30 * time.Second) // the rate of chat allows the next ones
	}
}

// Row 18: a 06 that answers nothing proves nothing, or what the client has not got
// would never come again.
func TestAnAckThatAnswersNothingProvesNothing(t *testing.T) {
	b := newBox(t, Config{})
	c, by := b.client(1, "anna"), b.client(2, "bert")
	c.login()
	by.login()
	b.pass(5 * time.Second)
	c.silent, c.mute = true, true
	se := c.session()
	require.Zero(t, se.link.Unproven())
	by.send(wire.TypeGlobalChat, wire.ChatRequest{Text: "lost on the way"})
	require.Equal(t, 1, se.link.Unproven())
	next := uint16(c.link.Stats().MessagesSent)
	for i := range uint16(100) {
		b.raw(c.addr, one(next+i, wire.TypeClientAck, wire.ClientAck{}.AppendTo(nil)))
	}
	require.Equal(t, 1, se.link.Unproven())
}

// Row 20: a position that was never filled is called just that.
func TestAPositionNeverFilledIsCalledThat(t *testing.T) {
	for _, pos := range []byte{0, 255} {
		b := newBox(t, Config{})
		cs := b.game(2, wire.LAN)
		cs[0].send(wire.TypeGameCache, rawBody(wire.AppendGameCache(nil, pos)))
		require.Contains(t, boxParse(cs[0], wire.TypeGameChat, wire.ParseChat).Text,
			"it named game data that it never sent")
		require.Equal(t, standsInPlay, cs[1].session().stands())
	}
}
