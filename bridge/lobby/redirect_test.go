package lobby

import (
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

func environment(values map[string]string) func(string) string {
	return func(name string) string { return values[name] }
}

// The file lies where the user's browser can read it, and nobody else.
func TestWhereTheFileLies(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("skipped: the folders are those of Linux")
	}
	home := t.TempDir()
	plain := map[string]string{"HOME": home, "XDG_RUNTIME_DIR": "/run/user/1000"}
	in := func(parts ...string) string { return filepath.Join(append([]string{home}, parts...)...) }
	require.Equal(t, []string{"/run/user/1000/kbridge-lobby", in(".cache", "kbridge-lobby")},
		redirectFolders(environment(plain)))
	require.NoError(t, os.Mkdir(in("snap"), 0o700))
	require.Equal(t, in("kbridge-lobby"), redirectFolders(environment(plain))[0], "snaps see no hidden folder")
	plain["FLATPAK_ID"] = "org.example.Emulator"
	plain["XDG_CACHE_HOME"] = "/var/cache"
	require.Equal(t, []string{"/var/cache/kbridge-lobby", in(".cache", "kbridge-lobby")},
		redirectFolders(environment(plain)), "a flatpak's session folder is not the browser's")
	require.Empty(t, redirectFolders(environment(map[string]string{"XDG_CACHE_HOME": "relative"})))
}

// A folder that others may look into is closed to them, one that is not ours is not used, and files of killed emulators
// go.
func TestTheFilesFolderIsOursAlone(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("skipped: the folders and their rights are those of Linux")
	}
	run, home := t.TempDir(), t.TempDir()
	folder := filepath.Join(run, "kbridge-lobby")
	require.NoError(t, os.Mkdir(folder, 0o700))
	require.NoError(t, os.Chmod(folder, 0o777))
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	dead, err := net.Listen("tcp4", "127.0.0.1:0")
	require.NoError(t, err)
	_, port, _ := net.SplitHostPort(dead.Addr().String())
	dead.Close()
	stale := filepath.Join(folder, "lobby-"+port+".html")
	_, port, _ = net.SplitHostPort(ln.Addr().String())
	live := filepath.Join(folder, "lobby-"+port+".html")
	for _, file := range []string{stale, live} {
		require.NoError(t, os.WriteFile(file, nil, 0o600))
	}
	a := newAccess(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1234}, nil)
	env := environment(map[string]string{"XDG_RUNTIME_DIR": run, "HOME": home})
	r, err := newRedirect(a, env, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	require.Equal(t, filepath.Join(folder, "lobby-1234.html"), r.path)
	info, err := os.Stat(folder)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o700), info.Mode().Perm())
	r.sweep(t.Context())
	require.NoFileExists(t, stale)
	require.FileExists(t, r.path)
	require.FileExists(t, live)
	r.remove()
	require.NoFileExists(t, r.path)
	require.NoError(t, r.write(), "over is over")
	require.NoFileExists(t, r.path)
	require.FileExists(t, live)

	// In the folder's place a link to another one, which others may look into.
	require.NoError(t, os.RemoveAll(folder))
	require.NoError(t, os.Symlink(t.TempDir(), folder))
	r, err = newRedirect(a, env, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	require.Equal(t, filepath.Join(home, ".cache", "kbridge-lobby", "lobby-1234.html"), r.path)
}
