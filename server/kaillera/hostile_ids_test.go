package kaillera

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/race"
	"kbridge/kclient/wire"
	"kbridge/server/limits"
	"kbridge/server/rate"
)

// Row 24: 70,000 logins, while the first user stays.
func TestUserIDsInUseAreSkipped(t *testing.T) {
	b := newBox(t, Config{Flood: limits.Flood{Login: rate.Rate{Burst: -1}}})
	first := b.client(0, "first")
	id := first.login()
	first.silent = true
	b.remove(first)
	seen := map[uint16]bool{}
	logins, different := 70_000, 0xFFFE-1
	if race.Enabled { // the race detector is too slow for all of them
		logins, different = 2000, 2000
		b.s.lobby.Number(0xFFFF-1000, 0)
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
	require.LessOrEqual(t, len(b.s.sessions.at), limits.MaxClosing+1)
}

// Row 24: room IDs skip what is in use, and 0 and FFFFFFFF.
func TestRoomIDsInUseAreSkipped(t *testing.T) {
	b := newBox(t, Config{})
	a, c := b.client(1, "anna"), b.client(2, "bert")
	a.login()
	c.login()
	b.s.lobby.Number(0, 0)
	a.send(wire.TypeCreateGame, wire.CreateRequest{Game: "x"})
	b.s.lobby.Number(0, 0xFFFFFFFD)
	var ids []uint32
	for range 3 {
		c.send(wire.TypeCreateGame, wire.CreateRequest{Game: "x"})
		ids = append(ids, c.session().room.Load().ID)
		c.send(wire.TypeQuitGame, wire.LeaveRequest{})
	}
	require.Equal(t, []uint32{0xFFFFFFFE, 2, 3}, ids)
}
