package kclient_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// rooms is who may import whom, beyond the standard library: by package, the
// longest prefix rules. Arrows go one way:
// wire, framecache ← lockstep, link ← kclient ← bridge ← cabi, and the same
// subpackages ← server.
var rooms = map[string][]string{
	"kbridge/kclient/wire":                    {},
	"kbridge/kclient/wire/ext":                {"kbridge/kclient/wire", "kbridge/kclient/wire/internal/field"},
	"kbridge/kclient/race":                    {},
	"kbridge/kclient/version":                 {},
	"kbridge/kclient/wire/internal/codectest": {"github.com/stretchr/testify"},
	"kbridge/kclient/history":                 {},
	"kbridge/kclient/setting":                 {},
	"kbridge/kclient/text":                    {"golang.org/x/text", "golang.org/x/net/idna"},
	"kbridge/kclient/framecache":              {},
	"kbridge/kclient/lockstep":                {"kbridge/kclient/framecache"},
	"kbridge/kclient/link":                    {"kbridge/kclient/wire"},
	"kbridge/kclient/sim/network":             {},
	"kbridge/kclient/sim/recordings":          {},
	"kbridge/bridge/krec":                     {},
	"kbridge/kclient/logqueue":                {"kbridge/kclient/guard"},
	"kbridge/kclient/udp":                     {"golang.org/x/sys"},
	"kbridge/kclient/guard":                   {},
	"kbridge/kclient/sim/lab": {"kbridge/kclient/wire", "kbridge/kclient/framecache",
		"kbridge/kclient/lockstep", "kbridge/kclient/link", "kbridge/kclient/sim/network", "kbridge/kclient/sim/peers",
		"kbridge/kclient/guard"},
	"kbridge/kclient/sim/peers": {"kbridge/kclient/wire", "kbridge/kclient/framecache",
		"kbridge/kclient/lockstep", "kbridge/kclient/sim/network", "kbridge/kclient/guard"},
	"kbridge/kclient": {"kbridge/kclient/..."},
	// Arrows within the server: server → kaillera → lobby → room → door; what all of them use knows none of them.
	"kbridge/server": {"kbridge/server/kaillera", "kbridge/server/lobby", "kbridge/server/room",
		"kbridge/server/config", "kbridge/server/limits", "kbridge/server/stats", "kbridge/server/rate",
		"kbridge/server/timer",
		"kbridge/kclient/guard", "kbridge/kclient/logqueue", "kbridge/kclient/setting", "kbridge/kclient/text",
		"kbridge/kclient/udp", "kbridge/kclient/version"},
	"kbridge/server/kaillera": {"kbridge/server/lobby", "kbridge/server/room", "kbridge/server/door",
		"kbridge/server/clean", "kbridge/server/config", "kbridge/server/limits", "kbridge/server/lock",
		"kbridge/server/pot", "kbridge/server/rate", "kbridge/server/stats", "kbridge/server/timer",
		"kbridge/kclient/guard", "kbridge/kclient/history", "kbridge/kclient/link", "kbridge/kclient/lockstep",
		"kbridge/kclient/text", "kbridge/kclient/wire", "kbridge/kclient/wire/ext"},
	// No wire, no link, no socket.
	"kbridge/server/lobby": {"kbridge/server/room", "kbridge/server/door", "kbridge/server/clean",
		"kbridge/server/config", "kbridge/server/limits", "kbridge/server/lock", "kbridge/server/rate",
		"kbridge/server/stats", "kbridge/server/timer", "kbridge/kclient/guard", "kbridge/kclient/text",
		"golang.org/x/text/unicode/norm"},
	"kbridge/server/room": {"kbridge/server/door", "kbridge/server/limits", "kbridge/server/lock",
		"kbridge/server/pot", "kbridge/server/rate", "kbridge/server/stats", "kbridge/server/timer",
		"kbridge/kclient/framecache", "kbridge/kclient/guard", "kbridge/kclient/history", "kbridge/kclient/lockstep"},
	"kbridge/server/door": {"kbridge/server/limits", "kbridge/kclient/lockstep"},
	"kbridge/server/config": {"kbridge/server/clean", "kbridge/server/limits", "kbridge/server/room",
		"kbridge/kclient/framecache", "kbridge/kclient/setting", "kbridge/kclient/text"},
	"kbridge/server/clean": {"kbridge/kclient/text"},
	"kbridge/server/lock":  {},
	"kbridge/server/pot":   {},
	"kbridge/server/cmd": {"kbridge/server", "kbridge/kclient/guard", "kbridge/kclient/logqueue",
		"kbridge/kclient/setting", "kbridge/kclient/text", "kbridge/kclient/version", "kbridge/kclient/wire"},
	"kbridge/server/servertest": {"kbridge/server", "kbridge/kclient/guard"},
	"kbridge/server/timer":      {},
	"kbridge/server/rate":       {},
	"kbridge/server/stats":      {},
	"kbridge/server/limits":     {"kbridge/kclient/history", "kbridge/kclient/wire", "kbridge/server/rate"},
	"kbridge/bridge": {"kbridge/kclient", "kbridge/kclient/...", "kbridge/server",
		"kbridge/bridge/...", "golang.org/x/sys"},
	"kbridge/bridge/lobby": {"kbridge/bridge", "kbridge/bridge/environ", "kbridge/bridge/krec",
		"kbridge/kclient", "kbridge/kclient/...", "kbridge/server", "github.com/coder/websocket",
		"github.com/BurntSushi/toml", "golang.org/x/sys", "golang.org/x/text"},
	"kbridge/bridge/lobby/browsertest": {"github.com/chromedp/chromedp", "github.com/chromedp/cdproto",
		"kbridge/kclient/guard"},
	"kbridge/bridge/environ": {"kbridge/kclient", "kbridge/kclient/setting", "kbridge/kclient/text",
		"kbridge/kclient/wire"},
	"kbridge/bridge/native": {"github.com/ebitengine/purego", "golang.org/x/sys"},
	"kbridge/cabi":          {"kbridge/bridge", "kbridge/bridge/...", "kbridge/kclient/guard"},
	"kbridge/examples": {"kbridge/kclient", "kbridge/kclient/...", "kbridge/server",
		"kbridge/server/...", "kbridge/bridge", "kbridge/bridge/...", "golang.org/x/sys"},
}

type listed struct {
	ImportPath string
	Imports    []string
	CgoFiles   []string
	Standard   bool
}

// TestRooms holds every package to the table above.
func TestRooms(t *testing.T) {
	packages := goList(t, "./...")
	require.NotEmpty(t, packages)
	for _, p := range packages {
		room, ok := roomOf(p.ImportPath)
		require.True(t, ok, "%s is in no room: add it to the table", p.ImportPath)
		if room != "kbridge/cabi" {
			require.Empty(t, p.CgoFiles, "%s uses cgo; only cabi may", p.ImportPath)
		}
		for _, imp := range p.Imports {
			if !strings.Contains(imp, ".") && !strings.HasPrefix(imp, "kbridge/") || imp == "C" {
				continue // the standard library
			}
			if own, _ := roomOf(imp); own == room {
				continue
			}
			require.True(t, slices.ContainsFunc(rooms[room], func(may string) bool { return covers(may, imp) }),
				"%s imports %s, which its room (%s) may not", p.ImportPath, imp, room)
		}
	}
}

// covers reports whether the entry of the table allows the import; "x/..." means
// what lies below x, and a module's path means its packages.
func covers(may, imp string) bool {
	if below, ok := strings.CutSuffix(may, "/..."); ok {
		return strings.HasPrefix(imp, below+"/")
	}
	return imp == may || strings.Contains(may, ".") && strings.HasPrefix(imp, may+"/")
}

func roomOf(path string) (string, bool) {
	for {
		if _, ok := rooms[path]; ok {
			return path, true
		}
		cut := strings.LastIndexByte(path, '/')
		if cut < 0 {
			return "", false
		}
		path = path[:cut]
	}
}

func goList(t *testing.T, pattern string) (packages []listed) {
	cmd := exec.Command("go", "list", "-e", "-json=ImportPath,Imports,CgoFiles,Standard", pattern)
	cmd.Dir = ".."
	out, err := cmd.Output()
	require.NoError(t, err)
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else {
			require.NoError(t, err)
		}
		packages = append(packages, p)
	}
}

func TestRoomsTableRefuses(t *testing.T) {
	require.False(t, covers("kbridge/kclient/...", "kbridge/kclient"))
	require.False(t, covers("kbridge/kclient/wire", "kbridge/kclient/wirex"))
	require.True(t, covers("golang.org/x/text", "golang.org/x/text/encoding"))
	room, ok := roomOf("kbridge/server/cmd/kaillera-server")
	require.True(t, ok)
	require.Equal(t, "kbridge/server/cmd", room)
	_, ok = roomOf("kbridge/elsewhere")
	require.False(t, ok)
}
