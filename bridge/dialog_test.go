package bridge_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/bridge"
	"kbridge/kclient/text"
	"kbridge/kclient/wire"
)

func TestDialogNeedsInitAndInfos(t *testing.T) {
	h := newRawHost(t, runUI(func(context.Context, *bridge.Dialog) error { return nil }))
	_, err := h.BeginDialog(threadA, 0)
	require.ErrorIs(t, err, bridge.ErrNotInitialised)
	require.ErrorIs(t, h.SetInfos(&bridge.Infos{}), bridge.ErrNotInitialised)

	h.Init()
	_, err = h.BeginDialog(threadA, 0)
	require.ErrorIs(t, err, bridge.ErrNoInfos)
	require.ErrorIs(t, h.SetInfos(nil), bridge.ErrBadArgument)

	require.NoError(t, h.SetInfos(&bridge.Infos{}))
	c, code := h.next(h.begin(threadA))
	require.Equal(t, bridge.CallNone, c.Kind)
	require.Zero(t, code)

	h.Shutdown()
	_, err = h.BeginDialog(threadA, 0)
	require.ErrorIs(t, err, bridge.ErrNotInitialised)

	h.Init()
	_, code = h.next(h.begin(threadA))
	require.Zero(t, code, "what the emulator said about itself outlives a shutdown")
}

func TestDialogReturnsWhatTheUISays(t *testing.T) {
	h := newHost(t, runUI(func(context.Context, *bridge.Dialog) error { return errors.New("no such server") }))
	c, code := h.next(h.begin(threadA))
	require.Equal(t, bridge.CallNone, c.Kind)
	require.Equal(t, -1, code)
	require.Equal(t, 1, h.linesWith("level=ERROR", "kailleraSelectServerDialog failed", "no such server"))

	h = newHost(t, runUI(func(context.Context, *bridge.Dialog) error { panic("oops") }))
	_, code = h.next(h.begin(threadA))
	require.Equal(t, -1, code, "a fault of the user interface ends the dialog, not the emulator")
}

func TestGameCallbackGetsTheListsEntry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		long := ""
		for len(long) < 200 {
			long += "日本の"
		}
		shiftJIS, err := text.LookupCharset("shift_jis")
		require.NoError(t, err)
		h := newHost(t, runUI(func(ctx context.Context, d *bridge.Dialog) error {
			e := d.Emulator(shiftJIS)
			require.Equal(t, "test 1.0", e.Name)
			require.Len(t, e.Games, 2)
			g := e.Games[1]
			require.Less(t, len(shiftJIS.Encode(g.Wire)), wire.MaxGameName+1)
			found, ok := e.Find(g.Wire)
			require.True(t, ok)
			_, err := d.Play(ctx, bridge.Match{Game: newFakeGame(), Name: found})
			return err
		}))
		require.NoError(t, h.SetInfos(&bridge.Infos{AppName: "test\x01 1.0", Games: []string{"Duel", long},
			Callbacks: callbacks}))
		id := h.begin(threadA)
		c, _ := h.next(id)
		require.Equal(t, bridge.Call{Kind: bridge.CallGame, Function: callbacks.Game, Game: long, Player: 1,
			Players: 2}, c)
		h.EndGame()
		_, code := h.next(id)
		require.Zero(t, code)
	})
}

func TestGameGoesOnAfterItsCallbackReturns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newFakeGame()
		result := make(chan bridge.Result, 1)
		h, id := startGame(t, g, result)

		over := make(chan int)
		go func() { // the callback has returned: its thread is back inside the dialog
			_, code := h.next(id)
			over <- code
		}()
		synctest.Wait()
		g.give([]byte{1, 2})
		require.Equal(t, 2, h.play(threadB, buffer(1, 1), 1, nil), "another thread plays")
		require.Empty(t, result)
		require.False(t, g.wasDropped())

		h.EndGame()
		require.Zero(t, <-over)
		r := <-result
		require.ErrorIs(t, r.Reason, bridge.ErrEndGame)
		require.Equal(t, 1, r.Stats.Frames)
		require.True(t, g.wasDropped())
		require.Equal(t, 1, h.linesWith("level=INFO", `msg="game ended"`, "reason=kailleraEndGame", "player=1",
			"players=2", "frames=1",
			"frame_delay=0", "ping=0s", "stall=0s", "longest_stall=0s", "duration=0s", "bytes_sent=0",
			"bytes_received=0",
			"datagrams_sent=0", "datagrams_received=0", "inputs=1", "inputs_cached=0"))
	})
}

func TestManyGamesInOneDialog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const games = 5
		h := newHost(t, runUI(func(ctx context.Context, d *bridge.Dialog) error {
			for range games {
				if _, err := d.Play(ctx, bridge.Match{Game: newFakeGame()}); err != nil {
					return err
				}
			}
			return nil
		}))
		id := h.begin(threadA)
		for range games {
			c, _ := h.next(id)
			require.Equal(t, bridge.CallGame, c.Kind)
			h.EndGame()
		}
		c, code := h.next(id)
		require.Equal(t, bridge.CallNone, c.Kind)
		require.Zero(t, code)
		require.Equal(t, games, h.linesWith(`msg="game ended"`))
	})
}

func TestSecondDialogIsRefusedWhileTheFirstWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t, runUI(func(ctx context.Context, d *bridge.Dialog) error { <-ctx.Done(); return ctx.Err() }))
		id := h.begin(threadA)
		over := make(chan int)
		go func() {
			_, code := h.next(id)
			over <- code
		}()
		synctest.Wait()
		for _, thread := range []uintptr{threadA, threadB} {
			_, err := h.BeginDialog(thread, 0)
			require.ErrorIs(t, err, bridge.ErrBusy)
		}
		h.Shutdown()
		require.Zero(t, <-over, "kailleraShutdown ends a blocked dialog, and that is no fault")
	})
}

// A longjmp out of a callback, and a call from inside of it, look the same from
// here: a dialog begins while the thread of the last one should be in a callback.
func TestDialogTakesOverFromACallback(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := newFakeGame()
		result := make(chan bridge.Result, 1)
		h, old := startGame(t, first, result)

		_, err := h.BeginDialog(threadB, 0)
		require.ErrorIs(t, err, bridge.ErrBusy, "another thread may not take a live game away")
		require.False(t, first.wasDropped())

		id := h.begin(threadA)
		require.True(t, first.wasDropped())
		require.ErrorIs(t, (<-result).Reason, bridge.ErrNewDialog)
		require.Equal(t, 1, h.linesWith(`msg="game ended"`, "called again"))

		// If it was a call from inside, the first dialog's thread comes back.
		c, code := h.next(old)
		require.Equal(t, bridge.CallNone, c.Kind)
		require.Zero(t, code)

		c, _ = h.next(id)
		require.Equal(t, bridge.CallGame, c.Kind, "the new dialog works")
		h.EndGame()
		_, code = h.next(id)
		require.Zero(t, code)
	})
}

func TestAnotherThreadTakesOverWhenNoGameRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := startGame(t, newFakeGame(), nil)
		h.EndGame() // and threadA has left its callback by a longjmp and died
		id := h.begin(threadB)
		c, _ := h.next(id)
		require.Equal(t, bridge.CallGame, c.Kind)
		h.Shutdown()
	})
}

// The UI of a dialog is not run beside that of the dialog before it, which may
// be saying good-bye to its server.
func TestUIsRunOneAfterTheOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		running, most := 0, 0
		h := newHost(t, runUI(func(ctx context.Context, d *bridge.Dialog) error {
			running++
			most = max(most, running)
			defer func() { running-- }()
			d.MoreInfos(bridge.GameName{Entry: "Maze"})
			<-ctx.Done()
			time.Sleep(time.Second)
			return nil
		}))
		for range 3 {
			c, _ := h.next(h.begin(threadA))
			require.Equal(t, bridge.Call{Kind: bridge.CallMoreInfos, Function: callbacks.MoreInfos, Game: "Maze"}, c)
		}
		h.Shutdown()
		synctest.Wait()
		require.Equal(t, 1, most)
		require.Zero(t, running, "Shutdown waits for the good-bye")
	})
}

func TestShutdownDoesNotWaitForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		h := newHost(t, runUI(func(context.Context, *bridge.Dialog) error { <-release; return nil }))
		id := h.begin(threadA)
		over := make(chan int)
		go func() {
			_, code := h.next(id)
			over <- code
		}()
		synctest.Wait()
		h.Shutdown()
		require.Zero(t, <-over)
		close(release)
	})
}

func TestNextCallDoesNotWaitButTellsTheThreadTo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t, runUI(func(ctx context.Context, d *bridge.Dialog) error {
			time.Sleep(time.Second)
			return nil
		}))
		id := h.begin(threadA)
		var c bridge.Call
		for range 3 {
			began := time.Now()
			require.Zero(t, h.NextCall(id, &c))
			require.Zero(t, time.Since(began))
			require.Equal(t, bridge.CallWait, c.Kind)
			require.Positive(t, c.Wait)
			require.LessOrEqual(t, c.Wait, time.Second)
		}
		_, err := h.BeginDialog(threadA, 0)
		require.ErrorIs(t, err, bridge.ErrBusy, "between two waits the thread is inside the dialog")
		began := time.Now()
		c, _ = h.next(id)
		require.Equal(t, bridge.CallNone, c.Kind)
		require.Equal(t, time.Second, time.Since(began), "it is woken as soon as there is something to tell")
	})
}

func TestGameWithoutCallbackIsNotPlayed(t *testing.T) {
	g := newFakeGame()
	h := newHost(t, oneGame(g, nil))
	require.NoError(t, h.SetInfos(&bridge.Infos{}))
	_, code := h.next(h.begin(threadA))
	require.Equal(t, -1, code)
	require.True(t, g.wasDropped(), "the others must not wait for us")
	require.Equal(t, 1, h.linesWith("no gameCallback"))
}

func TestGameEndsWithItsContextAndWithTheUI(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reason := errors.New("the room was closed")
		ctx, cancel := context.WithCancelCause(t.Context())
		g := newFakeGame()
		result := make(chan bridge.Result, 1)
		h := newHost(t, runUI(func(_ context.Context, d *bridge.Dialog) error {
			return oneGame(g, result)(ctx, d)
		}))
		id := h.begin(threadA)
		h.next(id)
		cancel(reason)
		require.ErrorIs(t, (<-result).Reason, reason)
		require.Equal(t, -1, h.play(threadA, buffer(1), 1, nil))
		h.next(id)

		// A UI that returns while its game runs takes the game with it.
		g = newFakeGame()
		h = newHost(t, runUI(func(ctx context.Context, d *bridge.Dialog) error {
			go oneGame(g, nil)(ctx, d)
			time.Sleep(time.Second)
			return nil
		}))
		id = h.begin(threadA)
		c, _ := h.next(id)
		require.Equal(t, bridge.CallGame, c.Kind)
		_, code := h.next(id)
		require.Zero(t, code)
		require.True(t, g.wasDropped())
		require.Zero(t, h.FrameDelay())
	})
}

func TestChatSendGoesToTheRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var said []string
		h := newHost(t, runUI(func(ctx context.Context, d *bridge.Dialog) error {
			d.Emulator(text.Charset{})
			d.InRoom(func(text string) error { said = append(said, text); return nil })
			<-ctx.Done()
			return nil
		}))
		require.ErrorIs(t, h.ChatSend("nobody hears this"), bridge.ErrNoRoom)
		id := h.begin(threadA)
		synctest.Wait()
		require.NoError(t, h.ChatSend("hello\r\n"))
		require.NoError(t, h.ChatSend(""))
		long := make([]byte, 0, 64<<10)
		for len(long) < 64<<10 {
			long = append(long, "é"...)
		}
		require.NoError(t, h.ChatSend(string(long)))
		require.Len(t, said, 2)
		require.Equal(t, "hello", said[0])
		require.Equal(t, string(long[:2*wire.MaxGameChat]), said[1], "cut to what the wire takes, at a character")
		h.Shutdown()
		require.ErrorIs(t, h.ChatSend("too late"), bridge.ErrNotInitialised)
		_, _ = h.next(id)
	})
}

// A game list's entry that begins with * is a chat room: FBNeo's callback would never return.
func TestChatRoomsAreNotPlayed(t *testing.T) {
	g := newFakeGame()
	h := newHost(t, runUI(func(ctx context.Context, d *bridge.Dialog) error {
		e := d.Emulator(text.Charset{})
		_, err := d.Play(ctx, bridge.Match{Game: g, Name: e.Games[0]})
		return err
	}))
	require.NoError(t, h.SetInfos(&bridge.Infos{Games: []string{"* Chat only"}, Callbacks: callbacks}))
	c, code := h.next(h.begin(threadA))
	require.Equal(t, bridge.CallNone, c.Kind)
	require.Equal(t, -1, code)
	require.True(t, g.wasDropped(), "the others must not wait for us")
	require.Equal(t, 1, h.linesWith("is a chat room"))
}
