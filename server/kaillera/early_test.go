package kaillera

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
		batch := make([]byte, 2*int(typ))
		delay := cs[0].session().seat().FrameDelay()
		require.Positive(t, delay)
		for i := range delay {
			for _, c := range cs {
				c.data(batch...)
				require.NotContains(t, c.types(), wire.TypeGameData, "type %d, batch %d", typ, i+1)
			}
		}
		cs[0].data(batch...)
		require.Equal(t, delay, cs[0].session().seat().Given(), "the other one's last is missing")
		require.Zero(t, cs[1].session().seat().Given())
		cs[1].data(batch...)
		for i := range cs {
			require.Equal(t, delay+1, cs[i].session().seat().Given(), "all at once")
		}
		cs[0].data(batch...)
		cs[1].data(batch...)
		require.Equal(t, delay+2, cs[0].session().seat().Given(), "and then as they come")
	}
}

// TestAClientThatWaitsInItsFrameDelayIsAnswered: one that counts it differently. It is known by its silence.
func TestAClientThatWaitsInItsFrameDelayIsAnswered(t *testing.T) {
	for _, typ := range []wire.ConnectionType{1, 6} {
		b := newBox(t, Config{})
		cs := b.game(1, typ)
		cs[0].data(make([]byte, typ)...)
		b.pass(time.Duration(typ)*time.Second/60 + earlySilence - time.Millisecond)
		require.Zero(t, cs[0].session().seat().Given())
		b.pass(2 * time.Millisecond)
		require.Equal(t, 1, cs[0].session().seat().Given())
	}
}
