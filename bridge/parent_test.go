package bridge_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/bridge"
	"kbridge/bridge/environ"
	"kbridge/kclient/text"
)

// withParent sets KAILLERA_PARENT.
func withParent(word string) func(*bridge.Config) {
	return func(cfg *bridge.Config) {
		getenv := cfg.Getenv
		cfg.Getenv = func(name string) string {
			if name == environ.EnvParent {
				return word
			}
			return getenv(name)
		}
	}
}

// playsOnce is a UI that waits until start is closed, plays a game, and waits for the dialog's end.
func playsOnce(game *fakeGame, start <-chan struct{}) runUI {
	return func(ctx context.Context, d *bridge.Dialog) error {
		select {
		case <-start:
		case <-ctx.Done():
			return ctx.Err()
		}
		if _, err := d.Play(ctx, bridge.Match{Game: game, Name: d.Emulator(text.Charset{}).Games[0]}); err != nil {
			return err
		}
		<-ctx.Done()
		return ctx.Err()
	}
}

// poll asks for the next callback and does not wait for one.
func (h *host) poll(id uint64) bridge.Call {
	synctest.Wait()
	var c bridge.Call
	h.NextCall(id, &c)
	c.Wait = 0
	return c
}

func TestTheParentIsDisabledWhileTheLobbyWaitsAndNotInAGame(t *testing.T) {
	for word, modal := range map[string]bool{"": true, "disabled": true, "enabled": false} {
		synctest.Test(t, func(t *testing.T) {
			start := make(chan struct{})
			h := newHost(t, playsOnce(newFakeGame(), start), withParent(word))
			id := h.begin(threadA)
			require.Equal(t, bridge.Call{Kind: bridge.CallWait, Modal: modal}, h.poll(id))
			close(start)
			require.Equal(t, bridge.CallGame, h.poll(id).Kind)
			require.Equal(t, bridge.Call{Kind: bridge.CallWait}, h.poll(id),
				"gameCallback has returned, and the game is played on another thread")
			h.EndGame()
			require.Equal(t, bridge.Call{Kind: bridge.CallWait, Modal: modal}, h.poll(id), "the lobby waits again")
			h.Shutdown()
			require.Equal(t, bridge.CallNone, h.poll(id).Kind)
		})
	}
}

// The thread in the lobby does not find out by looking now and then.
func TestTheDialogsThreadIsWokenForItsParent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dialogs, start := make(chan *bridge.Dialog, 1), make(chan struct{})
		play := playsOnce(newFakeGame(), start)
		h := newHost(t, runUI(func(ctx context.Context, d *bridge.Dialog) error {
			dialogs <- d
			return play(ctx, d)
		}))
		id := h.begin(threadA)
		d := <-dialogs
		woken := func(modal bool, by func()) {
			t.Helper()
			var c bridge.Call
			h.NextCall(id, &c)
			require.Equal(t, bridge.CallWait, c.Kind)
			require.NotEqual(t, modal, c.Modal)
			begun := time.Now()
			time.AfterFunc(time.Millisecond, by)
			for c.Modal != modal { // it may be woken for something else
				h.Wait(threadA, &c)
				h.NextCall(id, &c)
			}
			require.Equal(t, time.Millisecond, time.Since(begun))
		}
		woken(false, func() { d.Attended(false) })
		woken(true, func() { d.Attended(true) })
		close(start)
		require.Equal(t, bridge.CallGame, h.poll(id).Kind)
		woken(true, h.EndGame)
		woken(false, func() { h.CloseDialog(id) })
	})
}

func TestAWrongWordForTheParentIsNamed(t *testing.T) {
	h := newHost(t, runUI(func(context.Context, *bridge.Dialog) error { return nil }), withParent("greyed"))
	_, err := h.BeginDialog(threadA, 0)
	require.ErrorContains(t, err, `KAILLERA_PARENT is "greyed"; it takes disabled or enabled`)
	require.Equal(t, 1, h.linesWith("level=ERROR", "kailleraSelectServerDialog was refused", "greyed"))
}

func TestClosingTheDialogEndsItsGameAndIsNoFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start, game := make(chan struct{}), newFakeGame()
		h := newHost(t, playsOnce(game, start))
		id := h.begin(threadA)
		h.CloseDialog(id + 1)
		require.Equal(t, bridge.CallWait, h.poll(id).Kind, "another dialog was meant, one that is over")
		close(start)
		require.Equal(t, bridge.CallGame, h.poll(id).Kind)

		played := make(chan int)
		go func() { played <- h.play(threadB, make([]byte, 16), 2, nil) }()
		synctest.Wait()
		h.CloseDialog(id)
		h.CloseDialog(id)
		require.Equal(t, -1, <-played, "the thread that plays is woken")
		require.True(t, game.wasDropped())
		c, code := h.next(id)
		require.Equal(t, bridge.CallNone, c.Kind)
		require.Zero(t, code, "although the user interface returned an error")
		require.Equal(t, 1, h.linesWith("game ended", "the window of the dialog was closed"))
		h.CloseDialog(id)
	})
}

// A window that is closed when the next dialog is open belongs to the one before.
func TestClosingADialogThatIsOverDoesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t, runUI(func(ctx context.Context, _ *bridge.Dialog) error {
			select {
			case <-ctx.Done():
			case <-time.After(time.Minute):
			}
			return nil
		}))
		first := h.begin(threadA)
		h.next(first)
		second := h.begin(threadA)
		h.CloseDialog(first)
		require.Equal(t, bridge.CallWait, h.poll(second).Kind)
		h.CloseDialog(second)
		require.Equal(t, bridge.CallNone, h.poll(second).Kind)
	})
}
