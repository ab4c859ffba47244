package udp_test

import (
	"net"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/race"
	"kbridge/kclient/udp"
)

// askAt sends from one address to another, through sockets of both families that listen on all addresses, and returns
// where the answer came from.
func askAt(t *testing.T, network string, s udp.ServerConn, from, to netip.Addr) (told netip.Addr,
	answered netip.AddrPort) {
	t.Helper()
	c, err := udp.Listen(network, net.UDPAddrFromAddrPort(netip.AddrPortFrom(from, 0)))
	require.NoError(t, err)
	defer c.Close()
	port := s.LocalAddr().(*net.UDPAddr).AddrPort().Port()
	_, err = c.WriteToUDPAddrPort([]byte("ask"), netip.AddrPortFrom(to, port))
	require.NoError(t, err)
	buf := make([]byte, 100)
	require.NoError(t, s.SetReadDeadline(time.Now().Add(10*time.Second)))
	n, client, told, err := s.ReadFromTo(buf)
	require.NoError(t, err)
	require.Equal(t, "ask", string(buf[:n]))
	_, err = s.WriteFromTo([]byte("answer"), told, client)
	require.NoError(t, err)
	got, answered := receive(t, c)
	require.Equal(t, "answer", got)
	require.Equal(t, port, answered.Port())
	return told, netip.AddrPortFrom(answered.Addr().Unmap(), answered.Port())
}

// all are the sockets that listen on all addresses.
func all(t *testing.T, f func(t *testing.T, network string, s udp.ServerConn)) {
	if runtime.GOOS != "linux" && runtime.GOOS != "windows" {
		t.Skip("only Linux and Windows have all of 127.0.0.0/8")
	}
	for name, addr := range map[string]*net.UDPAddr{"udp": nil, "udp 0.0.0.0": {IP: net.IPv4zero},
		"udp ::": {IP: net.IPv6unspecified}, "udp4": nil} {
		t.Run(name, func(t *testing.T) {
			network := name[:min(len(name), 4)]
			if network != "udp4" {
				network = "udp"
			}
			c, err := udp.ListenServer(network, addr)
			require.NoError(t, err)
			defer c.Close()
			s, ok := c.(udp.ServerConn)
			if !ok && runtime.GOOS == "windows" {
				t.Skipf("%T, the socket under Wine, tells no addresses apart", c)
			}
			require.True(t, ok, "%T tells no addresses apart", c)
			f(t, network, s)
		})
	}
}

// TestAServersSocketAnswersFromWhereItWasAsked: every address of 127.0.0.0/8 is this computer's, and only 127.0.0.1 is
// what the system answers from by itself.
func TestAServersSocketAnswersFromWhereItWasAsked(t *testing.T) {
	all(t, func(t *testing.T, network string, s udp.ServerConn) {
		client := netip.MustParseAddr("127.0.0.9")
		for range 2 {
			for _, asked := range []string{"127.0.0.1", "127.0.0.2", "127.9.9.9"} {
				a := netip.MustParseAddr(asked)
				told, from := askAt(t, "udp4", s, client, a)
				require.Equal(t, a, told)
				require.Equal(t, a, from.Addr())
			}
		}
		if network == "udp" {
			a := netip.IPv6Loopback()
			told, from := askAt(t, "udp6", s, a, a)
			require.Equal(t, a, told)
			require.Equal(t, a, from.Addr())
		}
	})
}

// TestAServersSocketSendsAllTheSame: from an address that is not this computer's, or none.
func TestAServersSocketSendsAllTheSame(t *testing.T) {
	all(t, func(t *testing.T, network string, s udp.ServerConn) {
		c, to := listen(t, "udp4", loopback4)
		for _, from := range []netip.Addr{{}, netip.MustParseAddr("203.0.113.9"),
			netip.MustParseAddr("255.255.255.255"), netip.MustParseAddr("2001:db8::1")} {
			_, err := s.WriteFromTo([]byte("hello"), from, to)
			require.NoError(t, err, from)
			got, _ := receive(t, c)
			require.Equal(t, "hello", got)
		}
	})
}

// TestAServersSocketOfOneAddressIsAPlainOne.
func TestAServersSocketOfOneAddressIsAPlainOne(t *testing.T) {
	c, err := udp.ListenServer("udp", &net.UDPAddr{IP: loopback4})
	require.NoError(t, err)
	defer c.Close()
	_, ok := c.(udp.ServerConn)
	require.False(t, ok, "%T", c)
}

func TestAServersSocketAllocatesNothing(t *testing.T) {
	if race.Enabled {
		t.Skip("the race detector allocates")
	}
	all(t, func(t *testing.T, network string, s udp.ServerConn) {
		port := s.LocalAddr().(*net.UDPAddr).AddrPort().Port()
		to := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.2"), port)
		sources := []netip.Addr{netip.MustParseAddr("127.0.0.3"), netip.MustParseAddr("127.0.0.4")}
		buf := make([]byte, 100)
		i := 0
		require.Zero(t, testing.AllocsPerRun(100, func() {
			i++
			if _, err := s.WriteFromTo(buf[:50], sources[i%2], to); err != nil {
				t.Fatal(err)
			}
			n, from, local, err := s.ReadFromTo(buf)
			if n != 50 || err != nil || from.Addr().Unmap() != sources[i%2] || local != to.Addr() {
				t.Fatal(n, from, local, err)
			}
		}))
	})
}

// TestEveryDatagramOfManyLeavesFromItsAddress: also after the socket has looked up what the system itself would send
// from.
func TestEveryDatagramOfManyLeavesFromItsAddress(t *testing.T) {
	all(t, func(t *testing.T, network string, s udp.ServerConn) {
		c, to := listen(t, "udp4", loopback4)
		for n := range 300 {
			from := netip.MustParseAddr([]string{"127.0.0.1", "127.0.0.2"}[n/50%2])
			_, err := s.WriteFromTo([]byte{byte(n)}, from, to)
			require.NoError(t, err)
			got, source := receive(t, c)
			require.Equal(t, string([]byte{byte(n)}), got)
			require.Equal(t, from, source.Addr().Unmap(), "datagram %d", n)
		}
		require.NoError(t, s.Close())
		_, err := s.WriteFromTo([]byte("x"), netip.MustParseAddr("127.0.0.1"), to)
		require.ErrorIs(t, err, net.ErrClosed)
	})
}
