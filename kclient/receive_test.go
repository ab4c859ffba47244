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

// waitsOutside is Game.Exchange of a host that waits for Notify only, and looks by
// itself after an hour.
func waitsOutside(g *kclient.Game) func(ctx context.Context, values []byte, size int) (int, error) {
	wake := make(chan struct{}, 1)
	g.Notify(func() {
		select {
		case wake <- struct{}{}:
		default:
		}
	})
	return func(_ context.Context, values []byte, size int) (int, error) {
		if err := g.Submit(values, size); err != nil {
			return 0, err
		}
		for {
			n, wait, err := g.TryReceive(values)
			if wait == 0 {
				return n, err
			}
			select {
			case <-wake:
			case <-time.After(time.Hour):
				panic("nobody said that the frame is there")
			}
		}
	}
}

func TestAPlayerWhoWaitsOutsideIsInStepWithOneWhoWaitsInside(t *testing.T) {
	lossy := network.Loss(0.05)
	lossy.Delay, lossy.Jitter = 35*time.Millisecond, 10*time.Millisecond
	for seed := range uint64(4) {
		match{seed: seed, profile: lossy, types: []wire.ConnectionType{1, 1, 2, 3}, size: 2, frames: 600,
			outside: true}.run(t)
	}
}

// A wait outside is a wait: it ends when the others take too long, or the server is gone.
func TestAWaitOutsideEndsAsOneInsideDoes(t *testing.T) {
	ctx := context.Background()
	values := make([]byte, 16)
	script(t, func(t *testing.T, s *scripted) {
		exchange := waitsOutside(s.game(s.room(s.login()), 2))
		_, err := exchange(ctx, values, 2)
		requireTimeout(t, err, kclient.TimeoutNetsync, "somebody's emulator has not loaded it")
	})
	script(t, func(t *testing.T, s *scripted) {
		exchange := waitsOutside(s.game(s.room(s.login()), 2))
		s.say(wire.TypeReady, wire.Ready{}.AppendTo(nil))
		_, err := exchange(ctx, values, 2)
		require.NoError(t, err)
		_, err = exchange(ctx, values, 2)
		requireTimeout(t, err, kclient.TimeoutGame, "lost in the middle of the game")
	})
	script(t, func(t *testing.T, s *scripted) {
		g := s.game(s.room(s.login()), 2)
		time.AfterFunc(time.Second, func() { g.Drop() })
		_, err := waitsOutside(g)(ctx, values, 2)
		require.ErrorIs(t, err, kclient.ErrGameOver)
		_, _, err = g.TryReceive(values)
		require.ErrorIs(t, err, kclient.ErrGameOver)
	})
}

// The stall is counted once, however often a thread outside has looked.
func TestAStallOutsideIsCountedOnce(t *testing.T) {
	script(t, func(t *testing.T, s *scripted) {
		g := s.game(s.room(s.login()), 1)
		s.say(wire.TypeReady, wire.Ready{}.AppendTo(nil))
		values := make([]byte, 8)
		exchange := waitsOutside(g)
		for range 1 + g.FrameDelay() {
			require.NoError(t, g.Submit(values, 1))
			_, wait, err := g.TryReceive(values)
			require.NoError(t, err)
			if wait == 0 {
				continue
			}
			time.Sleep(100 * time.Millisecond)
			if _, wait, _ = g.TryReceive(values); wait == 0 {
				continue // the others' loading is no stall
			}
			time.Sleep(100 * time.Millisecond)
			g.Drop()
		}
		_, err := exchange(context.Background(), values, 1)
		require.Error(t, err)
		require.Equal(t, 1, g.Stats().Stalls)
		require.Equal(t, 200*time.Millisecond, g.Stats().Stall)
	})
}
