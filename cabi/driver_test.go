package main

import (
	"bytes"
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient"
	"kbridge/server"
	"kbridge/server/servertest"
)

// patience is for a driver that hangs; the slowest one waits 15 s for a server
// that does not answer.
const patience = 90 * time.Second

// process is a driver at work.
type process struct {
	t    *testing.T
	cmd  *exec.Cmd
	out  bytes.Buffer
	errs bytes.Buffer
	log  string
}

type environment map[string]string

// start runs a scenario. The environment is ours without KAILLERA_*, and env.
func start(t *testing.T, driver string, env environment, args ...string) *process {
	t.Helper()
	build(t)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	p := &process{t: t, cmd: exec.CommandContext(ctx, driver, args...), log: filepath.Join(t.TempDir(), "log")}
	p.cmd.Env = []string{"DRIVER_LIBRARY=" + built.library, "KAILLERA_LOG=" + p.log, "KAILLERA_LOBBY=off",
		"XDG_CONFIG_HOME=" + t.TempDir()}
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "KAILLERA_") {
			p.cmd.Env = append(p.cmd.Env, v)
		}
	}
	for name, value := range env {
		p.cmd.Env = append(p.cmd.Env, name+"="+value)
	}
	p.cmd.Stdout, p.cmd.Stderr = &p.out, &p.errs
	require.NoError(t, p.cmd.Start())
	return p
}

// wait returns what the scenario printed, once all went well. Whatever it
// did, the library has printed nothing.
func (p *process) wait() string {
	p.t.Helper()
	err := p.cmd.Wait()
	require.NoError(p.t, err, "%v\nstdout: %s\nstderr: %s\nlog: %s", p.cmd.Args, &p.out, &p.errs, p.logged())
	require.Empty(p.t, p.errs.String())
	out, ok := strings.CutSuffix(p.out.String(), "ok\n")
	require.True(p.t, ok, p.out.String())
	return out
}

func (p *process) logged() string {
	text, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// alone are the orders for a game with oneself.
func alone(s *servertest.Server) environment {
	return environment{"KAILLERA_SERVER": s.Addr, "KAILLERA_NICK": "driver", "KAILLERA_ROLE": "create",
		"KAILLERA_PLAYERS": "1"}
}

var gameLine = regexp.MustCompile(`^player (\d) of (\d) frames (\d+) digest ([0-9a-f]{8})\n$`)

// Three emulators of three kinds: one plays inside the game callback, one
// returns from it at once and plays elsewhere, one blocks in it while another
// of its threads plays.
func TestThreeEmulatorsStayInSync(t *testing.T) {
	s := servertest.Start(t)
	const frames = "600"
	env := func(nick, role string) environment {
		return environment{"KAILLERA_SERVER": s.Addr, "KAILLERA_NICK": nick, "KAILLERA_ROLE": role,
			"KAILLERA_PLAYERS": "3"}
	}
	processes := []*process{
		start(t, built.linked, env("one", "create"), "game", "inside", frames),
		start(t, built.loading, env("two", "join"), "game", "elsewhere", frames),
		start(t, built.cplusplus, env("three", "join"), "game", "blocked", frames),
	}
	digests, players := map[string]bool{}, map[string]bool{}
	for _, p := range processes {
		m := gameLine.FindStringSubmatch(p.wait())
		require.NotNil(t, m, p.out.String())
		require.Equal(t, "3", m[2])
		require.Equal(t, frames, m[3])
		players[m[1]] = true
		digests[m[4]] = true
		log := regexp.MustCompile(`level=INFO msg="game ended" reason=kailleraEndGame player=\d players=3 frames=(\d+) frame_delay=(\d+) `).FindStringSubmatch(p.logged())
		require.NotNil(t, log, p.logged())
		returned, err := strconv.Atoi(log[1])
		require.NoError(t, err)
		delay, err := strconv.Atoi(log[2])
		require.NoError(t, err)
		require.Equal(t, frames, strconv.Itoa(delay+returned), "each call is a frame of the machine")
	}
	require.Len(t, digests, 1)
	require.Len(t, players, 3)
}

// limited is a server whose limits are the usual ones.
func limited(t *testing.T) *servertest.Server {
	return servertest.Start(t, servertest.WithConfig(server.Config{MaxPing: time.Second}))
}

// A save in 400 lines of chat, as 1964 and Project64k send it, all at once.
func TestASaveAsChatReachesAllEmulators(t *testing.T) {
	s := limited(t)
	env := func(nick, role string) environment {
		return environment{"KAILLERA_SERVER": s.Addr, "KAILLERA_NICK": nick, "KAILLERA_ROLE": role,
			"KAILLERA_PLAYERS": "2"}
	}
	one := start(t, built.linked, env("one", "create"), "save", "400")
	two := start(t, built.loading, env("two", "join"), "save", "400")
	require.Equal(t, "lines 400\n", one.wait())
	require.Equal(t, "lines 400\n", two.wait())
}

// What does not fit into the queue is said by the return code, and once in the log.
func TestAChatLineThatIsNotTakenIsSaid(t *testing.T) {
	env := alone(limited(t))
	env["KAILLERA_NICK"] = "one"
	p := start(t, built.cplusplus, env, "save-too-large")
	m := regexp.MustCompile(`^taken (\d+)\n$`).FindStringSubmatch(p.wait())
	require.NotNil(t, m, p.out.String())
	taken, err := strconv.Atoi(m[1])
	require.NoError(t, err)
	require.Greater(t, taken, 2200, "the largest save fits")
	require.Equal(t, 1, strings.Count(p.logged(), "kailleraChatSend was refused"))
}

// What a driver does alone with a server.
func TestScenarios(t *testing.T) {
	for _, c := range []struct {
		name     string
		scenario string
		driver   *string
	}{
		{"names beyond the wire's limits", "names", &built.linked},
		{"wrong calls in a game", "misuse-in-game", &built.linked},
		{"no callbacks", "null-callbacks", &built.linked},
		{"exit in a game", "exit-in-game", &built.linked},
		{"longjmp out of the game callback", "jump-out-of-game", &built.linked},
		{"longjmp out of the chat callback", "jump-out-of-chat", &built.linked},
		{"calls from inside callbacks", "reentrant", &built.linked},
		{"SIGSEGV handlers from before and after", "signals", &built.loading},
		{"dlopen, dlclose, dlopen", "reload", &built.loading},
		{"the same as C++", "reentrant", &built.cplusplus},
		{"calls at the end of a stack are refused", "stack", &built.linked},
		{"the floating-point unit is the emulator's", "fpu", &built.linked},
		{"Go's threads do not inherit it", "fpu-load", &built.loading},
		{"C++ exceptions", "throw", &built.cplusplus},
	} {
		t.Run(c.name, func(t *testing.T) {
			start(t, *c.driver, alone(servertest.Start(t)), c.scenario).wait()
		})
	}
}

func TestWrongCallsWithoutAServer(t *testing.T) {
	p := start(t, built.linked, nil, "misuse")
	p.wait()
	for _, said := range []string{
		`kailleraSetInfos was refused`, `kailleraChatSend was refused`, `kailleraModifyPlayValues was refused`,
		`kailleraSelectServerDialog was refused`, `kailleraGetVersion was refused`, `KAILLERA_SERVER is not set`,
	} {
		require.Contains(t, p.logged(), said)
	}
	start(t, built.linked, environment{"KAILLERA_LOG": ""}, "misuse").wait()
}

func TestLogOnStderrWhenAskedFor(t *testing.T) {
	build(t)
	p := start(t, built.linked, environment{"KAILLERA_LOG": "error"}, "misuse")
	require.NoError(t, p.cmd.Wait())
	require.Contains(t, p.errs.String(), "KAILLERA_SERVER is not set")
	require.NotContains(t, p.errs.String(), "level=INFO")
	require.Equal(t, "ok\n", p.out.String())
}

// peer is another user, from Go.
func peer(t *testing.T, s *servertest.Server, nick string) *kclient.Client {
	t.Helper()
	lobby, err := kclient.Dial(t.Context(), s.Addr, kclient.Config{User: nick, Emulator: "driver 1.0"})
	require.NoError(t, err)
	t.Cleanup(func() { lobby.Quit("") })
	return lobby
}

// waitRoom waits for a room of somebody else's.
func waitRoom(t *testing.T, lobby *kclient.Client) uint32 {
	t.Helper()
	for len(lobby.Games()) == 0 {
		_, err := lobby.NextEvent(t.Context())
		require.NoError(t, err)
	}
	return lobby.Games()[0].ID
}

// The other player joins and never loads the game. The thread that wakes may have been cancelled (row 44): that takes
// effect behind its call, not in the middle of it, where it would keep a lock for ever.
func TestBlockedCallsAreWoken(t *testing.T) {
	for _, scenario := range []string{"end-game-wakes", "shutdown-wakes", "cancelled-caller"} {
		t.Run(scenario, func(t *testing.T) {
			s := servertest.Start(t)
			env := alone(s)
			env["KAILLERA_PLAYERS"] = "2"
			p := start(t, built.linked, env, scenario)
			lobby := peer(t, s, "lazy")
			_, err := lobby.Join(t.Context(), waitRoom(t, lobby))
			require.NoError(t, err)
			began := time.Now()
			p.wait()
			require.Less(t, time.Since(began), 10*time.Second)
		})
	}
}

// failing runs a dialog that cannot be, and returns its log.
func failing(t *testing.T, env environment) string {
	t.Helper()
	p := start(t, built.linked, env, "dialog")
	require.Equal(t, "code -1\n", p.wait())
	return p.logged()
}

// Somebody's socket is there and says nothing, as behind a firewall.
func TestSilentServer(t *testing.T) {
	if testing.Short() {
		t.Skip("waits 15 s for an answer")
	}
	t.Parallel()
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	require.NoError(t, err)
	defer conn.Close()
	log := failing(t, environment{"KAILLERA_SERVER": conn.LocalAddr().String()})
	require.Contains(t, log, "level=ERROR")
	require.Contains(t, log, "the answer to HELLO from "+conn.LocalAddr().String())
}

// Linux says where nothing listens; elsewhere this is a silent server.
func TestUnreachableServer(t *testing.T) {
	t.Parallel()
	began := time.Now()
	log := failing(t, environment{"KAILLERA_SERVER": "127.0.0.1:1"})
	require.Contains(t, log, "level=ERROR")
	require.Contains(t, log, "127.0.0.1:1")
	if runtime.GOOS == "linux" {
		require.Contains(t, log, "nothing listens on UDP 127.0.0.1:1")
		require.Less(t, time.Since(began), 10*time.Second)
	}
}

func TestFullServer(t *testing.T) {
	s := servertest.Start(t, servertest.WithConfig(server.Config{MaxUsers: 1}))
	peer(t, s, "first")
	require.Contains(t, failing(t, alone(s)), "server is full")
}

func TestRefusedLogin(t *testing.T) {
	s := servertest.Start(t)
	env := alone(s)
	env["KAILLERA_NICK"] = "Server"
	require.Contains(t, failing(t, env), "refused the login")
}

func TestVanishedRoom(t *testing.T) {
	s := servertest.Start(t)
	lobby := peer(t, s, "owner")
	room, err := lobby.Create(t.Context(), "Duel")
	require.NoError(t, err)
	env := alone(s)
	env["KAILLERA_ROLE"] = "join"
	p := start(t, built.linked, env, "dialog")
	for len(room.Players()) < 2 {
		_, err := lobby.NextEvent(t.Context())
		require.NoError(t, err)
	}
	require.NoError(t, room.Leave(t.Context()))
	require.Equal(t, "code -1\n", p.wait())
	require.Contains(t, p.logged(), "was closed before the game began")
}

func TestNothingButTheAPIIsExported(t *testing.T) {
	build(t)
	out, err := exec.Command("readelf", "--wide", "--dyn-syms", built.library).Output()
	require.NoError(t, err)
	var exported []string
	for line := range strings.Lines(string(out)) {
		f := strings.Fields(line)
		if len(f) == 8 && (f[4] == "GLOBAL" || f[4] == "WEAK") && f[6] != "UND" {
			exported = append(exported, f[7])
		}
	}
	require.ElementsMatch(t, []string{
		"kailleraGetVersion", "kailleraInit", "kailleraShutdown", "kailleraSetInfos", "kailleraSelectServerDialog",
		"kailleraModifyPlayValues", "kailleraChatSend", "kailleraEndGame", "kailleraGetFrameDelay",
		"kailleraGetFramesBehind",
	}, exported)
	out, err = exec.Command("readelf", "--wide", "--dynamic", built.library).Output()
	require.NoError(t, err)
	require.Contains(t, string(out), "NODELETE")
}
