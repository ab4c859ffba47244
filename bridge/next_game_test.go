package bridge_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/bridge"
	"kbridge/kclient/text"
)

// A game that starts right after another one, while the emulator is between two
// frames of that, is not played in its place: the emulator hears first that its game
// is over, and begins the next one with gameCallback.
func TestTheNextGameWaitsForItsCallback(t *testing.T) {
	first, second := newFakeGame(), newFakeGame()
	first.give([]byte{1, 1, 1, 1})
	second.give([]byte{9, 9, 9, 9})
	over := make(chan struct{})
	h := newHost(t, runUI(func(ctx context.Context, d *bridge.Dialog) error {
		name := d.Emulator(text.Charset{}).Games[0]
		if _, err := d.Play(ctx, bridge.Match{Game: first, Name: name}); err != nil {
			return err
		}
		close(over)
		_, err := d.Play(ctx, bridge.Match{Game: second, Name: name})
		return err
	}))
	id := h.begin(threadA)
	c, _ := h.next(id)
	require.Equal(t, bridge.CallGame, c.Kind)
	values := make([]byte, 16)
	require.Equal(t, 4, h.play(threadA, values, 2, nil))
	first.fails(errors.New("the first is over"))
	require.Equal(t, -1, h.play(threadA, values, 2, nil))
	<-over
	// The second one may have started by now; it is not this loop's.
	for range 50 {
		require.Equal(t, -1, h.play(threadA, values, 2, nil))
		h.EndGame() // as emulators do when they have stopped: the one before is meant
		time.Sleep(time.Millisecond)
	}
	c, _ = h.next(id)
	require.Equal(t, bridge.CallGame, c.Kind)
	require.Equal(t, 4, h.play(threadA, values, 2, nil))
	require.Equal(t, byte(9), values[0])
	h.EndGame()
	_, code := h.next(id)
	require.Zero(t, code)
}
