package server_test

import (
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient"
	"kbridge/kclient/sim/network"
	"kbridge/kclient/wire"
	"kbridge/kclient/wire/ext"
	"kbridge/server"
)

// Row 29: a player with a valid ticket names a victim as the source of its Moves, and of requests for history. The
// victim, which answers nothing, is sent less than what came in its name, and the game of the others and of the player
// goes on.
func TestAForgedMoveSendsTheVictimNoMoreThanCameInItsName(t *testing.T) {
	inArena(t, 29, network.Profile{Delay: 20 * time.Millisecond}, server.Config{}, func(a *arena) {
		table := a.ourGame(2)
		time.Sleep(20 * time.Second)
		ticket, ok := table[1].c.ours.Ticket()
		require.True(t, ok)
		table[1].c.crash() // what follows is said in its name, and it is behind when the others have gone on
		time.Sleep(15 * time.Second)
		victim := netip.MustParseAddrPort("192.0.2.99:4000")
		in := 0
		forge := func(d []byte) { a.forge(victim, d); in += len(d) }
		for n := range 400 {
			if n%20 == 0 {
				forge(forgedMove(ticket, 1000+uint32(n)))
			}
			forge(ext.HistoryRequest{ID: ticket.ID, Offset: 0, Count: 8}.AppendTo(nil))
			time.Sleep(25 * time.Millisecond)
		}
		time.Sleep(10 * time.Second)
		out := a.to(victim.Addr())
		t.Logf("figure: %d bytes in, %d bytes to the victim: %.2f", in, out.bytes, float64(out.bytes)/float64(in))
		require.LessOrEqual(t, out.bytes, in)
	})
}

// Row 29: Moves that name more and more addresses draw no more bytes than they have, and not more than a rate of them.
func TestMovesToManyAddressesDrawBoundedAnswers(t *testing.T) {
	inArena(t, 30, network.Profile{Delay: 20 * time.Millisecond}, server.Config{}, func(a *arena) {
		table := a.ourGame(2)
		time.Sleep(5 * time.Second)
		ticket, _ := table[1].c.ours.Ticket()
		in, out, host := 0, 0, netip.MustParseAddr("192.0.2.99")
		begun := time.Now()
		for n := range 20_000 {
			d := forgedMove(ticket, 1000+uint32(n))
			in += len(d)
			a.forge(netip.AddrPortFrom(host, uint16(1+n)), d)
			time.Sleep(time.Millisecond)
		}
		time.Sleep(time.Second)
		out = a.to(host).bytes
		rate := float64(out) / time.Since(begun).Seconds()
		t.Logf("figure: %d bytes in, %d bytes out: %.3f; %.0f bytes a second", in, out, float64(out)/float64(in), rate)
		require.LessOrEqual(t, rate, 1000.0)
		require.Zero(t, table[1].game().Behind(), "its game has not noticed")
		require.Less(t, table[1].game().Stats().LongestStall, time.Second)
	})
}

// Row 29: whoever really has a new address is there after one round trip more than before, and goes on when any one
// datagram of the way is lost.
func TestARealMoveCostsOneRoundTripMore(t *testing.T) {
	for _, lost := range []string{"", "KBMOVE", "KBCALL", "KBHERE", "KBMOVE 2"} {
		t.Run("lost "+lost, func(t *testing.T) {
			inArena(t, 31, network.Profile{Delay: 50 * time.Millisecond}, server.Config{}, func(a *arena) {
				table := a.ourGame(2)
				time.Sleep(5 * time.Second)
				var mu sync.Mutex
				var back time.Time
				moves, gone := 0, false
				begun := time.Now()
				moved := a.net.Rebind(table[1].c.conn)
				a.net.Filter(func(from, to netip.AddrPort, d []byte) bool {
					mu.Lock()
					defer mu.Unlock()
					if len(d) < 6 {
						return true
					}
					word := string(d[:6])
					if word == "KBMOVE" {
						if moves++; moves == 2 && lost == "KBMOVE 2" {
							word = lost
						}
					}
					if word == lost && !gone {
						gone = true
						return false
					}
					if to == moved && d[0] <= wire.MaxBundle && back.IsZero() {
						back = time.Now()
					}
					return true
				})
				time.Sleep(8 * time.Second)
				mu.Lock()
				defer mu.Unlock()
				require.False(t, back.IsZero())
				t.Logf("figure: the game goes on %v after the address has changed, first of %q lost; longest stall %v",
					back.Sub(begun), lost, table[1].game().Stats().LongestStall)
				require.Less(t, back.Sub(begun), 2*time.Second)
				require.Zero(t, table[1].game().Behind())
			})
		})
	}
}

// Row 33: one address does not take all places; those near are not counted, and when few are left a few addresses
// together take none of them.
func TestOneAddressDoesNotTakeAllPlaces(t *testing.T) {
	for name, row := range map[string]struct {
		hosts []string
		most  int // users of them
	}{
		"one address":      {[]string{"198.51.100.7"}, 32},
		"a /64":            {[]string{"2001:db8::1", "2001:db8::2", "2001:db8::3"}, 32},
		"four addresses":   {[]string{"198.51.100.7", "198.51.100.8", "198.51.100.9", "198.51.100.10"}, 91},
		"a network nearby": {[]string{"192.168.1.9"}, 100},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := server.Config{Flood: server.Flood{Login: server.Rate{Burst: -1}}}
			inArena(t, 33, network.Profile{Delay: 20 * time.Millisecond}, cfg, func(a *arena) {
				var lobbies []*kclient.Client
				for n := range 160 {
					host := netip.MustParseAddr(row.hosts[n%len(row.hosts)])
					lobby, err := a.ours(string(rune('a'+n%26))+string(rune('a'+n/26)), func(c *kclient.Config) {
						c.Listen = func(netip.AddrPort) (kclient.PacketConn, error) {
							return a.net.Listen(netip.AddrPortFrom(host, uint16(5000+n)))
						}
					})
					if err == nil {
						lobbies = append(lobbies, lobby)
					}
				}
				t.Logf("figure: %s takes %d places of 100, %d are left for others", name, len(lobbies),
					100-len(lobbies))
				require.Len(t, lobbies, row.most)
				if row.most < 100 {
					require.Positive(t, refusals(a.server, "host"))
					_, err := a.ours("zoe", nil)
					require.NoError(t, err)
				}
			})
		})
	}
}

func refusals(s *server.Server, word string) int {
	for r, n := range s.Stats().Refusals {
		if server.Refusal(r).String() == word {
			return n
		}
	}
	return 0
}

// A player whose emulator was killed rejoins although the server is full, whose places and names strangers do not get
// meanwhile.
func TestAKeptPlaceIsReachedOnAFullServer(t *testing.T) {
	inArena(t, 34, network.Profile{Delay: 20 * time.Millisecond}, server.Config{MaxUsers: 2}, func(a *arena) {
		table := a.ourGame(2)
		time.Sleep(5 * time.Second)
		ticket, _ := table[1].c.ours.Ticket()
		table[1].c.crash()
		time.Sleep(20 * time.Second)
		_, err := a.ours("stranger", nil)
		require.Error(t, err)
		_, err = a.ours(table[1].name, nil)
		require.ErrorContains(t, err, "in use")
		begun := time.Now()
		again, err := a.login("ours", table[1].name, netip.MustParseAddrPort("203.0.113.200:1"), &ticket)
		require.NoError(t, err)
		require.NotNil(t, again.ours.Room())
		t.Logf("figure: back after %v", time.Since(begun))
		table[1].again(again)
		time.Sleep(10 * time.Second)
		require.Zero(t, table[1].game().Behind())
		require.Equal(t, 2, a.server.Stats().Users)
	})
}

// A try to rejoin that fails half way, wherever it does, leaves the ticket as good as it was.
func TestTheTicketLivesUntilItHasSucceeded(t *testing.T) {
	for name, after := range map[string]time.Duration{
		"killed after HELLO": 50 * time.Millisecond, "killed in the login": 130 * time.Millisecond,
		"killed near its end":             210 * time.Millisecond,
		"killed when the place was taken": 290 * time.Millisecond, "the line goes": 0, "the answers get lost": -1,
	} {
		t.Run(name, func(t *testing.T) {
			inArena(t, 35, network.Profile{Delay: 20 * time.Millisecond}, server.Config{}, func(a *arena) {
				table := a.ourGame(2)
				time.Sleep(5 * time.Second)
				ticket, _ := table[1].c.ours.Ticket()
				table[1].c.crash()
				time.Sleep(15 * time.Second)
				for n := range 2 { // 15 s each, of the 60 s for which the seat is kept
					at := netip.AddrPortFrom(netip.AddrFrom4([4]byte{203, 0, 113, byte(100 + n)}), 1)
					if after <= 0 {
						var mu sync.Mutex // both ends send at once
						sent, lists := 0, false
						a.net.Filter(func(from, to netip.AddrPort, d []byte) bool {
							mu.Lock()
							defer mu.Unlock()
							if from == at {
								sent++
							}
							lists = lists || to == at && sent >= 6 // with its fourth 06 it is in
							return (after < 0 || from != at && to != at || sent < 6) && (after == 0 || to != at ||
								!lists)
						})
					} else {
						a.net.Filter(nil)
						time.AfterFunc(after, func() { a.net.Partition(at.Addr(), a.addr.Addr(), true) })
					}
					c, err := a.login("ours", table[1].name, at, &ticket)
					if err == nil {
						c.crash() // before it could write the new ticket down
					}
				}
				a.net.Filter(nil)
				again, err := a.login("ours", table[1].name, netip.MustParseAddrPort("203.0.113.200:1"), &ticket)
				require.NoError(t, err)
				require.NotNil(t, again.ours.Room(), "the way back is still there")
				table[1].again(again)
				time.Sleep(10 * time.Second)
				require.Zero(t, table[1].game().Behind())
				// It has succeeded, and is worth nothing any more.
				table[1].c.crash()
				time.Sleep(15 * time.Second)
				_, err = a.login("ours", table[1].name, netip.MustParseAddrPort("203.0.113.201:1"), &ticket)
				require.ErrorContains(t, err, "in use")
			})
		})
	}
}
