package kaillera

import (
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/wire"
	"kbridge/server/limits"
)

// hasty is a socket whose reader has its turn while the server says goodbye.
type hasty struct {
	boxConn
	before func()
}

func (c hasty) WriteToUDPAddrPort(d []byte, to netip.AddrPort) (int, error) {
	c.before()
	return c.boxConn.WriteToUDPAddrPort(d, to)
}

// The reader runs beside whoever ends the server. It closes the socket only after everybody was told.
func TestTheReaderGoesOnUntilEverybodyHasBeenToldOfTheEnd(t *testing.T) {
	b := newBox(t, Config{})
	for i, name := range []string{"anna", "bert", "cora"} {
		b.client(i+1, name).login()
	}
	turns := 0
	reader := func(at time.Time) (over bool) {
		over, err := b.s.clock.sleep(b.s.conn, at, b.s.timers.Next())
		require.NoError(t, err)
		return over
	}
	b.s.stopping.Store(true) // as Close does first
	require.False(t, reader(b.now))
	b.listen(hasty{boxConn{b}, func() {
		turns++
		require.False(t, reader(b.now.Add(time.Hour)), "some are not told yet")
	}})
	b.s.shutdown(b.now, "that was all")
	b.settle()
	require.GreaterOrEqual(t, turns, 3)
	for _, c := range b.clients {
		require.Contains(t, boxParse(c, wire.TypeUserQuit, wire.ParseUserQuit).Message, "that was all")
	}
	require.False(t, reader(b.now.Add(limits.ShutdownLinger-time.Millisecond)), "goodbyes are repeated")
	require.True(t, reader(b.now.Add(limits.ShutdownLinger)))
}
