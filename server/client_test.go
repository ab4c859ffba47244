package server

import (
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/link"
	"kbridge/kclient/sim/network"
	"kbridge/kclient/wire"
)

// world is a server on a simulated network. It must be made inside a synctest
// bubble.
type world struct {
	t      *testing.T
	net    *network.Network
	server *Server
	addr   netip.AddrPort

	welcome int // lines
}

var queryAddr = netip.MustParseAddrPort("192.0.2.1:27888")

func newWorld(t *testing.T, seed uint64, p network.Profile, cfg Config) *world {
	t.Helper()
	t.Logf("seed %d", seed)
	w := &world{t: t, net: network.New(seed, p), addr: queryAddr, welcome: 1}
	if cfg.MOTD != "" {
		w.welcome += 1 + strings.Count(cfg.MOTD, "\n")
	}
	if cfg.MaxPing == 0 {
		cfg.MaxPing = time.Second
	}
	s, err := New(cfg)
	require.NoError(t, err)
	w.server = s
	conn, err := w.net.Listen(w.addr)
	require.NoError(t, err)
	served := make(chan error, 1)
	go func() { served <- s.Serve(conn, nil) }()
	t.Cleanup(func() {})
	w.closeWith(served)
	return w
}

func (w *world) closeWith(served chan error) {
	w.t.Cleanup(func() {
		_ = w.server.Close("")
		if err := <-served; err != nil {
			w.t.Errorf("Serve: %v", err)
		}
		if n := w.server.Stats().InternalErrors; n != 0 {
			w.t.Errorf("%d internal errors of the server", n)
		}
	})
}

// got is one message that a client received.
type got struct {
	typ  wire.Type
	body []byte
	seq  uint16
}

// client is a small client of wire and link alone. It answers every 05; all the
// rest is up to the test.
type client struct {
	t    *testing.T
	w    *world
	name string
	typ  wire.ConnectionType
	conn *network.Conn

	mu    sync.Mutex
	link  *link.Link
	mute  bool // answers no 05
	out   []byte
	inbox chan got
	done  chan struct{}
}

func (w *world) dial(name string, typ wire.ConnectionType) *client {
	w.t.Helper()
	conn, err := w.net.Listen(netip.AddrPort{})
	require.NoError(w.t, err)
	return w.dialOn(conn, name, typ)
}

func (w *world) dialOn(conn *network.Conn, name string, typ wire.ConnectionType) *client {
	c := &client{t: w.t, w: w, name: name, typ: typ, conn: conn, link: link.New(link.Config{}, time.Now()),
		inbox: make(chan got, 20_000), done: make(chan struct{})}
	go c.read()
	w.t.Cleanup(c.close)
	return c
}

func (c *client) close() {
	_ = c.conn.Close()
	<-c.done
}

func (c *client) read() {
	defer close(c.done)
	buf := make([]byte, 64<<10)
	for {
		n, from, err := c.conn.ReadFromUDPAddrPort(buf)
		now := time.Now()
		c.mu.Lock()
		if err == nil && from == c.w.addr && c.link.Receive(now, buf[:n]) == nil {
			for {
				m, ok := c.link.NextMessage()
				if !ok {
					break
				}
				if m.Type == wire.TypeServerAck && !c.mute {
					c.link.Send(now, wire.TypeClientAck, wire.ClientAck{}.AppendTo(nil))
				}
				c.inbox <- got{m.Type, append([]byte(nil), m.Body...), m.Seq}
			}
		}
		c.flush(now)
		c.mu.Unlock()
		if err != nil && !isTimeout(err) {
			return
		}
	}
}

func isTimeout(err error) bool {
	t, ok := err.(interface{ Timeout() bool })
	return ok && t.Timeout()
}

func (c *client) flush(now time.Time) {
	for {
		c.out = c.link.NextDatagram(now, c.out[:0])
		if len(c.out) == 0 {
			break
		}
		_, _ = c.conn.WriteToUDPAddrPort(c.out, c.w.addr)
	}
	at := c.link.Next()
	if !at.IsZero() && !at.After(now) {
		at = now.Add(time.Millisecond)
	}
	_ = c.conn.SetReadDeadline(at)
}

func (c *client) send(t wire.Type, m interface{ AppendTo(b []byte) []byte }) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	c.link.Send(now, t, m.AppendTo(nil))
	c.flush(now)
}

// next is the next message of any type but 05.
func (c *client) next() got {
	c.t.Helper()
	for {
		select {
		case g := <-c.inbox:
			if g.typ != wire.TypeServerAck {
				return g
			}
		case <-time.After(time.Minute):
			c.t.Fatalf("%s: nothing came in a minute", c.name)
		}
	}
}

// until skips to the next message of a type.
func (c *client) until(t wire.Type) got {
	c.t.Helper()
	for {
		if g := c.next(); g.typ == t {
			return g
		}
	}
}

// types takes n messages and returns their types, for tests of orders.
func (c *client) types(n int) []wire.Type {
	c.t.Helper()
	var out []wire.Type
	for range n {
		out = append(out, c.next().typ)
	}
	return out
}

// quiet asserts that nothing but 05 comes for a while.
func (c *client) quiet(d time.Duration) {
	c.t.Helper()
	time.Sleep(d)
	for {
		select {
		case g := <-c.inbox:
			if g.typ != wire.TypeServerAck {
				c.t.Fatalf("%s: %v came, body %x", c.name, g.typ, g.body)
			}
		default:
			return
		}
	}
}

// drain forgets what came, and comes, in a second.
func (c *client) drain() {
	time.Sleep(time.Second)
	for len(c.inbox) > 0 {
		<-c.inbox
	}
}

// login logs in and returns the user's ID. The welcome's last line is taken.
func (w *world) login(name string, typ wire.ConnectionType) (*client, uint16) {
	w.t.Helper()
	c := w.dial(name, typ)
	return c, c.login()
}

func (c *client) login() uint16 {
	c.t.Helper()
	c.send(wire.TypeLogin, wire.LoginRequest{User: c.name, Emulator: "emu 1.0", Connection: c.typ})
	for {
		g := c.next()
		switch g.typ {
		case wire.TypeLoginRefused:
			m, _ := wire.ParseLoginRefused(g.body)
			c.t.Fatalf("%s: refused: %s", c.name, m.Message)
		case wire.TypeUserJoined:
			if m := parse(c.t, g, wire.ParseUserJoined); m.User == c.name {
				for range c.w.welcome {
					c.until(wire.TypeServerMessage)
				}
				return m.UserID
			}
		}
	}
}

// refusedWith logs in and returns the reason of the refusal.
func (c *client) refusedWith() string {
	c.t.Helper()
	c.send(wire.TypeLogin, wire.LoginRequest{User: c.name, Emulator: "emu 1.0", Connection: c.typ})
	g := c.next()
	require.Equal(c.t, wire.TypeLoginRefused, g.typ)
	return parse(c.t, g, wire.ParseLoginRefused).Message
}

func parse[T any](t *testing.T, g got, f func([]byte) (T, error)) T {
	t.Helper()
	m, err := f(g.body)
	require.NoError(t, err, fmt.Sprintf("%v %x", g.typ, g.body))
	return m
}

// create opens a room and returns its ID.
func (c *client) create(game string) uint32 {
	c.t.Helper()
	c.send(wire.TypeCreateGame, wire.CreateRequest{Game: game})
	g := c.until(wire.TypeCreateGame)
	c.until(wire.TypeJoinGame)
	return parse(c.t, g, wire.ParseGameCreated).GameID
}

func (c *client) join(id uint32) {
	c.t.Helper()
	c.send(wire.TypeJoinGame, wire.JoinRequest{GameID: id, Connection: c.typ})
	for {
		if m := parse(c.t, c.until(wire.TypeJoinGame), wire.ParsePlayerJoined); m.User == c.name {
			return
		}
	}
}
