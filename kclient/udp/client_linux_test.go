package udp

import (
	"errors"
	"net"
	"net/netip"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// families are sockets of a client and somebody else, and an address where nobody listens.
func families(t *testing.T, f func(t *testing.T, c, other Conn, there, closed netip.AddrPort)) {
	for network, ip := range map[string]net.IP{"udp4": net.IPv4(127, 0, 0, 1), "udp6": net.IPv6loopback} {
		t.Run(network, func(t *testing.T) {
			at := func(listen func(string, *net.UDPAddr) (Conn, error)) (Conn, netip.AddrPort) {
				c, err := listen(network, &net.UDPAddr{IP: ip})
				if network == "udp6" && err != nil {
					t.Skipf("no IPv6 here: %v", err)
				}
				require.NoError(t, err)
				t.Cleanup(func() { c.Close() })
				return c, c.LocalAddr().(*net.UDPAddr).AddrPort()
			}
			gone, closed := at(Listen)
			require.NoError(t, gone.Close())
			c, _ := at(ListenClient)
			other, there := at(Listen)
			require.NoError(t, c.SetReadDeadline(time.Now().Add(10*time.Second)))
			require.NoError(t, other.SetReadDeadline(time.Now().Add(10*time.Second)))
			f(t, c, other, there, closed)
		})
	}
}

// A read says which port is closed, and goes on with what comes.
func TestAReadReportsAClosedPort(t *testing.T) {
	families(t, func(t *testing.T, c, other Conn, there, closed netip.AddrPort) {
		_, err := c.WriteToUDPAddrPort([]byte("anybody?"), closed)
		require.NoError(t, err)
		buf := make([]byte, 100)
		_, _, err = c.ReadFromUDPAddrPort(buf)
		var refused *RefusedError
		require.ErrorAs(t, err, &refused)
		require.Equal(t, closed, refused.To)
		_, err = other.WriteToUDPAddrPort([]byte("me"), c.LocalAddr().(*net.UDPAddr).AddrPort())
		require.NoError(t, err)
		n, from, err := c.ReadFromUDPAddrPort(buf)
		require.NoError(t, err)
		require.Equal(t, there, from)
		require.Equal(t, "me", string(buf[:n]))
	})
}

// The report of an earlier datagram would take the place of the next one: every datagram is sent all the same.
func TestAWriteThatReportsIsTriedOnceMore(t *testing.T) {
	families(t, func(t *testing.T, c, other Conn, there, closed netip.AddrPort) {
		buf := make([]byte, 100)
		for i := range byte(20) {
			_, err := c.WriteToUDPAddrPort([]byte("anybody?"), closed)
			var refused *RefusedError
			require.True(t, err == nil || errors.As(err, &refused), "%v", err)
			n, err := c.WriteToUDPAddrPort([]byte{i}, there) // loopback has answered by now
			require.Equal(t, 1, n)
			require.ErrorAs(t, err, &refused)
			require.Equal(t, closed, refused.To)
			n, _, err = other.ReadFromUDPAddrPort(buf)
			require.NoError(t, err, "datagram %d was not sent", i)
			require.Equal(t, []byte{i}, buf[:n])
		}
	})
}

// A server's socket is not disturbed by clients that have vanished.
func TestAServersSocketHearsNothingOfClosedPorts(t *testing.T) {
	families(t, func(t *testing.T, c, other Conn, there, closed netip.AddrPort) {
		for range 20 {
			_, err := other.WriteToUDPAddrPort([]byte("are you there?"), closed)
			require.NoError(t, err)
		}
		_, err := c.WriteToUDPAddrPort([]byte("me"), there)
		require.NoError(t, err)
		n, _, err := other.ReadFromUDPAddrPort(make([]byte, 100))
		require.NoError(t, err)
		require.Equal(t, 2, n)
	})
}

// Of the error queue only a closed port counts, told by ICMP: no error of our own, no host that was not found.
func TestOnlyAClosedPortIsARefusal(t *testing.T) {
	entry := func(errno, origin byte) []byte {
		b := make([]byte, unix.CmsgSpace(16))
		h := (*unix.Cmsghdr)(unsafe.Pointer(&b[0]))
		h.Level, h.Type = unix.IPPROTO_IP, unix.IP_RECVERR
		h.SetLen(unix.CmsgLen(16))
		b[unix.CmsgLen(0)], b[unix.CmsgLen(0)+4] = errno, origin
		return b
	}
	name := &unix.SockaddrInet4{Port: 27888, Addr: [4]byte{192, 0, 2, 1}}
	to, ok := refusal(entry(byte(unix.ECONNREFUSED), unix.SO_EE_ORIGIN_ICMP), name)
	require.True(t, ok)
	require.Equal(t, netip.MustParseAddrPort("192.0.2.1:27888"), to)
	for _, b := range [][]byte{
		entry(byte(unix.ECONNREFUSED), unix.SO_EE_ORIGIN_LOCAL), entry(byte(unix.EHOSTUNREACH), unix.SO_EE_ORIGIN_ICMP),
		entry(byte(unix.ECONNREFUSED), unix.SO_EE_ORIGIN_ICMP)[:18], nil,
	} {
		_, ok := refusal(b, name)
		require.False(t, ok, "%x", b)
	}
	_, ok = refusal(entry(byte(unix.ECONNREFUSED), unix.SO_EE_ORIGIN_ICMP), nil)
	require.False(t, ok)
}
