package network

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// gathering runs eight clients that send to a server at the same instants, as emulators
// that started together do; the server answers each datagram to all. It returns what
// everybody saw: who read what from whom, when.
func gathering(t *testing.T, seed uint64, p Profile) string {
	var logs [9]strings.Builder
	synctest.Test(t, func(t *testing.T) {
		n := New(seed, p)
		start := time.Now()
		server := listen(t, n, "192.0.2.1:27888")
		clients := make([]*Conn, 8)
		for i := range clients {
			clients[i] = listen(t, n, "")
		}
		var readers, writers sync.WaitGroup
		read := func(c *Conn, log *strings.Builder, then func([]byte)) {
			readers.Go(func() {
				buf := make([]byte, 100)
				for {
					m, from, err := c.ReadFromUDPAddrPort(buf)
					if err != nil {
						return
					}
					fmt.Fprintln(log, time.Since(start), from, buf[:m])
					then(buf[:m])
				}
			})
		}
		read(server, &logs[8], func(b []byte) {
			for _, c := range clients {
				if _, err := server.WriteToUDPAddrPort(b, c.AddrPort()); err != nil {
					t.Error(err)
				}
			}
		})
		for i, c := range clients {
			read(c, &logs[i], func([]byte) {})
			writers.Go(func() {
				tick := time.NewTicker(time.Second / 60)
				defer tick.Stop()
				for frame := range uint32(120) {
					<-tick.C
					b := binary.LittleEndian.AppendUint32([]byte{byte(i)}, frame)
					if _, err := c.WriteToUDPAddrPort(b, server.AddrPort()); err != nil {
						t.Error(err)
					}
				}
			})
		}
		writers.Wait()
		time.Sleep(5 * time.Second)
		balanced(t, n)
		for _, c := range append(clients, server) {
			c.Close()
		}
		readers.Wait()
	})
	var all strings.Builder
	for i := range logs {
		fmt.Fprintf(&all, "conn %d\n%s", i, logs[i].String())
	}
	return all.String()
}

func TestARunIsTheSameEveryTime(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	chaos := Profile{Delay: 20 * time.Millisecond, Jitter: 30 * time.Millisecond, Loss: 0.1, Duplicate: 0.1,
		Reorder: 0.1,
		Burst:   Burst{Every: time.Second, Length: 50 * time.Millisecond, Loss: 0.9}}
	for name, p := range map[string]Profile{
		"no delay":         {},
		"everything meets": {Delay: 20 * time.Millisecond}, // all arrive at one instant
		"chaos":            chaos,
	} {
		t.Run(name, func(t *testing.T) {
			first := gathering(t, 17, p)
			require.Greater(t, strings.Count(first, "\n"), 120*8*4, "they did talk")
			for run := range 6 {
				runtime.GOMAXPROCS(1 + run%2*3)
				require.Equal(t, first, gathering(t, 17, p), "seed 17, run %d", run)
			}
		})
	}
	require.NotEqual(t, gathering(t, 17, chaos), gathering(t, 18, chaos))
}

// Goroutines of one instant run in any order; what they send must not arrive in that order.
func TestArrivalDoesNotDependOnWhoSendsFirst(t *testing.T) {
	arrivals := func(order []int) (got []netip.AddrPort) {
		virtual(t, 1, Profile{Delay: 10 * time.Millisecond}, func(t *testing.T, n *Network) {
			server := listen(t, n, "192.0.2.1:27888")
			var clients []*Conn
			for _, addr := range []string{"192.0.2.8:1", "192.0.2.8:2", "192.0.2.9:1", "192.0.2.9:2"} {
				clients = append(clients, listen(t, n, addr))
			}
			for _, i := range order {
				send(t, clients[i], server.AddrPort(), "x")
			}
			for range order {
				_, from := receive(t, server)
				got = append(got, from)
			}
		})
		return got
	}
	want := arrivals([]int{0, 1, 2, 3})
	for _, order := range [][]int{{3, 2, 1, 0}, {1, 0, 3, 2}, {2, 0, 3, 1}} {
		require.Equal(t, want, arrivals(order))
	}
}

// Without jitter, datagrams that arrive at one instant come in the order in which one
// sender sent them.
func TestOneSendersOrderIsKept(t *testing.T) {
	virtual(t, 1, Profile{Delay: 10 * time.Millisecond}, func(t *testing.T, n *Network) {
		a, b := listen(t, n, ""), listen(t, n, "")
		for i := range 100 {
			send(t, a, b.AddrPort(), strings.Repeat("x", i+1))
		}
		for i := range 100 {
			text, _ := receive(t, b)
			require.Len(t, text, i+1)
		}
	})
}

// A profile that loses everything in one direction does not touch the other.
func TestLossIsPerDirection(t *testing.T) {
	virtual(t, 1, Profile{}, func(t *testing.T, n *Network) {
		a, b := listen(t, n, "192.0.2.1:1"), listen(t, n, "192.0.2.2:1")
		n.SetPath(netip.MustParseAddr("::ffff:192.0.2.1"), hostB, Profile{Loss: 1}) // mapped means the same
		send(t, a, b.AddrPort(), "lost")
		send(t, b, a.AddrPort(), "not lost")
		text, _ := receive(t, b)
		require.Empty(t, text)
		text, _ = receive(t, a)
		require.Equal(t, "not lost", text)
		require.EqualValues(t, 1, balanced(t, n).Lost)
	})
}
