package kaillera

import (
	"context"
	"encoding/binary"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/guard"
	"kbridge/kclient/link"
	"kbridge/kclient/wire"
	"kbridge/kclient/wire/ext"
	"kbridge/server/config"
	"kbridge/server/door"
	"kbridge/server/lobby"
	"kbridge/server/room"
	"kbridge/server/stats"
	"kbridge/server/timer"
)

// box drives a server without sockets and without a clock: datagrams are handed
// in, and what it writes goes to a boxClient, or is only counted.
type box struct {
	t       testing.TB
	s       *Server
	now     time.Time
	clients map[netip.AddrPort]*boxClient
	order   []*boxClient           // clients, so that every run is the same
	queue   []*boxClient           // with unread datagrams
	sent    map[netip.AddrPort]int // bytes to an address, when it is made
	counts  map[netip.AddrPort]int // datagrams, likewise
	bytes   int
	count   int
	largest int
}

// Config is what a server is like; zero fields are the defaults.
type Config = config.Config

func newBox(t testing.TB, cfg Config) *box {
	t.Helper()
	cfg, err := cfg.WithDefaults()
	require.NoError(t, err)
	logger := slog.New(faultsOnly{slog.NewTextHandler(t.Output(), nil)})
	faults := guard.NewReporter(logger)
	l := lobby.New(cfg, lobby.Parts{Timers: &timer.Heap{}, Logger: faults.Logger(), Count: &stats.Counters{}})
	s, err := New(cfg, l, Parts{Faults: faults, LeftOut: func() int64 { return 0 }})
	require.NoError(t, err)
	t.Cleanup(func() { require.Zero(t, faults.Count(), "internal errors of the server") })
	b := &box{t: t, s: s, now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), clients: map[netip.AddrPort]*boxClient{}}
	b.listen(boxConn{b})
	return b
}

// listen has the server use a socket.
func (b *box) listen(c PacketConn) { b.s.conn, b.s.query, b.s.gamePort, b.s.served = c, c, 27888, true }

// refused is how often something was refused for a reason.
func (b *box) refused(r stats.Refusal) int { return b.s.count.Refusals()[r] }

// check asserts that everything that the server knows in two places is the same in both.
func (b *box) check() {
	b.t.Helper()
	require.NoError(b.t, b.s.Check(b.now), "the books are not in order")
}

// empty asserts that nothing is left of anybody.
func (b *box) empty() {
	b.t.Helper()
	b.check()
	rooms, _ := b.s.lobby.Rooms(b.now)
	require.Zero(b.t, len(b.s.sessions.at)+b.s.lobby.Users()+rooms+len(b.s.hosts)+b.s.pending.len()+b.s.timers.Len(),
		"%d sessions, %d users, %d rooms, %d hosts, %d logins, %d timers", len(b.s.sessions.at), b.s.lobby.Users(),
		rooms, len(b.s.hosts), b.s.pending.len(), b.s.timers.Len())
}

// standing is where a session stands.
type standing string

const (
	standsInLogin   standing = "login"
	standsInLobby   standing = "lobby"
	standsInRoom    standing = "room"
	standsInNetsync standing = "netsync"
	standsInPlay    standing = "play"
	standsOver      standing = "over"
)

func (s *session) stands() standing {
	switch {
	case s.state == stateLogin:
		return standsInLogin
	case s.state == stateClosed:
		return standsOver
	case s.seat() == nil:
		return standsInLobby
	}
	in := [...]standing{door.Waiting: standsInRoom, door.Netsync: standsInNetsync, door.Playing: standsInPlay}
	return in[s.plays()]
}

// faultsOnly logs what is the server's own fault, and costs nothing else.
type faultsOnly struct{ slog.Handler }

func (faultsOnly) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelError }

type boxConn struct{ b *box }

func (c boxConn) WriteToUDPAddrPort(d []byte, to netip.AddrPort) (int, error) {
	c.b.bytes += len(d)
	c.b.count++
	c.b.largest = max(c.b.largest, len(d))
	if c.b.sent != nil {
		c.b.sent[to] += len(d)
		c.b.counts[to]++
	}
	if cl := c.b.clients[to]; cl != nil {
		cl.raw = append(cl.raw, append([]byte(nil), d...))
		if len(cl.raw) == 1 {
			c.b.queue = append(c.b.queue, cl)
		}
	}
	return len(d), nil
}
func (boxConn) ReadFromUDPAddrPort([]byte) (int, netip.AddrPort, error) { panic("not used") }
func (boxConn) SetReadDeadline(time.Time) error                         { return nil }
func (boxConn) LocalAddr() net.Addr                                     { return &net.UDPAddr{Port: 27888} }
func (boxConn) Close() error                                            { return nil }

// raw hands one datagram in.
func (b *box) raw(from netip.AddrPort, d []byte) {
	b.s.Receive(b.now, b.s.conn, from, netip.Addr{}, d)
	b.s.Run(b.now)
	b.settle()
}

// settle lets the clients read, and answer, until nothing moves.
func (b *box) settle() {
	for len(b.queue) > 0 {
		c := b.queue[0]
		b.queue = b.queue[1:]
		raw := c.raw
		c.raw = nil
		for _, d := range raw {
			c.read(d)
		}
	}
}

// pass lets time pass, for the server and for the clients' links.
func (b *box) pass(d time.Duration) {
	end := b.now.Add(d)
	for {
		at := b.s.timers.Next()
		for _, c := range b.order {
			if next := c.link.Next(); !next.IsZero() && !c.silent {
				at = timer.Earliest(at, next)
			}
		}
		if at.IsZero() || at.After(end) {
			break
		}
		if at.After(b.now) {
			b.now = at
		} else {
			b.now = b.now.Add(time.Millisecond)
		}
		b.s.Run(b.now)
		b.settle()
		for _, c := range b.order {
			c.flush()
		}
	}
	b.now = end
}

// boxClient is a client in the same box: no time passes between it and the
// server.
type boxClient struct {
	b      *box
	addr   netip.AddrPort
	name   string
	link   *link.Link
	raw    [][]byte
	inbox  []got
	mute   bool // answers no 05
	silent bool // sends nothing at all
}

// hostAddr is the n-th address of an imaginary internet.
func hostAddr(n int) netip.AddrPort {
	var ip [4]byte
	binary.BigEndian.PutUint32(ip[:], 0x0B000000+uint32(n))
	return netip.AddrPortFrom(netip.AddrFrom4(ip), uint16(1024+n%60000))
}

func (b *box) client(n int, name string) *boxClient { return b.clientAt(hostAddr(n), name) }

func (b *box) clientAt(addr netip.AddrPort, name string) *boxClient {
	c := &boxClient{b: b, addr: addr, name: name, link: link.New(link.Config{}, b.now)}
	b.clients[addr] = c
	b.order = append(b.order, c)
	return c
}

// remove takes a client away: what is sent to it is lost from now on.
func (b *box) remove(c *boxClient) {
	delete(b.clients, c.addr)
	b.order = slices.DeleteFunc(b.order, func(o *boxClient) bool { return o == c })
}

// meter has the bytes and datagrams to each address counted from now on.
func (b *box) meter() {
	b.sent, b.counts = map[netip.AddrPort]int{}, map[netip.AddrPort]int{}
}

func (c *boxClient) read(d []byte) {
	if ext.IsExtension(d) {
		return // only counted
	}
	if c.link.Receive(c.b.now, d) != nil {
		c.b.t.Errorf("%s: the server sent a malformed datagram: %x", c.name, d)
	}
	for {
		m, ok := c.link.NextMessage()
		if !ok {
			break
		}
		if m.Type == wire.TypeServerAck && !c.mute {
			c.link.Send(c.b.now, wire.TypeClientAck, wire.ClientAck{}.AppendTo(nil))
		}
		c.inbox = append(c.inbox, got{m.Type, append([]byte(nil), m.Body...), m.Seq})
	}
	c.flush()
}

func (c *boxClient) flush() {
	for !c.silent {
		d := c.link.NextDatagram(c.b.now, nil)
		if len(d) == 0 {
			return
		}
		c.b.s.Receive(c.b.now, c.b.s.conn, c.addr, netip.Addr{}, d)
		c.b.s.Run(c.b.now)
	}
}

func (c *boxClient) send(t wire.Type, m body) {
	c.link.Send(c.b.now, t, m.AppendTo(nil))
	c.flush()
	c.b.settle()
	// The rounds of a login take their time, see limits.AnswerSpread.
	for i := 0; t == wire.TypeLogin && i < 100 && !c.mute && !c.silent; i++ {
		p := c.b.s.pending.find(loginAddr{addr: c.addr})
		if p == nil {
			break
		}
		if at := c.b.s.timers.At(&p.timer); at.After(c.b.now) {
			c.b.now = at
		}
		c.b.s.Run(c.b.now)
		c.b.settle()
	}
}

// login logs in and returns the user ID; what came is forgotten.
func (c *boxClient) login() uint16 {
	c.b.t.Helper()
	c.send(wire.TypeLogin, wire.LoginRequest{User: c.name, Emulator: "emu", Connection: wire.LAN})
	se := c.session()
	if se == nil || !se.loggedIn() {
		c.b.t.Fatalf("%s is not logged in; it got %v", c.name, c.types())
	}
	c.inbox = nil
	return se.who.ID
}

func (c *boxClient) session() *session { return c.b.s.sessions.find(c.addr) }

// types returns what came since, without 05.
func (c *boxClient) types() []wire.Type {
	var out []wire.Type
	for _, g := range c.inbox {
		if g.typ != wire.TypeServerAck {
			out = append(out, g.typ)
		}
	}
	c.inbox = nil
	return out
}

// find returns the last message of a type that came.
func (c *boxClient) find(t wire.Type) (got, bool) {
	for i := len(c.inbox) - 1; i >= 0; i-- {
		if c.inbox[i].typ == t {
			return c.inbox[i], true
		}
	}
	return got{}, false
}

func boxParse[T any](c *boxClient, t wire.Type, f func([]byte) (T, error)) T {
	c.b.t.Helper()
	g, ok := c.find(t)
	if !ok {
		c.b.t.Fatalf("%s: no %v among %v", c.name, t, c.types())
	}
	m, err := f(g.body)
	require.NoError(c.b.t, err)
	return m
}

// game puts n logged-in clients into a room and starts its game, all ready.
func (b *box) game(n int, typ wire.ConnectionType) []*boxClient {
	b.t.Helper()
	var cs []*boxClient
	for i := range n {
		c := b.client(100+i, string(rune('a'+i)))
		c.send(wire.TypeLogin, wire.LoginRequest{User: c.name, Emulator: "emu", Connection: typ})
		if i == 0 {
			c.send(wire.TypeCreateGame, wire.CreateRequest{Game: "Pong"})
		} else {
			c.send(wire.TypeJoinGame, wire.JoinRequest{GameID: cs[0].session().room.Load().ID})
		}
		cs = append(cs, c)
	}
	cs[0].send(wire.TypeStartGame, wire.StartRequest{})
	for _, c := range cs {
		c.send(wire.TypeReady, wire.ReadyRequest{})
	}
	for _, c := range cs {
		require.Equal(b.t, standsInPlay, c.session().stands())
		c.link.SetPhase(b.now, link.Play)
		c.inbox = nil
	}
	return cs
}

func (c *boxClient) data(payload ...byte) {
	c.send(wire.TypeGameData, rawBody(wire.AppendGameData(nil, payload)))
}

// batches sends as many batches of one content as a client sends before it waits for its first message.
func (c *boxClient) batches(payload ...byte) {
	for range c.session().seat().FrameDelay() + 1 {
		c.data(payload...)
	}
}

// one is M(t, body) of a given number.
func one(seq uint16, t wire.Type, body []byte) []byte {
	return wire.AppendMessage(wire.AppendBundleHeader(nil, 1), seq, t, body)
}

// loginDatagram is what a client sends first.
func loginDatagram(user string) []byte {
	return one(0, wire.TypeLogin, wire.LoginRequest{User: user, Emulator: "emu", Connection: wire.LAN}.AppendTo(nil))
}

type addrPort = netip.AddrPort

// netipPort is the same IP address with another port.
func netipPort(a addrPort, port uint16) addrPort { return netip.AddrPortFrom(a.Addr(), port) }

func typesOf(gs []got) (out []wire.Type) {
	for _, g := range gs {
		out = append(out, g.typ)
	}
	return out
}

// got is one message that a client received.
type got struct {
	typ  wire.Type
	body []byte
	seq  uint16
}

// rawBody is the body of a message as it is.
type rawBody []byte

func (r rawBody) AppendTo(b []byte) []byte { return append(b, r...) }

// acceptedIn is what a session may say where it stands.
var acceptedIn = map[standing]typeSet{standsInLogin: inLogin, standsInLobby: inLobby,
	standsInRoom:    inRoom[door.Waiting],
	standsInNetsync: inRoom[door.Netsync], standsInPlay: inRoom[door.Playing]}

// rooms does something with every room, and returns their IDs.
func (b *box) rooms(do func(r *room.Room)) (ids []uint32) {
	b.s.inLobby(b.now, "", work{}, func() {
		b.s.lobby.EveryRoom(func(r *room.Room) {
			ids = append(ids, r.ID)
			if do != nil {
				do(r)
			}
		})
	})
	return ids
}
