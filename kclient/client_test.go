package kclient_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient"
	"kbridge/kclient/sim/network"
	"kbridge/kclient/wire"
	"kbridge/server"
	"kbridge/server/servertest"
)

// event waits for the next event of type E, letting others go by.
func event[E kclient.Event](t *testing.T, l *kclient.Client) E {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for {
		e, err := l.NextEvent(ctx)
		var want E
		require.NoError(t, err, "waiting for a %T", want)
		if got, ok := e.(E); ok {
			return got
		}
	}
}

// lobby is a match of n players of connection type LAN on a calm network.
func lobby(n int) match {
	m := match{seed: 3, profile: network.Profile{Delay: 10 * time.Millisecond}, size: 2, frames: 60, server: unlimited}
	for range n {
		m.types = append(m.types, wire.LAN)
	}
	return m
}

// unlimited takes the flood limits away, which are the server's own tests' matter.
func unlimited(c *server.Config) {
	no := server.Rate{Burst: -1}
	c.Flood = server.Flood{Chat: no, GameChat: no, Create: no, Join: no, Start: no, Login: no, Message: no}
}

func TestLobby(t *testing.T) {
	bubble(t, lobby(2), func(t *testing.T, w *world) {
		ctx := context.Background()
		ann, err := w.dial(ctx, "ann", wire.Good)
		require.NoError(t, err)
		bob, err := w.dial(ctx, "bob", wire.LAN)
		require.NoError(t, err)

		require.Equal(t, "bob", bob.User().Name)
		require.Len(t, bob.Users(), 2)
		require.Equal(t, "ann", bob.Users()[0].Name)
		require.Equal(t, wire.Good, bob.Users()[0].Connection)
		require.InDelta(t, 20*time.Millisecond, bob.Users()[0].Ping, float64(2*time.Millisecond))
		require.InDelta(t, 20*time.Millisecond, bob.Ping(), float64(5*time.Millisecond))
		for event[kclient.UserJoined](t, ann).User.Name != "bob" {
		}

		require.NoError(t, bob.Chat("hello \x07there, é"))
		require.Equal(t, kclient.GlobalChat{User: "bob", Text: "hello there, é"}, event[kclient.GlobalChat](t, ann))
		require.Equal(t, "bob", event[kclient.GlobalChat](t, bob).User, "one's own line comes back")
		require.NoError(t, bob.Chat(strings.Repeat("é", 500)), "what is too long is cut")
		require.Equal(t, strings.Repeat("é", 150), event[kclient.GlobalChat](t, ann).Text)

		require.NoError(t, bob.Quit("so\nlong"))
		require.NoError(t, bob.Quit("again"), "Quit is idempotent")
		quit := event[kclient.UserQuit](t, ann)
		require.Equal(t, "bob", quit.User.Name)
		require.Equal(t, "solong", quit.Message)
		require.Len(t, ann.Users(), 1)
		require.ErrorIs(t, bob.Err(), kclient.ErrClosed)
		require.ErrorIs(t, bob.Chat("ghost"), kclient.ErrClosed)
		require.Equal(t, kclient.Disconnected{}, event[kclient.Disconnected](t, bob))
		_, err = bob.NextEvent(ctx)
		require.ErrorIs(t, err, kclient.ErrClosed)
	})
}

func TestRoom(t *testing.T) {
	bubble(t, lobby(3), func(t *testing.T, w *world) {
		ctx := context.Background()
		lobbies, rooms := w.lobbies(ctx)
		for i, r := range rooms {
			waitForPlayers(t, r, 3)
			require.Equal(t, "Duel", r.Info().Name)
			require.Equal(t, lobbies[i].User().Name, fmt.Sprintf("player%d", i+1))
		}
		_, err := lobbies[0].Create(ctx, "Another")
		require.ErrorIs(t, err, kclient.ErrInRoom)

		require.NoError(t, rooms[1].Chat("ready?"))
		require.Equal(t, kclient.RoomChat{User: "player2", Text: "ready?"}, event[kclient.RoomChat](t, lobbies[2]))

		var refused *kclient.RefusedError
		err = rooms[1].Start(ctx)
		require.Error(t, err, "only the owner starts")

		// Kick: the one who is kicked is told so; the others see him leave.
		kicked := lobbies[2].User().ID
		require.NoError(t, rooms[0].Kick(ctx, kicked))
		_, err = rooms[2].WaitStart(ctx)
		require.ErrorIs(t, err, kclient.ErrKicked)
		require.Equal(t, "player3", event[kclient.PlayerLeft](t, lobbies[1]).Player.Name)
		require.Len(t, rooms[1].Players(), 2)

		// While a game runs, the room cannot be joined.
		require.NoError(t, rooms[0].Start(ctx))
		waitFor(t, lobbies[2], func() bool { return !lobbies[2].Games()[0].State.Joinable() })
		_, err = lobbies[2].Join(ctx, rooms[0].Info().ID)
		require.ErrorAs(t, err, &refused)
		require.NotEmpty(t, refused.Reason)
		_, err = lobbies[2].Join(ctx, 4711)
		require.ErrorAs(t, err, &refused, "a room that is not there")

		// The owner leaves, and the room with him.
		require.NoError(t, rooms[0].Leave(ctx))
		require.NoError(t, rooms[0].Leave(ctx), "leaving twice is harmless")
		require.ErrorIs(t, rooms[0].Err(), kclient.ErrNotInRoom)
		event[kclient.GameClosed](t, lobbies[2])
		_, err = rooms[1].WaitStart(ctx)
		if err == nil { // the game that had been started is returned first
			_, err = rooms[1].WaitStart(ctx)
		}
		require.ErrorIs(t, err, kclient.ErrRoomClosed)
		require.Empty(t, lobbies[2].Games())

		// And everybody can go on somewhere else.
		again, err := lobbies[0].Create(ctx, "Duel")
		require.NoError(t, err)
		waitFor(t, lobbies[2], func() bool { return len(lobbies[2].Games()) == 1 })
		_, err = lobbies[2].Join(ctx, again.Info().ID)
		require.NoError(t, err)
	})
}

// TestDropInMidGame: the others play on with zeros in the place of whoever left,
// and the layout stays.
func TestDropInMidGame(t *testing.T) {
	m := lobby(3)
	bubble(t, m, func(t *testing.T, w *world) {
		ctx := context.Background()
		lobbies, rooms := w.lobbies(ctx)
		waitForPlayers(t, rooms[0], 3)
		require.NoError(t, rooms[0].Start(ctx))
		results := make(chan []byte, 2)
		play := func(i, frames int) {
			g, err := rooms[i].WaitStart(ctx)
			require.NoError(t, err)
			require.Equal(t, i+1, g.Player())
			values := make([]byte, 16)
			var last []byte
			for taken := 0; taken < frames; {
				values[0], values[1] = byte(0x10+i), 1
				n, err := g.Exchange(ctx, values, 2)
				require.NoError(t, err)
				if n > 0 {
					taken++
					last = append(last[:0], values[:n]...)
				}
				time.Sleep(frameTime) // virtual
			}
			if i == 1 {
				require.NoError(t, g.Drop())
				_, err := g.Exchange(ctx, values, 2)
				require.ErrorIs(t, err, kclient.ErrGameOver)
				return
			}
			results <- last
		}
		go play(0, 120)
		go play(1, 30)
		go play(2, 120)
		want := []byte{0x10, 1, 0, 0, 0x12, 1}
		require.Equal(t, want, <-results)
		require.Equal(t, want, <-results)
		require.Equal(t, kclient.PlayerDropped{User: "player2", Player: 2}, event[kclient.PlayerDropped](t, lobbies[0]))
		require.NoError(t, rooms[1].Err(), "who drops stays in the room")
	})
}

func TestServerRefuses(t *testing.T) {
	m := lobby(0)
	m.server = func(c *server.Config) { unlimited(c); c.MaxUsers = 1 }
	bubble(t, m, func(t *testing.T, w *world) {
		ctx := context.Background()
		var refused *kclient.RefusedError
		_, err := w.dial(ctx, "Server", wire.LAN)
		require.ErrorAs(t, err, &refused, "a reserved name")
		require.NotEmpty(t, refused.Reason)
		_, err = w.dial(ctx, "ann", wire.LAN)
		require.NoError(t, err)
		_, err = w.dial(ctx, "bob", wire.LAN)
		require.ErrorIs(t, err, kclient.ErrServerFull)
	})
}

func TestConfigErrors(t *testing.T) {
	for _, c := range []struct {
		cfg     kclient.Config
		setting string
	}{
		{kclient.Config{User: ""}, "User"},
		{kclient.Config{User: "\x01\x02"}, "User"},
		{kclient.Config{User: "ann", Connection: 7}, "Connection"},
		{kclient.Config{User: "ann", Numbering: 9}, "Numbering"},
	} {
		_, err := kclient.Dial(t.Context(), "127.0.0.1:1", c.cfg)
		var config *kclient.ConfigError
		require.ErrorAs(t, err, &config)
		require.Equal(t, c.setting, config.Setting)
	}
	_, err := kclient.Dial(t.Context(), "127.0.0.1:1", kclient.Config{User: "ann", Charset: "klingon"})
	require.ErrorContains(t, err, "klingon")
	require.ErrorContains(t, err, "windows-1252", "it says what there is")
}

// TestCharset: names and chat in another charset than the default.
func TestCharset(t *testing.T) {
	m := lobby(0)
	m.config = func(c *kclient.Config) { c.Charset = "shift_jis" }
	m.server = func(c *server.Config) { unlimited(c); c.Charset = "shift_jis" }
	bubble(t, m, func(t *testing.T, w *world) {
		ctx := context.Background()
		ann, err := w.dial(ctx, "アン", wire.LAN)
		require.NoError(t, err)
		require.Equal(t, "アン", ann.User().Name)
		require.NoError(t, ann.Chat("表示ソ"), "with a backslash for its second byte")
		require.Equal(t, "表示ソ", event[kclient.GlobalChat](t, ann).Text)
		r, err := ann.Create(ctx, strings.Repeat("戦", 100))
		require.NoError(t, err)
		require.Equal(t, strings.Repeat("戦", 63), r.Info().Name, "cut at a character: 127 bytes")
	})
}

// TestPing is the server list's ping over a real socket.
func TestPing(t *testing.T) {
	srv := servertest.Start(t)
	rtt, err := kclient.Ping(t.Context(), srv.Addr)
	require.NoError(t, err)
	require.Positive(t, rtt)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = kclient.Ping(ctx, srv.Addr)
	require.ErrorIs(t, err, context.Canceled)
}

// TestLongPing: on a line that is slower than the client's patience the server
// still measures it; the frame delay is made from it.
func TestLongPing(t *testing.T) {
	for _, ms := range []int{120, 240, 277, 400} {
		m := lobby(0)
		m.profile.Delay = time.Duration(ms) * time.Millisecond
		bubble(t, m, func(t *testing.T, w *world) {
			l, err := w.dial(context.Background(), "ann", wire.LAN)
			require.NoError(t, err)
			rtt := 2 * m.profile.Delay
			require.GreaterOrEqual(t, l.User().Ping, rtt-time.Millisecond)
			require.LessOrEqual(t, l.User().Ping, rtt+rtt/2)
		})
	}
}
