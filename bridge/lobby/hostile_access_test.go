package lobby_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/bridge/environ"
	"kbridge/bridge/lobby"
)

// Row 40: a token lets one browser in, once; from then on that browser has a cookie, and everybody else a page that
// says what to do.
func TestATokenLetsOneBrowserInOnce(t *testing.T) {
	o := openLobby(t)
	address := o.address()
	first := newGuest(t)
	code, page := first.enter(address)
	require.Equal(t, http.StatusOK, code)
	require.Contains(t, page, "main.js")
	got := 0
	for range 10 {
		if code, page = newGuest(t).enter(address); code == http.StatusOK {
			got++
		}
	}
	t.Logf("of 10 more browsers with the same token, %d got in", got)
	require.Zero(t, got)
	require.Equal(t, http.StatusForbidden, code)
	require.Contains(t, page, "has been used")
	require.Contains(t, page, o.given, "it says what to do")
	// By its cookie the first one may reload, and open a second tab.
	for range 2 {
		res, _, err := first.get(first.base)
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, res.StatusCode)
	}
	for range 2 {
		_, err := first.socket(first.origin())
		require.NoError(t, err)
	}
}

// Row 40: the token stands in no list of processes: the browser is started with a file that only its user can read.
func TestNoListOfProcessesShowsTheToken(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("skipped: the list of processes is read in /proc, which is Linux's")
	}
	bin := t.TempDir()
	seen := filepath.Join(bin, "seen")
	script := "#!/bin/sh\ntr '\\000' ' ' </proc/$$/cmdline >" + seen + ".new && mv " + seen + ".new " + seen + "\n"
	require.NoError(t, os.WriteFile(filepath.Join(bin, "xdg-open"), []byte(script), 0o755))
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	t.Setenv("DISPLAY", ":99")
	o := openLobby(t, func(c *lobby.Config) { c.Open = nil })
	var cmdline []byte
	require.Eventually(t, func() bool { cmdline, _ = os.ReadFile(seen); return len(cmdline) > 0 }, soon,
		5*time.Millisecond)
	_, token, _ := strings.Cut(o.address(), "token=")
	t.Logf("the list of processes shows: %s", cmdline)
	require.NotContains(t, string(cmdline), token)
	require.NotContains(t, string(cmdline), "http:")

	info, err := os.Stat(o.given)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	info, err = os.Stat(filepath.Dir(o.given))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o700), info.Mode().Perm())
	o.session.Shutdown()
	<-o.ended
	require.NoFileExists(t, o.given, "it ends with the lobby")
}

// Row 40: the file lets its user in again and again, each time with another token: whoever had opened it by mistake, or
// has a browser that looks at links in advance, is not locked out.
func TestTheFileIsAlwaysAWayIn(t *testing.T) {
	o := openLobby(t)
	used := map[string]bool{}
	for range 5 {
		address := o.address()
		require.False(t, used[address], "each token is new")
		used[address] = true
		code, _ := newGuest(t).enter(address)
		require.Equal(t, http.StatusOK, code)
	}
	// What only looks at the address does not use it up.
	address := o.address()
	g := newGuest(t)
	for _, header := range []string{"Sec-Purpose", "Purpose", "X-Moz"} {
		res, _, err := g.get(address, func(r *http.Request) { r.Header.Set(header, "prefetch") })
		require.NoError(t, err)
		require.Equal(t, http.StatusForbidden, res.StatusCode, header)
	}
	res, err := g.client.Head(address)
	require.NoError(t, err)
	res.Body.Close()
	require.Empty(t, res.Cookies())
	code, _ := g.enter(address)
	require.Equal(t, http.StatusOK, code)
}

// Row 40: the log is its user's, also one that was there before; it names the file, and never the token.
func TestTheLogIsItsUsersAndNamesNoToken(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	require.NoError(t, os.WriteFile(path, []byte("from before\n"), 0o644))
	require.NoError(t, os.Chmod(path, 0o644))
	fails := func(string) error { return fmt.Errorf("there is no browser") }
	o := openLobby(t, func(c *lobby.Config) {
		get := c.Getenv
		c.Getenv = func(name string) string {
			if name == environ.EnvLog {
				return path
			}
			return get(name)
		}
		c.Open = fails
	})
	address := o.address()
	_, token, _ := strings.Cut(address, "token=")
	require.Eventually(t, func() bool {
		log, _ := os.ReadFile(path)
		return strings.Contains(string(log), "no browser could be opened")
	}, soon, 5*time.Millisecond)
	newGuest(t).enter(address)
	o.session.Shutdown()
	<-o.ended
	log, err := os.ReadFile(path)
	require.NoError(t, err)
	info, err := os.Stat(path)
	require.NoError(t, err)
	t.Logf("the log is %v, and names the token %d times", info.Mode().Perm(), strings.Count(string(log), token))
	if runtime.GOOS != "windows" {
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	}
	require.NotContains(t, string(log), token)
	require.NotContains(t, string(log), "token=")
	require.Contains(t, string(log), "from before")
	require.Contains(t, string(log), o.given)
}

// Row 40: cookies do not know of ports, so a browser sends ours to other servers on 127.0.0.1, those of other users
// too; they would be let in with it. It belongs to a folder with a random name.
func TestNoOtherServerOnThisComputerGetsTheCookie(t *testing.T) {
	o := openLobby(t)
	g := newGuest(t)
	code, _ := g.enter(o.address())
	require.Equal(t, http.StatusOK, code)
	got := make(chan string, 2)
	other := &http.Server{Handler: http.HandlerFunc(func(_ http.ResponseWriter,
		r *http.Request) {
		got <- r.Header.Get("Cookie")
	})}
	ln := listen(t)
	go other.Serve(ln)
	t.Cleanup(func() { other.Close() })
	for _, path := range []string{"/", "/socket"} {
		_, _, err := g.get("http://" + ln.Addr().String() + path)
		require.NoError(t, err)
		cookie := <-got
		t.Logf("another server on this computer is sent %q", cookie)
		require.Empty(t, cookie)
	}
}

// Row 40: every way in asks for the cookie and the page's own host and origin; no other page may frame ours, and
// nothing that a page can be made to request changes anything.
func TestOtherPagesInTheBrowserGetNothing(t *testing.T) {
	o := openLobby(t)
	host := hostOf(t, o.address())
	g := newGuest(t)
	code, _ := g.enter(o.address())
	require.Equal(t, http.StatusOK, code)
	res, _, err := g.get(g.base)
	require.NoError(t, err)
	require.Contains(t, res.Header.Get("Content-Security-Policy"), "default-src 'none'")
	require.Contains(t, res.Header.Get("Content-Security-Policy"), "frame-ancestors 'none'")
	require.Contains(t, res.Header.Get("Content-Security-Policy"), "form-action 'none'")
	require.Equal(t, "DENY", res.Header.Get("X-Frame-Options"))
	require.Equal(t, "same-origin", res.Header.Get("Cross-Origin-Resource-Policy"))
	require.Empty(t, res.Header.Get("Access-Control-Allow-Origin"))
	for _, name := range []string{"evil.example", "localhost", "127.0.0.2", "[::1]"} {
		_, port, _ := strings.Cut(host, ":")
		for _, target := range []string{g.base, o.address()} {
			res, _, err := g.get(target, func(r *http.Request) { r.Host = name + ":" + port })
			require.NoError(t, err)
			require.Equal(t, http.StatusForbidden, res.StatusCode, "by the name %s", name)
		}
	}
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions, "CONNECT"} {
		res, _, err := g.get(g.base, func(r *http.Request) { r.Method = method })
		require.NoError(t, err)
		require.Equal(t, http.StatusMethodNotAllowed, res.StatusCode, method)
	}
	for _, origin := range []string{"http://evil.example", "null", "https://" + host, "http://localhost",
		"http://127.0.0.1"} {
		_, err := g.socket(origin)
		require.Error(t, err, "a socket from %s", origin)
	}
	stranger := newGuest(t)
	stranger.base = g.base
	_, err = stranger.socket(g.origin())
	require.Error(t, err, "a socket without the cookie")
	_, err = g.socket(g.origin())
	require.NoError(t, err)
}
