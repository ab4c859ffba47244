package kclient_test

import (
	"context"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient"
	"kbridge/kclient/wire"
)

// Every answer to HELLO but a good one, and
// silence, ends with an error of its own and within the bound.
func TestEveryBadAnswerToHelloHasItsError(t *testing.T) {
	for _, c := range []struct {
		name  string
		reply []byte
		want  error
	}{
		{"full", []byte("TOO\x00"), kclient.ErrServerFull},
		{"version", []byte("VER\x00"), kclient.ErrVersion},
		{"port 0", []byte("HELLOD00D0\x00"), wire.ErrHandshake},
		{"port 99999", []byte("HELLOD00D99999\x00"), wire.ErrHandshake},
		{"port abc", []byte("HELLOD00Dabc\x00"), wire.ErrHandshake},
		{"port -1", []byte("HELLOD00D-1\x00"), wire.ErrHandshake},
		{"no port", []byte("HELLOD00D\x00"), wire.ErrHandshake},
		{"a port without its end", []byte("HELLOD00D27888"), wire.ErrHandshake},
		{"a port too long", []byte("HELLOD00D" + strings.Repeat("0", 5000) + "27888\x00"), wire.ErrHandshake},
		{"a bundle", []byte{1, 0, 0, 1, 0, 7}, wire.ErrHandshake},
		{"empty", []byte{}, wire.ErrHandshake},
	} {
		t.Run(c.name, func(t *testing.T) {
			script(t, func(t *testing.T, s *scripted) {
				s.hello = c.reply
				go s.serve(time.Second)
				_, err := s.dial(nil)
				require.ErrorIs(t, err, c.want)
				require.Contains(t, err.Error(), scriptedAddr.String(), "the error names the server")
				time.Sleep(2 * time.Second)
			})
		})
	}
	t.Run("silence", func(t *testing.T) {
		script(t, func(t *testing.T, s *scripted) {
			begun := time.Now()
			_, err := s.dial(nil)
			var timeout *kclient.TimeoutError
			require.ErrorAs(t, err, &timeout)
			require.Equal(t, 15*time.Second, time.Since(begun))
		})
	})
	t.Run("cancelled", func(t *testing.T) {
		script(t, func(t *testing.T, s *scripted) {
			ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
			defer cancel()
			begun := time.Now()
			_, err := kclient.Dial(ctx, scriptedAddr.String(), kclient.Config{User: "ann",
				Listen: func(netip.AddrPort) (kclient.PacketConn, error) { return s.net.Listen(netip.AddrPort{}) }})
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.Equal(t, 3*time.Second, time.Since(begun))
		})
	})
}

// After the handshake: login, create, join,
// leave, kick and start against a server that has fallen silent.
func TestASilentServerEndsEveryWaitInTime(t *testing.T) {
	var timeout *kclient.TimeoutError
	script(t, func(t *testing.T, s *scripted) {
		go s.serve(30 * time.Second)
		begun := time.Now()
		_, err := s.dial(nil)
		require.ErrorAs(t, err, &timeout)
		require.Less(t, time.Since(begun), 16*time.Second)
		time.Sleep(time.Minute)
	})
	script(t, func(t *testing.T, s *scripted) {
		ctx := context.Background()
		l := s.login()
		_, err := l.Create(ctx, "Duel")
		require.ErrorAs(t, err, &timeout)
		_, err = l.Join(ctx, 1)
		require.ErrorAs(t, err, &timeout)
		s.serve(time.Second)
		r := s.room(l)
		require.ErrorAs(t, r.Start(ctx), &timeout)
		require.ErrorAs(t, r.Kick(ctx, 9), &timeout)
		begun := time.Now()
		require.NoError(t, r.Leave(ctx))
		require.Less(t, time.Since(begun), 1500*time.Millisecond)
		require.ErrorIs(t, r.Err(), kclient.ErrNotInRoom, "after Leave we are out, whatever the server says")
		begun = time.Now()
		<-l.Done()
		require.ErrorAs(t, l.Err(), &timeout)
		require.Less(t, time.Since(begun), 200*time.Second, "a dead server is noticed in the lobby too")
		require.ErrorIs(t, l.Chat("anyone?"), kclient.ErrClosed)
		require.ErrorAs(t, l.Chat("anyone?"), &timeout, "and the reason is kept")
	})
}

// -1 for the emulator after 120 s in netsync and after 15 s in
// play, never a frozen window.
func TestASilentServerEndsTheGameInTime(t *testing.T) {
	script(t, func(t *testing.T, s *scripted) {
		l := s.login()
		r := s.room(l)
		g := s.game(r, 2)
		values := make([]byte, 16)
		begun := time.Now()
		_, err := g.Exchange(context.Background(), values, 2)
		var timeout *kclient.TimeoutError
		require.ErrorAs(t, err, &timeout)
		require.Equal(t, 120*time.Second, time.Since(begun))
		l.Quit("")
	})
	script(t, func(t *testing.T, s *scripted) {
		l := s.login()
		r := s.room(l)
		g := s.game(r, 2)
		values := make([]byte, 16)
		s.say(wire.TypeReady, wire.Ready{}.AppendTo(nil)) // before ours, as direlera-rs sends it
		n, err := g.Exchange(context.Background(), values, 2)
		require.NoError(t, err)
		require.Zero(t, n, "inside the frame delay")
		begun := time.Now()
		_, err = g.Exchange(context.Background(), values, 2)
		var timeout *kclient.TimeoutError
		require.ErrorAs(t, err, &timeout)
		require.InDelta(t, 15*time.Second, time.Since(begun), float64(time.Second))
		require.NoError(t, r.Err(), "the room is still there")
		l.Quit("")
	})
}
