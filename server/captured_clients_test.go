package server_test

import (
	"net/netip"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/sim/network"
	"kbridge/kclient/sim/peers"
	"kbridge/kclient/wire"
	"kbridge/server"
)

// plainClient speaks the protocol and nothing else: it has a number, repeats its last messages in
// every datagram, and keeps what comes.
type plainClient struct {
	t     *testing.T
	mu    *sync.Mutex // where one goroutine reads and another sends, see stay; nil else
	conn  server.PacketConn
	to    netip.AddrPort
	out   peers.Outbox
	count int // of the messages in a datagram that it says are there; 0 is all of them

	last uint16 // of the server's
	got  []wire.Message
}

func (c *plainClient) send(typ wire.Type, body []byte) {
	if c.mu != nil {
		c.mu.Lock()
		defer c.mu.Unlock()
	}
	c.sendLocked(typ, body)
}

func (c *plainClient) sendLocked(typ wire.Type, body []byte) {
	c.out.Usual = 3
	c.write(c.out.Add(typ, body))
}

// again sends the last three messages once more.
func (c *plainClient) again() { c.write(c.out.Last(3)) }

func (c *plainClient) write(d []byte) {
	if c.count != 0 {
		d[0] = min(byte(c.count), d[0])
	}
	_, err := c.conn.WriteToUDPAddrPort(d, c.to)
	require.NoError(c.t, err)
}

// await reads until a message of a type, or of one of several, comes.
func (c *plainClient) await(types ...wire.Type) wire.Message {
	c.t.Helper()
	buf := make([]byte, 2048)
	end := time.Now().Add(3 * time.Second)
	for {
		for len(c.got) > 0 {
			m := c.got[0]
			c.got = c.got[1:]
			if slices.Contains(types, m.Type) {
				return m
			}
		}
		c.conn.SetReadDeadline(end)
		n, _, err := c.conn.ReadFromUDPAddrPort(buf)
		require.NoError(c.t, err, "waiting for %v", types)
		c.receive(buf[:n])
	}
}

// receive keeps what is new in a datagram, and answers each 05.
func (c *plainClient) receive(d []byte) {
	if c.mu != nil {
		c.mu.Lock()
		defer c.mu.Unlock()
	}
	bundle, err := wire.ParseBundle(d, nil)
	require.NoError(c.t, err)
	for i := len(bundle) - 1; i >= 0; i-- {
		m := bundle[i]
		if ahead := m.Seq - c.last; ahead == 0 || ahead >= 0x8000 {
			continue
		}
		c.last = m.Seq
		m.Body = append([]byte(nil), m.Body...)
		c.got = append(c.got, m)
		if m.Type == wire.TypeServerAck {
			c.sendLocked(wire.TypeClientAck, wire.ClientAck{}.AppendTo(nil))
		}
	}
}

// What captured clients do: one numbers its messages from 1, and some put bytes after the last message
// that they count. Both log in and go on, a game included.
func TestCapturedClientsArePlayedWith(t *testing.T) {
	for name, client := range map[string]plainClient{
		"the first message is number 0":             {},
		"the first message is number 1":             {out: peers.Outbox{Next: 1}},
		"one message counted and three there":       {count: 1},
		"two messages counted and three there":      {count: 2},
		"from number 1, one counted of three there": {out: peers.Outbox{Next: 1}, count: 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				network := network.New(1, network.Profile{Delay: 20 * time.Millisecond})
				addr := netip.MustParseAddrPort("10.0.0.1:27888")
				sv, stop := serveOn(t, network, addr, server.Config{})
				defer stop()

				c := client
				var err error
				c.t, c.to, c.last = t, addr, 0xFFFF
				c.conn, err = network.Listen(netip.AddrPort{})
				require.NoError(t, err)
				defer c.conn.Close()
				c.send(wire.TypeLogin, wire.LoginRequest{User: "anna", Emulator: "emu",
					Connection: wire.LAN}.AppendTo(nil))
				joined, err := wire.ParseUserJoined(c.await(wire.TypeUserJoined).Body)
				require.NoError(t, err)
				require.Equal(t, "anna", joined.User)
				require.Equal(t, uint32(40), joined.Ping)
				require.Zero(t, sv.Stats().Refusals[server.RefusedMisplaced], "the login is taken once")
				c.send(wire.TypeGlobalChat, wire.ChatRequest{Text: "hello"}.AppendTo(nil))
				said, err := wire.ParseChat(c.await(wire.TypeGlobalChat).Body)
				require.NoError(t, err)
				require.Equal(t, wire.Chat{User: "anna", Text: "hello"}, said)
				c.send(wire.TypeCreateGame, wire.CreateRequest{Game: "Pong"}.AppendTo(nil))
				c.await(wire.TypeJoinGame)
				c.send(wire.TypeStartGame, wire.StartRequest{}.AppendTo(nil))
				c.await(wire.TypeStartGame)
				c.send(wire.TypeReady, wire.ReadyRequest{}.AppendTo(nil))
				c.await(wire.TypeReady)
				for frame := range byte(10) {
					c.send(wire.TypeGameData, wire.AppendGameData(nil, []byte{frame, 7}))
					data, err := wire.ParseGameData(c.await(wire.TypeGameData).Body)
					require.NoError(t, err)
					require.Equal(t, []byte{frame, 7}, data)
				}
				c.send(wire.TypeUserQuit, wire.QuitRequest{Message: "bye"}.AppendTo(nil))
				c.await(wire.TypeUserQuit)
			})
		})
	}
}

// A login that has come with number 1 is not taken for a part of a session that was never begun.
func TestALoginWithAnotherNumberIsNoLogin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := network.New(1, network.Profile{})
		sv, stop := serveOn(t, network, arenaServer, server.Config{})
		defer stop()
		for _, seq := range []uint16{2, 3, 0x8000, 0xFFFF} {
			c := plainClient{t: t, to: arenaServer, out: peers.Outbox{Next: seq}}
			var err error
			c.conn, err = network.Listen(netip.AddrPort{})
			require.NoError(t, err)
			c.send(wire.TypeLogin, wire.LoginRequest{User: "anna", Emulator: "emu", Connection: wire.LAN}.AppendTo(nil))
			c.conn.SetReadDeadline(time.Now().Add(10 * time.Second))
			_, _, err = c.conn.ReadFromUDPAddrPort(make([]byte, 2048))
			require.Error(t, err, "number %d", seq)
			c.conn.Close()
		}
		require.Equal(t, 4, sv.Stats().Refusals[server.RefusedStray])
	})
}
