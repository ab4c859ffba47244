package kclient_test

import (
	"fmt"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/sim/network"
	"kbridge/kclient/wire"
)

// TestWhatEmuLinkerSFLeavesOutEndsNoGame: its datagrams are 2,048 bytes at most, and count the messages that do not
// fit. Our client takes the complete ones, and has the left out ones from an earlier datagram.
func TestWhatEmuLinkerSFLeavesOutEndsNoGame(t *testing.T) {
	for _, tc := range []struct {
		size int // bytes of a frame of one player; a message has four of them, or is a cached one
		loss float64
	}{
		{210, 0},    // two of 840 bytes fit
		{210, 0.02}, // and the one before the last comes again, at a repeat at the latest
		{300, 0},    // one fits
	} {
		t.Run(fmt.Sprintf("size %d, loss %v", tc.size, tc.loss), func(t *testing.T) {
			for seed := range uint64(4) {
				m := mixedMatch{seed: seed, server: onEmuLinkerSF, who: []string{ours, ours},
					types: []wire.ConnectionType{2, 2}, size: tc.size, frames: 500,
					lobby: roughly(20*time.Millisecond, 0), play: roughly(20*time.Millisecond, tc.loss)}
				var short atomic.Int64
				m.during = func(_ *mixedMatch, n *network.Network) {
					n.Filter(func(_, to netip.AddrPort, d []byte) bool {
						if _, err := wire.ParseBundle(d, nil); err != nil && to.Addr() != mixedServer.Addr() {
							short.Add(1)
						}
						return true
					})
				}
				m.run(t)
				require.Equal(t, 2, m.finished(), "%v: %v", &m, m.result)
				require.Empty(t, m.desyncs)
				require.Greater(t, short.Load(), int64(100), "datagrams that count more than they hold")
			}
		})
	}
}
