package relay

import (
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

// TestRelay goes through a session: the client only ever sees the relay's port, the server's two ports are kept apart,
// and two clients do not get each other's datagrams.
func TestRelay(t *testing.T) {
	query, session := listen(t), listen(t)
	r, err := New(addrOf(query), Line{}.Ways(1))
	require.NoError(t, err)
	defer r.Close()
	client, other, stranger := listen(t), listen(t), listen(t)

	send(t, client, r.Addr(), "HELLO0.83\x00")
	back := receive(t, query, "HELLO0.83\x00")
	send(t, query, back, "HELLOD00D"+addrPort(session)+"\x00")
	require.Equal(t, r.Addr(), receive(t, client, "HELLOD00D"+addrPort(r.front)+"\x00"))

	send(t, client, r.Addr(), "\x01login")
	require.Equal(t, back, receive(t, session, "\x01login"), "one socket for the whole session")
	send(t, session, back, "\x01welcome")
	require.Equal(t, r.Addr(), receive(t, client, "\x01welcome"))
	send(t, client, r.Addr(), "PING\x00")
	receive(t, query, "PING\x00")

	send(t, other, r.Addr(), "HELLO0.83\x00")
	back2 := receive(t, query, "HELLO0.83\x00")
	require.NotEqual(t, back, back2)
	send(t, query, back2, "TOO\x00")
	receive(t, other, "TOO\x00")

	for range maxSockets {
		send(t, listen(t), r.Addr(), "PING\x00")
	}
	for range maxSockets - 2 {
		receive(t, query, "PING\x00")
	}
	send(t, stranger, r.Addr(), "PING\x00") // one too many, ignored
	send(t, client, r.Addr(), "PING\x00")
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
	for _, bad := range []string{"", "HELLOD00D", "HELLOD00D\x00", "HELLOD00D0\x00", "HELLOD00D65536\x00",
		"HELLOD00Dabc\x00", "HELLOD00D-1\x00", "TOO\x00"} {
		_, ok := helloPort([]byte(bad))
		require.False(t, ok, bad)
	}
}

// losses are the datagrams of a thousand that a line loses.
func losses(l Line, seed uint64) []int {
	var c channel
	c.way, _ = l.Ways(seed)(0)
	var lost []int
	for n := range 1000 {
		var arrived atomic.Bool
		c.pass(nil, func() { arrived.Store(true) })
		if l.Delay > 0 { // then in a bubble of virtual time
			time.Sleep(time.Second)
			synctest.Wait()
		}
		if !arrived.Load() {
			lost = append(lost, n)
		}
	}
	return lost
}

func TestLineLoses(t *testing.T) {
	require.Empty(t, losses(Line{}, 1))
	lost := losses(Line{Loss: 0.1}, 1)
	require.InDelta(t, 100, len(lost), 30)
	require.Equal(t, lost, losses(Line{Loss: 0.1}, 1), "the same seed")
	require.NotEqual(t, lost, losses(Line{Loss: 0.1}, 2), "another seed")
	synctest.Test(t, func(t *testing.T) {
		require.Equal(t, lost, losses(Line{Loss: 0.1, Delay: 40 * time.Millisecond, Jitter: 10 * time.Millisecond}, 1),
			"whatever the delay")
	})
}

func TestLineDelays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c channel
		c.way, _ = Line{Delay: 40 * time.Millisecond, Jitter: 10 * time.Millisecond}.Ways(1)(0)
		var least, most time.Duration = time.Hour, 0
		for range 1000 {
			begin := time.Now()
			arrived := make(chan time.Time, 1)
			c.pass(nil, func() { arrived <- time.Now() })
			took := (<-arrived).Sub(begin)
			least, most = min(least, took), max(most, took)
		}
		require.InDelta(t, 30, least.Milliseconds(), 1)
		require.InDelta(t, 50, most.Milliseconds(), 1)

		// More than a line holds is lost.
		var count atomic.Int32
		for range maxInFlight + 10 {
			c.pass(nil, func() { count.Add(1) })
		}
		time.Sleep(time.Second)
		synctest.Wait()
		require.EqualValues(t, maxInFlight, count.Load())
	})
}

// TestWayThatCopies delivers a datagram twice, each at its time.
func TestWayThatCopies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := channel{way: func(datagram []byte) Fate {
			require.Equal(t, "x", string(datagram))
			return Fate{Delay: time.Millisecond, Copied: true, CopyDelay: time.Second}
		}}
		var count atomic.Int32
		c.pass([]byte("x"), func() { count.Add(1) })
		time.Sleep(2 * time.Millisecond)
		synctest.Wait()
		require.EqualValues(t, 1, count.Load())
		time.Sleep(time.Second)
		synctest.Wait()
		require.EqualValues(t, 2, count.Load())
	})
}

func TestLineSaysWhatItIs(t *testing.T) {
	require.Equal(t, "5 ms each way", Line{Delay: 5 * time.Millisecond}.String())
	require.Equal(t, "45 ± 10 ms each way, 2.5 % lost", Line{Loss: 0.025, Delay: 45 * time.Millisecond,
		Jitter: 10 * time.Millisecond}.String())
	require.True(t, Line{}.Perfect())
}

func TestParseDistances(t *testing.T) {
	for text, want := range map[string][]time.Duration{
		"5,45": {5 * time.Millisecond, 45 * time.Millisecond}, "0.5": {500 * time.Microsecond, 500 * time.Microsecond},
		"0, 1000": {0, time.Second},
	} {
		got, err := ParseDistances(text, 2)
		require.NoError(t, err)
		require.Equal(t, want, got, text)
	}
	for _, bad := range []string{"", "5,", "5,45,45", "-1", "1001", "NaN", "5 ms", "5;45"} {
		_, err := ParseDistances(bad, 2)
		require.Error(t, err, bad)
	}
}
