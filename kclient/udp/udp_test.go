package udp_test

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/race"
	"kbridge/kclient/udp"
)

// These tests also run under Wine (make test-windows), where there is no
// net.UDPConn; elsewhere they hold Listen to what the standard library does.

func Example() {
	conn, err := udp.Listen("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer conn.Close()
	self := conn.LocalAddr().(*net.UDPAddr).AddrPort()
	conn.WriteToUDPAddrPort([]byte("hello"), self)
	buf := make([]byte, 100)
	n, from, err := conn.ReadFromUDPAddrPort(buf)
	fmt.Println(string(buf[:n]), from == self, err)
	// Output: hello true <nil>
}

func listen(t *testing.T, network string, ip net.IP) (udp.Conn, netip.AddrPort) {
	t.Helper()
	c, err := udp.Listen(network, &net.UDPAddr{IP: ip})
	require.NoError(t, err)
	t.Cleanup(func() { c.Close() })
	local := c.LocalAddr().(*net.UDPAddr).AddrPort()
	require.NotZero(t, local.Port())
	require.NoError(t, c.SetReadBuffer(1<<18))
	return c, local
}

var loopback4 = net.IPv4(127, 0, 0, 1)

func receive(t *testing.T, c udp.Conn) (string, netip.AddrPort) {
	t.Helper()
	require.NoError(t, c.SetReadDeadline(time.Now().Add(10*time.Second)))
	buf := make([]byte, 2000)
	n, from, err := c.ReadFromUDPAddrPort(buf)
	require.NoError(t, err)
	return string(buf[:n]), from
}

func TestDatagramsKeepTheirBoundsAndSource(t *testing.T) {
	a, addrA := listen(t, "udp4", loopback4)
	b, addrB := listen(t, "udp4", loopback4)
	for _, text := range []string{"one", "two", ""} {
		_, err := a.WriteToUDPAddrPort([]byte(text), addrB)
		require.NoError(t, err)
	}
	for _, want := range []string{"one", "two", ""} {
		got, from := receive(t, b)
		require.Equal(t, want, got)
		require.Equal(t, addrA, from)
	}
}

// A server without an address of its own takes both families.
func TestBothFamilies(t *testing.T) {
	s, local := listen(t, "udp", nil)
	for network, ip := range map[string]net.IP{"udp4": loopback4, "udp6": net.IPv6loopback} {
		c, err := udp.Listen(network, &net.UDPAddr{IP: ip})
		if network == "udp6" && err != nil {
			t.Skipf("no IPv6 here: %v", err)
		}
		require.NoError(t, err)
		defer c.Close()
		to, _ := netip.AddrFromSlice(ip)
		_, err = c.WriteToUDPAddrPort([]byte(network), netip.AddrPortFrom(to.Unmap(), local.Port()))
		require.NoError(t, err)
		got, from := receive(t, s)
		require.Equal(t, network, got)
		require.Equal(t, to.Unmap(), from.Addr().Unmap())
		_, err = s.WriteToUDPAddrPort([]byte("answer"), from)
		require.NoError(t, err)
		got, _ = receive(t, c)
		require.Equal(t, "answer", got)
	}
}

func TestTakenPort(t *testing.T) {
	_, local := listen(t, "udp4", loopback4)
	c, err := udp.Listen("udp4", net.UDPAddrFromAddrPort(local))
	require.Error(t, err)
	require.Nil(t, c)
}

func TestDeadlineInThePast(t *testing.T) {
	c, _ := listen(t, "udp4", loopback4)
	require.NoError(t, c.SetReadDeadline(time.Now().Add(-time.Second)))
	_, _, err := c.ReadFromUDPAddrPort(make([]byte, 10))
	require.ErrorIs(t, err, os.ErrDeadlineExceeded)
}

// A read that waits is woken by a new deadline and by Close.
func TestWaitingReadsAreWoken(t *testing.T) {
	for name, wake := range map[string]struct {
		do   func(udp.Conn) error
		want error
	}{
		"deadline": {func(c udp.Conn) error { return c.SetReadDeadline(time.Now()) }, os.ErrDeadlineExceeded},
		"close":    {udp.Conn.Close, net.ErrClosed},
	} {
		t.Run(name, func(t *testing.T) {
			c, _ := listen(t, "udp4", loopback4)
			result := make(chan error, 1)
			go func() {
				_, _, err := c.ReadFromUDPAddrPort(make([]byte, 10))
				result <- err
			}()
			// Whether the read waits by now or not, it must end.
			require.NoError(t, wake.do(c))
			select {
			case err := <-result:
				require.ErrorIs(t, err, wake.want)
			case <-time.After(10 * time.Second):
				t.Fatal("the read still waits")
			}
		})
	}
}

// A closed port's answer to what we sent is no error of ours.
func TestClosedPortDoesNotEndUs(t *testing.T) {
	gone, nobody := listen(t, "udp4", loopback4)
	require.NoError(t, gone.Close())
	require.Error(t, gone.Close())
	c, local := listen(t, "udp4", loopback4)
	for range 3 {
		_, err := c.WriteToUDPAddrPort([]byte("anybody?"), nobody)
		require.NoError(t, err)
	}
	_, err := c.WriteToUDPAddrPort([]byte("still here"), local)
	require.NoError(t, err)
	got, _ := receive(t, c)
	require.Equal(t, "still here", got)
	_, err = gone.WriteToUDPAddrPort([]byte("x"), local)
	require.ErrorIs(t, err, net.ErrClosed)
}

func TestNoAllocations(t *testing.T) {
	if race.Enabled {
		t.Skip("the race detector allocates")
	}
	for _, open := range []func(string, *net.UDPAddr) (udp.Conn, error){udp.Listen, udp.ListenClient} {
		c, err := open("udp4", &net.UDPAddr{IP: loopback4})
		require.NoError(t, err)
		defer c.Close()
		local := c.LocalAddr().(*net.UDPAddr).AddrPort()
		buf := make([]byte, 100)
		require.Zero(t, testing.AllocsPerRun(100, func() {
			if _, err := c.WriteToUDPAddrPort(buf[:50], local); err != nil {
				t.Fatal(err)
			}
			if n, _, err := c.ReadFromUDPAddrPort(buf); n != 50 || err != nil {
				t.Fatal(n, err)
			}
		}))
	}
}
