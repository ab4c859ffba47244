package autoplay

import (
	"net/netip"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/bridge/environ"
	"kbridge/kclient"
	"kbridge/server"
)

// faultySocket panics once it is told to, in what the session's own goroutine does with it.
type faultySocket struct {
	kclient.PacketConn
	bad atomic.Bool
}

func (s *faultySocket) ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error) {
	n, from, err := s.PacketConn.ReadFromUDPAddrPort(b)
	if s.bad.Load() {
		panic("injected")
	}
	return n, from, err
}

// Row 26: a panic in the network's goroutine of an emulator ends its game and its dialog, with an error in the log; the
// emulator and the other player go on, and its next dialog works.
func TestAPanicEndsTheDialogOnly(t *testing.T) {
	inWorld(t, server.Config{Comeback: -1}, func(t *testing.T, w *world) {
		a := w.emulator(400, environ.EnvRole, string(environ.RoleCreate), environ.EnvNick, "a")
		b := w.emulator(400, environ.EnvRole, string(environ.RoleJoin), environ.EnvNick, "b")
		var socket *faultySocket
		b.wrap = func(c kclient.PacketConn) kclient.PacketConn { socket = &faultySocket{PacketConn: c}; return socket }
		ended := make(chan *emulator, 2)
		for _, e := range []*emulator{a, b} {
			go func() { e.dialog(); ended <- e }()
			time.Sleep(100 * time.Millisecond)
		}
		<-b.playing
		time.Sleep(time.Second)
		socket.bad.Store(true)
		require.Same(t, b, <-ended)
		require.Same(t, a, <-ended)
		require.Zero(t, a.code)
		require.Greater(t, a.took, b.took, "the other one played to its end")
		log, err := os.ReadFile(b.log)
		require.NoError(t, err)
		require.Equal(t, 1, strings.Count(string(log), `level=ERROR msg="internal error"`), "%s", log)
		b.wrap = nil
		b.env[environ.EnvRole] = string(environ.RoleCreate)
		b.env[environ.EnvPlayers] = "1"
		b.playing = make(chan struct{})
		b.frames = 60
		b.dialog()
		require.Zero(t, b.code)
		<-b.playing
	})
}
