package server

import (
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
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
