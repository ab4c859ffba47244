package server_test

import (
	"net/netip"
	"sync"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/link"
	"kbridge/kclient/sim/network"
	"kbridge/kclient/wire"
	"kbridge/kclient/wire/ext"
)

// agent is a client that does what a test tells it to, as fast as answers come: it logs in by the rules, with our own
// extensions or without, and hands every other message on.
type agent struct {
	a    *arena
	name string
	conn *network.Conn
	done chan struct{}
	on   func(m wire.Message) // called with every message but 05; it may call say, not send. Set before the login

	ours   bool        // takes the offers of our own server
	back   *ext.Ticket // what it rejoins with
	kind   wire.ConnectionType
	mu     sync.Mutex // guards everything below
	link   *link.Link
	out    []byte
	ticket ext.Ticket
	id     uint16
	silent bool // sends nothing at all
}

// agentAt is an agent at an address, or at a fresh one, that has sent nothing yet.
func (a *arena) agentAt(at netip.AddrPort, name string) *agent {
	a.t.Helper()
	g := newAgent(a, at, name)
	a.all = append(a.all, g.close)
	return g
}

func newAgent(a *arena, at netip.AddrPort, name string) *agent {
	conn, err := a.net.Listen(at)
	require.NoError(a.t, err)
	return &agent{a: a, name: name, conn: conn, done: make(chan struct{}), kind: wire.LAN, on: func(wire.Message) {},
		link: link.New(link.Config{}, time.Now())}
}

// freshHost is an address that nobody else has.
func (a *arena) freshHost() netip.Addr {
	a.t.Helper()
	conn, err := a.net.Listen(netip.AddrPort{})
	require.NoError(a.t, err)
	a.all = append(a.all, func() { conn.Close() }) // it keeps the host
	return conn.AddrPort().Addr()
}

func (a *arena) agent(name string) *agent { return a.agentAt(netip.AddrPort{}, name) }

// login sends the login; what follows comes to on.
func (g *agent) login() {
	go g.read()
	g.send(wire.TypeLogin, wire.LoginRequest{User: g.name, Emulator: "emu", Connection: g.kind}.AppendTo(nil))
}

// close vanishes without a word.
func (g *agent) close() {
	_ = g.conn.Close()
}

func (g *agent) read() {
	defer close(g.done)
	buf := make([]byte, 64<<10)
	for {
		n, from, err := g.conn.ReadFromUDPAddrPort(buf)
		if t, ok := err.(interface{ Timeout() bool }); err != nil && !(ok && t.Timeout()) {
			return
		}
		now := time.Now()
		g.mu.Lock()
		if err == nil && from == g.a.addr && g.link.Receive(now, buf[:n]) == nil {
			for m, ok := g.link.NextMessage(); ok; m, ok = g.link.NextMessage() {
				g.take(now, m)
			}
		}
		g.flush(now)
		g.mu.Unlock()
	}
}

func (g *agent) take(now time.Time, m wire.Message) {
	if m.Type != wire.TypeServerAck {
		if u, err := wire.ParseUserJoined(m.Body); err == nil && m.Type == wire.TypeUserJoined && u.User == g.name {
			g.id = u.UserID
		}
		g.on(m)
		return
	}
	ask, err := wire.ParseServerAck(m.Body)
	if err != nil {
		return
	}
	answer := wire.ClientAck{}
	if nonce, ok := ext.ParseNonce(ask.Extra); ok && g.ours {
		answer.Extra = ext.AppendNonce(nil, nonce)
	} else if t, ok := ext.ParseTicket(ask.Extra); ok && g.ours {
		if g.back != nil {
			answer.Extra = ext.AppendComeback(nil, *g.back, t)
		}
		g.ticket = t
	}
	g.link.Send(now, wire.TypeClientAck, answer.AppendTo(nil))
}

func (g *agent) flush(now time.Time) {
	for !g.silent {
		g.out = g.link.NextDatagram(now, g.out[:0])
		if len(g.out) == 0 {
			break
		}
		_, _ = g.conn.WriteToUDPAddrPort(g.out, g.a.addr)
	}
	at := g.link.Next()
	if !at.IsZero() && !at.After(now) {
		at = now.Add(time.Millisecond)
	}
	if g.silent {
		at = time.Time{}
	}
	_ = g.conn.SetReadDeadline(at)
}

// say queues a message, from within on.
func (g *agent) say(t wire.Type, body []byte) { g.link.Send(time.Now(), t, body) }

// send sends a message.
func (g *agent) send(t wire.Type, body []byte) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.say(t, body)
	g.flush(time.Now())
}

// mute has it send nothing from now on, or again.
func (g *agent) mute(on bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.silent = on
	g.flush(time.Now())
}
