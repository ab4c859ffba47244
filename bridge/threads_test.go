package bridge_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/bridge"
)

// mortals are threads that can be killed, as Windows emulators kill theirs.
type mortals struct {
	mu    sync.Mutex
	dead  map[uintptr]bool
	woken map[uintptr]int
}

func newMortals() *mortals { return &mortals{dead: map[uintptr]bool{}, woken: map[uintptr]int{}} }

func (m *mortals) use(cfg *bridge.Config) { cfg.Threads = m }

func (m *mortals) Wake(thread uintptr) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.woken[thread]++
}

func (m *mortals) Lives(thread uintptr) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return !m.dead[thread]
}

func (m *mortals) kill(thread uintptr) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.dead[thread] = true
}

func (m *mortals) wakes(thread uintptr) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.woken[thread]
}

// A thread that waits for a frame is outside: it holds nothing, and is woken through
// Config.Threads by all that it may wait for.
func TestAThreadThatWaitsForAFrameIsToldToAndWoken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, g := newMortals(), newFakeGame()
		dialogs := make(chan *bridge.Dialog, 1)
		h := newHost(t, runUI(func(ctx context.Context, d *bridge.Dialog) error {
			time.Sleep(time.Second)
			return posting(g, dialogs)(ctx, d)
		}), m.use)
		id := h.begin(threadA)
		var c bridge.Call
		require.Zero(t, h.NextCall(id, &c))
		require.Equal(t, bridge.CallWait, c.Kind)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		require.Equal(t, 1, m.wakes(threadA), "the dialog's thread is woken when a game starts")
		h.NextCall(id, &c)
		require.Equal(t, bridge.CallGame, c.Kind)

		var play bridge.Call
		began := time.Now()
		for range 3 { // as after waits that nobody ended
			require.Zero(t, h.ModifyPlayValues(threadB, buffer(1, 1), 1, &play))
			require.Equal(t, bridge.CallWait, play.Kind)
			require.Positive(t, play.Wait)
			require.LessOrEqual(t, play.Wait, time.Second)
		}
		require.Zero(t, time.Since(began))
		require.Zero(t, m.wakes(threadB))

		g.give([]byte{1, 2})
		g.tell()
		require.Equal(t, 1, m.wakes(threadB), "once, until it waits again")
		require.Equal(t, 2, h.ModifyPlayValues(threadB, buffer(1, 1), 1, &play))
		require.Equal(t, bridge.CallNone, play.Kind)
		require.Len(t, g.inputs(), 1, "one call is one input, however often it waited")

		play = bridge.Call{}
		h.ModifyPlayValues(threadB, buffer(1, 1), 1, &play)
		(<-dialogs).Chat("a", "b")
		require.Equal(t, 2, m.wakes(threadB), "woken by a chat line")
		h.ModifyPlayValues(threadB, buffer(1, 1), 1, &play)
		require.Equal(t, bridge.CallChat, play.Kind)
		h.ModifyPlayValues(threadB, buffer(1, 1), 1, &play)
		require.Equal(t, bridge.CallWait, play.Kind)
		h.EndGame()
		require.Equal(t, 3, m.wakes(threadB), "woken by the end of the game")
		require.Equal(t, -1, h.ModifyPlayValues(threadB, buffer(1, 1), 1, &play))
		require.Equal(t, bridge.CallNone, play.Kind)
		require.Zero(t, h.linesWith("level=ERROR"), h.logged())
		h.Shutdown()
	})
}

// 1964 and Project64k kill their play thread while it waits.
func TestAnotherThreadPlaysOnAfterOneThatWaitedWasKilled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, g := newMortals(), newFakeGame()
		h := newHost(t, oneGame(g, nil), m.use)
		id := h.begin(threadA)
		synctest.Wait()
		var c bridge.Call
		h.NextCall(id, &c)
		require.Equal(t, bridge.CallGame, c.Kind)

		var play bridge.Call
		h.ModifyPlayValues(threadB, buffer(1, 1), 1, &play)
		require.Equal(t, bridge.CallWait, play.Kind)
		const threadC = 0xC
		var other bridge.Call
		require.Equal(t, -1, h.ModifyPlayValues(threadC, buffer(1, 2), 1, &other),
			"as long as it lives the frame is its own")

		m.kill(threadB)
		g.give([]byte{1, 2})
		other = bridge.Call{}
		values := buffer(1, 2)
		require.Equal(t, 2, h.ModifyPlayValues(threadC, values, 1, &other))
		require.Equal(t, []byte{1, 2}, values[:2], "the frame that was waited for")
		require.Equal(t, [][]byte{{1}}, g.inputs(), "its input had gone out")
		g.give([]byte{3, 4})
		require.Equal(t, 2, h.ModifyPlayValues(threadC, values, 1, &other))
		require.Len(t, g.inputs(), 2)
		h.Shutdown()
	})
}

func TestTheNextDialogOpensAfterTheThreadOfOneWasKilled(t *testing.T) {
	for _, inGame := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			m, first := newMortals(), newFakeGame()
			h := newHost(t, oneGame(first, nil), m.use)
			old := h.begin(threadA)
			synctest.Wait()
			var c bridge.Call
			if inGame { // it plays on another thread, and waits in the dialog
				h.NextCall(old, &c)
				require.Equal(t, bridge.CallGame, c.Kind)
				h.ModifyPlayValues(threadB, buffer(1, 1), 1, &bridge.Call{})
				h.NextCall(old, &c)
				require.Equal(t, bridge.CallWait, c.Kind)
			}
			_, err := h.BeginDialog(threadB, 0)
			require.ErrorIs(t, err, bridge.ErrBusy)

			m.kill(threadA)
			id := h.begin(threadB)
			synctest.Wait()
			require.True(t, first.wasDropped())
			require.Equal(t, 1, h.linesWith(`msg="game ended"`), "the game goes with its dialog")
			h.NextCall(id, &c)
			require.Equal(t, bridge.CallGame, c.Kind, "the new dialog works")
			h.Shutdown()
		})
	}
}

// kailleraShutdown waits for the good-bye to the server, outside as well.
func TestAThreadThatWaitsInShutdownIsToldTo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, g := newMortals(), newFakeGame()
		release := make(chan struct{})
		h := newHost(t, runUI(func(ctx context.Context, d *bridge.Dialog) error {
			err := oneGame(g, nil)(ctx, d)
			<-release
			return err
		}), m.use)
		id := h.begin(threadA)
		synctest.Wait()
		var c, dialog bridge.Call
		h.ShutdownStep(threadB, &c)
		require.Equal(t, bridge.CallWait, c.Kind)
		h.NextCall(id, &dialog)
		require.Equal(t, bridge.CallWait, dialog.Kind,
			"the dialog returns after the good-bye, when its process may end")
		woken := m.wakes(threadA)
		close(release)
		synctest.Wait()
		require.Equal(t, 1, m.wakes(threadB))
		require.Equal(t, woken+1, m.wakes(threadA))
		h.ShutdownStep(threadB, &c)
		require.Equal(t, bridge.CallNone, c.Kind)
		require.Zero(t, h.NextCall(id, &dialog))
		require.Equal(t, bridge.CallNone, dialog.Kind)

		// A user interface that hangs does not keep the emulator.
		hung := make(chan struct{})
		h = newHost(t, runUI(func(context.Context, *bridge.Dialog) error { <-hung; return nil }), m.use)
		id = h.begin(threadA)
		synctest.Wait()
		began := time.Now()
		for c = (bridge.Call{}); ; time.Sleep(c.Wait) {
			if h.ShutdownStep(threadB, &c); c.Kind == bridge.CallNone {
				break
			}
		}
		require.Equal(t, 3*time.Second, time.Since(began))
		h.NextCall(id, &dialog)
		require.Equal(t, bridge.CallNone, dialog.Kind)
		close(hung)
	})
}

// A game that is over before its callback was called leaves nothing to call, and the thread is woken for what comes
// then.
func TestAThreadIsWokenAfterACallThatCameTooLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMortals()
		h := newHost(t, runUI(func(ctx context.Context, d *bridge.Dialog) error {
			over, cancel := context.WithCancel(ctx)
			cancel()
			if err := oneGame(newFakeGame(), nil)(over, d); err != nil {
				return err
			}
			time.Sleep(time.Second)
			d.MoreInfos(bridge.GameName{Entry: "Maze"})
			<-ctx.Done()
			return nil
		}), m.use)
		id := h.begin(threadA)
		synctest.Wait()
		var c bridge.Call
		h.NextCall(id, &c)
		require.Equal(t, bridge.CallWait, c.Kind)
		woken := m.wakes(threadA)
		time.Sleep(2 * time.Second)
		require.Equal(t, woken+1, m.wakes(threadA))
		h.NextCall(id, &c)
		require.Equal(t, bridge.CallMoreInfos, c.Kind)
		h.Shutdown()
	})
}
