package main

import (
	"bytes"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/link"
	"kbridge/kclient/wire"
	"kbridge/server/servertest"
)

// fiend is a server that lets a driver create a room and start a game of two
// players, gives it a few frames, and then does its worst.
type fiend struct {
	t      *testing.T
	conn   *net.UDPConn
	link   *link.Link
	client netip.AddrPort
	worst  []wire.Message
	inputs int
	done   sync.WaitGroup
}

// The worst comes after goodFrames; whatever has not ended the game by then, the
// end of the game after lastFrame does.
const goodFrames, lastFrame = 5, 40

func startFiend(t *testing.T, worst ...wire.Message) string {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	f := &fiend{t: t, conn: conn, link: link.New(link.Config{Server: true}, time.Now()), worst: worst}
	f.done.Go(f.run)
	t.Cleanup(func() {
		conn.Close()
		f.done.Wait()
	})
	return conn.LocalAddr().String()
}

func (f *fiend) run() {
	buf := make([]byte, 64<<10)
	for {
		f.conn.SetReadDeadline(time.Now().Add(5 * time.Millisecond))
		n, from, err := f.conn.ReadFromUDPAddrPort(buf)
		now := time.Now()
		switch {
		case err == nil:
			if _, hello := wire.ParseHello(buf[:n]); hello {
				f.conn.WriteToUDPAddrPort(wire.AppendHelloReply(nil, uint16(f.conn.LocalAddr().(*net.UDPAddr).Port)),
					from)
				continue
			}
			f.client = from
			f.link.Receive(now, buf[:n])
			for {
				m, ok := f.link.NextMessage()
				if !ok {
					break
				}
				f.answer(now, m)
			}
		case !os.IsTimeout(err):
			return
		}
		for f.client.IsValid() {
			d := f.link.NextDatagram(now, nil)
			if len(d) == 0 {
				break
			}
			f.conn.WriteToUDPAddrPort(d, f.client)
		}
	}
}

func (f *fiend) answer(now time.Time, m wire.Message) {
	say := func(t wire.Type, body interface{ AppendTo([]byte) []byte }) { f.link.Send(now, t, body.AppendTo(nil)) }
	switch m.Type {
	case wire.TypeLogin:
		say(wire.TypeServerStatus, wire.ServerStatus{})
		say(wire.TypeUserJoined, wire.UserJoined{User: "driver", UserID: 7, Connection: 1})
	case wire.TypeCreateGame:
		say(wire.TypeCreateGame, wire.GameCreated{User: "driver", Game: "Duel", Emulator: "driver 1.0", GameID: 1})
		say(wire.TypePlayerList, wire.PlayerList{})
		say(wire.TypeJoinGame, wire.PlayerJoined{GameID: 1, User: "driver", UserID: 7, Connection: 1})
	case wire.TypeStartGame:
		say(wire.TypeStartGame, wire.GameStarted{FrameDelay: 1, Player: 1, Players: 2})
		f.link.SetPhase(now, link.Netsync)
	case wire.TypeReady:
		say(wire.TypeReady, wire.Ready{})
		f.link.SetPhase(now, link.Play)
	case wire.TypeGameData, wire.TypeGameCache:
		f.inputs++
		f.link.SendGame(now, wire.TypeGameData, wire.AppendGameData(nil, bytes.Repeat([]byte{byte(f.inputs)}, 8)))
		switch f.inputs {
		case goodFrames:
			for _, m := range f.worst {
				f.link.Send(now, m.Type, m.Body)
			}
		case lastFrame:
			say(wire.TypeDropGame, wire.PlayerDropped{User: "driver", Player: 1})
		}
	case wire.TypeDropGame:
		say(wire.TypeDropGame, wire.PlayerDropped{User: "driver", Player: 1})
	case wire.TypeQuitGame:
		say(wire.TypeQuitGame, wire.PlayerLeft{User: "driver", UserID: 7})
	case wire.TypeUserQuit:
		say(wire.TypeUserQuit, wire.UserQuit{User: "driver", UserID: 7})
	}
}

// asan are the driver and the library under AddressSanitizer.
var asan struct {
	once    sync.Once
	driver  string
	missing string // why there is none
}

// buildASan skips the test when this machine has no AddressSanitizer.
func buildASan(t *testing.T) string {
	t.Helper()
	build(t)
	asan.once.Do(func() {
		dir := filepath.Dir(built.library)
		probe := filepath.Join(dir, "probe.c")
		require.NoError(t, os.WriteFile(probe, []byte("int main(void) { return 0; }\n"), 0o600))
		if out, err := exec.Command("gcc", "-fsanitize=address", "-o", filepath.Join(dir, "probe"),
			probe).CombinedOutput(); err != nil {
			asan.missing = "gcc cannot link AddressSanitizer's runtime (Debian: libasan comes with gcc): " + string(out)
			return
		}
		if out, err := exec.Command(filepath.Join(dir, "probe")).CombinedOutput(); err != nil {
			asan.missing = "AddressSanitizer's runtime does not run here: " + string(out)
			return
		}
		// -asan has Go's own accesses checked too, or a copy into the emulator's
		// buffer would go unseen.
		library := filepath.Join(dir, "asan", "libkailleraclient.so")
		if out, err := exec.Command("go", "build", "-asan", "-buildmode=c-shared", "-o", library,
			".").CombinedOutput(); err != nil {
			asan.missing = "go build -asan does not work here: " + string(out)
			return
		}
		sources, err := filepath.Glob("testdata/*.c")
		require.NoError(t, err)
		driver := filepath.Join(dir, "driver-asan")
		args := append([]string{"-std=c99", "-O1", "-g", "-fsanitize=address", "-fno-omit-frame-pointer", "-Wall",
			"-Wextra", "-Werror", "-D_GNU_SOURCE",
			"-I../include", "-pthread", "-DLINKED", "-o", driver}, sources...)
		command(t, "gcc", append(args, library, "-ldl", "-Wl,-rpath,"+filepath.Dir(library))...)
		asan.driver = driver
	})
	if asan.missing != "" {
		t.Skip("skipped, since there is no AddressSanitizer: " + asan.missing)
	}
	require.NotEmpty(t, asan.driver, "building failed in an earlier test")
	return asan.driver
}

// watched is the environment for it. Leaks are not looked for: what Go's heap
// points to counts as leaked.
func watched(env environment) environment {
	env["ASAN_OPTIONS"] = "detect_leaks=0:abort_on_error=0:exitcode=99"
	return env
}

// TestAddressSanitizerWatches: it sees what the library does with the emulator's
// memory, or the tests below would prove nothing.
func TestAddressSanitizerWatches(t *testing.T) {
	driver := buildASan(t)
	p := start(t, driver, watched(toFiend(startFiend(t))), "overrun")
	require.Error(t, p.cmd.Wait())
	require.Contains(t, p.errs.String(), "AddressSanitizer: heap-buffer-overflow")
	require.Contains(t, p.errs.String(), "WRITE of size")
}

func toFiend(addr string) environment {
	return environment{"KAILLERA_SERVER": addr, "KAILLERA_NICK": "driver", "KAILLERA_ROLE": "create",
		"KAILLERA_PLAYERS": "1"}
}

// Game data of any length leaves the emulator's buffer
// and what is around it alone.
func TestGameDataOfAnyLengthStaysInTheEmulatorsBuffer(t *testing.T) {
	driver := buildASan(t)
	data := func(n int) wire.Message {
		return wire.Message{Type: wire.TypeGameData, Body: wire.AppendGameData(nil, make([]byte, n))}
	}
	for name, worst := range map[string]wire.Message{
		"longer than the buffer":     data(8*4 + 1),
		"as long as the buffer":      data(8 * 4),
		"one byte too long":          data(2*4 + 1),
		"length 0":                   data(0),
		"60,000 bytes":               data(60_000),
		"FFFF in a short body":       {Type: wire.TypeGameData, Body: []byte{0, 0xFF, 0xFF, 1}},
		"a cache position not there": {Type: wire.TypeGameCache, Body: []byte{0, 0xFF}},
	} {
		t.Run(name, func(t *testing.T) {
			p := start(t, driver, watched(toFiend(startFiend(t, worst))), "hostile")
			out := p.wait()
			require.Regexp(t, `^returned [345] chats 0 drops 0\n$`, out) // the last ones may come with the worst
			require.Contains(t, p.logged(), "cannot be used", "the log says why")
		})
	}
}

// Names and texts of any length, and players that
// there are not, on their way to the emulator's callbacks, or to none.
func TestTextsOfAnyLengthHarmNoCallback(t *testing.T) {
	driver := buildASan(t)
	chat := func(user, text string) wire.Message {
		return wire.Message{Type: wire.TypeGameChat, Body: wire.Chat{User: user, Text: text}.AppendTo(nil)}
	}
	drop := func(user string, player uint8) wire.Message {
		return wire.Message{Type: wire.TypeDropGame, Body: wire.PlayerDropped{User: user, Player: player}.AppendTo(nil)}
	}
	long := strings.Repeat("\xe9", 1024)
	worst := []wire.Message{
		chat(long, long), chat("bob", long), chat(long, "hi"), chat("b\x07ob", "\x1b[2J\x7f"), chat("", ""),
		{Type: wire.TypeGameChat, Body: []byte(strings.Repeat("A", 5000))},
		{Type: wire.TypeGameChat, Body: append([]byte("bob\x00"), strings.Repeat("A", 60_000)...)},
		{Type: wire.TypeServerMessage, Body: wire.ServerMessage{From: long, Text: long}.AppendTo(nil)},
		drop(long, 0), drop(long, 3), drop(long, 9), drop(long, 255), drop(long, 2),
		{Type: wire.TypeDropGame, Body: []byte("bob")},
	}
	p := start(t, driver, watched(toFiend(startFiend(t, worst...))), "hostile")
	require.Regexp(t, `^returned (39|40) chats 5 drops 1\n$`, p.wait())
	p = start(t, driver, watched(toFiend(startFiend(t, worst...))), "hostile", "null")
	require.Regexp(t, `^returned (39|40) chats 0 drops 0\n$`, p.wait())
}

// TestUnderAddressSanitizer plays the scenarios that hand the library pointers:
// NULL, names of thousands of bytes, 64 KiB of chat, memory that is freed at once.
func TestUnderAddressSanitizer(t *testing.T) {
	driver := buildASan(t)
	for _, scenario := range []string{"nulls", "names", "misuse-in-game", "null-callbacks", "reentrant",
		"jump-out-of-game", "jump-out-of-chat"} {
		t.Run(scenario, func(t *testing.T) {
			start(t, driver, watched(alone(servertest.Start(t))), scenario).wait()
		})
	}
	t.Run("misuse", func(t *testing.T) {
		start(t, driver, watched(environment{}), "misuse").wait()
	})
}
