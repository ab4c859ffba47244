package kclient_test

import (
	"bytes"
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient"
	"kbridge/kclient/lockstep"
	"kbridge/kclient/wire"
)

// largest is a game data that just fits into a datagram.
const largest = 65_507 - wire.BundleHeaderSize - wire.MessageHeaderSize - 3

// playing brings a client into a game of two players with inputs of 2 bytes, past
// the call that waits for everybody to load.
func (s *scripted) playing(connection wire.ConnectionType) (*kclient.Client, *kclient.Game) {
	s.t.Helper()
	l := s.loginAs(func(c *kclient.Config) { c.Connection = connection })
	g := s.game(s.room(l), 2)
	s.say(wire.TypeReady, wire.Ready{}.AppendTo(nil))
	n, err := g.Exchange(context.Background(), make([]byte, 16), 2)
	require.NoError(s.t, err)
	require.Zero(s.t, n, "inside the frame delay")
	return l, g
}

// over asserts that the game has ended with a reason, that the server was told,
// and that the session lives.
func (s *scripted) over(l *kclient.Client, g *kclient.Game, reason string) {
	s.t.Helper()
	n, err := g.Exchange(context.Background(), make([]byte, 16), 2)
	require.Zero(s.t, n)
	require.ErrorContains(s.t, err, reason)
	require.ErrorContains(s.t, g.Err(), reason)
	s.serve(50 * time.Millisecond)
	s.last(wire.TypeDropGame)
	require.NoError(s.t, g.Room().Err())
	s.until(l)
}

// A length that is not believed, not divided by, and not
// queued without end. The game ends cleanly with a reason, and the session lives.
func TestLengthsOfGameDataAreNotBelieved(t *testing.T) {
	data := func(n int) []byte { return wire.AppendGameData(nil, make([]byte, n)) }
	for _, c := range []struct {
		name       string
		connection wire.ConnectionType
		body       []byte
	}{
		{"length FFFF in an empty body", 1, []byte{0, 0xFF, 0xFF}},
		{"length FFFF", 1, []byte{0, 0xFF, 0xFF, 1, 2, 3, 4}},
		{"length 7FFF", 1, []byte{0, 0xFF, 0x7F, 1, 2, 3, 4}},
		{"length 0", 1, data(0)},
		{"length 0 for type 6", 6, data(0)},
		{"no length", 1, []byte{0}},
		{"half a length", 1, []byte{0, 4}},
		{"not a frame's length", 1, data(3)},
		{"one player's frame", 1, data(2)},
		{"two frames at once for type 1", 1, data(8)},
		{"type 6 with length 1", 6, data(1)},
		{"type 6 with one frame", 6, data(4)},
		{"type 6 with length 25", 6, data(25)},
		{"as long as a datagram can be", 1, data(largest)},
	} {
		t.Run(c.name, func(t *testing.T) {
			script(t, func(t *testing.T, s *scripted) {
				l, g := s.playing(c.connection)
				s.say(wire.TypeGameData, c.body)
				s.over(l, g, "cannot be used")
				l.Quit("")
			})
		})
	}
	t.Run("a length that changes", func(t *testing.T) {
		script(t, func(t *testing.T, s *scripted) {
			l, g := s.playing(1)
			s.say(wire.TypeGameData, data(4))
			require.NoError(t, g.Err())
			s.say(wire.TypeGameData, data(8))
			s.over(l, g, "cannot be used")
			l.Quit("")
		})
	})
	t.Run("300 frames that nobody takes", func(t *testing.T) {
		script(t, func(t *testing.T, s *scripted) {
			l, g := s.playing(1)
			said := 0
			for g.Err() == nil {
				require.Less(t, said, 300, "they are not queued without end")
				s.say(wire.TypeGameData, data(4))
				said++
			}
			require.Greater(t, said, 2, "a few may come early")
			s.over(l, g, "cannot be used")
			l.Quit("")
		})
	})
	for _, n := range []int{0, 4} {
		script(t, func(t *testing.T, s *scripted) {
			l := s.login()
			s.say(wire.TypeGameData, data(n)) // in the lobby
			r := s.room(l)
			s.say(wire.TypeGameData, data(n)) // in the room
			s.say(wire.TypeGameCache, wire.AppendGameCache(nil, 0))
			require.NoError(t, r.Err())
			g := s.game(r, 2)
			s.say(wire.TypeGameData, data(n)) // before the first input
			s.over(l, g, "cannot be used")
			l.Quit("")
		})
	}
}

// A position that was never filled is a wild read
// elsewhere.
func TestAPositionNeverFilledEndsTheGameCleanly(t *testing.T) {
	for _, c := range []struct {
		filled int
		body   []byte
	}{
		{0, []byte{0, 0xFF}},
		{0, []byte{0, 0}},
		{3, []byte{0, 3}},
		{3, []byte{0, 0xFF}},
		{3, []byte{0}},
		{3, nil},
	} {
		t.Run(fmt.Sprintf("%d filled, body %x", c.filled, c.body), func(t *testing.T) {
			script(t, func(t *testing.T, s *scripted) {
				l, g := s.playing(1)
				for i := range c.filled {
					s.say(wire.TypeGameData, wire.AppendGameData(nil, []byte{byte(i), 1, 2, 3}))
				}
				if c.filled > 0 {
					s.say(wire.TypeGameCache, wire.AppendGameCache(nil, byte(c.filled-1)))
				}
				require.NoError(t, g.Err())
				s.say(wire.TypeGameCache, c.body)
				if len(c.body) == 2 {
					require.ErrorIs(t, g.Err(), lockstep.ErrPosition)
				}
				s.over(l, g, "cannot be used")
				l.Quit("")
			})
		})
	}
}

// The received length is never what is copied into the
// emulator's buffer: that is players × size bytes, and nothing when the emulator's
// buffer is smaller. The same through the C API is in cabi.
func TestExchangeWritesNoFurtherThanTheCallersBuffer(t *testing.T) {
	const size, players = 2, 2
	canary := func() []byte { return bytes.Repeat([]byte{0xA5}, 8*size+64) }
	for _, n := range []int{0, 1, players*size - 1, players*size + 1, 8 * size, 8*size + 1, 8*size + 64, 4096,
		largest} {
		script(t, func(t *testing.T, s *scripted) {
			l, g := s.playing(1)
			buffer := canary()
			s.say(wire.TypeGameData, wire.AppendGameData(nil, make([]byte, n)))
			got, err := g.Exchange(context.Background(), buffer[:8*size], size)
			require.Error(t, err, "length %d", n)
			require.Zero(t, got)
			require.Equal(t, canary(), buffer)
			l.Quit("")
		})
	}
	script(t, func(t *testing.T, s *scripted) {
		l, g := s.playing(1)
		frame := []byte{1, 2, 3, 4}
		for range 3 { // D = 1: the next call gets the first one
			s.say(wire.TypeGameData, wire.AppendGameData(nil, frame))
		}
		buffer := canary()
		n, err := g.Exchange(context.Background(), buffer, size)
		require.NoError(t, err)
		require.Equal(t, players*size, n)
		require.Equal(t, append(bytes.Clone(frame), canary()[n:]...), buffer, "and not a byte behind it")
		// The buffer need not be the same in the two halves of the call.
		buffer = canary()
		require.ErrorIs(t, g.Submit(buffer[:players*size-1], size), kclient.ErrBuffer)
		require.NoError(t, g.Submit(buffer, size))
		n, err = g.Receive(context.Background(), buffer[:players*size-1])
		require.ErrorIs(t, err, kclient.ErrBuffer)
		require.Zero(t, n)
		require.Equal(t, canary(), buffer)
		n, err = g.Receive(context.Background(), buffer)
		require.NoError(t, err, "the frame is still there")
		require.Equal(t, players*size, n)
		l.Quit("")
	})
}

// A start counts in a room only, and with a player number
// that there is; so does a drop.
func TestAStartCountsInARoomOnlyAndWithAValidPlayer(t *testing.T) {
	script(t, func(t *testing.T, s *scripted) {
		l := s.login()
		s.say(wire.TypeStartGame, wire.GameStarted{FrameDelay: 1, Player: 1, Players: 2}.AppendTo(nil)) // in the lobby
		s.say(wire.TypeReady, wire.Ready{}.AppendTo(nil))
		s.say(wire.TypeDropGame, wire.PlayerDropped{User: "bob", Player: 2}.AppendTo(nil))
		r := s.room(l)
		for _, player := range []byte{0, 3, 9, 255} {
			s.say(wire.TypeStartGame, []byte{0, 1, 0, player, 2})
		}
		s.say(wire.TypeStartGame, []byte{0, 1, 0, 1, 0})
		s.say(wire.TypeStartGame, []byte{0, 1, 0, 1, 9})
		s.say(wire.TypeStartGame, []byte{0, 1, 0, 9, 9})
		s.say(wire.TypeStartGame, []byte{0, 0xFF, 0xFF, 1, 2}) // a frame delay of 18 minutes
		s.say(wire.TypeStartGame, []byte{0, 1, 0, 1})
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_, err := r.WaitStart(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded, "none of these is a game")
		for _, e := range s.until(l) {
			require.NotContains(t, fmt.Sprintf("%T", e), "GameStarted")
			require.NotContains(t, fmt.Sprintf("%T", e), "PlayerDropped")
		}
		g := s.game(r, 2)
		require.Equal(t, 1, g.Player())
		s.until(l)
		for _, player := range []byte{0, 3, 9, 255} {
			s.say(wire.TypeDropGame, wire.PlayerDropped{User: "bob", Player: player}.AppendTo(nil))
		}
		require.Empty(t, s.until(l), "the emulator is never told of a player that there is not")
		require.NoError(t, g.Err())
		s.say(wire.TypeDropGame, wire.PlayerDropped{User: "bob", Player: 2}.AppendTo(nil))
		require.Equal(t, []kclient.Event{kclient.PlayerDropped{User: "bob", Player: 2}}, s.until(l))
		l.Quit("")
	})
}
