package kclient_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient"
	"kbridge/kclient/sim/network"
	"kbridge/kclient/wire"
)

// TestChatRoomsNeverStart: a room whose name begins with *, as at EmuLinker. We do not ask, and a
// server that starts one all the same is told that we are not in it.
func TestChatRoomsNeverStart(t *testing.T) {
	t.Run("not asked", func(t *testing.T) {
		bubble(t, match{seed: 1, profile: network.LAN()}, func(t *testing.T, w *world) {
			ctx := context.Background()
			l, err := w.dial(ctx, "ann", wire.LAN)
			require.NoError(t, err)
			r, err := l.Create(ctx, "* Chat only")
			require.NoError(t, err)
			begun := time.Now()
			require.ErrorIs(t, r.Start(ctx), kclient.ErrChatRoom)
			require.Zero(t, time.Since(begun))
			require.NoError(t, r.Chat("hello"), "talking is what it is for")
		})
	})
	t.Run("started all the same", func(t *testing.T) {
		script(t, func(t *testing.T, s *scripted) {
			l := s.login()
			s.say(wire.TypeCreateGame, wire.GameCreated{User: "bob", Game: "* Chat only", Emulator: "test",
				GameID: 1}.AppendTo(nil))
			var r *kclient.Room
			join := s.asks(func(ctx context.Context) (err error) { r, err = l.Join(ctx, 1); return err })
			s.letIn()
			require.NoError(t, <-join)
			s.say(wire.TypeStartGame, wire.GameStarted{FrameDelay: 1, Player: 1, Players: 2}.AppendTo(nil))
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			_, err := r.WaitStart(ctx)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			s.serve(time.Second)
			s.last(wire.TypeDropGame)
			for e := range events(l) {
				_, started := e.(kclient.GameStarted)
				require.False(t, started)
			}
		})
	})
}

// events are those that have happened by now.
func events(l *kclient.Client) func(yield func(kclient.Event) bool) {
	return func(yield func(kclient.Event) bool) {
		for {
			ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
			e, err := l.NextEvent(ctx)
			cancel()
			if err != nil || !yield(e) {
				return
			}
		}
	}
}
