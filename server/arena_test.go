package server_test

import (
	"encoding/binary"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient"
	"kbridge/kclient/sim/network"
	"kbridge/kclient/sim/peers"
	"kbridge/kclient/wire"
	"kbridge/server"
)

// arena is a server on a network in memory, under virtual time, that is seen from outside only: what is sent to it, and
// what it sends to whom. Attackers and honest users of every kind meet there.
type arena struct {
	t      *testing.T
	seed   uint64
	net    *network.Network
	server *server.Server
	conn   *pausingConn // the server's socket
	addr   netip.AddrPort
	served chan error
	faults int // of the server itself, that the test brings about

	mu  sync.Mutex
	in  map[netip.Addr]*flow // what the server was sent, by the source that the datagrams name
	out map[netip.Addr]*flow // what it sent, by destination
	all []func()             // ends what was begun, last first
}

// flow is what went one way.
type flow struct{ datagrams, bytes int }

var arenaServer = netip.MustParseAddrPort("10.0.0.1:27888")

// inArena runs f. The server has cfg, with a MaxPing of a second where it names none and random bytes of the seed.
func inArena(t *testing.T, seed uint64, line network.Profile, cfg server.Config, f func(a *arena)) {
	t.Helper()
	inArenaOn(t, seed, line, cfg, nil, f)
}

// inArenaOn is inArena with a socket of the server's that is made from the network's.
func inArenaOn(t *testing.T, seed uint64, line network.Profile, cfg server.Config,
	socket func(server.PacketConn) server.PacketConn, f func(a *arena)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		t.Cleanup(func() {
			if t.Failed() {
				t.Logf("to replay: seed %d, line %+v", seed, line)
			}
		})
		a := &arena{t: t, seed: seed, net: network.New(seed, line), addr: arenaServer, served: make(chan error, 1),
			in: map[netip.Addr]*flow{}, out: map[netip.Addr]*flow{}}
		a.net.Filter(a.count)
		mem, err := a.net.Listen(a.addr)
		require.NoError(t, err)
		require.NoError(t, mem.SetReadBuffer(1<<20)) // as the server asks of a real socket
		var conn server.PacketConn = mem
		if socket != nil {
			conn = socket(conn)
		}
		if cfg.MaxPing == 0 {
			cfg.MaxPing = time.Second
		}
		if cfg.Random == nil {
			cfg.Random = a.random()
		}
		a.server, err = server.New(cfg)
		require.NoError(t, err)
		a.conn = &pausingConn{PacketConn: conn}
		go func() { a.served <- a.server.Serve(a.conn, nil) }()
		defer a.end()
		f(a)
	})
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

func (a *arena) random() io.Reader { return seeded(a.seed) }

// seeded are the random bytes of a seed, so that a run can be repeated.
func seeded(n uint64) io.Reader {
	var seed [32]byte
	binary.LittleEndian.PutUint64(seed[:], n)
	return rand.NewChaCha8(seed)
}

func (a *arena) end() {
	for i := len(a.all) - 1; i >= 0; i-- {
		a.all[i]()
	}
	a.server.Close("the test is over")
	<-a.served
	require.Equal(a.t, a.faults, a.server.Stats().InternalErrors, "internal errors of the server: its log has them")
}

func (a *arena) count(from, to netip.AddrPort, datagram []byte) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	flows, host := a.in, from.Addr()
	if from == a.addr {
		flows, host = a.out, to.Addr()
	} else if to != a.addr {
		return true
	}
	if flows[host] == nil {
		flows[host] = &flow{}
	}
	flows[host].datagrams++
	flows[host].bytes += len(datagram)
	return true
}

// from is what the server was sent by datagrams that name this host as their source.
func (a *arena) from(host netip.Addr) flow { return a.flow(a.in, host) }

// to is what the server sent to this host.
func (a *arena) to(host netip.Addr) flow { return a.flow(a.out, host) }

func (a *arena) flow(flows map[netip.Addr]*flow, host netip.Addr) flow {
	a.mu.Lock()
	defer a.mu.Unlock()
	if f := flows[host]; f != nil {
		return *f
	}
	return flow{}
}

// forge sends the server a datagram that names a source of the attacker's choice, which hears the answer.
func (a *arena) forge(source netip.AddrPort, datagram []byte) { a.net.Inject(source, a.addr, datagram) }

// plain is a client of the simplest kind at an address, which has sent nothing yet: it sends its last three messages in
// each datagram, and answers every 05 while it is read from.
func (a *arena) plain(at netip.AddrPort) *plainClient {
	a.t.Helper()
	conn, err := a.net.Listen(at)
	require.NoError(a.t, err)
	a.all = append(a.all, func() { conn.Close() })
	return &plainClient{t: a.t, mu: &sync.Mutex{}, conn: conn, to: a.addr, last: 0xFFFF}
}

// ours is a client of our own, with whatever change of its configuration.
func (a *arena) ours(name string, change func(*kclient.Config)) (*kclient.Client, error) {
	cfg := kclient.Config{User: name, Emulator: "emu", Connection: wire.LAN, Logger: slog.New(slog.DiscardHandler),
		Listen: func(netip.AddrPort) (kclient.PacketConn, error) { return a.net.Listen(netip.AddrPort{}) }}
	if change != nil {
		change(&cfg)
	}
	lobby, err := kclient.Dial(a.t.Context(), a.addr.String(), cfg)
	if err == nil {
		a.all = append(a.all, func() { lobby.Quit("the test is over") })
	}
	return lobby, err
}

// old is a deployed client: n02, or SupraClient.
func (a *arena) old(supra bool, o peers.Options) (*peers.Client, error) {
	dial := peers.DialN02
	if supra {
		dial = peers.DialSupraClient
	}
	c, err := dial(a.net, a.addr, o)
	if err == nil {
		a.all = append(a.all, c.Close)
	}
	return c, err
}

// message is a bundle of one message.
func message(seq uint16, t wire.Type, body []byte) []byte {
	return wire.AppendMessage(wire.AppendBundleHeader(nil, 1), seq, t, body)
}

// What the arena itself promises: everybody gets in, and what goes to and fro is counted.
func TestArenaCountsWhatGoesToAndFro(t *testing.T) {
	inArena(t, 1, network.Profile{Delay: 20 * time.Millisecond}, server.Config{}, func(a *arena) {
		_, err := a.ours("ours", nil)
		require.NoError(t, err)
		for _, supra := range []bool{false, true} {
			_, err = a.old(supra, peers.Options{User: map[bool]string{false: "n02", true: "supra"}[supra],
				Emulator: "emu", Connection: wire.LAN})
			require.NoError(t, err)
		}
		c := a.plain(netip.MustParseAddrPort("10.0.0.9:5000"))
		c.send(wire.TypeLogin, wire.LoginRequest{User: "plain", Emulator: "emu", Connection: wire.LAN}.AppendTo(nil))
		c.await(wire.TypeUserJoined)
		require.Equal(t, 4, a.server.Stats().Users)
		host := netip.MustParseAddr("10.0.0.9")
		require.Positive(t, a.from(host).bytes)
		require.Positive(t, a.to(host).bytes)
		victim := netip.MustParseAddrPort("10.9.9.9:99")
		a.forge(victim, message(0, wire.TypeLogin, wire.LoginRequest{User: "nobody", Emulator: "emu",
			Connection: wire.LAN}.AppendTo(nil)))
		time.Sleep(time.Second)
		require.Positive(t, a.to(victim.Addr()).bytes)
	})
}
