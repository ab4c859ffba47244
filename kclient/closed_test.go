package kclient_test

import (
	"context"
	"net"
	"net/netip"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient"
	"kbridge/kclient/sim/network"
	"kbridge/kclient/udp"
	"kbridge/server"
)

// onlyLinux: elsewhere a client does not hear of closed ports, and time-outs decide.
func onlyLinux(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("only Linux tells an unconnected socket of closed ports")
	}
}

// requireSoon: three seconds of refusals, and what a busy machine adds.
func requireSoon(t *testing.T, since time.Time) {
	t.Helper()
	require.GreaterOrEqual(t, time.Since(since), 2900*time.Millisecond, "one report is not believed")
	require.Less(t, time.Since(since), 12*time.Second)
}

// TestADeadPortIsReportedAfterThreeSeconds: over a real socket.
func TestADeadPortIsReportedAfterThreeSeconds(t *testing.T) {
	onlyLinux(t)
	conn, err := udp.Listen("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	dead := conn.LocalAddr().String()
	require.NoError(t, conn.Close())
	begun := time.Now()
	_, err = kclient.Dial(context.Background(), dead, kclient.Config{User: "ann"})
	var closed *kclient.NotListeningError
	require.ErrorAs(t, err, &closed)
	require.Equal(t, kclient.NotListeningError{Server: dead}, *closed)
	require.ErrorContains(t, err, "nothing listens on UDP "+dead)
	requireSoon(t, begun)
}

// killable is a server of ours on a real socket.
func killable(t *testing.T) (addr string, kill func()) {
	t.Helper()
	conn, err := udp.Listen("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	sv, err := server.New(server.Config{})
	require.NoError(t, err)
	served := make(chan error, 1)
	go func() { served <- sv.Serve(conn, nil) }()
	killed := false
	kill = func() {
		if !killed {
			killed = true
			conn.Close()
			<-served
		}
	}
	t.Cleanup(kill)
	return conn.LocalAddr().String(), kill
}

// TestAStoppedServerIsNoticed in the lobby and in a game, over real sockets.
func TestAStoppedServerIsNoticed(t *testing.T) {
	t.Run("lobby", func(t *testing.T) {
		onlyLinux(t)
		addr, kill := killable(t)
		l, err := kclient.Dial(context.Background(), addr, kclient.Config{User: "ann"})
		require.NoError(t, err)
		defer l.Quit("")
		kill()
		begun := time.Now()
		require.NoError(t, l.Chat("anybody?"))
		lost := event[kclient.ChatLost](t, l)
		require.Equal(t, []kclient.LostLine{{Text: "anybody?"}}, lost.Lines)
		var closed *kclient.NotListeningError
		require.ErrorAs(t, event[kclient.Disconnected](t, l).Err, &closed)
		require.ErrorContains(t, closed, "the server was stopped")
		requireSoon(t, begun)
	})
	t.Run("game", func(t *testing.T) {
		onlyLinux(t)
		addr, kill := killable(t)
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		l, err := kclient.Dial(ctx, addr, kclient.Config{User: "ann"})
		require.NoError(t, err)
		defer l.Quit("")
		room, err := l.Create(ctx, "Duel")
		require.NoError(t, err)
		require.NoError(t, room.Start(ctx))
		g, err := room.WaitStart(ctx)
		require.NoError(t, err)
		values := make([]byte, 16)
		for range 60 {
			_, err = g.Exchange(ctx, values, 2)
			require.NoError(t, err)
		}
		kill()
		begun := time.Now()
		for err == nil {
			_, err = g.Exchange(ctx, values, 2)
		}
		var closed *kclient.NotListeningError
		require.ErrorAs(t, err, &closed)
		requireSoon(t, begun)
	})
}

// refusing is a socket that reports a closed port with every datagram, sent or not, while it is told to.
type refusing struct {
	*network.Conn
	to    netip.AddrPort
	times atomic.Int64
}

func (r *refusing) WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error) {
	n, err := r.Conn.WriteToUDPAddrPort(b, to)
	if err == nil && r.times.Add(-1) >= 0 {
		err = &udp.RefusedError{To: r.to}
	}
	return n, err
}

// TestAForgedRefusalEndsNothing: not one, or a few at once, with a server that is silent; not any number with one that
// still answers; not one about another address.
func TestAForgedRefusalEndsNothing(t *testing.T) {
	for _, tc := range []struct {
		name, server string
		to           string
		times        int64
		refused      bool
	}{
		{"one, on a silent server", onDirelera, "10.0.0.1:27999", 1, false},
		{"five, on a silent server", onDirelera, "10.0.0.1:27999", 5, false},
		{"of another port", onDirelera, "10.0.0.1:27998", 1 << 40, false},
		{"of another host", onDirelera, "10.0.0.2:27999", 1 << 40, false},
		{"on a server that answers", onEmuLinker, "10.0.0.1:27888", 1 << 40, false},
		{"for seconds, on a silent server", onDirelera, "10.0.0.1:27999", 1 << 40, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			onOldServer(t, 51, tc.server, 250*time.Millisecond, network.Profile{Delay: 20 * time.Millisecond},
				func(t *testing.T, o *oldServer) {
					var conn *refusing
					l, err := kclient.Dial(context.Background(), mixedServer.String(), kclient.Config{User: "ann",
						Listen: func(netip.AddrPort) (kclient.PacketConn, error) {
							c, err := o.net.Listen(netip.AddrPort{})
							conn = &refusing{Conn: c, to: netip.MustParseAddrPort(tc.to)}
							return conn, err
						}})
					require.NoError(t, err)
					o.users = append(o.users, l)
					time.Sleep(time.Minute)
					conn.times.Store(tc.times)
					if tc.times < 10 { // all of them within a second
						for range 5 {
							require.NoError(t, l.Chat("hello"))
							time.Sleep(200 * time.Millisecond)
						}
					}
					time.Sleep(10 * time.Minute)
					if tc.refused {
						var closed *kclient.NotListeningError
						require.ErrorAs(t, l.Err(), &closed)
						return
					}
					require.NoError(t, l.Err())
				})
		})
	}
}
