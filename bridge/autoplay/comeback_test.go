package autoplay

import (
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/bridge/environ"
	"kbridge/server"
)

// An emulator that crashed and is started again with the same orders goes back
// into its game, with the file that only its user can read.
func TestBackAfterACrash(t *testing.T) {
	inWorld(t, server.Config{}, func(t *testing.T, w *world) {
		first := w.emulator(1500, environ.EnvRole, "create", environ.EnvNick, "ann")
		second := w.emulator(1500, environ.EnvRole, "join", environ.EnvNick, "bob")
		done1, done2 := first.start(), second.start()
		<-first.playing
		<-second.playing
		time.Sleep(5 * time.Second)

		files, err := filepath.Glob(filepath.Join(second.state, "comeback-*.json"))
		require.NoError(t, err)
		require.Len(t, files, 1)
		info, err := os.Stat(files[0])
		require.NoError(t, err)
		if runtime.GOOS != "windows" {
			require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), "nobody else may read it")
		}
		kept, err := os.ReadFile(files[0])
		require.NoError(t, err)

		// It crashes: nothing of it is left but the file, with the number of a
		// process that is no more.
		w.kill(second)
		<-done2
		require.Contains(t, second.logged(), "game ended")
		_, err = os.Stat(files[0])
		require.Error(t, err, "an ordinary end removes it")
		dead := strings.Replace(string(kept), `"process": `, `"process": 99999`, 1)
		require.NoError(t, os.WriteFile(files[0], []byte(dead), 0o600))

		time.Sleep(3 * time.Second)
		again := w.emulator(1500, environ.EnvRole, "join", environ.EnvNick, "somebody", "TEST_STATE", second.state)
		done := again.start()
		<-again.playing
		<-done
		<-done1
		require.Zero(t, again.code)
		require.Equal(t, first.output, again.output, "all frames, from the first one on")
		require.Equal(t, second.output, again.output[:len(second.output)])
		require.Contains(t, again.logged(), "rejoining the game")
		left, _ := filepath.Glob(filepath.Join(second.state, "comeback-*"))
		require.Empty(t, left)
	})
}

// The server has given the place up: the orders are carried out as always.
func TestBackTooLate(t *testing.T) {
	inWorld(t, server.Config{}, func(t *testing.T, w *world) {
		e := w.emulator(100, environ.EnvRole, "create", environ.EnvNick, "ann", environ.EnvPlayers, "1")
		done := e.start()
		<-e.playing
		files, _ := filepath.Glob(filepath.Join(e.state, "comeback-*.json"))
		require.Len(t, files, 1)
		kept, _ := os.ReadFile(files[0])
		<-done
		require.NoError(t, os.WriteFile(files[0], []byte(strings.Replace(string(kept), `"process": `,
			`"process": 99999`, 1)), 0o600))
		require.NoError(t, os.WriteFile(filepath.Join(e.state, "comeback-x.json"), []byte("{broken"), 0o600))
		again := w.emulator(100, environ.EnvRole, "create", environ.EnvNick, "ann", environ.EnvPlayers, "1",
			"TEST_STATE", e.state)
		<-again.start()
		require.Zero(t, again.code)
		require.Contains(t, again.logged(), "no longer keeps")
		left, _ := filepath.Glob(filepath.Join(e.state, "comeback-*"))
		require.Empty(t, left, "what is of no use is not kept, broken ones neither")
	})
}

// A try that does not get as far as the server's answer about the place leaves the way back where it is; when no server
// can still keep the place it is gone.
func TestTheWayBackOutlivesAFailedTry(t *testing.T) {
	inWorld(t, server.Config{}, func(t *testing.T, w *world) {
		e := w.emulator(100, environ.EnvRole, "create", environ.EnvNick, "ann", environ.EnvPlayers, "1")
		done := e.start()
		<-e.playing
		files, _ := filepath.Glob(filepath.Join(e.state, "comeback-*.json"))
		require.Len(t, files, 1)
		kept, _ := os.ReadFile(files[0])
		<-done
		require.NoError(t, os.WriteFile(files[0], []byte(strings.Replace(string(kept), `"process": `,
			`"process": 99999`, 1)), 0o600))
		w.net.Filter(func(netip.AddrPort, netip.AddrPort, []byte) bool { return false })
		for range 2 {
			again := w.emulator(100, environ.EnvRole, "create", environ.EnvNick, "ann", environ.EnvPlayers, "1",
				"TEST_STATE", e.state)
			<-again.start()
			require.Contains(t, again.logged(), "rejoining")
			left, _ := filepath.Glob(filepath.Join(e.state, "*comeback-*"))
			require.Equal(t, files, left, "it is kept, and nothing beside it")
		}
		time.Sleep(10 * time.Minute)
		w.net.Filter(nil)
		again := w.emulator(100, environ.EnvRole, "create", environ.EnvNick, "ann", environ.EnvPlayers, "1",
			"TEST_STATE", e.state)
		<-again.start()
		require.NotContains(t, again.logged(), "rejoining")
		left, _ := filepath.Glob(filepath.Join(e.state, "comeback-*"))
		require.Empty(t, left)
	})
}

// A process that lives is playing the game itself.
func TestNoWayBackBesideALivingEmulator(t *testing.T) {
	inWorld(t, server.Config{}, func(t *testing.T, w *world) {
		first := w.emulator(600, environ.EnvRole, "create", environ.EnvNick, "ann", environ.EnvPlayers, "1")
		done := first.start()
		<-first.playing
		other := w.emulator(100, environ.EnvRole, "create", environ.EnvNick, "bob", environ.EnvPlayers, "1",
			"TEST_STATE", first.state)
		<-other.start()
		require.NotContains(t, other.logged(), "rejoining")
		<-done
		require.Zero(t, first.code)
		require.Len(t, first.output, 600*2)
	})
}
