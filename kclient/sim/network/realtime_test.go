package network

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/race"
)

func TestRealTime(t *testing.T) {
	n := New(1, Profile{Delay: 20 * time.Millisecond})
	a, b := listen(t, n, ""), listen(t, n, "")
	start := time.Now()
	echoed := make(chan error, 1)
	go func() {
		buf := make([]byte, 100)
		m, from, err := b.ReadFromUDPAddrPort(buf)
		if err == nil {
			_, err = b.WriteToUDPAddrPort(buf[:m], from)
		}
		echoed <- err
	}()
	send(t, a, b.AddrPort(), "ping")
	text, from := receive(t, a)
	require.Equal(t, "ping", text)
	require.Equal(t, b.AddrPort(), from)
	require.GreaterOrEqual(t, time.Since(start), 40*time.Millisecond)
	require.NoError(t, <-echoed)

	require.NoError(t, a.SetReadDeadline(time.Now().Add(5*time.Millisecond)))
	_, _, err := a.ReadFromUDPAddrPort(nil)
	require.ErrorIs(t, err, os.ErrDeadlineExceeded)

	closed := make(chan error)
	go func() {
		_, _, err := b.ReadFromUDPAddrPort(nil)
		closed <- err
	}()
	require.NoError(t, b.Close())
	require.ErrorIs(t, <-closed, net.ErrClosed)
	require.NoError(t, a.Close())
	stacks := make([]byte, 1<<20)
	require.NotContains(t, string(stacks[:runtime.Stack(stacks, true)]), "sim/network.(*",
		"no goroutine is left in the network")
}

// Everything at once, for the race detector and for lost wake-ups: every reader must see
// its deadline or its Close.
func TestEverythingAtOnce(t *testing.T) {
	n := New(1, Profile{Delay: 50 * time.Microsecond, Jitter: 200 * time.Microsecond, Loss: 0.1, Duplicate: 0.1,
		Reorder: 0.1, ReorderDelay: time.Millisecond})
	conns := make([]*Conn, 4)
	for i := range conns {
		conns[i] = listen(t, n, "")
	}
	deadline := time.Now().Add(200 * time.Millisecond)
	running := func() bool { return time.Now().Before(deadline) }
	var readers, rest sync.WaitGroup
	for i, c := range conns {
		for range 2 {
			readers.Go(func() {
				buf := make([]byte, 2000)
				for {
					if _, _, err := c.ReadFromUDPAddrPort(buf); errors.Is(err, net.ErrClosed) {
						return
					}
				}
			})
		}
		rest.Go(func() {
			for k := 0; running(); k++ {
				c.WriteToUDPAddrPort(make([]byte, k%1600), conns[(i+1+k%3)%4].AddrPort())
				if k%64 == 0 {
					runtime.Gosched()
				}
			}
		})
		rest.Go(func() {
			for running() {
				c.SetReadDeadline(time.Now().Add(100 * time.Microsecond))
				c.SetReadBuffer(1 << 16)
				c.SetReadDeadline(time.Time{})
				runtime.Gosched()
			}
		})
	}
	rest.Go(func() {
		for k := 0; running(); k++ {
			a, b := conns[k%4], conns[(k+1)%4]
			n.Partition(a.AddrPort().Addr(), b.AddrPort().Addr(), k%8 < 4)
			n.SetProfile(Profile{Delay: time.Duration(k%100) * time.Microsecond, Loss: 0.1})
			n.SetPath(hostA, hostB, Mobile())
			n.Rebind(a)
			n.Filter(func(netip.AddrPort, netip.AddrPort, []byte) bool { return true })
			n.Inject(a.AddrPort(), b.AddrPort(), []byte("x"))
			n.Stats()
			runtime.Gosched()
		}
	})
	rest.Wait()
	balanced(t, n)
	for _, c := range conns {
		require.NoError(t, c.Close())
	}
	readers.Wait()
	s := balanced(t, n)
	require.NotZero(t, s.Delivered)
	require.Zero(t, s.InFlight)
}

func TestSendingAndReceivingAllocateNothing(t *testing.T) {
	if race.Enabled {
		t.Skip("the race detector allocates")
	}
	p := Profile{Delay: time.Microsecond, Jitter: 10 * time.Microsecond, Duplicate: 0.5, Reorder: 0.2,
		ReorderDelay: 20 * time.Microsecond,
		Burst:        Burst{Every: time.Second, Length: time.Millisecond, Loss: 0.1}}
	n := New(1, p)
	a, b := listen(t, n, ""), listen(t, n, "")
	payload, buf := make([]byte, 1400), make([]byte, 2000)
	to := b.AddrPort()
	got := 0
	round := func() {
		for range 4 {
			a.WriteToUDPAddrPort(payload, to)
		}
		b.SetReadDeadline(time.Now().Add(100 * time.Microsecond))
		for {
			_, _, err := b.ReadFromUDPAddrPort(buf)
			if err != nil {
				return // the deadline, which allocates nothing either
			}
			got++
		}
	}
	for range 100 {
		round()
	}
	require.Zero(t, testing.AllocsPerRun(200, round))
	require.Greater(t, got, 300)
}

func BenchmarkRoundTrip(b *testing.B) {
	n := New(1, Cable())
	x, err := n.Listen(netip.AddrPort{})
	require.NoError(b, err)
	defer x.Close()
	n.SetProfile(Profile{})
	payload, buf := make([]byte, 100), make([]byte, 2000)
	b.ReportAllocs()
	for b.Loop() {
		x.WriteToUDPAddrPort(payload, x.AddrPort())
		x.ReadFromUDPAddrPort(buf)
	}
}
