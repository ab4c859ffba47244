package server

import (
	"net"
	"net/netip"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/sim/network"
	"kbridge/kclient/wire"
)

func TestListenErrors(t *testing.T) {
	_, _, err := Listen("nowhere", 0)
	require.ErrorContains(t, err, `"nowhere"`)
	_, _, err = Listen("127.0.0.1:0", 70_000)
	require.ErrorContains(t, err, "game port 70000")
	c, _, err := Listen("127.0.0.1:0", 0)
	require.NoError(t, err)
	defer c.Close()
	addr := c.LocalAddr().(*net.UDPAddr)
	_, _, err = Listen(addr.String(), 0)
	require.ErrorContains(t, err, "in use")
	_, _, err = Listen("127.0.0.1:0", addr.Port)
	require.ErrorContains(t, err, "in use")
}

func TestListenAndServe(t *testing.T) {
	free, _, err := Listen("127.0.0.1:0", 0)
	require.NoError(t, err)
	gamePort := free.LocalAddr().(*net.UDPAddr).Port
	require.NoError(t, free.Close())

	s, err := New(Config{})
	require.NoError(t, err)
	require.Nil(t, s.Addr())
	served := make(chan error, 1)
	go func() { served <- s.ListenAndServe("127.0.0.1:0", gamePort) }()
	require.Eventually(t, func() bool { return s.Addr() != nil }, 5*time.Second, time.Millisecond)
	require.NotEqual(t, gamePort, s.Addr().(*net.UDPAddr).Port)
	require.NoError(t, s.Close(""))
	require.NoError(t, <-served)
}

// When the socket fails, Serve says so, and Close does not wait for ever.
func TestServeEndsWhenTheSocketFails(t *testing.T) {
	s, err := New(Config{})
	require.NoError(t, err)
	query, game, err := Listen("127.0.0.1:0", 0)
	require.NoError(t, err)
	served := make(chan error, 1)
	go func() { served <- s.Serve(query, game) }()
	require.Eventually(t, func() bool { return s.Addr() != nil }, 5*time.Second, time.Millisecond)
	require.NoError(t, query.Close())
	require.ErrorIs(t, <-served, net.ErrClosed)
	require.NoError(t, s.Close(""))
}

// flakyConn fails a few reads before each that works.
type flakyConn struct {
	PacketConn
	failures int
	left     int
}

func (c *flakyConn) ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error) {
	if c.left--; c.left >= 0 {
		return 0, netip.AddrPort{}, syscall.ECONNREFUSED
	}
	c.left = c.failures
	return c.PacketConn.ReadFromUDPAddrPort(b)
}

// Some systems report on the next read that an earlier datagram could not be
// delivered. That must not end the server, and a socket that is really broken
// must not keep it busy for ever.
func TestReadErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := network.New(1, lan)
		conn, err := n.Listen(queryAddr)
		require.NoError(t, err)
		s, err := New(Config{MaxPing: time.Second})
		require.NoError(t, err)
		w := &world{t: t, net: n, server: s, addr: conn.AddrPort(), welcome: 1}
		served := make(chan error, 1)
		go func() { served <- s.Serve(&flakyConn{PacketConn: conn, failures: 5}, nil) }()
		w.closeWith(served)
		w.login("anna", wire.LAN)
	})
	synctest.Test(t, func(t *testing.T) {
		n := network.New(1, lan)
		conn, err := n.Listen(queryAddr)
		require.NoError(t, err)
		s, err := New(Config{})
		require.NoError(t, err)
		require.ErrorIs(t, s.Serve(&flakyConn{PacketConn: conn, left: 1 << 30}, nil), syscall.ECONNREFUSED)
	})
}
