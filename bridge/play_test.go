package bridge_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"kbridge/bridge"
)

func TestPlayReturnsFramesAndDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newFakeGame()
		g.delay = 1
		h, _ := startGame(t, g, nil)
		require.Equal(t, 1, h.FrameDelay())
		g.give(nil)
		g.give([]byte{1, 2, 3, 4})

		values := buffer(2, 7, 8)
		before := string(values)
		require.Zero(t, h.play(threadA, values, 2, nil))
		require.Equal(t, before, string(values), "inside the frame delay values stays as it is")
		require.Equal(t, 4, h.play(threadA, values, 2, nil))
		require.Equal(t, []byte{1, 2, 3, 4}, values[:4])
		require.Equal(t, [][]byte{{7, 8}, {7, 8}}, g.inputs())
		h.EndGame()
		require.Zero(t, h.FrameDelay())
	})
}

func TestWrongCallsAreRefusedOnceAloudAndHarmNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newRawHost(t, nil)
		require.Equal(t, -1, h.play(threadA, buffer(1), 1, nil))
		require.Equal(t, 1, h.linesWith("level=ERROR", "kailleraInit was not called"))

		g := newFakeGame()
		h = newHost(t, oneGame(g, nil))
		for range 3 {
			require.Equal(t, -1, h.play(threadA, buffer(1), 1, nil))
		}
		require.Equal(t, 1, h.linesWith("level=ERROR", "kailleraModifyPlayValues was refused", "no game is running"))

		id := h.begin(threadA)
		h.next(id)
		wrong := func(values []byte, size int, words ...string) {
			t.Helper()
			for range 3 {
				require.Equal(t, -1, h.play(threadA, values, size, nil))
			}
			require.Equal(t, 1, h.linesWith(words...), h.logged())
		}
		wrong(nil, 1, "values=NULL")
		wrong([]byte{}, -1, "size=-1", "smallest=1", "largest=512")
		require.Equal(t, -1, h.play(threadA, []byte{}, 0, nil))
		require.Equal(t, -1, h.play(threadA, []byte{}, 1<<31-1, nil))
		require.Equal(t, -1, h.play(threadA, make([]byte, 8*bridge.MaxFrameSize+8), bridge.MaxFrameSize+1, nil))
		require.Empty(t, g.inputs())

		g.give([]byte{1, 2})
		require.Equal(t, 2, h.play(threadA, buffer(1, 9), 1, nil), "the game is unharmed")
		wrong(buffer(2), 2, "size=2", "size_of_this_game=1")
		g.give([]byte{3, 4})
		require.Equal(t, 2, h.play(threadA, buffer(1, 9), 1, nil))
		require.Equal(t, [][]byte{{9}, {9}}, g.inputs())

		h.Shutdown()
		wrong(buffer(1), 1, "kailleraModifyPlayValues was refused", "kailleraShutdown")
	})
}

func TestEndGameAndShutdownWakePlay(t *testing.T) {
	for name, end := range map[string]func(*host){
		"kailleraEndGame":  func(h *host) { h.EndGame() },
		"kailleraShutdown": func(h *host) { h.Shutdown() },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h, _ := startGame(t, newFakeGame(), nil)
				n := make(chan int)
				go func() { n <- h.play(threadA, buffer(1), 1, nil) }()
				synctest.Wait()
				end(h)
				require.Equal(t, -1, <-n)
				require.Equal(t, -1, h.play(threadA, buffer(1), 1, nil))
				require.Equal(t, 1, h.linesWith(`msg="game ended"`, "reason="+name))
				h.Shutdown()
			})
		})
	}
}

func TestGameThatFailsEndsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newFakeGame()
		result := make(chan bridge.Result, 1)
		h, id := startGame(t, g, result)
		reason := errors.New("the server is gone")
		g.fails(reason)
		require.Equal(t, -1, h.play(threadA, buffer(1), 1, nil))
		require.ErrorIs(t, (<-result).Reason, reason)
		h.EndGame()
		require.Equal(t, 1, h.linesWith(`msg="game ended"`))
		require.Equal(t, 1, h.linesWith(`reason="the server is gone"`))
		require.Zero(t, h.linesWith("level=ERROR"), "that a game ends is no wrong call: %s", h.logged())
		_, code := h.next(id)
		require.Zero(t, code)
	})
}

// posting is a UI that plays a game and hands out its dialog.
func posting(g bridge.Game, dialog chan<- *bridge.Dialog) runUI {
	return func(ctx context.Context, d *bridge.Dialog) error {
		dialog <- d
		return oneGame(g, nil)(ctx, d)
	}
}

func startPosting(t *testing.T, g bridge.Game) (h *host, d *bridge.Dialog) {
	dialogs := make(chan *bridge.Dialog, 1)
	h = newHost(t, posting(g, dialogs))
	c, _ := h.next(h.begin(threadA))
	require.Equal(t, bridge.CallGame, c.Kind)
	return h, <-dialogs
}

func TestChatAndDropsReachTheCallersThread(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newFakeGame()
		h, d := startPosting(t, g)
		d.Chat("Zoë", "hi\nthere")
		d.ClientDropped("Zoë", 2)

		var got []bridge.Call
		n := make(chan int)
		go func() {
			n <- h.play(threadB, buffer(1), 1, func(c bridge.Call) { c.GameID = 0; got = append(got, c) })
		}()
		synctest.Wait()
		require.Equal(t, []bridge.Call{
			{Kind: bridge.CallChat, Function: callbacks.ChatReceived, Nick: "Zoë", Text: "hithere"},
			{Kind: bridge.CallDrop, Function: callbacks.ClientDropped, Nick: "Zoë", Player: 2},
		}, got)

		d.Chat("Zoë", "while you wait") // wakes the waiting call
		synctest.Wait()
		require.Len(t, got, 3)
		g.give([]byte{1, 2})
		require.Equal(t, 2, <-n)
		require.Len(t, g.inputs(), 1, "one call is one input, whatever came in between")

		// NULL callbacks are skipped.
		require.NoError(t, h.SetInfos(&bridge.Infos{}))
		d.Chat("Zoë", "unheard")
		g.give([]byte{1, 2})
		require.Equal(t, 2, h.play(threadB, buffer(1), 1, func(bridge.Call) { t.Error("called") }))

		h.Shutdown()
		d.Chat("Zoë", "too late")
	})
}

func TestJumpOutOfACallbackKeepsTheExchange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newFakeGame()
		h, d := startPosting(t, g)
		d.Chat("a", "jump")
		var c bridge.Call
		h.ModifyPlayValues(threadA, buffer(1, 1), 1, &c)
		require.Equal(t, bridge.CallChat, c.Kind)
		// The callback is left by a longjmp: nobody comes back with c.

		g.give([]byte{1, 1})
		g.give([]byte{2, 2})
		values := buffer(1, 2)
		require.Equal(t, 2, h.play(threadA, values, 1, nil))
		require.Equal(t, []byte{1, 1}, values[:2])
		require.Equal(t, [][]byte{{1}}, g.inputs(), "the input of the open exchange had gone out")
		values = buffer(1, 2)
		require.Equal(t, 2, h.play(threadA, values, 1, nil))
		require.Equal(t, []byte{2, 2}, values[:2])
		require.Equal(t, [][]byte{{1}, {2}}, g.inputs())
		h.Shutdown()
	})
}

func TestCallFromInsideACallback(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newFakeGame()
		h, d := startPosting(t, g)
		d.Chat("a", "call me")
		g.give([]byte{1, 1})
		g.give([]byte{2, 2})
		outer := buffer(1, 1)
		n := h.play(threadA, outer, 1, func(bridge.Call) {
			inner := buffer(1, 5)
			require.Equal(t, 2, h.play(threadA, inner, 1, nil))
			require.Equal(t, []byte{1, 1}, inner[:2])
		})
		require.Equal(t, 2, n)
		require.Equal(t, []byte{2, 2}, outer[:2], "every call stands for a frame of its own")
		require.Equal(t, [][]byte{{1}, {1}}, g.inputs(), "and for one input")

		// The game may be ended from there too.
		d.Chat("a", "end it")
		require.Equal(t, -1, h.play(threadA, buffer(1, 1), 1, func(bridge.Call) { h.EndGame() }))
		h.Shutdown()
	})
}

func TestCallbackOutlivesItsGame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		games := []*fakeGame{newFakeGame(), newFakeGame()}
		dialogs := make(chan *bridge.Dialog, 1)
		h := newHost(t, runUI(func(ctx context.Context, d *bridge.Dialog) error {
			dialogs <- d
			for _, g := range games {
				oneGame(g, nil)(ctx, d)
			}
			return nil
		}))
		id := h.begin(threadA)
		h.next(id)
		(<-dialogs).Chat("a", "b")
		require.Equal(t, -1, h.play(threadB, buffer(1), 1, func(bridge.Call) {
			h.EndGame()
			c, _ := h.next(id)
			require.Equal(t, bridge.CallGame, c.Kind)
		}))
		require.Empty(t, games[1].inputs(), "the old game's input is not the new game's")
		h.Shutdown()
	})
}

func TestTwoThreadsPlayAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newFakeGame()
		h, d := startPosting(t, g)
		n := make(chan int)
		go func() { n <- h.play(threadA, buffer(1, 1), 1, nil) }()
		synctest.Wait()
		for range 3 {
			require.Equal(t, -1, h.play(threadB, buffer(1, 2), 1, nil))
		}
		require.Equal(t, 1, h.linesWith("level=ERROR", "kailleraModifyPlayValues was refused", "another thread"))
		g.give([]byte{1, 2})
		require.Equal(t, 2, <-n, "the first goes on unharmed")
		require.Equal(t, [][]byte{{1}}, g.inputs())

		// In turn is fine, and while one is in a callback it is not.
		g.give([]byte{1, 2})
		require.Equal(t, 2, h.play(threadB, buffer(1, 2), 1, nil))
		d.Chat("a", "b")
		g.give([]byte{1, 2})
		require.Equal(t, 2, h.play(threadB, buffer(1, 2), 1, func(bridge.Call) {
			require.Equal(t, -1, h.play(threadA, buffer(1, 1), 1, nil))
		}))
		h.Shutdown()
	})
}
