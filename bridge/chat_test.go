package bridge_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"kbridge/bridge"
	"kbridge/kclient"
	"kbridge/kclient/text"
)

// The largest save that comes as chat, 2,200 lines of 113 bytes, while the emulator does something else.
func TestASaveSaidAsChatWaitsForTheEmulator(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newFakeGame()
		var dialog *bridge.Dialog
		h := newHost(t, runUI(func(ctx context.Context, d *bridge.Dialog) error {
			e := d.Emulator(text.Charset{})
			dialog = d
			_, err := d.Play(ctx, bridge.Match{Game: g, Name: e.Games[0]})
			return err
		}))
		c, _ := h.next(h.begin(threadA))
		require.Equal(t, bridge.CallGame, c.Kind)
		synctest.Wait()
		line := func(i int) string { return fmt.Sprintf("!MEMPAK%d=%s", i, strings.Repeat("x", 100)) }
		for i := range 2200 {
			dialog.Chat("ann", line(i))
		}
		next := 0
		take := func(c bridge.Call) {
			require.Equal(t, line(next), c.Text)
			next++
		}
		g.give([]byte{1, 2})
		require.Equal(t, 2, h.play(threadA, make([]byte, 16), 1, take))
		require.Equal(t, 2200, next, "in order, and all before the next frame")
		require.Zero(t, h.linesWith("level=WARN"))

		// Without end: the oldest go, and the log says so once until the emulator takes some.
		for range 2 {
			for i := range 10_000 {
				dialog.Chat("ann", line(i))
			}
			g.give([]byte{1, 2})
			var taken []string
			h.play(threadA, make([]byte, 16), 1, func(c bridge.Call) { taken = append(taken, c.Text) })
			require.Greater(t, len(taken), 5000)
			require.Less(t, len(taken), 7000)
			require.Equal(t, line(9999), taken[len(taken)-1])
		}
		require.Equal(t, 2, h.linesWith("level=WARN", "the oldest are thrown away"))
		h.EndGame()
		h.Shutdown()
	})
}

// What was not taken is said by the return code each time, and in the log once, until something is taken again.
func TestChatSendSaysWhatIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		full := false
		h := newHost(t, runUI(func(ctx context.Context, d *bridge.Dialog) error {
			d.Emulator(text.Charset{})
			d.InRoom(func(string) error {
				if full {
					return kclient.ErrChatFull
				}
				return nil
			})
			<-ctx.Done()
			return nil
		}))
		id := h.begin(threadA)
		synctest.Wait()
		for burst := range 2 {
			full = false
			require.NoError(t, h.ChatSend("taken"))
			full = true
			for range 300 {
				require.ErrorIs(t, h.ChatSend("too much"), kclient.ErrChatFull)
			}
			require.Equal(t, burst+1, h.linesWith("kailleraChatSend was refused", "384 KiB of room chat wait"))
		}
		h.Shutdown()
		_, _ = h.next(id)
	})
}

// kailleraChatSend returns nothing, so a line that the session's charset does not have all of is answered in the chat
// of whoever has typed it, in their own charset, and nobody else hears anything.
func TestALineThatTheCharsetLacksIsAnsweredInTheOwnChat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newFakeGame()
		var said []string
		h := newHost(t, runUI(func(ctx context.Context, d *bridge.Dialog) error {
			e := d.Emulator(text.Charset{}) // windows-1252; the emulator writes UTF-8
			d.InRoom(func(line string) error { said = append(said, line); return nil })
			_, err := d.Play(ctx, bridge.Match{Game: g, Name: e.Games[0]})
			return err
		}))
		c, _ := h.next(h.begin(threadA))
		require.Equal(t, bridge.CallGame, c.Kind)
		synctest.Wait()
		var lost *kclient.CharsetError
		require.ErrorAs(t, h.ChatSend("good 鵺"), &lost)
		require.NoError(t, h.ChatSend("good né"))
		require.Equal(t, []string{"good né"}, said)
		var heard []bridge.Call
		g.give([]byte{1, 2})
		require.Equal(t, 2, h.play(threadA, make([]byte, 16), 1, func(c bridge.Call) { heard = append(heard, c) }))
		require.Len(t, heard, 1)
		require.Equal(t, "kbridge", heard[0].Nick)
		require.Contains(t, heard[0].Text,
			`not sent: the line of chat "good 鵺" has the character '鵺' (U+9D7A), which the charset windows-1252 does not have`)
		require.Equal(t, 1, h.linesWith("kailleraChatSend was refused", "U+9D7A"))
		h.EndGame()
		h.Shutdown()
	})
}
