package server_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/sim/network"
	"kbridge/kclient/wire"
	"kbridge/server"
)

// logPipe is where a log goes; nobody reads it while gate is held.
type logPipe struct {
	gate sync.Mutex
	mu   sync.Mutex
	buf  bytes.Buffer
}

func (p *logPipe) Write(b []byte) (int, error) {
	p.gate.Lock()
	defer p.gate.Unlock()
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.buf.Write(b)
}

// lines are those that contain text.
func (p *logPipe) lines(text string) (found []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for line := range strings.Lines(p.buf.String()) {
		if strings.Contains(line, text) {
			found = append(found, strings.TrimSpace(line))
		}
	}
	return found
}

// Row 37: a log that nobody reads slows nobody, and says afterwards what is missing in it. On real sockets, since
// whoever writes to such a pipe is really stopped.
func TestALogThatNobodyReadsStopsNobody(t *testing.T) {
	var pipe logPipe
	sv, err := server.New(server.Config{MaxPing: time.Second, Logger: slog.New(slog.NewTextHandler(&pipe, nil)),
		Flood: server.Flood{Chat: server.Rate{Burst: -1}}})
	require.NoError(t, err)
	conn, _, err := server.Listen("127.0.0.1:0", 0)
	require.NoError(t, err)
	served := make(chan error, 1)
	go func() { served <- sv.Serve(conn, nil) }()
	open := sync.OnceFunc(pipe.gate.Unlock)
	pipe.gate.Lock()
	defer func() {
		open()
		sv.Close("")
		require.NoError(t, <-served)
	}()

	addr := conn.LocalAddr().(*net.UDPAddr).AddrPort()
	client, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(addr))
	require.NoError(t, err)
	defer client.Close()
	ping := func() time.Duration {
		begun := time.Now()
		_, err := client.Write(wire.AppendPing(nil))
		require.NoError(t, err)
		client.SetReadDeadline(time.Now().Add(3 * time.Second))
		_, err = client.Read(make([]byte, 16))
		require.NoError(t, err, "PING is not answered")
		return time.Since(begun)
	}
	ping()
	// A line of the log for each of them.
	user, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(addr))
	require.NoError(t, err)
	defer user.Close()
	next := uint16(0)
	say := func(typ wire.Type, body []byte) {
		_, err := user.Write(message(next, typ, body))
		require.NoError(t, err)
		next++
	}
	say(wire.TypeLogin, wire.LoginRequest{User: "ann", Emulator: "emu", Connection: wire.LAN}.AppendTo(nil))
	for range 4 {
		time.Sleep(20 * time.Millisecond) // a real round trip
		say(wire.TypeClientAck, wire.ClientAck{}.AppendTo(nil))
	}
	for i := range 300 {
		say(wire.TypeGlobalChat, wire.ChatRequest{Text: fmt.Sprint(i)}.AppendTo(nil))
		if i%50 == 0 {
			ping()
		}
	}
	t.Logf("PING is answered in %v", ping())
	require.Empty(t, pipe.lines(""))
	open()
	require.Eventually(t, func() bool { return len(pipe.lines("msg=chat")) >= 100 }, 10*time.Second, time.Millisecond)
}

// Whatever anybody sends, the log grows at a rate that has a bound; once a minute it says what was refused, by reason;
// and a server that has refused nothing says nothing.
func TestTheLogSaysOnceAMinuteWhatWasRefusedAndCannotBeFlooded(t *testing.T) {
	var pipe logPipe
	cfg := server.Config{Logger: slog.New(slog.NewTextHandler(&pipe, nil)),
		Flood: server.Flood{Login: server.Rate{Burst: -1}}}
	inArena(t, 1, network.Profile{Delay: time.Millisecond}, cfg, func(a *arena) {
		time.Sleep(10 * time.Minute)
		require.Empty(t, pipe.lines("refused"), "nothing was")

		noise := netip.MustParseAddrPort("10.7.7.7:7")
		for range 100 {
			a.forge(noise, []byte{1, 2, 3})
		}
		a.forge(noise, message(9, wire.TypeClientAck, wire.ClientAck{}.AppendTo(nil)))
		time.Sleep(time.Second)
		require.Empty(t, pipe.lines("refused"))
		time.Sleep(time.Minute)
		require.Len(t, pipe.lines("refused in the last minute"), 1)
		require.Contains(t, pipe.lines("refused in the last minute")[0], "malformed=100 stray=1")
		time.Sleep(10 * time.Minute)
		require.Len(t, pipe.lines("refused in the last minute"), 1, "nothing was refused since")
		require.Equal(t, 101, a.server.Stats().Refusals.Total())

		// Logins without end, refused by name.
		const logins = 2000
		begun := time.Now()
		for i := range logins {
			c := a.plain(netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 8, byte(i >> 8), byte(i)}), 5000))
			c.send(wire.TypeLogin, wire.LoginRequest{User: "server", Emulator: "emu",
				Connection: wire.LAN}.AppendTo(nil))
			c.await(wire.TypeLoginRefused)
			c.conn.Close()
		}
		time.Sleep(2 * time.Minute)
		lines := len(pipe.lines("login refused"))
		t.Logf("%d lines for %d refused logins", lines, logins)
		require.Less(t, lines, 300+int(2*time.Since(begun).Seconds()), "two a second, after a burst")
		said := pipe.lines("refused in the last minute")
		require.Contains(t, strings.Join(said, "\n"), "login=")
		require.Contains(t, strings.Join(said, "\n"), "log-lines=")
	})
}

// brokenConn is a socket that nothing can be read from any more, once it is broken.
type brokenConn struct {
	server.PacketConn
	broken atomic.Bool
	reads  atomic.Int64 // that failed
}

func (c *brokenConn) ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error) {
	if c.broken.Load() {
		c.reads.Add(1)
		return 0, netip.AddrPort{}, &net.OpError{Op: "read", Net: "udp", Err: os.NewSyscallError("recvfrom",
			syscall.EIO)}
	}
	return c.PacketConn.ReadFromUDPAddrPort(b)
}

// Row 38: a socket whose reads fail at once is read with pauses, and then the server ends with what it says.
func TestAServersSocketThatCannotBeReadIsReadWithPausesAndGivenUp(t *testing.T) {
	for _, which := range []string{"game", "query"} {
		t.Run(which, func(t *testing.T) {
			var pipe logPipe
			synctest.Test(t, func(t *testing.T) {
				network := network.New(1, network.Profile{})
				conns := map[string]*brokenConn{}
				for name, addr := range map[string]string{"query": "10.0.0.1:27888", "game": "10.0.0.1:27889"} {
					conn, err := network.Listen(netip.MustParseAddrPort(addr))
					require.NoError(t, err)
					conns[name] = &brokenConn{PacketConn: conn}
				}
				sv, err := server.New(server.Config{Logger: slog.New(slog.NewTextHandler(&pipe, nil))})
				require.NoError(t, err)
				served := make(chan error, 1)
				conns[which].broken.Store(true)
				begun := time.Now()
				go func() { served <- sv.Serve(conns["query"], conns["game"]) }()
				time.Sleep(1500 * time.Millisecond)
				t.Logf("%d reads in 1.5 s", conns[which].reads.Load())
				require.Less(t, conns[which].reads.Load(), int64(100))
				require.ErrorIs(t, <-served, syscall.EIO)
				require.Less(t, time.Since(begun), 10*time.Second)
			})
			require.Len(t, pipe.lines("level=WARN"), 1, "it is said when it begins")
		})
	}
}
