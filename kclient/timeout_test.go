package kclient_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient"
	"kbridge/kclient/wire"
)

// requireTimeout holds an error to what every time-out is, and to the words of its kind.
func requireTimeout(t *testing.T, err error, kind kclient.TimeoutKind, words string) {
	t.Helper()
	var timeout *kclient.TimeoutError
	require.ErrorAs(t, err, &timeout)
	require.Equal(t, kind, timeout.Kind, "%v", err)
	require.Contains(t, err.Error(), words)
	require.Contains(t, err.Error(), timeout.Waiting)
	require.Contains(t, err.Error(), scriptedAddr.String())
	require.Contains(t, err.Error(), fmt.Sprint(timeout.After))
	if kind != kclient.TimeoutHello {
		require.NotContains(t, err.Error(), "check the address")
	}
	var e net.Error
	require.True(t, errors.As(err, &e), "a net.Error")
	require.True(t, e.Timeout())
	require.ErrorIs(t, err, os.ErrDeadlineExceeded)
}

// TestATimeoutSaysWhatHappened: "check the address" only where nothing ever came from it.
func TestATimeoutSaysWhatHappened(t *testing.T) {
	ctx := context.Background()
	t.Run("nobody there", func(t *testing.T) {
		script(t, func(t *testing.T, s *scripted) {
			_, err := s.dial(nil)
			requireTimeout(t, err, kclient.TimeoutHello, "check the address, and that UDP to it is not blocked")
		})
	})
	t.Run("no login", func(t *testing.T) {
		script(t, func(t *testing.T, s *scripted) {
			go s.serve(30 * time.Second)
			_, err := s.dial(nil)
			requireTimeout(t, err, kclient.TimeoutLogin, "answered HELLO and did not finish the login")
			time.Sleep(time.Minute)
		})
	})
	t.Run("a request", func(t *testing.T) {
		script(t, func(t *testing.T, s *scripted) {
			l := s.login()
			join := s.asks(func(ctx context.Context) error { _, err := l.Join(ctx, 1); return err })
			s.chat("bob", "hi") // the session lives
			s.serve(15 * time.Second)
			requireTimeout(t, <-join, kclient.TimeoutRequest, "it is there and did not answer")
			r := s.room(l)
			start := s.asks(r.Start)
			s.chat("bob", "hi")
			s.serve(15 * time.Second)
			requireTimeout(t, <-start, kclient.TimeoutRequest, "it is there and did not answer")
		})
	})
	t.Run("a dead server", func(t *testing.T) {
		script(t, func(t *testing.T, s *scripted) {
			l := s.login()
			r := s.room(l)
			requireTimeout(t, r.Start(ctx), kclient.TimeoutNoWord,
				"refuses by silence, as some servers do, or the connection is lost")
			<-l.Done()
			requireTimeout(t, l.Err(), kclient.TimeoutSilence, "has fallen silent")
		})
	})
	t.Run("a room mate loads slowly", func(t *testing.T) {
		script(t, func(t *testing.T, s *scripted) {
			g := s.game(s.room(s.login()), 2)
			_, err := g.Exchange(ctx, make([]byte, 16), 2)
			requireTimeout(t, err, kclient.TimeoutNetsync, "somebody's emulator has not loaded it")
		})
	})
	t.Run("dead in the middle of a game", func(t *testing.T) {
		script(t, func(t *testing.T, s *scripted) {
			g := s.game(s.room(s.login()), 2)
			s.say(wire.TypeReady, wire.Ready{}.AppendTo(nil))
			values := make([]byte, 16)
			_, err := g.Exchange(ctx, values, 2)
			require.NoError(t, err)
			_, err = g.Exchange(ctx, values, 2)
			requireTimeout(t, err, kclient.TimeoutGame, "lost in the middle of the game")
		})
	})
}
