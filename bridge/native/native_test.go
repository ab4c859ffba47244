package native_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/bridge/native"
	"kbridge/server/servertest"
)

func TestLibraryThatIsNone(t *testing.T) {
	_, err := native.Open(filepath.Join(t.TempDir(), "libkailleraclient.so"))
	require.ErrorContains(t, err, "cannot load")
	if runtime.GOOS == "linux" {
		_, err = native.Open("libc.so.6")
		require.ErrorContains(t, err, "does not export kailleraGetVersion")
	}
}

// build makes the library and the host. The host is a process of its own: it
// must be built without -race, and a fault in it is not this process's.
func build(t *testing.T) (library, host string) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("skipped: it builds the shared library of Linux, libkailleraclient.so")
	}
	dir := t.TempDir()
	library, host = filepath.Join(dir, "libkailleraclient.so"), filepath.Join(dir, "host")
	for _, args := range [][]string{
		{"build", "-buildmode=c-shared", "-o", library, "../../cabi"},
		{"build", "-o", host, "./testdata/host"},
	} {
		out, err := exec.Command("go", args...).CombinedOutput()
		require.NoError(t, err, "go %v:\n%s", args, out)
	}
	return library, host
}

func TestTwoHostsPlayThroughTheLibrary(t *testing.T) {
	library, host := build(t)
	s := servertest.Start(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	start := func(nick, role, frames string) func() string {
		log := filepath.Join(t.TempDir(), "log")
		cmd := exec.CommandContext(ctx, host, library, frames)
		cmd.Env = append(os.Environ(), "KAILLERA_SERVER="+s.Addr, "KAILLERA_NICK="+nick, "KAILLERA_ROLE="+role,
			"KAILLERA_PLAYERS=2", "KAILLERA_GAME=Maze", "KAILLERA_LOG="+log)
		var out strings.Builder
		cmd.Stdout, cmd.Stderr = &out, &out
		require.NoError(t, cmd.Start())
		return func() string {
			if err := cmd.Wait(); err != nil {
				text, _ := os.ReadFile(log)
				t.Errorf("%v: %v\n%s\nlog:\n%s", cmd.Args, err, &out, text)
			}
			return out.String()
		}
	}
	one, two := start("one", "create", "600"), start("two", "join", "300")
	second, first := two(), one()

	const frames = `delay (\d+) frames (\d+) digest (\d+)\n`
	require.Regexp(t, `^version 0\.9\ngame Maze 2 of 2\nchat one hello\n`+frames+`end 0\ndialog 0\nshutdown 0\n$`,
		second)
	require.Regexp(t,
		`^version 0\.9\ngame Maze 1 of 2\nsaid 0\nchat one hello\ndropped two 2\n`+frames+`end 0\ndialog 0\nshutdown 0\n$`, first)
	counts := func(out string) string { return regexp.MustCompile(frames).FindStringSubmatch(out)[2] }
	require.Equal(t, "600", counts(first))
	require.Equal(t, "300", counts(second))

	// And both to the end.
	one, two = start("one", "create", "300"), start("two", "join", "300")
	second, first = two(), one()
	digest := func(out string) string { return regexp.MustCompile(frames).FindStringSubmatch(out)[3] }
	require.Equal(t, digest(first), digest(second))
}
