package server

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/wire"
)

// TestNothingComesInTheFrameDelayOfAnOldClient: the n02 of 2010 returns it at once, one call early, and its machine
// stays ahead of the others' for the whole game.
func TestNothingComesInTheFrameDelayOfAnOldClient(t *testing.T) {
	for _, typ := range []wire.ConnectionType{1, 2, 3, 6} {
		b := newBox(t, Config{})
		cs := b.game(2, typ)
		r := cs[0].session().room
		batch := make([]byte, 2*int(typ))
		delay := r.mixer.FrameDelay(0)
		require.Positive(t, delay)
		for i := range delay {
			for _, c := range cs {
				c.data(batch...)
				require.NotContains(t, c.types(), wire.TypeGameData, "type %d, batch %d", typ, i+1)
			}
		}
		cs[0].data(batch...)
		require.Equal(t, delay, r.mixer.Sent(0), "the other one's last is missing")
		require.Zero(t, r.mixer.Sent(1))
		cs[1].data(batch...)
		for i := range cs {
			require.Equal(t, delay+1, r.mixer.Sent(i), "all at once")
		}
		cs[0].data(batch...)
		cs[1].data(batch...)
		require.Equal(t, delay+2, r.mixer.Sent(0), "and then as they come")
	}
}

// TestAClientThatWaitsInItsFrameDelayIsAnswered: one that counts it differently. It is known by its silence.
func TestAClientThatWaitsInItsFrameDelayIsAnswered(t *testing.T) {
	for _, typ := range []wire.ConnectionType{1, 6} {
		b := newBox(t, Config{})
		cs := b.game(1, typ)
		r := cs[0].session().room
		cs[0].data(make([]byte, typ)...)
		b.pass(time.Duration(typ)*time.Second/60 + earlySilence - time.Millisecond)
		require.Zero(t, r.mixer.Sent(0))
		b.pass(2 * time.Millisecond)
		require.Equal(t, 1, r.mixer.Sent(0))
	}
}
