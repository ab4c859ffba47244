package kaillera

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/wire"
)

// Row 20: sizes and positions that do not fit.
func TestSizesAndPositionsThatDoNotFitEndTheirSendersGame(t *testing.T) {
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
			require.Equal(t, standsInRoom, cs[0].session().stands())
			m := boxParse(cs[0], wire.TypeGameChat, wire.ParseChat)
			require.Equal(t, "Server", m.User)
			require.Contains(t, m.Text, "You were dropped from the game")
			for _, c := range cs {
				require.Equal(t, wire.PlayerDropped{User: "a", Player: 1}, boxParse(c, wire.TypeDropGame,
					wire.ParsePlayerDropped))
			}
			for _, c := range cs[1:] {
				require.Equal(t, standsInPlay, c.session().stands())
				c.inbox = nil
				c.batches(bytes.Repeat([]byte{9}, 4*int(tc.typ))...)
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
func TestAPlayerTooFarAheadIsDropped(t *testing.T) {
	b := newBox(t, Config{})
	cs := b.game(2, wire.LAN)
	for i := range 300 {
		cs[0].data(byte(i), byte(i>>8))
	}
	require.Equal(t, standsInRoom, cs[0].session().stands())
	require.Contains(t, boxParse(cs[0], wire.TypeGameChat, wire.ParseChat).Text, "too far ahead")
	require.Equal(t, standsInPlay, cs[1].session().stands())
}
