package bridge_test

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/bridge"
	"kbridge/kclient/guard"
)

// faultyGame panics in one of its methods once it is told to.
type faultyGame struct {
	*fakeGame
	where string
	armed atomic.Bool
}

func (g *faultyGame) fault(where string) {
	if g.where == where && g.armed.Load() {
		panic("injected")
	}
}

func (g *faultyGame) Submit(values []byte, size int) error {
	g.fault("Submit")
	return g.fakeGame.Submit(values, size)
}

func (g *faultyGame) TryReceive(values []byte) (int, time.Duration, error) {
	g.fault("TryReceive")
	return g.fakeGame.TryReceive(values)
}

func (g *faultyGame) FrameDelay() int {
	g.fault("FrameDelay")
	return g.fakeGame.FrameDelay()
}

func (g *faultyGame) Drop() error {
	_ = g.fakeGame.Drop()
	g.fault("Drop")
	return nil
}

// boundary is what cabi does around each call.
func (h *host) boundary(function string, call func() int) (result int) {
	defer func() {
		if v := recover(); v != nil {
			result = -1
			guard.Run(function, func() { h.Recovered(function, v) }, nil)
		}
	}()
	return call()
}

// Row 26: a panic inside a call of the emulator's ends the game. It gives every lock back: no later call waits for
// ever, from whatever thread, and the next game is played.
func TestAPanicInACallEndsTheGameOnly(t *testing.T) {
	for _, where := range []string{"Submit", "TryReceive", "FrameDelay", "Drop"} {
		t.Run(where, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := &faultyGame{fakeGame: newFakeGame(), where: where}
				results := make(chan bridge.Result, 1)
				h, dialog := startGame(t, g, results)
				g.give([]byte{1, 2})
				require.Equal(t, 2, h.play(threadA, buffer(1, 1), 1, nil))
				g.armed.Store(true)
				play := func() int {
					return h.boundary("kailleraModifyPlayValues", func() int {
						return h.play(threadA, buffer(1, 1), 1,
							nil)
					})
				}
				switch where {
				case "Submit", "TryReceive":
					require.Equal(t, -1, play())
				case "FrameDelay":
					require.Equal(t, -1, h.boundary("kailleraGetFrameDelay", h.FrameDelay))
				case "Drop":
					h.boundary("kailleraEndGame", func() int { h.EndGame(); return 0 })
				}
				require.Equal(t, -1, play())
				require.Equal(t, -1, h.boundary("kailleraModifyPlayValues",
					func() int { return h.play(threadB, buffer(1, 1), 1, nil) }))
				require.Zero(t, h.boundary("kailleraEndGame", func() int { h.EndGame(); return 0 }))
				require.Positive(t, h.linesWith("level=ERROR", "internal error", "injected", "stack="))
				if where != "FrameDelay" { // which the summary of the game asks, too
					r := <-results
					if where != "Drop" {
						require.ErrorIs(t, r.Reason, bridge.ErrInternal)
					}
				}
				_, _ = h.next(dialog)
				h.Shutdown()
				h.Init()
			})
		})
	}
}

// faultyThreads panic when they are asked whether a thread lives, which the Session does with its lock held.
type faultyThreads struct{}

func (faultyThreads) Wake(uintptr)       {}
func (faultyThreads) Lives(uintptr) bool { panic("injected") }

// Row 26: the Session's own lock is given back, too.
func TestAPanicWithTheSessionsLockHeldGivesItBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newFakeGame()
		h := newHost(t, oneGame(g, nil), func(c *bridge.Config) { c.Threads = faultyThreads{} })
		id := h.begin(threadA)
		synctest.Wait()
		var c bridge.Call
		for h.NextCall(id, &c); c.Kind != bridge.CallGame; h.NextCall(id, &c) {
			synctest.Wait()
		}
		var open bridge.Call
		h.ModifyPlayValues(threadA, buffer(1, 1), 1, &open) // waits, so that the other thread's call asks
		require.Equal(t, bridge.CallWait, open.Kind)
		var other bridge.Call
		require.Equal(t, -1, h.boundary("kailleraModifyPlayValues",
			func() int { return h.ModifyPlayValues(threadB, buffer(1, 1), 1, &other) }))
		require.Equal(t, 1, h.linesWith("internal error", "injected"))
		require.Equal(t, -1, h.boundary("kailleraModifyPlayValues",
			func() int { return h.ModifyPlayValues(threadA, buffer(1, 1), 1, &open) }))
		require.NoError(t, h.SetInfos(&bridge.Infos{AppName: "again", Callbacks: callbacks}))
		require.Error(t, h.ChatSend("hello"))
		h.Shutdown()
	})
}
