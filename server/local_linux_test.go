package server_test

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient"
	"kbridge/kclient/udp"
	"kbridge/kclient/wire"
	"kbridge/server"
)

// connected is the socket of a client that connects it, as many old ones do: it hears the address that it has asked and
// no other.
type connected struct{ *net.UDPConn }

func (c connected) WriteToUDPAddrPort(b []byte, _ netip.AddrPort) (int, error) { return c.Write(b) }

func connectTo(t *testing.T, from netip.Addr, to netip.AddrPort) connected {
	t.Helper()
	c, err := net.DialUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(from, 0)), net.UDPAddrFromAddrPort(to))
	require.NoError(t, err)
	t.Cleanup(func() { c.Close() })
	require.NoError(t, c.SetReadDeadline(time.Now().Add(10*time.Second)))
	return connected{c}
}

// askText sends a line of text, once or again, and returns the answer.
func askText(t *testing.T, c connected, ask []byte) []byte {
	t.Helper()
	_, err := c.Write(ask)
	require.NoError(t, err)
	buf := make([]byte, 100)
	n, err := c.Read(buf)
	require.NoError(t, err, "%q is not answered from %v", ask, c.RemoteAddr())
	return buf[:n]
}

// realServer listens on all addresses, with one socket or with two.
func realServer(t *testing.T, two bool) (query, game uint16) {
	t.Helper()
	gamePort := 0
	if two {
		free, err := net.ListenUDP("udp", nil)
		require.NoError(t, err)
		gamePort = free.LocalAddr().(*net.UDPAddr).Port
		free.Close()
	}
	q, g, err := server.Listen(":0", gamePort)
	require.NoError(t, err)
	query = q.LocalAddr().(*net.UDPAddr).AddrPort().Port()
	if game = query; two {
		game = g.LocalAddr().(*net.UDPAddr).AddrPort().Port()
	}
	s, err := server.New(server.Config{MaxPing: time.Second, Flood: server.Flood{Login: server.Rate{Burst: -1}}})
	require.NoError(t, err)
	served := make(chan error, 1)
	go func() { served <- s.Serve(q, g) }()
	t.Cleanup(func() {
		s.Close("the test is over")
		require.NoError(t, <-served)
	})
	return query, game
}

// playAt has a client of ours and an old one, with a connected socket, ask one address of the server and play a game
// there.
func playAt(t *testing.T, from, asked netip.Addr, query, game uint16) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	at := netip.AddrPortFrom(asked, query)
	hello := connectTo(t, from, at)
	require.Equal(t, "PONG\x00", string(askText(t, hello, wire.AppendPing(nil))))
	require.Equal(t, string(wire.AppendHelloReply(nil, game)), string(askText(t, hello, wire.AppendHello(nil))))

	ours, err := kclient.Dial(ctx, at.String(), kclient.Config{User: "ours at " + asked.WithZone("").String(),
		Emulator: "emu",
		Listen: func(netip.AddrPort) (kclient.PacketConn, error) {
			return udp.ListenClient("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(from, 0)))
		}})
	require.NoError(t, err)
	defer ours.Quit("")
	room, err := ours.Create(ctx, "Pong")
	require.NoError(t, err)

	old := &plainClient{t: t, mu: &sync.Mutex{}, conn: connectTo(t, from, netip.AddrPortFrom(asked, game)),
		last: 0xFFFF}
	old.send(wire.TypeLogin, loginOf("old at "+asked.WithZone("").String()))
	old.await(wire.TypeUserJoined)
	old.send(wire.TypeJoinGame, wire.JoinRequest{GameID: ours.Games()[0].ID, Connection: wire.LAN}.AppendTo(nil))
	old.await(wire.TypeJoinGame)
	for len(room.Players()) < 2 {
		_, err := ours.NextEvent(ctx)
		require.NoError(t, err)
	}
	require.NoError(t, room.Start(ctx))
	started, err := wire.ParseGameStarted(old.await(wire.TypeStartGame).Body)
	require.NoError(t, err)
	old.send(wire.TypeReady, wire.ReadyRequest{}.AppendTo(nil))
	const frames = 100
	var oursPlays sync.WaitGroup
	defer oursPlays.Wait()
	oursPlays.Go(func() {
		g, err := room.WaitStart(ctx)
		if err != nil {
			return
		}
		values := make([]byte, 16)
		for range frames + 20 {
			if _, err := g.Exchange(ctx, values, 2); err != nil {
				return
			}
		}
	})
	old.await(wire.TypeReady)
	for f := range frames {
		old.send(wire.TypeGameData, wire.AppendGameData(nil, []byte{byte(f), byte(f >> 8)}))
		if f >= int(started.FrameDelay) { // where an emulator begins to wait
			old.await(wire.TypeGameData, wire.TypeGameCache)
		}
	}
	old.send(wire.TypeUserQuit, wire.QuitRequest{}.AppendTo(nil))
	old.await(wire.TypeUserQuit)
	old.conn.Close()
}

// TestEveryAddressOfLoopbackIsAServer: 127.0.0.0/8, and ::1.
func TestEveryAddressOfLoopbackIsAServer(t *testing.T) {
	for _, two := range []bool{false, true} {
		query, game := realServer(t, two)
		for _, asked := range []string{"127.0.0.1", "127.0.0.2", "127.9.9.9", "::1"} {
			t.Run(fmt.Sprintf("%s, two sockets %v", asked, two), func(t *testing.T) {
				a := netip.MustParseAddr(asked)
				from := netip.MustParseAddr("127.0.0.1")
				if a.Is6() {
					from = a
				}
				playAt(t, from, a, query, game)
			})
		}
	}
}

// TestAServerOfTwoAddressesIsThereAtBoth, of both families and link-local, in a network of its own. The client asks
// from a third one: what the system itself would answer from is that.
func TestAServerOfTwoAddressesIsThereAtBoth(t *testing.T) {
	if !inNamespace(t, "10.77.0.1/24", "10.77.0.2/24", "10.77.0.9/24", "fd77::1/64", "fd77::2/64", "fd77::9/64",
		"fe80::77/64", "fe80::78/64", "fe80::9/64") {
		return
	}
	for _, two := range []bool{false, true} {
		query, game := realServer(t, two)
		for asked, from := range map[string]string{
			"10.77.0.1": "10.77.0.9", "10.77.0.2": "10.77.0.9", "fd77::1": "fd77::9", "fd77::2": "fd77::9",
			"fe80::77%lo": "fe80::9%lo", "fe80::78%lo": "fe80::9%lo", "fe80::78%1": "fe80::9%1",
			"127.0.0.2": "127.0.0.1",
		} {
			t.Run(fmt.Sprintf("%s, two sockets %v", asked, two), func(t *testing.T) {
				playAt(t, netip.MustParseAddr(from), netip.MustParseAddr(asked), query, game)
			})
		}
	}
}

// TestAnAnswerLeavesFromWhereItWasAskedWhenTheRoutingHasChanged: an address is taken from the computer's interface and
// another one becomes what the system itself answers from. The first is still asked, and answers within two seconds.
func TestAnAnswerLeavesFromWhereItWasAskedWhenTheRoutingHasChanged(t *testing.T) {
	if !inNamespace(t, "10.77.0.1/24") { // which sets the interface up
		return
	}
	c, err := udp.ListenServer("udp", nil)
	require.NoError(t, err)
	defer c.Close()
	s, ok := c.(udp.ServerConn)
	require.True(t, ok)
	asked := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), c.LocalAddr().(*net.UDPAddr).AddrPort().Port())
	client, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 9)})
	require.NoError(t, err)
	defer client.Close()
	buf := make([]byte, 100)
	answer := func() netip.Addr {
		_, err := client.WriteToUDPAddrPort([]byte("ask"), asked)
		require.NoError(t, err)
		_, from, local, err := s.ReadFromTo(buf)
		require.NoError(t, err)
		require.Equal(t, asked.Addr(), local)
		_, err = s.WriteFromTo([]byte("answer"), local, from)
		require.NoError(t, err)
		_, answered, err := client.ReadFromUDPAddrPort(buf)
		require.NoError(t, err)
		return answered.Addr().Unmap()
	}
	for range 100 {
		require.Equal(t, asked.Addr(), answer())
	}
	require.NoError(t, setAddress("lo", netip.MustParseAddr("127.0.0.2")))
	_, err = s.WriteFromTo([]byte("by the system's choice"), netip.Addr{}, client.LocalAddr().(*net.UDPAddr).AddrPort())
	require.NoError(t, err)
	_, usual, err := client.ReadFromUDPAddrPort(buf)
	require.NoError(t, err)
	require.Equal(t, "127.0.0.2", usual.Addr().Unmap().String(), "the routing has not changed")
	for begun := time.Now(); answer() != asked.Addr(); time.Sleep(time.Millisecond) {
		require.Less(t, time.Since(begun), 2*time.Second)
	}
	for range 100 {
		require.Equal(t, asked.Addr(), answer())
	}
}
