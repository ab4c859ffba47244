package network

import (
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// virtual runs a test on a fresh network in a synctest bubble, where everything
// that is not a message takes no time.
func virtual(t *testing.T, seed uint64, p Profile, f func(t *testing.T, n *Network)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { f(t, New(seed, p)) })
}

// listen opens a conn that the test's end closes.
func listen(t *testing.T, n *Network, addr string) *Conn {
	t.Helper()
	var at netip.AddrPort
	if addr != "" {
		at = netip.MustParseAddrPort(addr)
	}
	c, err := n.Listen(at)
	require.NoError(t, err)
	t.Cleanup(func() { c.Close() })
	return c
}

func send(t *testing.T, from *Conn, to netip.AddrPort, text string) {
	t.Helper()
	n, err := from.WriteToUDPAddrPort([]byte(text), to)
	require.NoError(t, err)
	require.Equal(t, len(text), n)
}

// receive reads one datagram, or returns "" when none comes within a second.
func receive(t *testing.T, c *Conn) (string, netip.AddrPort) {
	t.Helper()
	var b [2048]byte
	require.NoError(t, c.SetReadDeadline(time.Now().Add(time.Second)))
	n, from, err := c.ReadFromUDPAddrPort(b[:])
	if err != nil {
		return "", netip.AddrPort{}
	}
	return string(b[:n]), from
}

// balanced asserts the sum that Stats documents.
func balanced(t *testing.T, n *Network) Stats {
	t.Helper()
	s := n.Stats()
	require.Equal(t, s.Sent+s.Copied,
		s.Delivered+s.Lost+s.Cut+s.Filtered+s.Overflowed+s.Unreachable+s.InFlight, "%+v", s)
	return s
}
