package kclient_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient"
	"kbridge/kclient/framecache"
	"kbridge/kclient/sim/network"
	"kbridge/kclient/wire"
	"kbridge/server"
)

// frameTime is one frame at 60 frames a second.
const frameTime = time.Second / 60

// match is one game of whole clients on a whole server over a network in memory.
type match struct {
	seed      uint64
	profile   network.Profile
	types     []wire.ConnectionType // one player each
	size      int                   // bytes of input per player and frame
	frames    int                   // combined frames that each player takes
	padding   server.Padding
	numbering framecache.Numbering
	distinct  int // how many different inputs a player has; 0 = 16
	chat      bool
	outside   bool // players with even numbers wait outside, as the C library does
	config    func(*kclient.Config)
	server    func(*server.Config)
}

func (m match) String() string {
	return fmt.Sprintf("seed %d, types %v, size %d, profile %+v", m.seed, m.types, m.size, m.profile)
}

// bubble runs f under virtual time with a network and a server on it, and fails
// with the seed.
func bubble(t *testing.T, m match, f func(t *testing.T, w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		t.Cleanup(func() {
			if t.Failed() {
				t.Logf("to replay: %v", m)
			}
		})
		w := newWorld(t, m)
		defer w.close() // also when the test fails, or the bubble would never end
		f(t, w)
	})
}

// world is a network with a server.
type world struct {
	t      *testing.T
	m      match
	net    *network.Network
	addr   string
	conn   *network.Conn
	server *server.Server
	served chan error
	users  []*kclient.Client
}

func newWorld(t *testing.T, m match) *world {
	w := &world{t: t, m: m, net: network.New(m.seed, m.profile), served: make(chan error, 1)}
	conn, err := w.net.Listen(netip.MustParseAddrPort("10.0.0.1:27888"))
	require.NoError(t, err)
	w.conn, w.addr = conn, "10.0.0.1:27888"
	cfg := server.Config{Padding: m.padding, Numbering: m.numbering, MaxPing: time.Second, Logger: m.logger("server"),
		Random: m.random()}
	if m.server != nil {
		m.server(&cfg)
	}
	w.server, err = server.New(cfg)
	require.NoError(t, err)
	go func() { w.served <- w.server.Serve(conn, nil) }()
	return w
}

// serveOn runs a server at an address of a network; stop ends it.
func serveOn(t *testing.T, net *network.Network, addr netip.AddrPort, cfg server.Config) (sv *server.Server,
	stop func()) {
	t.Helper()
	conn, err := net.Listen(addr)
	require.NoError(t, err)
	sv, err = server.New(cfg)
	require.NoError(t, err)
	served := make(chan error, 1)
	go func() { served <- sv.Serve(conn, nil) }()
	return sv, func() {
		sv.Close("the test is over")
		require.NoError(t, <-served)
	}
}

// random are the same bytes in every run of the seed.
func (m match) random() io.Reader {
	var seed [32]byte
	binary.LittleEndian.PutUint64(seed[:], m.seed)
	return rand.NewChaCha8(seed)
}

func (w *world) close() {
	for _, l := range w.users {
		l.Quit("the test is over")
	}
	w.server.Close("the test is over")
	<-w.served
}

func (w *world) dial(ctx context.Context, name string, c wire.ConnectionType) (*kclient.Client, error) {
	cfg := kclient.Config{User: name, Emulator: "test 1.0", Connection: c, Numbering: w.m.numbering,
		Logger: slog.New(slog.DiscardHandler),
		Listen: func(netip.AddrPort) (kclient.PacketConn, error) { return w.net.Listen(netip.AddrPort{}) }}
	if w.m.config != nil {
		w.m.config(&cfg)
	}
	l, err := kclient.Dial(ctx, w.addr, cfg)
	if err == nil {
		w.users = append(w.users, l)
	}
	return l, err
}

// input is what player p presses in frame f: the same on every run of a seed.
func (m match) input(p, f int, b []byte) {
	h := fnv.New64a()
	distinct := m.distinct
	if distinct == 0 {
		distinct = 16
	}
	// A button is held for a few frames, as people do.
	fmt.Fprint(h, m.seed, p, (f/5*7)%distinct)
	x := h.Sum64()
	for i := range b {
		x = x*6364136223846793005 + 1442695040888963407
		b[i] = byte(x >> 56)
	}
}

// machineFrame is what an emulator's machine runs after a call that returned n: calls are frames, and inside the frame
// delay nobody presses anything.
func machineFrame(values []byte, n, size int) []byte {
	if n == 0 {
		return make([]byte, size)
	}
	return append([]byte(nil), values[:n]...)
}

// margin is how many calls more than are compared everybody makes: a player of a slow type is given its frames in
// groups, and the last one that it needs may be in a group that ends some of the others' calls later.
const margin = 24

// played is what one player's machine ran, one frame for each call.
type played struct {
	frames [][]byte
	delay  int // D: how many calls returned nothing
	stats  kclient.GameStats
	err    error
}

// lobbies logs all players in and lets them enter one room, in order, so that
// player numbers follow the index.
func (w *world) lobbies(ctx context.Context) (lobbies []*kclient.Client, rooms []*kclient.Room) {
	t := w.t
	for i, c := range w.m.types {
		l, err := w.dial(ctx, fmt.Sprintf("player%d", i+1), c)
		require.NoError(t, err)
		lobbies = append(lobbies, l)
		var r *kclient.Room
		if i == 0 {
			r, err = l.Create(ctx, "Duel")
		} else {
			waitFor(t, l, func() bool { return len(l.Games()) == 1 })
			r, err = l.Join(ctx, l.Games()[0].ID)
		}
		require.NoError(t, err)
		rooms = append(rooms, r)
	}
	return lobbies, rooms
}

// waitFor lets events go by until the condition holds.
func waitFor(t *testing.T, l *kclient.Client, holds func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for !holds() {
		_, err := l.NextEvent(ctx)
		require.NoError(t, err, "waiting for the lobby to change")
	}
}

// play runs one game to its end with every player in a goroutine of its own.
func (w *world) play(ctx context.Context, rooms []*kclient.Room) []played {
	t := w.t
	waitForPlayers(t, rooms[0], len(rooms))
	require.NoError(t, rooms[0].Start(ctx))
	results := make([]played, len(rooms))
	done := make(chan int)
	for i, r := range rooms {
		go func() {
			results[i] = w.playOne(ctx, r)
			done <- i
		}()
	}
	for range rooms {
		<-done
	}
	return results
}

func waitForPlayers(t *testing.T, r *kclient.Room, n int) {
	t.Helper()
	for i := 0; len(r.Players()) < n; i++ {
		require.Less(t, i, 6000, "players never came")
		time.Sleep(10 * time.Millisecond) // virtual
	}
}

func (w *world) playOne(ctx context.Context, r *kclient.Room) (p played) {
	g, err := r.WaitStart(ctx)
	if err != nil {
		return played{err: err}
	}
	p.delay = g.FrameDelay()
	values := make([]byte, w.m.size*wire.MaxPlayers)
	next := time.Now()
	exchange := g.Exchange
	if w.m.outside && g.Player()%2 == 0 {
		exchange = waitsOutside(g)
	}
	for f := 0; f < w.m.frames+margin; f++ {
		w.m.input(g.Player(), f, values[:w.m.size])
		n, err := exchange(ctx, values, w.m.size)
		if f >= w.m.frames {
			continue
		}
		if err != nil {
			p.err = err
			break
		}
		p.frames = append(p.frames, machineFrame(values, n, w.m.size*g.Players()))
		if w.m.chat && f%60 == 30 {
			r.Chat(fmt.Sprintf("frame %d", f))
		}
		next = next.Add(frameTime)
		time.Sleep(time.Until(next)) // virtual
		p.stats = g.Stats()
	}
	// Others may still need what we have sent; a player who leaves at once is
	// dropped for them, which is not what is tested here.
	time.Sleep(5 * time.Second)
	g.Drop()
	return p
}

// requireInSync asserts that every player's machine ran the same frames, and that they are the inputs that the players
// gave, in order: each comes back as many calls later as that player's own delay is, and its padding.
func (m match) requireInSync(t *testing.T, results []played) {
	t.Helper()
	for i, p := range results {
		require.NoError(t, p.err, "player %d after %d frames", i+1, len(p.frames))
		require.Len(t, p.frames, m.frames, "player %d", i+1)
		for f := range p.frames {
			require.Equal(t, results[0].frames[f], p.frames[f], "player %d, frame %d", i+1, f)
		}
	}
	longest := 0
	for _, p := range results {
		longest = max(longest, p.delay)
	}
	want := make([]byte, m.size)
	for p := range results {
		lag := results[p].delay
		if m.padding == server.PaddingOn {
			lag += m.types[p].Frames() - m.fastest()
		}
		for f := range m.frames {
			clear(want)
			if f >= max(longest, lag) {
				m.input(p+1, f-lag, want)
			}
			require.Equal(t, want, results[0].frames[f][p*m.size:(p+1)*m.size], "input of player %d in frame %d", p+1,
				f)
		}
	}
}

func (m match) fastest() int {
	c := m.types[0].Frames()
	for _, o := range m.types {
		c = min(c, o.Frames())
	}
	return c
}
