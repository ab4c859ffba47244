package main

import (
	"math/rand/v2"
	"net"
	"net/netip"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func listen(t *testing.T) *net.UDPConn {
	t.Helper()
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	t.Cleanup(func() { c.Close() })
	return c
}

func send(t *testing.T, from *net.UDPConn, to netip.AddrPort, text string) {
	t.Helper()
	_, err := from.WriteToUDPAddrPort([]byte(text), to)
	require.NoError(t, err)
}

func receive(t *testing.T, at *net.UDPConn, text string) netip.AddrPort {
	t.Helper()
	var buf [100]byte
	require.NoError(t, at.SetReadDeadline(time.Now().Add(10*time.Second)))
	n, from, err := at.ReadFromUDPAddrPort(buf[:])
	require.NoError(t, err, "waiting for %q", text)
	require.Equal(t, text, string(buf[:n]))
	return from
}

// TestRelay goes through a session: the client only ever sees the relay's port, the server's two ports are kept apart, and
// two clients do not get each other's datagrams.
func TestRelay(t *testing.T) {
	query, session := listen(t), listen(t)
	r, err := newRelay(addrOf(query), line{}, 1)
	require.NoError(t, err)
	defer r.close()
	client, other, stranger := listen(t), listen(t), listen(t)

	send(t, client, r.addr(), "HELLO0.83\x00")
	back := receive(t, query, "HELLO0.83\x00")
	send(t, query, back, "HELLOD00D"+addrPort(session)+"\x00")
	require.Equal(t, r.addr(), receive(t, client, "HELLOD00D"+addrPort(r.front)+"\x00"))

	send(t, client, r.addr(), "\x01login")
	require.Equal(t, back, receive(t, session, "\x01login"), "one socket for the whole session")
	send(t, session, back, "\x01welcome")
	require.Equal(t, r.addr(), receive(t, client, "\x01welcome"))
	send(t, client, r.addr(), "PING\x00")
	receive(t, query, "PING\x00")

	send(t, other, r.addr(), "HELLO0.83\x00")
	back2 := receive(t, query, "HELLO0.83\x00")
	require.NotEqual(t, back, back2)
	send(t, query, back2, "TOO\x00")
	receive(t, other, "TOO\x00")

	for range maxRelayClients {
		send(t, listen(t), r.addr(), "PING\x00")
	}
	for range maxRelayClients - 2 {
		receive(t, query, "PING\x00")
	}
	send(t, stranger, r.addr(), "PING\x00") // one too many, ignored
	send(t, client, r.addr(), "PING\x00")
	require.Equal(t, back, receive(t, query, "PING\x00"))
}

func addrPort(c *net.UDPConn) string {
	_, port, _ := net.SplitHostPort(c.LocalAddr().String())
	return port
}

func TestHelloPort(t *testing.T) {
	port, ok := helloPort([]byte("HELLOD00D27888\x00"))
	require.True(t, ok)
	require.Equal(t, uint16(27888), port)
	for _, bad := range []string{"", "HELLOD00D", "HELLOD00D\x00", "HELLOD00D0\x00", "HELLOD00D65536\x00", "HELLOD00Dabc\x00", "HELLOD00D-1\x00", "TOO\x00"} {
		_, ok := helloPort([]byte(bad))
		require.False(t, ok, bad)
	}
}

// losses are the datagrams of a thousand that a line loses.
func losses(l line, seed uint64) []int {
	c := channel{line: l, random: rand.New(rand.NewPCG(seed, 0))}
	var lost []int
	for n := range 1000 {
		var arrived atomic.Bool
		c.pass(func() { arrived.Store(true) })
		if l.delay > 0 { // then in a bubble of virtual time
			time.Sleep(time.Second)
			synctest.Wait()
		}
		if !arrived.Load() {
			lost = append(lost, n)
		}
	}
	return lost
}

func TestChannelLoss(t *testing.T) {
	require.Empty(t, losses(line{}, 1))
	lost := losses(line{loss: 0.1}, 1)
	require.InDelta(t, 100, len(lost), 30)
	require.Equal(t, lost, losses(line{loss: 0.1}, 1), "the same seed")
	require.NotEqual(t, lost, losses(line{loss: 0.1}, 2), "another seed")
	synctest.Test(t, func(t *testing.T) {
		require.Equal(t, lost, losses(line{loss: 0.1, delay: 40 * time.Millisecond, jitter: 10 * time.Millisecond}, 1), "whatever the delay")
	})
}

func TestChannelDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := channel{line: line{delay: 40 * time.Millisecond, jitter: 10 * time.Millisecond}, random: rand.New(rand.NewPCG(1, 0))}
		var least, most time.Duration = time.Hour, 0
		for range 1000 {
			begin := time.Now()
			arrived := make(chan time.Time, 1)
			c.pass(func() { arrived <- time.Now() })
			took := (<-arrived).Sub(begin)
			least, most = min(least, took), max(most, took)
		}
		require.InDelta(t, 30, least.Milliseconds(), 1)
		require.InDelta(t, 50, most.Milliseconds(), 1)

		// More than a line holds is lost.
		var count atomic.Int32
		for range maxInFlight + 10 {
			c.pass(func() { count.Add(1) })
		}
		time.Sleep(time.Second)
		synctest.Wait()
		require.EqualValues(t, maxInFlight, count.Load())
	})
}
