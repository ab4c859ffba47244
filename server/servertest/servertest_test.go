package servertest_test

import (
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/server"
	"kbridge/server/servertest"
)

func ping(t *testing.T, addr string) string {
	t.Helper()
	c, err := net.Dial("udp", addr)
	require.NoError(t, err)
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(5 * time.Second))
	_, err = c.Write([]byte("PING\x00"))
	require.NoError(t, err)
	b := make([]byte, 16)
	n, _ := c.Read(b)
	return string(b[:n])
}

func TestStart(t *testing.T) {
	var addr string
	t.Run("while it runs", func(t *testing.T) {
		a := servertest.Start(t)
		b := servertest.Start(t, func(c *server.Config) { c.MaxUsers = 2 })
		require.NotEqual(t, a.Addr, b.Addr)
		require.Equal(t, "PONG\x00", ping(t, a.Addr))
		require.Equal(t, "PONG\x00", ping(t, b.Addr))
		require.Zero(t, a.Stats().Users)
		addr = a.Addr
	})
	// The port is free again once that test has ended.
	c, err := net.ListenPacket("udp", addr)
	require.NoError(t, err)
	require.NoError(t, c.Close())
}

func TestStop(t *testing.T) {
	s := servertest.Start(t, servertest.WithConfig(server.Config{Name: "mine"}))
	s.Stop()
	s.Stop()
	c, err := net.ListenPacket("udp", s.Addr)
	require.NoError(t, err)
	require.NoError(t, c.Close())
}
