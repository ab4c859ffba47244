package lockstep_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/lockstep"
)

// A client sends a batch only when it has been given the message that Needs says, and sends it as soon as it has.
func TestABatchNeedsAMessage(t *testing.T) {
	for c := 1; c <= lockstep.MaxConnection; c++ {
		for d := range 5 {
			t.Run(fmt.Sprintf("type %d, delay %d", c, d), func(t *testing.T) {
				m, err := lockstep.NewMixer(lockstep.MixerConfig{Connections: []int{c, c}, FrameDelays: []int{d, d}})
				require.NoError(t, err)
				b, err := lockstep.NewBatcher(lockstep.BatcherConfig{Connection: c, FrameDelay: d, Players: 2})
				require.NoError(t, err)
				given, dst := 0, make([]byte, 2)
				for frame := range 20 * (d + 1) * c {
					out, full, err := b.Collect([]byte{byte(frame)})
					require.NoError(t, err)
					if full {
						message, batches := m.Needs(0)
						require.Equal(t, given, message, "call %d, all that was given is used up", frame)
						if message > 0 {
							require.Equal(t, d+1, batches)
						}
						for player := range 2 { // the other one is as far
							if out.Cached {
								require.NoError(t, m.InputCached(player, out.Position))
							} else {
								require.NoError(t, m.Input(player, out.Payload))
							}
						}
						m.Next(1)
					}
					if _, ok := b.Next(dst); ok {
						continue
					}
					in, ok := m.Next(0)
					require.True(t, ok)
					given++
					if in.Cached {
						require.NoError(t, b.ReceiveCached(in.Position))
					} else {
						require.NoError(t, b.Receive(in.Payload))
					}
					_, ok = b.Next(dst)
					require.True(t, ok)
				}
				message, batches := m.Needs(7)
				require.Zero(t, message+batches, "a player that is not there")
			})
		}
	}
}
