package kclient_test

import (
	"context"
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient"
	"kbridge/kclient/sim/network"
	"kbridge/kclient/wire"
	"kbridge/server"
)

// notice is how long a session may go on that the server no longer knows.
const notice = 15 * time.Second

// restart kills the server without a word and starts it anew: it answers PING and knows nobody.
func (w *world) restart() {
	w.conn.Close()
	<-w.served
	var err error
	w.conn, err = w.net.Listen(netip.MustParseAddrPort(w.addr))
	require.NoError(w.t, err)
	w.server, err = server.New(server.Config{MaxPing: time.Second, Logger: w.m.logger("server"), Random: w.m.random()})
	require.NoError(w.t, err)
	go func(s *server.Server, c *network.Conn) { w.served <- s.Serve(c, nil) }(w.server, w.conn)
}

// requireForgotten waits for the end of a session and asserts that it says what happened, and which lines of ours
// are not known to have arrived.
func requireForgotten(t *testing.T, l *kclient.Client, restarted time.Time, lines ...kclient.LostLine) {
	t.Helper()
	select {
	case <-l.Done():
	case <-time.After(time.Hour):
		require.Fail(t, "the session still lives an hour after the restart")
	}
	require.ErrorIs(t, l.Err(), kclient.ErrForgotten)
	require.LessOrEqual(t, time.Since(restarted), notice)
	var lost []kclient.LostLine
	for {
		e, err := l.NextEvent(context.Background())
		require.NoError(t, err)
		switch e := e.(type) {
		case kclient.ChatLost:
			lost = e.Lines
		case kclient.Disconnected:
			require.ErrorIs(t, e.Err, kclient.ErrForgotten)
			require.Equal(t, lines, lost)
			require.ErrorIs(t, l.Chat("anybody?"), kclient.ErrForgotten)
			return
		}
	}
}

// TestASessionThatTheServerForgotIsNoticed on an old server that answers repeats, wherever the player is, and with it
// that what was typed meanwhile is not silently lost.
func TestASessionThatTheServerForgotIsNoticed(t *testing.T) {
	ctx := context.Background()
	for _, loss := range []float64{0, 0.1} {
		p := roughly(40*time.Millisecond, loss)
		t.Run(fmt.Sprint("lobby, loss ", loss), func(t *testing.T) {
			onOldServer(t, 11, onEmuLinker, 250*time.Millisecond, p, func(t *testing.T, o *oldServer) {
				ann, _ := o.dial("ann")
				time.Sleep(3 * time.Second) // a login counts as a line for the flood control
				require.NoError(t, ann.Chat("this arrives"))
				time.Sleep(time.Minute)
				o.restart()
				restarted := time.Now()
				time.Sleep(3 * time.Second)
				require.NoError(t, ann.Chat("this does not"))
				requireForgotten(t, ann, restarted, kclient.LostLine{Text: "this does not"})
			})
		})
		t.Run(fmt.Sprint("talking, loss ", loss), func(t *testing.T) {
			onOldServer(t, 14, onEmuLinker, 250*time.Millisecond, p, func(t *testing.T, o *oldServer) {
				ann, _ := o.dial("ann")
				time.Sleep(time.Minute)
				o.restart()
				restarted := time.Now()
				var lost []kclient.LostLine
				for i := range 20 { // each draws a line, until its numbers are beyond those of the session
					text := fmt.Sprint("hello? ", i)
					require.NoError(t, ann.Chat(text))
					lost = append(lost, kclient.LostLine{Text: text})
					time.Sleep(250 * time.Millisecond)
				}
				requireForgotten(t, ann, restarted, lost...)
			})
		})
		t.Run(fmt.Sprint("room, loss ", loss), func(t *testing.T) {
			onOldServer(t, 12, onEmuLinker, 250*time.Millisecond, p, func(t *testing.T, o *oldServer) {
				ann, _ := o.dial("ann")
				room, err := ann.Create(ctx, "Duel")
				require.NoError(t, err)
				time.Sleep(time.Minute)
				o.restart()
				restarted := time.Now()
				require.NoError(t, room.Chat("hello?"))
				requireForgotten(t, ann, restarted, kclient.LostLine{Room: true, Text: "hello?"})
				require.ErrorIs(t, room.Err(), kclient.ErrForgotten)
			})
		})
		t.Run(fmt.Sprint("game, loss ", loss), func(t *testing.T) {
			onOldServer(t, 13, onEmuLinker, 250*time.Millisecond, p, func(t *testing.T, o *oldServer) {
				ann, _ := o.dial("ann")
				room, err := ann.Create(ctx, "Duel")
				require.NoError(t, err)
				time.Sleep(10 * time.Second)
				require.NoError(t, room.Start(ctx))
				g, err := room.WaitStart(ctx)
				require.NoError(t, err)
				values := make([]byte, 16)
				for range 600 {
					_, err := g.Exchange(ctx, values, 2)
					require.NoError(t, err)
					time.Sleep(frameTime)
				}
				o.restart()
				restarted := time.Now()
				for err == nil {
					_, err = g.Exchange(ctx, values, 2)
				}
				require.ErrorIs(t, err, kclient.ErrForgotten)
				requireForgotten(t, ann, restarted)
			})
		})
	}
}

// TestASessionThatOurServerForgotIsNoticed: a Move is answered by a living session only, and a server that does not
// know the ticket says nothing to it.
func TestASessionThatOurServerForgotIsNoticed(t *testing.T) {
	for _, loss := range []float64{0, 0.1} {
		m := match{seed: 20, types: []wire.ConnectionType{1, 1}, profile: roughly(40*time.Millisecond, loss), size: 4,
			frames: 100_000}
		t.Run(fmt.Sprint("lobby, loss ", loss), func(t *testing.T) {
			bubble(t, m, func(t *testing.T, w *world) {
				ann, err := w.dial(context.Background(), "ann", 1)
				require.NoError(t, err)
				require.NoError(t, ann.Chat("this arrives"))
				time.Sleep(time.Minute)
				w.restart()
				restarted := time.Now()
				server := netip.MustParseAddrPort(w.addr)
				w.net.Filter(func(from, _ netip.AddrPort, d []byte) bool {
					require.True(t, from != server || wire.IsPong(d), "%x", d)
					return true
				})
				require.NoError(t, ann.Chat("this does not"))
				require.NoError(t, ann.Chat("nor this"))
				requireForgotten(t, ann, restarted, kclient.LostLine{Text: "this does not"},
					kclient.LostLine{Text: "nor this"})
				w.net.Filter(nil)
			})
		})
		t.Run(fmt.Sprint("game, loss ", loss), func(t *testing.T) {
			m.meanwhile(t, func(ctx context.Context, t *testing.T, w *world, seats []*seat, all *sync.WaitGroup) {
				time.Sleep(5 * time.Second)
				w.restart()
				restarted := time.Now()
				for _, s := range seats {
					requireForgotten(t, s.lobby, restarted)
				}
				all.Wait()
				for _, s := range seats {
					require.ErrorIs(t, s.err, kclient.ErrForgotten)
				}
			})
		})
	}
}

// TestALivingSessionIsNeverForgotten: not at 10 % loss each way for half a day, nor by a server that answers only every
// other repeat; nor where the server answers none at all and the network copies what it says.
func TestALivingSessionIsNeverForgotten(t *testing.T) {
	p := network.Profile{Delay: 100 * time.Millisecond, Jitter: 60 * time.Millisecond, Loss: 0.1, Duplicate: 0.1,
		Reorder: 0.05}
	idle := func(t *testing.T, seed uint64, l *kclient.Client) {
		for range 12 {
			time.Sleep(time.Hour)
			require.NoError(t, l.Err(), "seed %d", seed)
		}
	}
	for seed := range uint64(3) {
		for _, maxPing := range []time.Duration{250 * time.Millisecond, time.Second} {
			onOldServer(t, seed, onEmuLinker, maxPing, p, func(t *testing.T, o *oldServer) {
				ann, _ := o.dial("ann")
				idle(t, seed, ann)
			})
		}
		onOldServer(t, seed, onDirelera, 0, network.Profile{Delay: 100 * time.Millisecond, Duplicate: 0.3,
			Reorder: 0.1}, func(t *testing.T, o *oldServer) {
			ann, _ := o.dial("ann")
			idle(t, seed, ann)
			require.NoError(t, ann.Chat("still here"))
			require.Equal(t, "still here", event[kclient.GlobalChat](t, ann).Text)
		})
		bubble(t, match{seed: seed, profile: p}, func(t *testing.T, w *world) {
			ann, err := w.dial(context.Background(), "ann", 1)
			require.NoError(t, err)
			idle(t, seed, ann)
		})
	}
}

// TestADeadLineIsNoForgottenSession: when PING is not answered either, or not for long enough, the session is still
// there when the line is. Lines that come and go too.
func TestADeadLineIsNoForgottenSession(t *testing.T) {
	weather := func(t *testing.T, n *network.Network, c *network.Conn, l *kclient.Client, up func()) {
		server := mixedServer.Addr()
		for _, cut := range []time.Duration{3, 9, 14, 30, 120} {
			time.Sleep(20 * time.Second)
			n.Partition(c.AddrPort().Addr(), server, true)
			time.Sleep(cut * time.Second)
			n.Partition(c.AddrPort().Addr(), server, false)
			up()
		}
		for i := range 120 { // there for a moment, and away for longer
			n.Partition(c.AddrPort().Addr(), server, i%2 == 0)
			time.Sleep(time.Duration(150+i*13%400) * time.Millisecond * time.Duration(1+3*(1-i%2)))
		}
		n.Partition(c.AddrPort().Addr(), server, false)
		up()
		require.NoError(t, l.Err())
	}
	onOldServer(t, 31, onEmuLinker, 250*time.Millisecond, network.Cable(), func(t *testing.T, o *oldServer) {
		ann, conn := o.dial("ann")
		time.Sleep(10 * time.Second)
		weather(t, o.net, conn, ann, func() {
			require.NoError(t, ann.Chat("back"))
			require.Equal(t, "back", event[kclient.GlobalChat](t, ann).Text)
		})
	})
	bubble(t, match{seed: 32, profile: network.Cable(), server: unlimited}, func(t *testing.T, w *world) {
		s := &seat{w: w, name: "ann"}
		s.login(context.Background(), 1, nil)
		require.NoError(t, s.err)
		weather(t, w.net, s.conn, s.lobby, func() {
			require.NoError(t, s.lobby.Chat("back"))
			require.Equal(t, "back", event[kclient.GlobalChat](t, s.lobby).Text)
		})
	})
}

// TestOurOwnServerIsAskedCheaply: what an idle client costs it, both ways.
func TestOurOwnServerIsAskedCheaply(t *testing.T) {
	bubble(t, match{seed: 33, profile: network.Cable()}, func(t *testing.T, w *world) {
		s := &seat{w: w, name: "ann"}
		s.login(context.Background(), 1, nil)
		require.NoError(t, s.err)
		o := &oldServer{t: t, net: w.net}
		out, in, bytesOut, bytesIn := o.traffic(s.conn, 5)
		t.Logf("a minute: %d datagrams out (%d bytes), %d in (%d bytes)", out, bytesOut, in, bytesIn)
		require.LessOrEqual(t, out, 15)
		require.LessOrEqual(t, in, 15)
	})
}

// TestChatThatCameBackIsNotReported: of equal lines the oldest is meant, and what is proven later counts too.
func TestChatThatCameBackIsNotReported(t *testing.T) {
	onOldServer(t, 41, onEmuLinker, 250*time.Millisecond, network.Profile{Delay: 20 * time.Millisecond},
		func(t *testing.T, o *oldServer) {
			ann, conn := o.dial("ann")
			for range 3 {
				time.Sleep(3 * time.Second) // or it would be refused as flooding
				require.NoError(t, ann.Chat("gg"))
				event[kclient.GlobalChat](t, ann)
			}
			require.NoError(t, ann.Private(ann.User().ID, "note"))
			time.Sleep(time.Second)
			_, err := ann.Create(context.Background(), "Duel") // its answer proves everything before it
			require.NoError(t, err)
			o.net.Partition(conn.AddrPort().Addr(), mixedServer.Addr(), true)
			require.NoError(t, ann.Chat("gg"))
			require.NoError(t, ann.Private(9, "psst"))
			ann.Quit("")
			require.Equal(t, kclient.ChatLost{Lines: []kclient.LostLine{{Text: "gg"}, {ToID: 9, Text: "psst"}}},
				event[kclient.ChatLost](t, ann))
			require.Equal(t, kclient.Disconnected{}, event[kclient.Disconnected](t, ann))
		})
}
