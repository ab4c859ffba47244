package server

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/sim/network"
	"kbridge/kclient/wire"
)

// The owner's word in the room's chat decides, for the games that follow.
func TestSameDelayInTheRoomsChat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 61, lan, Config{})
		near, _ := w.login("near", wire.LAN)
		w.net.SetProfile(network.Profile{Delay: 50 * time.Millisecond})
		far, _ := w.login("far", wire.LAN)
		far.join(near.create("Pong"))
		says := func(c *client, text, answer string) {
			t.Helper()
			c.drain()
			c.send(wire.TypeGameChat, wire.ChatRequest{Text: text})
			require.Contains(t, parse(t, c.untilFrom("Server"), wire.ParseChat).Text, answer)
		}
		delays := func() []int {
			gs := started(t, []*client{near, far})
			for _, g := range gs {
				g.send(wire.TypeDropGame, wire.DropRequest{})
			}
			time.Sleep(time.Second)
			near.drain()
			far.drain()
			return []int{int(gs[0].start.FrameDelay), int(gs[1].start.FrameDelay)}
		}
		require.Equal(t, []int{2, 7}, delays())
		says(far, "/samedelay true", "Only the owner")
		says(near, "/samedelay", "takes true")
		require.Equal(t, []int{2, 7}, delays())
		says(near, "/samedelay true", "Everybody has the longest")
		require.Equal(t, []int{7, 7}, delays())
		says(near, "/SameDelay false", "the frame delay of its own ping")
		require.Equal(t, []int{2, 7}, delays())
	})
}

// With players whose pings at the login were unequal every machine runs the same frame in the same call; the leads of
// the near ones are not rounded to their batches.
func TestUnequalDistancesLineUpCalls(t *testing.T) {
	for _, types := range [][]wire.ConnectionType{{1, 1}, {1, 2}, {2, 3}, {3, 3}, {1, 6}, {6, 6}, {1, 2, 3},
		{6, 1, 1}} {
		for _, cfg := range []Config{{}, {FrameDelay: FrameDelaySame}, {Padding: PaddingOn}} {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, 62, lan, cfg)
				var cs []*client
				var id uint32
				for i, typ := range types {
					w.net.SetProfile(network.Profile{Delay: time.Duration(5+40*i) * time.Millisecond})
					c, _ := w.login(string(rune('a'+i)), typ)
					if i == 0 {
						id = c.create("Pong")
					} else {
						c.join(id)
					}
					cs = append(cs, c)
				}
				gs := started(t, cs)
				for _, g := range gs {
					require.False(t, cfg.FrameDelay == FrameDelaySame && g.lead > 0, "%v", types)
				}
				together(303, gs...)
				sameFrames(t, 250, gs...)
			})
		}
	}
}
