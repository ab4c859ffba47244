package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"net/netip"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// buffer is a writer that can be read while it is written to.
type buffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// begin runs the program until end is called, which returns its exit code.
func begin(t *testing.T, args ...string) (out *buffer, end func() int) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	out = &buffer{}
	code := make(chan int, 1)
	go func() { code <- run(ctx, args, out) }()
	return out, func() int {
		cancel()
		return <-code
	}
}

var listening = regexp.MustCompile(`msg=listening addr=(\S+)`)

func TestRunUntilInterrupted(t *testing.T) {
	out, end := begin(t, "-listen", "127.0.0.1:0", "-name", "test")
	require.Eventually(t, func() bool { return listening.MatchString(out.String()) }, 10*time.Second, time.Millisecond)
	addr := listening.FindStringSubmatch(out.String())[1]
	c, err := net.Dial("udp", addr)
	require.NoError(t, err)
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(5 * time.Second))
	_, err = c.Write([]byte("HELLO0.83\x00"))
	require.NoError(t, err)
	b := make([]byte, 32)
	n, err := c.Read(b)
	require.NoError(t, err)
	_, port, _ := net.SplitHostPort(addr)
	require.Equal(t, "HELLOD00D"+port+"\x00", string(b[:n]))

	// The port is in use now: a second one says so and ends with 1.
	second, endSecond := begin(t, "-listen", addr)
	require.Equal(t, exitError, endSecond())
	require.Contains(t, second.String(), addr)
	require.Contains(t, second.String(), "in use")

	require.Equal(t, exitOK, end())
	require.Contains(t, out.String(), "msg=ended")
}

// TestTheProgramAnswersAtEveryAddress: HELLO at its default port's, with one socket and with two, from whichever
// address was asked.
func TestTheProgramAnswersAtEveryAddress(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux has all of 127.0.0.0/8")
	}
	free, err := net.ListenUDP("udp", nil)
	require.NoError(t, err)
	_, gamePort, _ := net.SplitHostPort(free.LocalAddr().String())
	require.NoError(t, free.Close())
	for _, args := range [][]string{nil, {"-game-port", gamePort}} {
		out, end := begin(t, append([]string{"-listen", ":0"}, args...)...)
		require.Eventually(t, func() bool { return listening.MatchString(out.String()) }, 10*time.Second,
			time.Millisecond)
		_, port, _ := net.SplitHostPort(listening.FindStringSubmatch(out.String())[1])
		session := port
		if args != nil {
			session = gamePort
		}
		for _, host := range []string{"127.0.0.1", "127.0.0.2", "127.9.9.9"} {
			c, err := net.DialUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)},
				net.UDPAddrFromAddrPort(netip.MustParseAddrPort(net.JoinHostPort(host, port))))
			require.NoError(t, err)
			defer c.Close()
			_ = c.SetDeadline(time.Now().Add(5 * time.Second))
			_, err = c.Write([]byte("HELLO0.83\x00"))
			require.NoError(t, err)
			b := make([]byte, 32)
			n, err := c.Read(b)
			require.NoError(t, err, host)
			require.Equal(t, "HELLOD00D"+session+"\x00", string(b[:n]))
		}
		require.Equal(t, exitOK, end())
	}
}

func TestGamePortAndJSON(t *testing.T) {
	free, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	_, port, _ := net.SplitHostPort(free.LocalAddr().String())
	require.NoError(t, free.Close())
	out, end := begin(t, "-listen", "127.0.0.1:0", "-game-port", port, "-log-format", "json", "-padding", "OFF",
		"-charset", "UTF-8")
	require.Eventually(t, func() bool { return strings.Contains(out.String(), "\n") }, 10*time.Second, time.Millisecond)
	var line map[string]any
	require.NoError(t, json.Unmarshal([]byte(strings.SplitN(out.String(), "\n", 2)[0]), &line))
	require.Equal(t, "listening", line["msg"])
	require.Equal(t, "127.0.0.1:"+port, line["games"])
	require.Equal(t, "off", line["padding"])
	require.Equal(t, exitOK, end())
}

func TestWrongFlags(t *testing.T) {
	for _, tc := range []struct {
		args []string
		want string
	}{
		{[]string{"-max-users", "abc"}, `"abc" for flag -max-users: it takes a whole number from 1 to 10000`},
		{[]string{"-max-users", "0"}, `"0" for flag -max-users`},
		{[]string{"-max-games=-1"}, `"-1" for flag -max-games: it takes a whole number from 1 to 10000`},
		{[]string{"-max-ping", "9s"}, `"9s" for flag -max-ping: it takes a time from 1ms to 1s`},
		{[]string{"-max-ping", "250"}, `"250" for flag -max-ping`},
		{[]string{"-listen", "27888"}, `"27888" for flag -listen: it takes host:port`},
		{[]string{"-listen", ":99999"}, `":99999" for flag -listen`},
		{[]string{"-game-port", "65536"}, `-game-port: it takes a whole number from 0 to 65535`},
		{[]string{"-charset", "latin"}, `-charset: it takes one of windows-1252, utf-8`},
		{[]string{"-padding", "maybe"}, `"maybe" for flag -padding: it takes auto, on or off`},
		{[]string{"-log-level", "loud"}, `-log-level: it takes debug, info, warn or error`},
		{[]string{"-log-format", "xml"}, `-log-format: it takes text or json`},
		{[]string{"-name", " "}, `-name: it takes a text of 1 to 127 bytes`},
		{[]string{"-motd", strings.Repeat(`x\n`, 40)}, `-motd: it takes a text of at most`},
		{[]string{"-keep-alive", "1s"}, `-keep-alive: it takes a time from 1m10s`},
		{[]string{"extra"}, `unexpected argument "extra"`},
		{[]string{"-no-such-flag"}, "-no-such-flag"},
	} {
		var out bytes.Buffer
		require.Equal(t, exitUsage, run(context.Background(), tc.args, &out), tc.args)
		require.Contains(t, out.String(), tc.want)
		require.Contains(t, out.String(), "-help")
	}
}

func TestHelpNamesEveryFlag(t *testing.T) {
	var out bytes.Buffer
	require.Equal(t, exitOK, run(context.Background(), []string{"-help"}, &out))
	for _, name := range []string{"listen", "game-port", "name", "motd", "max-users", "max-games", "max-ping",
		"charset", "padding",
		"log-level", "log-format", "stall-time", "netsync-time", "keep-alive"} {
		require.Contains(t, out.String(), "  -"+name+" ")
	}
	require.Contains(t, out.String(), "default :27888")
	require.NotContains(t, out.String(), "panic")
}

func TestMOTDLines(t *testing.T) {
	o, err := parseFlags([]string{"-motd", `one\ntwo`}, nil)
	require.NoError(t, err)
	require.Equal(t, "one\ntwo", o.config.MOTD)
}

// stopped is a pipe that nobody reads.
type stopped chan struct{}

func (s stopped) Write(p []byte) (int, error) {
	<-s
	return len(p), nil
}

// Row 37: Ctrl-C ends the program although nobody reads its log.
func TestItEndsAlthoughNobodyReadsItsLog(t *testing.T) {
	never := make(stopped)
	defer close(never)
	ctx, cancel := context.WithCancel(context.Background())
	code := make(chan int, 1)
	go func() { code <- run(ctx, []string{"-listen", "127.0.0.1:0"}, never) }()
	time.Sleep(50 * time.Millisecond) // it runs, or will soon: either way it must end
	cancel()
	select {
	case got := <-code:
		require.Equal(t, exitOK, got)
	case <-time.After(10 * time.Second):
		t.Fatal("it did not end within ten seconds")
	}
}
