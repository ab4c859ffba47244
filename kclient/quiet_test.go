package kclient_test

import (
	"bytes"
	"context"
	"fmt"
	"net/netip"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient"
	"kbridge/kclient/sim/network"
	"kbridge/kclient/sim/peers"
	"kbridge/kclient/wire"
)

// oldServer is a model of a server that is in use, which can be killed and started again.
type oldServer struct {
	t     *testing.T
	net   *network.Network
	start func() (*peers.Server, error)
	model *peers.Server
	users []*kclient.Client
	line  network.Profile
}

// onOldServer runs a test on a model under virtual time.
func onOldServer(t *testing.T, seed uint64, kind string, maxPing time.Duration, p network.Profile,
	f func(t *testing.T, o *oldServer)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		o := &oldServer{t: t, net: network.New(seed, p), line: p}
		o.start = func() (*peers.Server, error) { return peers.NewEmuLinker(o.net, mixedServer, maxPing) }
		if kind == onDirelera {
			o.start = func() (*peers.Server, error) { return peers.NewDirelera(o.net, mixedServer, 27999) }
		}
		var err error
		o.model, err = o.start()
		require.NoError(t, err)
		defer func() { o.model.Close() }()
		defer func() {
			for _, l := range o.users {
				l.Quit("")
			}
		}()
		f(t, o)
		require.NoError(t, o.model.Err(), "what our client sends is what that server understands")
	})
}

// dial logs somebody in. EmuLinker lets nobody in whose login loses a 06: it takes the time until that is
// repeated for a high ping. So while the login lasts the line only takes its time.
func (o *oldServer) dial(name string) (*kclient.Client, *network.Conn) {
	o.t.Helper()
	o.net.SetProfile(network.Profile{Delay: o.line.Delay})
	defer o.net.SetProfile(o.line)
	var conn *network.Conn
	l, err := kclient.Dial(context.Background(), mixedServer.String(), kclient.Config{User: name, Emulator: "test 1.0",
		Logger: match{}.logger(name),
		Listen: func(netip.AddrPort) (kclient.PacketConn, error) {
			c, err := o.net.Listen(netip.AddrPort{})
			conn = c
			return c, err
		}})
	require.NoError(o.t, err)
	o.users = append(o.users, l)
	return l, conn
}

// restart is what a server's operator does: everybody is unknown from then on.
func (o *oldServer) restart() {
	var err error
	o.model.Close()
	o.model, err = o.start()
	require.NoError(o.t, err)
}

// loseOne loses the first datagram to the conn that holds the word.
func (o *oldServer) loseOne(c *network.Conn, word string) {
	var lost atomic.Bool // both ends send at once
	o.net.Filter(func(from, to netip.AddrPort, d []byte) bool {
		return to != c.AddrPort() || !bytes.Contains(d, []byte(word)) || lost.Swap(true)
	})
}

// TestAMessageLostOnAQuietOldServerComesWithinThreeSeconds: EmuLinker says a thing once. Both as shipped (maxPing 200
// and 250 ms) and with the maxPing of its code.
func TestAMessageLostOnAQuietOldServerComesWithinThreeSeconds(t *testing.T) {
	for _, maxPing := range []time.Duration{200 * time.Millisecond, 250 * time.Millisecond, time.Second} {
		line := network.Profile{Delay: 40 * time.Millisecond}
		quiets := []time.Duration{0, time.Second, 2 * time.Second, 2600 * time.Millisecond, 5 * time.Second,
			90 * time.Second}
		t.Run(fmt.Sprint("lobby, after news, maxPing ", maxPing), func(t *testing.T) {
			onOldServer(t, 1, onEmuLinker, maxPing, line, func(t *testing.T, o *oldServer) {
				ann, conn := o.dial("ann")
				bob, _ := o.dial("bob")
				cat, _ := o.dial("cat") // nobody may say two lines within two seconds
				time.Sleep(time.Minute)
				for i := range 5 {
					bob.Chat(fmt.Sprint("first ", i))
					require.Equal(t, fmt.Sprint("first ", i), event[kclient.GlobalChat](t, ann).Text)
					o.loseOne(conn, fmt.Sprint("second ", i))
					cat.Chat(fmt.Sprint("second ", i))
					said := time.Now()
					require.Equal(t, fmt.Sprint("second ", i), event[kclient.GlobalChat](t, ann).Text)
					require.Less(t, time.Since(said), 3*time.Second)
					time.Sleep(20 * time.Second)
				}
			})
		})
		t.Run(fmt.Sprint("lobby, at any time, maxPing ", maxPing), func(t *testing.T) {
			onOldServer(t, 5, onEmuLinker, maxPing, line, func(t *testing.T, o *oldServer) {
				ann, conn := o.dial("ann")
				bob, _ := o.dial("bob")
				cat, _ := o.dial("cat")
				time.Sleep(10 * time.Second)
				for i, quiet := range quiets {
					time.Sleep(quiet)
					o.loseOne(conn, fmt.Sprint("line ", i))
					[]*kclient.Client{bob, cat}[i%2].Chat(fmt.Sprint("line ", i))
					said := time.Now()
					require.Equal(t, fmt.Sprint("line ", i), event[kclient.GlobalChat](t, ann).Text)
					require.Less(t, time.Since(said), 3*time.Second)
				}
			})
		})
		t.Run(fmt.Sprint("room, at any time, maxPing ", maxPing), func(t *testing.T) {
			onOldServer(t, 2, onEmuLinker, maxPing, line, func(t *testing.T, o *oldServer) {
				ctx := context.Background()
				ann, _ := o.dial("ann")
				bob, conn := o.dial("bob")
				mine, err := ann.Create(ctx, "Duel")
				require.NoError(t, err)
				waitFor(t, bob, func() bool { return len(bob.Games()) == 1 })
				room, err := bob.Join(ctx, bob.Games()[0].ID)
				require.NoError(t, err)
				for i, quiet := range quiets {
					time.Sleep(quiet)
					o.loseOne(conn, fmt.Sprint("line ", i))
					require.NoError(t, mine.Chat(fmt.Sprint("line ", i)))
					said := time.Now()
					for event[kclient.RoomChat](t, bob).Text != fmt.Sprint("line ", i) { // EmuLinker greets who joins
					}
					require.Less(t, time.Since(said), 3*time.Second)
				}
				// The start, which a guest must not miss: all of its datagrams.
				time.Sleep(time.Minute)
				begun := time.Now()
				o.net.Filter(func(from, to netip.AddrPort, d []byte) bool {
					return to != conn.AddrPort() || time.Since(begun) > 200*time.Millisecond
				})
				require.NoError(t, mine.Start(ctx))
				_, err = room.WaitStart(ctx)
				require.NoError(t, err)
				require.Less(t, time.Since(begun), 3*time.Second)
			})
		})
	}
}

// TestRepeatsAreNoKeepAlive: EmuLinker's keep-alive takes no datagram for a sign of life that has nothing new in it, so
// a client that asks a quiet server says all the same once a minute that it lives.
func TestRepeatsAreNoKeepAlive(t *testing.T) {
	onOldServer(t, 4, onEmuLinker, 250*time.Millisecond, network.Profile{Delay: 20 * time.Millisecond},
		func(t *testing.T, o *oldServer) {
			_, conn := o.dial("ann")
			alive := map[uint16]bool{}
			o.net.Filter(func(from, to netip.AddrPort, d []byte) bool {
				if bundle, err := wire.ParseBundle(d, nil); err == nil && from == conn.AddrPort() &&
					bundle[0].Type == wire.TypeKeepAlive {
					alive[bundle[0].Seq] = true
				}
				return true
			})
			time.Sleep(10*time.Minute + time.Second)
			o.net.Filter(nil)
			require.Len(t, alive, 10)
		})
}

// traffic counts the datagrams of an idle client, each way, in the last of some minutes.
func (o *oldServer) traffic(c *network.Conn, minutes int) (out, in, bytesOut, bytesIn int) {
	time.Sleep(time.Duration(minutes-1) * time.Minute)
	o.net.Filter(func(from, to netip.AddrPort, d []byte) bool {
		switch c.AddrPort() {
		case from:
			out++
			bytesOut += len(d)
		case to:
			in++
			bytesIn += len(d)
		}
		return true
	})
	time.Sleep(time.Minute)
	o.net.Filter(nil)
	return
}

// TestAnIdleClientIsCheap: what it costs an old server, and us, that a lost message comes and a lost session is
// noticed.
func TestAnIdleClientIsCheap(t *testing.T) {
	for _, tc := range []struct {
		server  string
		room    bool
		most    int // datagrams a minute, out
		answers int // bytes a minute, in
	}{
		{onEmuLinker, false, 26, 14 << 10},
		{onEmuLinker, true, 26, 14 << 10},
		{onDirelera, false, 5, 5}, // a keep-alive, PING, and three asks, until it is known that none is answered
		{onDirelera, true, 5, 5},
	} {
		t.Run(fmt.Sprint(tc.server, ", room ", tc.room), func(t *testing.T) {
			onOldServer(t, 3, tc.server, 250*time.Millisecond, network.Profile{Delay: 20 * time.Millisecond},
				func(t *testing.T, o *oldServer) {
					ann, conn := o.dial("ann")
					if tc.room {
						_, err := ann.Create(context.Background(), "Duel")
						require.NoError(t, err)
					}
					out, in, bytesOut, bytesIn := o.traffic(conn, 5)
					t.Logf("a minute: %d datagrams out (%d bytes), %d in (%d bytes)", out, bytesOut, in, bytesIn)
					require.LessOrEqual(t, out, tc.most)
					require.LessOrEqual(t, bytesIn, tc.answers)
					out, in, bytesOut, bytesIn = o.traffic(conn, 60)
					t.Logf("after an hour: %d datagrams out (%d bytes), %d in (%d bytes)", out, bytesOut, in, bytesIn)
					require.LessOrEqual(t, out, tc.most)
					if tc.server == onDirelera {
						require.LessOrEqual(t, out, 2, "the keep-alive and PING alone")
					}
				})
		})
	}
}
