//go:build unix

package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/examples/internal/relay"
)

// TestMain lets this binary stand in for the programs that the demo starts.
func TestMain(m *testing.M) {
	switch {
	case os.Getenv("DEMO_TEST_PROGRAM") == "":
		goodbye = 300 * time.Millisecond
		os.Exit(m.Run())
	case filepath.Base(os.Args[0]) == "kaillera-server":
		os.Exit(fakeServer())
	default:
		os.Exit(fakeEmulator())
	}
}

// fakeServer answers PING until it is told to end.
func fakeServer() int {
	end := make(chan os.Signal, 1)
	signal.Notify(end, syscall.SIGTERM)
	address, err := net.ResolveUDPAddr("udp4", os.Args[2])
	if err != nil {
		return 1
	}
	c, err := net.ListenUDP("udp4", address)
	if err != nil {
		return 1
	}
	if os.Getenv("DEMO_TEST_SERVER") == "ends" {
		time.AfterFunc(500*time.Millisecond, func() { os.Exit(7) })
	}
	go func() {
		var buf [100]byte
		for {
			_, from, err := c.ReadFromUDPAddrPort(buf[:])
			if err != nil {
				return
			}
			c.WriteToUDPAddrPort([]byte("PONG\x00"), from)
		}
	}()
	<-end
	return 0
}

// fakeEmulator reports frames as DEMO_TEST_PLAYER1 or 2 says: in order, apart at frame 5, one short, one call more than
// frames, or never ending.
func fakeEmulator() int {
	player, behaviour := 1, os.Getenv("DEMO_TEST_PLAYER1")
	if os.Getenv("KAILLERA_ROLE") == "join" {
		player, behaviour = 2, os.Getenv("DEMO_TEST_PLAYER2")
	}
	frames := 0
	for n, argument := range os.Args {
		if argument == "--frames" {
			frames, _ = strconv.Atoi(os.Args[n+1])
		}
	}
	report := os.NewFile(3, "report")
	fmt.Fprintf(report, "# start player %d of 2, game Fake\n", player)
	for n := 1; n <= frames; n++ {
		f := at(n)
		switch {
		case behaviour == "apart" && n == 5:
			f.digest++
		case behaviour == "short" && n == frames:
			return 1
		case behaviour == "nonsense" && n == 5:
			fmt.Fprintln(report, "5 what?")
			continue
		case behaviour == "hangs" && n == 5:
			signal.Ignore(syscall.SIGTERM)
			select {}
		}
		if _, err := fmt.Fprint(report, f.line()); err != nil {
			return 1
		}
	}
	if behaviour != "silent" {
		back := frames - 1 // one call of the frame delay
		if behaviour == "waits" {
			back = frames
		}
		log := strings.Replace(gameEnded, "frames=600", fmt.Sprint("frames=", back), 1)
		if err := os.WriteFile(os.Getenv("KAILLERA_LOG"), []byte(log+"\n"), 0o600); err != nil {
			return 1
		}
	}
	return 0
}

// demo runs the demo with the stand-ins.
func demo(t *testing.T, ctx context.Context, arguments ...string) (string, error) {
	t.Helper()
	t.Setenv("DEMO_TEST_PROGRAM", "1")
	t.Setenv("GORACE", "atexit_sleep_ms=0") // or the stand-ins linger for a second under -race
	self, err := os.Executable()
	require.NoError(t, err)
	builds := t.TempDir()
	for _, name := range []string{"chip8", "kaillera-server"} {
		require.NoError(t, os.Symlink(self, filepath.Join(builds, name)))
	}
	o, err := parseFlags(append([]string{"-lib-dir", builds, "-log-dir", t.TempDir()}, arguments...))
	require.NoError(t, err)
	out, err := os.Create(filepath.Join(t.TempDir(), "out"))
	require.NoError(t, err)
	defer out.Close()
	if os.Getenv("DEMO_TEST_PLAYER1") == "hangs" {
		o.noFrame = 2 * time.Second
	}
	failed := run(ctx, o, out)
	text, err := os.ReadFile(out.Name())
	require.NoError(t, err)
	return string(text), failed
}

func TestRunInSync(t *testing.T) {
	for _, arguments := range [][]string{{"-delay", "0"}, {"-loss", "10", "-distances", "1,2", "-jitter", "1"}} {
		out, err := demo(t, t.Context(), append(arguments, "-seconds", "2")...)
		require.NoError(t, err, out)
		require.Contains(t, out, "playing 120 frames of the machine")
		require.Contains(t, out, "  frames of the machine    120                      120\n")
		require.True(t, strings.HasSuffix(out, "\nin sync\n"), out)
	}
}

func TestRunFailures(t *testing.T) {
	for _, test := range []struct{ player1, player2, server, want string }{
		{player2: "apart", want: "both machines got the keys 2020"},
		{player1: "short", want: "player 1 ended with exit status 1 after 59 of 60 frames"},
		{player2: "short", want: "player 2 ended with exit status 1 after 59 of 60 frames"},
		{player1: "nonsense", want: "player 1: a line of the emulator's report is not understood"},
		{player2: "silent", want: "player2.log"},
		{player2: "waits", want: "the machine of player 2 ran 60 frames in 61 calls"},
		{player1: "hangs", want: "no frame for a long time: player 1 stands at frame 4, player 2 at frame 60 of 60"},
		{player1: "hangs", server: "ends", want: "the server ended in mid-game: exit status 7"},
	} {
		t.Run(test.player1+test.player2+test.server, func(t *testing.T) {
			t.Setenv("DEMO_TEST_PLAYER1", test.player1)
			t.Setenv("DEMO_TEST_PLAYER2", test.player2)
			t.Setenv("DEMO_TEST_SERVER", test.server)
			out, err := demo(t, t.Context(), "-seconds", "1")
			require.ErrorContains(t, err, test.want, out)
			require.NotContains(t, out, "in sync")
			if test.player2 == "apart" {
				require.Contains(t, out, "\nDESYNC at frame 5\n")
			}
		})
	}
}

// TestRunInterrupted ends everything that was started, even what does not want to end.
func TestRunInterrupted(t *testing.T) {
	t.Setenv("DEMO_TEST_PLAYER1", "hangs")
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	_, err := demo(t, ctx, "-seconds", "1")
	require.ErrorIs(t, err, context.DeadlineExceeded)
	var none syscall.WaitStatus
	_, err = syscall.Wait4(-1, &none, syscall.WNOHANG, nil)
	require.ErrorIs(t, err, syscall.ECHILD, "a process is left")
}

func TestRunWithoutPrograms(t *testing.T) {
	o, err := parseFlags([]string{"-lib-dir", t.TempDir(), "-log-dir", t.TempDir()})
	require.NoError(t, err)
	require.ErrorContains(t, run(t.Context(), o, os.Stderr), "cannot start server")
}

func TestFlags(t *testing.T) {
	o, err := parseFlags(nil)
	require.NoError(t, err)
	require.Equal(t, 600, o.frames)
	require.Equal(t, [2]relay.Line{{Delay: 5 * time.Millisecond}, {Delay: 45 * time.Millisecond}}, o.lines,
		"different distances")
	o, err = parseFlags([]string{"--loss", "10", "--delay", "40", "--jitter", "10", "--seconds", "0.5"})
	require.NoError(t, err)
	same := relay.Line{Loss: 0.1, Delay: 40 * time.Millisecond, Jitter: 10 * time.Millisecond}
	require.Equal(t, [2]relay.Line{same, same}, o.lines)
	require.Equal(t, 30, o.frames)
	for _, bad := range [][]string{{"-loss", "91"}, {"-loss", "NaN"}, {"-delay", "-1"}, {"-distances", "5,45,85"},
		{"-seconds", "0"}, {"-jitter", "x"}, {"10"}, {"-what"}} {
		_, err := parseFlags(bad)
		require.Error(t, err, bad)
	}
}
