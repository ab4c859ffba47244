package network

import (
	"net"
	"net/netip"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestListenGivesAddresses(t *testing.T) {
	n := New(1, Profile{})
	a, b := listen(t, n, ""), listen(t, n, "")
	require.NotEqual(t, a.AddrPort().Addr(), b.AddrPort().Addr(), "hosts of their own")
	require.True(t, freshHosts.Contains(a.AddrPort().Addr()))
	require.Equal(t, a.AddrPort(), a.LocalAddr().(*net.UDPAddr).AddrPort())

	server := listen(t, n, "192.0.2.1:27888")
	require.Equal(t, "192.0.2.1:27888", server.LocalAddr().String())
	second := listen(t, n, "192.0.2.1:0")
	require.Equal(t, "192.0.2.1", second.AddrPort().Addr().String())
	require.NotEqual(t, uint16(27888), second.AddrPort().Port())
	any4, any6 := listen(t, n, "0.0.0.0:27888"), listen(t, n, "[::]:27888")
	for _, c := range []*Conn{any4, any6} {
		require.EqualValues(t, 27888, c.AddrPort().Port())
		require.True(t, freshHosts.Contains(c.AddrPort().Addr()))
	}
	require.NotEqual(t, any4.AddrPort(), any6.AddrPort())

	for _, taken := range []string{"192.0.2.1:27888", "[::ffff:192.0.2.1]:27888"} {
		_, err := n.Listen(netip.MustParseAddrPort(taken))
		require.ErrorIs(t, err, syscall.EADDRINUSE)
		require.ErrorContains(t, err, "192.0.2.1:27888")
	}
	require.NoError(t, server.Close())
	listen(t, n, "192.0.2.1:27888") // free again
}

func TestAFreshHostIsNobodyElses(t *testing.T) {
	n := New(1, Profile{})
	taken := listen(t, n, "198.18.0.2:9")
	for range 5 {
		require.NotEqual(t, taken.AddrPort().Addr(), listen(t, n, "").AddrPort().Addr())
	}
}

func TestAHostHasAnEndToItsPorts(t *testing.T) {
	n := New(1, Profile{})
	host := netip.AddrPortFrom(hostA, 0)
	var last *Conn
	for range 1<<16 - firstFreePort {
		c, err := n.Listen(host)
		require.NoError(t, err)
		last = c
	}
	_, err := n.Listen(host)
	require.ErrorIs(t, err, syscall.EADDRINUSE)
	require.False(t, n.Rebind(last).IsValid())
	freed := last.AddrPort()
	require.NoError(t, last.Close())
	c, err := n.Listen(host)
	require.NoError(t, err)
	require.Equal(t, freed, c.AddrPort())
}

// A test that opens and closes conns for hours must not fill the network's tables.
func TestClosedConnsLeaveNothing(t *testing.T) {
	n := New(1, Profile{Delay: time.Hour})
	for range 100 {
		a, err := n.Listen(netip.AddrPort{})
		require.NoError(t, err)
		b, err := n.Listen(netip.AddrPort{})
		require.NoError(t, err)
		send(t, a, b.AddrPort(), "never read")
		n.Rebind(a)
		n.Roam(a, netip.Addr{})
		require.NoError(t, a.Close())
		require.NoError(t, b.Close())
	}
	require.Empty(t, n.conns)
	require.Empty(t, n.hosts)
	require.LessOrEqual(t, n.pool.n, 2)
	require.EqualValues(t, 100, balanced(t, n).Unreachable)
}

func TestDirectionsHaveTheirOwnPaths(t *testing.T) {
	virtual(t, 1, Profile{Delay: time.Millisecond}, func(t *testing.T, n *Network) {
		a, b := listen(t, n, "192.0.2.1:1"), listen(t, n, "192.0.2.2:1")
		n.SetPath(hostA, hostB, Profile{Delay: 100 * time.Millisecond})
		n.SetProfile(Profile{Delay: 7 * time.Millisecond})
		start := time.Now()
		send(t, a, b.AddrPort(), "there")
		text, _ := receive(t, b)
		require.Equal(t, "there", text)
		require.Equal(t, 100*time.Millisecond, time.Since(start))
		send(t, b, a.AddrPort(), "back")
		text, _ = receive(t, a)
		require.Equal(t, "back", text)
		require.Equal(t, 107*time.Millisecond, time.Since(start))
	})
}

// The sockets and Path are the same network: a simulation on the one says something about the other.
func TestTheNetworkFollowsPath(t *testing.T) {
	p := Profile{Delay: 5 * time.Millisecond, Jitter: 20 * time.Millisecond, Loss: 0.3}
	virtual(t, 42, p, func(t *testing.T, n *Network) {
		a, b := listen(t, n, "192.0.2.1:1"), listen(t, n, "192.0.2.2:1")
		path := NewPath(42, hostA, hostB, p)
		start := time.Now()
		for range 300 {
			want := path.Fate(time.Since(start), 0)
			sent := time.Now()
			send(t, a, b.AddrPort(), "x")
			text, _ := receive(t, b)
			require.Equal(t, want.Lost, text == "")
			if !want.Lost {
				require.Equal(t, want.Delay, time.Since(sent))
			}
		}
	})
}

func TestDuplicatesAndReorderingReachTheReader(t *testing.T) {
	virtual(t, 5, Profile{Delay: 10 * time.Millisecond, Duplicate: 0.3, Reorder: 0.3}, func(t *testing.T, n *Network) {
		a, b := listen(t, n, ""), listen(t, n, "")
		const sent = 250
		var order []int
		seen := map[int]int{}
		go func() {
			for i := range sent {
				send(t, a, b.AddrPort(), strings.Repeat("x", i))
				time.Sleep(10 * time.Millisecond)
			}
		}()
		buf := make([]byte, 2000)
		require.NoError(t, b.SetReadDeadline(time.Now().Add(time.Minute)))
		for {
			m, _, err := b.ReadFromUDPAddrPort(buf)
			if err != nil {
				break
			}
			order = append(order, m)
			seen[m]++
		}
		require.Len(t, seen, sent, "none is lost")
		overtaken, last := 0, -1
		for _, i := range order {
			if i < last && seen[i] == 1 {
				overtaken++
			}
			last = max(last, i)
		}
		require.Greater(t, overtaken, sent/10)
		s := balanced(t, n)
		require.EqualValues(t, len(order), sent+s.Copied)
		require.InDelta(t, 0.3*sent, s.Copied, 30)
		require.InDelta(t, 0.3*sent, s.Late, 30)
	})
}

// Also when they are sent in one millisecond, where loss and jitter are shared.
func TestOneBatchIsReordered(t *testing.T) {
	virtual(t, 5, Profile{Reorder: 0.5}, func(t *testing.T, n *Network) {
		a, b := listen(t, n, ""), listen(t, n, "")
		for i := range 40 {
			send(t, a, b.AddrPort(), strings.Repeat("x", i+1))
		}
		require.InDelta(t, 20, balanced(t, n).Late, 12)
	})
}

func TestPartition(t *testing.T) {
	virtual(t, 1, Profile{Delay: 10 * time.Millisecond}, func(t *testing.T, n *Network) {
		a, b, c := listen(t, n, ""), listen(t, n, ""), listen(t, n, "")
		hosts := func(c *Conn) netip.Addr { return c.AddrPort().Addr() }
		send(t, a, b.AddrPort(), "arrived before")
		time.Sleep(5 * time.Millisecond)
		send(t, a, b.AddrPort(), "under way")
		send(t, c, b.AddrPort(), "from elsewhere")
		time.Sleep(5 * time.Millisecond)
		n.Partition(hosts(b), hosts(a), true)
		send(t, a, b.AddrPort(), "there")
		send(t, b, a.AddrPort(), "back")
		send(t, a, c.AddrPort(), "to elsewhere")

		text, _ := receive(t, b)
		require.Equal(t, "arrived before", text)
		text, _ = receive(t, b)
		require.Equal(t, "from elsewhere", text)
		for c, want := range map[*Conn]string{a: "", b: "", c: "to elsewhere"} {
			text, _ = receive(t, c)
			require.Equal(t, want, text)
		}
		require.EqualValues(t, 3, balanced(t, n).Cut)

		n.Partition(hosts(a), hosts(b), false)
		send(t, a, b.AddrPort(), "there")
		send(t, b, a.AddrPort(), "back")
		text, _ = receive(t, b)
		require.Equal(t, "there", text)
		text, _ = receive(t, a)
		require.Equal(t, "back", text)
	})
}

// Cutting takes datagrams out of the middle of what is under way; the rest stays in order.
func TestPartitionKeepsTheOrderOfTheRest(t *testing.T) {
	virtual(t, 1, Profile{Delay: time.Second}, func(t *testing.T, n *Network) {
		a, b, c := listen(t, n, ""), listen(t, n, ""), listen(t, n, "")
		for i := range 100 {
			// Later sent arrives earlier, so that the heap has work to do.
			n.SetProfile(Profile{Delay: time.Second - time.Duration(i*7)*time.Millisecond})
			from := a
			if i%3 == 0 {
				from = c
			}
			send(t, from, b.AddrPort(), strings.Repeat("x", i))
		}
		n.Partition(a.AddrPort().Addr(), b.AddrPort().Addr(), true)
		last, got := 100, 0
		for {
			text, _ := receive(t, b)
			if len(text) == 0 {
				break
			}
			require.Less(t, len(text), last)
			require.Zero(t, len(text)%3)
			last, got = len(text), got+1
		}
		require.Equal(t, 33, got) // 3, 6 ... 99; the datagram of length 0 ends the loop
	})
}

func TestRebind(t *testing.T) {
	virtual(t, 1, Profile{Delay: 10 * time.Millisecond}, func(t *testing.T, n *Network) {
		client, server := listen(t, n, ""), listen(t, n, "192.0.2.1:27888")
		before := client.AddrPort()
		send(t, server, before, "arrived before")
		time.Sleep(5 * time.Millisecond)
		send(t, server, before, "under way")
		time.Sleep(5 * time.Millisecond)
		after := n.Rebind(client)
		require.NotEqual(t, before, after)
		require.Equal(t, before.Addr(), after.Addr(), "the same host")
		require.Equal(t, after, client.AddrPort())
		require.Equal(t, before, client.LocalAddr().(*net.UDPAddr).AddrPort(), "the client does not notice")
		send(t, server, before, "to the old address")
		send(t, server, after, "to the new address")
		for _, want := range []string{"arrived before", "to the new address", ""} {
			text, _ := receive(t, client)
			require.Equal(t, want, text)
		}
		send(t, client, server.AddrPort(), "hello")
		text, from := receive(t, server)
		require.Equal(t, "hello", text)
		require.Equal(t, after, from)
		require.EqualValues(t, 2, balanced(t, n).Unreachable)

		require.NotEqual(t, before, n.Rebind(client), "an old address does not come back")
		require.NoError(t, client.Close())
		require.False(t, n.Rebind(client).IsValid())
	})
}

func TestRoam(t *testing.T) {
	virtual(t, 1, Profile{Delay: 10 * time.Millisecond}, func(t *testing.T, n *Network) {
		client, server := listen(t, n, ""), listen(t, n, "192.0.2.1:27888")
		before := client.AddrPort()
		n.SetPath(hostB, hostA, Profile{Delay: 3 * time.Millisecond})
		require.Equal(t, hostB, n.Roam(client, hostB).Addr())
		start := time.Now()
		send(t, client, server.AddrPort(), "by cable")
		_, from := receive(t, server)
		require.Equal(t, client.AddrPort(), from)
		require.Equal(t, 3*time.Millisecond, time.Since(start), "the path of the new host")
		fresh := n.Roam(client, netip.Addr{})
		require.True(t, freshHosts.Contains(fresh.Addr()))
		require.NotEqual(t, before.Addr(), fresh.Addr())
	})
}

func TestARebindWakesNobodyButLosesNothingNew(t *testing.T) {
	virtual(t, 1, Profile{Delay: 10 * time.Millisecond}, func(t *testing.T, n *Network) {
		client, server := listen(t, n, ""), listen(t, n, "")
		got := make(chan string, 1)
		go func() {
			text, _ := receive(t, client)
			got <- text
		}()
		synctest.Wait()
		send(t, server, n.Rebind(client), "found")
		require.Equal(t, "found", <-got)
	})
}

func TestFilter(t *testing.T) {
	virtual(t, 1, Profile{Delay: time.Millisecond}, func(t *testing.T, n *Network) {
		a, b := listen(t, n, ""), listen(t, n, "")
		n.Filter(func(from, to netip.AddrPort, datagram []byte) bool {
			require.Equal(t, a.AddrPort(), from) // takes the network's lock
			require.Equal(t, b.AddrPort(), to)
			return string(datagram) != "bad"
		})
		send(t, a, b.AddrPort(), "bad")
		send(t, a, b.AddrPort(), "good")
		text, _ := receive(t, b)
		require.Equal(t, "good", text)
		require.EqualValues(t, 1, balanced(t, n).Filtered)

		// A filter that fails its test ends the goroutine; the network goes on.
		n.Filter(func(netip.AddrPort, netip.AddrPort, []byte) bool { runtime.Goexit(); return true })
		done := make(chan struct{})
		go func() {
			defer close(done)
			a.WriteToUDPAddrPort(nil, b.AddrPort())
		}()
		<-done
		n.Filter(nil)
		send(t, a, b.AddrPort(), "still here")
		text, _ = receive(t, b)
		require.Equal(t, "still here", text)
	})
}

func TestInject(t *testing.T) {
	virtual(t, 1, Profile{Delay: time.Millisecond}, func(t *testing.T, n *Network) {
		server := listen(t, n, "192.0.2.1:27888")
		forged := netip.MustParseAddrPort("203.0.113.9:7")
		n.Inject(forged, server.AddrPort(), []byte("HELLO0.83\x00"))
		text, from := receive(t, server)
		require.Equal(t, "HELLO0.83\x00", text)
		require.Equal(t, forged, from)
		send(t, server, forged, "the answer goes nowhere")
		n.Inject(forged, server.AddrPort(), make([]byte, maxDatagram+1))
		require.Equal(t, Stats{Sent: 2, SentBytes: 33, Delivered: 1, Unreachable: 1}, balanced(t, n))
	})
}

// 100,000 forged sources must not make the network itself grow.
func TestSourcesCostNothing(t *testing.T) {
	n := New(1, Mobile())
	server := listen(t, n, "192.0.2.1:27888")
	require.NoError(t, server.SetReadBuffer(0))
	source := netip.MustParseAddr("10.0.0.1")
	for range 100_000 {
		source = source.Next()
		n.Inject(netip.AddrPortFrom(source, 1), server.AddrPort(), []byte("HELLO0.83\x00"))
	}
	require.LessOrEqual(t, len(n.hosts)+len(n.conns)+len(n.paths), 2)
	require.LessOrEqual(t, n.pool.n, maxPooled)
	require.LessOrEqual(t, len(server.flight), MaxInFlight)
	balanced(t, n)
}
