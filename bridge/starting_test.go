package bridge_test

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"kbridge/bridge"
	"kbridge/kclient/text"
)

// What players say and who drops between the server's start and the emulator's game is told in the game, whichever of
// the UI's goroutines comes first; what was said before the start is not.
func TestWhatHappensWhileAGameStartsIsToldInIt(t *testing.T) {
	for _, playFirst := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			g := newFakeGame()
			starts := func(d *bridge.Dialog) {
				d.GameStarting()
				d.Chat("ann", "hello")
				d.ClientDropped("bob", 2)
			}
			var dialog *bridge.Dialog
			h := newHost(t, runUI(func(ctx context.Context, d *bridge.Dialog) error {
				e := d.Emulator(text.Charset{})
				d.Chat("ann", "before the start")
				if !playFirst {
					starts(d)
				}
				dialog = d
				_, err := d.Play(ctx, bridge.Match{Game: g, Name: e.Games[0]})
				return err
			}))
			c, _ := h.next(h.begin(threadA))
			require.Equal(t, bridge.CallGame, c.Kind)
			synctest.Wait()
			if playFirst {
				starts(dialog)
			}
			g.give([]byte{1, 2})
			var told []string
			h.play(threadA, make([]byte, 16), 1, func(c bridge.Call) { told = append(told, c.Nick+": "+c.Text) })
			require.Equal(t, []string{"ann: hello", "bob: "}, told, "play first: %v", playFirst)
			h.EndGame()
			h.Shutdown()
		})
	}
}
