package kaillera

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/wire"
	"kbridge/server/limits"
)

// Our own client keeps what is not proven, so what is missing of it can always come: it is waited for as long as
// before. Of an old client the same datagrams show that it is gone.
func TestOnlyOldClientsAreGivenUpSoon(t *testing.T) {
	for _, proven := range []bool{false, true} {
		b := newBox(t, Config{})
		cs := b.game(2, wire.LAN)
		c := cs[1]
		se := c.session()
		se.proven = proven
		for range 5 {
			cs[0].data(1)
			c.data(2)
		}
		c.silent = true
		missing := uint16(c.link.Stats().MessagesSent)
		for ahead := range uint16(60) { // more than it ever had in a datagram
			body := wire.AppendGameData(nil, []byte{3})
			b.raw(c.addr, one(missing+1+ahead, wire.TypeGameData, body))
		}
		_, hole := se.link.Hole()
		require.True(t, hole)
		require.True(t, se.link.Gone())
		b.pass(limits.GonePatience - time.Millisecond)
		require.True(t, se.inGame())
		b.pass(2 * time.Millisecond)
		require.Equal(t, proven, se.inGame())
		b.pass(limits.HolePatience)
		require.False(t, se.inGame())
	}
}
