package server_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/sim/network"
	"kbridge/kclient/wire"
	"kbridge/server"
)

// glutton is a client that costs nothing itself, so that what is measured is the server's. Once it is logged in it is
// deaf, until that is changed.
type glutton struct {
	a  *arena
	at netip.AddrPort
	c  *plainClient
	mu sync.Mutex // guards c.out.Next
}

// deafness is the addresses to which nothing gets through.
type deafness struct {
	mu   sync.Mutex
	deaf map[netip.AddrPort]bool
}

func (a *arena) deafness() *deafness {
	d := &deafness{deaf: map[netip.AddrPort]bool{}}
	a.net.Filter(func(from, to netip.AddrPort, datagram []byte) bool {
		d.mu.Lock()
		deaf := d.deaf[to]
		d.mu.Unlock()
		return a.count(from, to, datagram) && !deaf
	})
	return d
}

func (d *deafness) set(at netip.AddrPort, deaf bool) {
	d.mu.Lock()
	d.deaf[at] = deaf
	d.mu.Unlock()
}

// glutton logs one in, from an address of its own.
func (a *arena) glutton(d *deafness, i int, connection wire.ConnectionType) *glutton {
	g := &glutton{a: a, at: netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 1, byte(i >> 8), byte(i)}), 5000)}
	g.c = a.plain(g.at)
	g.c.send(wire.TypeLogin, wire.LoginRequest{User: fmt.Sprint("glutton", i), Emulator: "emu",
		Connection: connection}.AppendTo(nil))
	g.c.await(wire.TypeUserJoined)
	d.set(g.at, true)
	go g.listen()
	return g
}

// say sends one message, in a datagram of its own.
func (g *glutton) say(t wire.Type, body []byte) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.a.forge(g.at, message(g.c.out.Next, t, body))
	g.c.out.Next++
}

// room opens a room with its first member as the owner, and has the others join. Rooms are numbered from 1.
func gluttonRoom(id uint32, all []*glutton, connection wire.ConnectionType) {
	all[0].say(wire.TypeCreateGame, wire.CreateRequest{Game: fmt.Sprint("game ", id)}.AppendTo(nil))
	time.Sleep(time.Second)
	for _, g := range all[1:] {
		g.say(wire.TypeJoinGame, wire.JoinRequest{GameID: id, Connection: connection}.AppendTo(nil))
	}
	time.Sleep(time.Second)
}

func startGluttons(rooms ...[]*glutton) {
	for _, all := range rooms {
		all[0].say(wire.TypeStartGame, wire.StartRequest{}.AppendTo(nil))
	}
	time.Sleep(time.Second)
	for _, all := range rooms {
		for _, g := range all {
			g.say(wire.TypeReady, wire.Ready{}.AppendTo(nil))
		}
	}
	time.Sleep(time.Second)
}

// scale weighs what is reachable, the server, its idle clients and the network, without the buffers that the network
// keeps for reuse: it has as many of them as it ever keeps whenever it is weighed.
type scale struct {
	a     *arena
	empty int
}

func (a *arena) scale() *scale {
	s := &scale{a: a}
	before := liveHeap()
	s.fillPool()
	s.empty = liveHeap() - before
	return s
}

func (s *scale) fillPool() {
	for range 5000 {
		s.a.forge(netip.MustParseAddrPort("10.3.0.1:99"), []byte{0})
	}
	time.Sleep(100 * time.Millisecond)
}

func (s *scale) bytes() int {
	s.fillPool()
	return liveHeap() - s.empty
}

func liveHeap() int {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

func mb(bytes int) string { return fmt.Sprintf("%.1f MB", float64(bytes)/1e6) }

// Row 31: 96 sessions of type 6 with random inputs of 512 bytes fill all caches there are. Games for which there is no
// memory left are refused, with the reason; those that have begun and games of usual inputs play on.
func TestCachesOfManyLargeInputsStayInTheBudget(t *testing.T) {
	inArena(t, 31, network.Profile{Delay: 10 * time.Millisecond}, server.Config{}, func(a *arena) {
		t := a.t
		heap := a.scale()
		d := a.deafness()
		var rooms [12][]*glutton
		for r := range rooms {
			for i := range 8 {
				rooms[r] = append(rooms[r], a.glutton(d, 8*r+i, wire.Bad))
			}
		}
		for r, all := range rooms {
			gluttonRoom(uint32(r+1), all, wire.Bad)
		}
		before := heap.bytes()
		startGluttons(rooms[:]...)
		rng, peak := rand.New(rand.NewPCG(31, 1)), 0
		input := make([]byte, 6*512)
		gluttony := func(batches int) {
			for range batches {
				for _, all := range rooms {
					for _, g := range all {
						for i := range input {
							input[i] = byte(rng.Uint32())
						}
						g.say(wire.TypeGameData, wire.AppendGameData(nil, input))
					}
					time.Sleep(100 * time.Millisecond / time.Duration(len(rooms))) // the socket's buffer is small
				}
			}
			peak = max(peak, heap.bytes())
		}
		for range 6 {
			gluttony(50)
		}
		t.Logf("96 sessions, %s before the games: %s more in them", mb(before), mb(peak-before))
		require.Less(t, peak-before, 24<<20)
		refused := a.server.Stats().Refusals[server.RefusedMemory]
		t.Logf("%d of 12 games refused, %d go on", refused, a.server.Stats().Games)
		require.Positive(t, a.server.Stats().Games, "some have the memory that they need")

		// Two who play as everybody does notice none of it.
		var honest []*plainClient
		for i := range 2 {
			c := a.plain(netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 2, 0, byte(i)}), 5000))
			c.send(wire.TypeLogin, wire.LoginRequest{User: fmt.Sprint("honest", i), Emulator: "emu",
				Connection: wire.LAN}.AppendTo(nil))
			c.await(wire.TypeUserJoined)
			honest = append(honest, c)
		}
		honest[0].send(wire.TypeCreateGame, wire.CreateRequest{Game: "Pong"}.AppendTo(nil))
		opened, err := wire.ParseGameCreated(honest[0].await(wire.TypeCreateGame).Body)
		require.NoError(t, err)
		honest[1].send(wire.TypeJoinGame, wire.JoinRequest{GameID: opened.GameID, Connection: wire.LAN}.AppendTo(nil))
		honest[1].await(wire.TypeJoinGame)
		honest[0].send(wire.TypeStartGame, wire.StartRequest{}.AppendTo(nil))
		for _, c := range honest {
			c.await(wire.TypeStartGame)
			c.send(wire.TypeReady, wire.Ready{}.AppendTo(nil))
		}
		for _, c := range honest {
			c.await(wire.TypeReady)
		}
		for i := range 300 {
			if i%100 == 50 {
				gluttony(1)
			}
			for _, c := range honest {
				c.send(wire.TypeGameData, wire.AppendGameData(nil, []byte{byte(i), byte(i >> 8), 1, 1}))
			}
			for _, c := range honest {
				c.await(wire.TypeGameData)
			}
		}

		// One who comes too late for a game of the largest inputs is told why.
		late := a.plain(netip.MustParseAddrPort("10.2.0.9:5000"))
		late.send(wire.TypeLogin, wire.LoginRequest{User: "late", Emulator: "emu", Connection: wire.Bad}.AppendTo(nil))
		late.await(wire.TypeUserJoined)
		late.send(wire.TypeCreateGame, wire.CreateRequest{Game: "Pong"}.AppendTo(nil))
		late.await(wire.TypeJoinGame)
		late.send(wire.TypeStartGame, wire.StartRequest{}.AppendTo(nil))
		late.await(wire.TypeStartGame)
		late.send(wire.TypeReady, wire.Ready{}.AppendTo(nil))
		late.await(wire.TypeReady)
		late.send(wire.TypeGameData, wire.AppendGameData(nil, input))
		told, err := wire.ParseChat(late.await(wire.TypeGameChat).Body)
		require.NoError(t, err)
		require.Contains(t, told.Text, "the server has no memory left for a game with inputs of 512 bytes")
		late.await(wire.TypeDropGame)
		late.send(wire.TypeUserQuit, wire.QuitRequest{}.AppendTo(nil))

		for _, all := range rooms {
			for _, g := range all {
				g.say(wire.TypeDropGame, wire.DropRequest{}.AppendTo(nil))
			}
		}
		for _, c := range honest {
			c.send(wire.TypeUserQuit, wire.QuitRequest{}.AppendTo(nil))
		}
		time.Sleep(10 * time.Second)
		require.Zero(t, a.server.Stats().Games)
		after := heap.bytes()
		t.Logf("%s after the games", mb(after))
		// the deaf have not confirmed the last messages of the game that was played
		require.Less(t, after, before+before/10+8*64<<10)
	})
}

// Row 31: 8 clients chat for minutes, some of them without answering a 05, then play a game of the largest inputs. What
// is kept for them is bounded all the time, and the heap after the game is what it was before: only of those who never
// answer a bit more is kept, as nothing proves that they have the game's last messages.
func TestTheHeapAfterAGameIsTheHeapBeforeIt(t *testing.T) {
	for _, answering := range []bool{true, false} {
		t.Run(fmt.Sprintf("answering=%v", answering), func(t *testing.T) {
			inArena(t, 32, network.Profile{Delay: 10 * time.Millisecond}, server.Config{},
				func(a *arena) { heapAfterAGame(a.t, a, answering) })
		})
	}
}

func heapAfterAGame(t *testing.T, a *arena, answering bool) {
	const batches = 2100 // more than there were places in a send buffer, 35 minutes of play
	heap, d := a.scale(), a.deafness()
	var all, idle []*glutton
	for i := range 100 {
		g := a.glutton(d, i, wire.Bad)
		if i < 8 {
			all = append(all, g)
		} else {
			idle = append(idle, g)
		}
		d.set(g.at, i < 8 && !answering)
	}
	alive := func() {
		for _, g := range idle {
			g.say(wire.TypeKeepAlive, wire.KeepAlive{}.AppendTo(nil))
		}
		time.Sleep(100 * time.Millisecond)
	}
	gluttonRoom(1, all, wire.Bad)
	before := heap.bytes()
	line := strings.Repeat("x", 100)
	for i := range 300 {
		for k, g := range all {
			g.say(wire.TypeGameChat, wire.ChatRequest{Text: fmt.Sprint(i, k, line)}.AppendTo(nil))
		}
		if i%200 == 0 {
			alive()
		}
		time.Sleep(500 * time.Millisecond)
	}
	chatted := heap.bytes()
	peak := chatted
	startGluttons(all)
	rng := rand.New(rand.NewPCG(32, 1))
	input := make([]byte, 6*512)
	for b := range batches {
		for _, g := range all {
			for i := range input {
				input[i] = byte(rng.Uint32())
			}
			g.say(wire.TypeGameData, wire.AppendGameData(nil, input))
		}
		time.Sleep(100 * time.Millisecond)
		if b%300 == 299 {
			alive()
			peak = max(peak, heap.bytes())
		}
	}
	require.Equal(t, 1, a.server.Stats().Games)
	for _, g := range all {
		g.say(wire.TypeDropGame, wire.DropRequest{}.AppendTo(nil))
	}
	time.Sleep(20 * time.Second)
	require.Zero(t, a.server.Stats().Games)
	require.Equal(t, 100, a.server.Stats().Users)
	after := heap.bytes()
	t.Logf("before the chat %s, after it %s, in the game %s at most, after it %s", mb(before), mb(chatted), mb(peak),
		mb(after))
	require.Less(t, peak-before, 16<<20)
	unproven := 0
	if !answering {
		unproven = len(all) * 64 << 10
	}
	require.Less(t, after, before+before/10+unproven)
}

// listen answers every 05 that gets through until the end of the test.
func (g *glutton) listen() {
	g.c.conn.SetReadDeadline(time.Time{})
	buf := make([]byte, 32<<10)
	for {
		n, _, err := g.c.conn.ReadFromUDPAddrPort(buf)
		if err != nil {
			return
		}
		bundle, err := wire.ParseBundle(buf[:n], nil)
		if err != nil {
			continue
		}
		for i := len(bundle) - 1; i >= 0; i-- {
			if ahead := bundle[i].Seq - g.c.last; ahead == 0 || ahead >= 0x8000 {
				continue
			}
			g.c.last = bundle[i].Seq
			if bundle[i].Type == wire.TypeServerAck {
				g.say(wire.TypeClientAck, wire.ClientAck{}.AppendTo(nil))
			}
		}
	}
}
