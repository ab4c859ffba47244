package server_test

import (
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/sim/network"
	"kbridge/kclient/wire"
	"kbridge/server"
)

// otherAddress is the arena's server's second address.
var otherAddress = netip.MustParseAddrPort("10.0.0.77:27888")

// heard is from which addresses of the server each host was sent something.
type heard struct {
	mu   sync.Mutex
	from map[netip.Addr]map[netip.AddrPort]int
}

func (h *heard) by(host netip.Addr) map[netip.AddrPort]int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.from[host]
}

func (h *heard) forget() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.from = map[netip.Addr]map[netip.AddrPort]int{}
}

// inTwoAddresses is an arena whose server has otherAddress too.
func inTwoAddresses(t *testing.T, f func(a *arena, h *heard)) {
	inArenaOn(t, 14, network.Profile{Delay: 20 * time.Millisecond}, server.Config{},
		func(c server.PacketConn) server.PacketConn {
			require.NoError(t, c.(*network.Conn).AlsoAt(otherAddress.Addr()))
			return c
		}, func(a *arena) {
			h := &heard{}
			h.forget()
			a.net.Filter(func(from, to netip.AddrPort, _ []byte) bool {
				if from == arenaServer || from == otherAddress {
					h.mu.Lock()
					defer h.mu.Unlock()
					if h.from[to.Addr()] == nil {
						h.from[to.Addr()] = map[netip.AddrPort]int{}
					}
					h.from[to.Addr()][from]++
				}
				return true
			})
			f(a, h)
		})
}

// TestAReplyLeavesFromTheAddressThatWasAsked: PING, HELLO, logins and games of every kind of client at a server's
// second address, while others are at its first one.
func TestAReplyLeavesFromTheAddressThatWasAsked(t *testing.T) {
	for _, kinds := range [][]string{{"ours", "ours"}, {"n02", "supra"}, {"ours", "n02", "supra"}} {
		t.Run(fmt.Sprint(kinds), func(t *testing.T) {
			inTwoAddresses(t, func(a *arena, h *heard) {
				first := a.plain(netip.MustParseAddrPort("10.1.0.1:5000"))
				first.send(wire.TypeLogin, loginOf("at the first"))
				first.await(wire.TypeUserJoined)
				go first.stay()
				asks, err := a.net.Listen(netip.MustParseAddrPort("10.1.0.2:5000"))
				require.NoError(t, err)
				defer asks.Close()
				_, err = asks.WriteToUDPAddrPort(wire.AppendPing(nil), otherAddress)
				require.NoError(t, err)

				a.addr = otherAddress
				var all []*pacedPlayer
				for _, kind := range kinds {
					all = append(all, &pacedPlayer{kind: kind, typ: 1, pause: smooth()})
				}
				a.roomOf(all...)
				time.Sleep(10 * time.Second)
				for _, p := range all {
					require.Nil(t, p.lost.Load())
					require.Greater(t, p.frames.Load(), int64(500), "of %s in ten seconds", p.kind)
				}
				h.mu.Lock()
				defer h.mu.Unlock()
				require.GreaterOrEqual(t, len(h.from), 2+len(kinds))
				for host, from := range h.from {
					want := otherAddress
					if host == netip.MustParseAddr("10.1.0.1") {
						want = arenaServer
					}
					require.Len(t, from, 1, "%v was answered from %v", host, from)
					require.Contains(t, from, want, "%v", host)
				}
			})
		})
	}
}

// TestAStrayMovesNobodyToAnotherAddress: whatever comes to the server's other address in a client's name, before its
// login, in the middle of it and afterwards, the client goes on to be answered from where it asked, and plays.
func TestAStrayMovesNobodyToAnotherAddress(t *testing.T) {
	strays := func(seq uint16) [][]byte {
		return [][]byte{
			wire.AppendHello(nil), wire.AppendPing(nil), {1}, message(seq, wire.TypeKeepAlive, []byte{0}),
			message(0, wire.TypeLogin, loginOf("somebody else")), message(seq+40, wire.TypeGlobalChat,
				[]byte("\x00\x00")),
		}
	}
	for _, kind := range crasherKinds {
		t.Run(kind, func(t *testing.T) {
			inTwoAddresses(t, func(a *arena, h *heard) {
				at := netip.MustParseAddrPort("10.1.0.1:5000")
				stop := make(chan struct{})
				var noise sync.WaitGroup
				for _, d := range strays(1) {
					a.net.Inject(at, otherAddress, d)
				}
				noise.Go(func() { // forged logins while it logs in, at its last moment each
					for n := 0; ; n++ {
						select {
						case <-stop:
							return
						case <-time.After(15 * time.Millisecond):
							a.net.Inject(at, otherAddress, message(0, wire.TypeLogin, loginOf("somebody else")))
						}
					}
				})
				c, err := a.login(kind, "ann", at, nil)
				close(stop)
				noise.Wait()
				require.NoError(t, err)
				if c.plain != nil {
					go c.plain.stay()
				}
				time.Sleep(time.Second)
				h.forget()
				for n := range 50 {
					for _, d := range strays(uint16(n)) {
						if d[0] <= wire.MaxBundle { // HELLO and PING are answered from where they came to
							a.net.Inject(at, otherAddress, d)
						}
					}
					time.Sleep(100 * time.Millisecond)
				}
				_, err = a.ours("another", nil) // which ann is told
				require.NoError(t, err)
				time.Sleep(10 * time.Second)
				require.Contains(t, h.by(at.Addr()), arenaServer)
				require.NotContains(t, h.by(at.Addr()), otherAddress)
			})
		})
	}
}

// TestAMoveThatProvesItselfMovesTheServersAddressToo: what a client of ours sends begins to come to the server's other
// address, and from a new one of its own, as when a router with an address of its own fails and another takes its
// place.
func TestAMoveThatProvesItselfMovesTheServersAddressToo(t *testing.T) {
	inTwoAddresses(t, func(a *arena, _ *heard) {
		table := a.ourGame(2)
		time.Sleep(5 * time.Second)
		moved := a.net.Rebind(table[1].c.conn)
		var mu sync.Mutex
		from := map[netip.AddrPort]int{}
		a.net.Filter(func(source, to netip.AddrPort, d []byte) bool {
			switch {
			case source == moved && to == arenaServer:
				a.net.Inject(source, otherAddress, d)
				return false
			case to == moved && source == otherAddress:
				mu.Lock()
				from[source]++
				mu.Unlock()
				a.net.Inject(arenaServer, to, d)
				return false
			}
			return true
		})
		time.Sleep(5 * time.Second)
		mu.Lock()
		defer mu.Unlock()
		require.Greater(t, from[otherAddress], 200, "datagrams in five seconds")
		require.Zero(t, table[1].game().Behind())
	})
}
