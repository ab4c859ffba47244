package lobby

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"kbridge/bridge"
	"kbridge/bridge/environ"
	"kbridge/server"
	"kbridge/server/servertest"
)

func fullServer() server.Config { return server.Config{MaxUsers: 1} }

// Nobody gets in without the token, from elsewhere, or by another name; two
// emulators' cookies are strangers to each other.
func TestAccess(t *testing.T) {
	p, other := newPlayer(t, "ann"), newPlayer(t, "bob")
	file, elsewhere := p.open(), other.open()
	u, _ := url.Parse(leads(t, file))
	get := func(target string, change func(*http.Request)) (int, http.Header, string) {
		r, err := http.NewRequest(http.MethodGet, target, nil)
		require.NoError(t, err)
		if change != nil {
			change(r)
		}
		res, err := (&http.Client{CheckRedirect: func(*http.Request,
			[]*http.Request) error {
			return http.ErrUseLastResponse
		}}).Do(r)
		require.NoError(t, err)
		defer res.Body.Close()
		body, _ := io.ReadAll(res.Body)
		return res.StatusCode, res.Header, string(body)
	}
	code, header, answer := get(leads(t, file), nil)
	require.Equal(t, 200, code)
	base := "http://" + u.Host + strings.TrimSuffix(pagePath(t, answer), "/")
	cookie := header.Get("Set-Cookie")
	require.Contains(t, cookie, "HttpOnly")
	require.Contains(t, cookie, "SameSite=Strict")
	mine := strings.SplitN(cookie, ";", 2)[0]
	require.Contains(t, mine, u.Port(), "the name carries the instance")
	require.Contains(t, cookie, "Path="+pagePath(t, answer))
	with := func(c string) func(*http.Request) { return func(r *http.Request) { r.Header.Set("Cookie", c) } }
	_, header, _ = get(leads(t, elsewhere), nil)
	theirs := strings.SplitN(header.Get("Set-Cookie"), ";", 2)[0]
	require.NotEqual(t, strings.SplitN(mine, "=", 2)[0], strings.SplitN(theirs, "=", 2)[0])

	code, header, _ = get(base+"/", with(mine))
	require.Equal(t, 200, code)
	csp := header.Get("Content-Security-Policy")
	require.Contains(t, csp, "default-src 'none'")
	require.NotContains(t, csp, "unsafe")
	require.Equal(t, "nosniff", header.Get("X-Content-Type-Options"))
	require.Equal(t, "no-referrer", header.Get("Referrer-Policy"))
	code, _, _ = get(base+"/main.js", with(mine))
	require.Equal(t, 200, code)

	for name, c := range map[string]func() int{
		"no token":    func() int { code, _, _ := get(base+"/", nil); return code },
		"wrong token": func() int { code, _, _ := get("http://"+u.Host+"/?token=0123", nil); return code },
		"other's token": func() int {
			_, token, _ := strings.Cut(leads(t, elsewhere), "?")
			code, _, _ := get("http://"+u.Host+"/?"+token, nil)
			return code
		},
		"the cookie, but not its folder": func() int {
			code, _, _ := get("http://"+u.Host+"/",
				with(mine))
			return code
		},
		"other's cookie": func() int {
			code, _, _ := get(base+"/", with(theirs))
			return code
		},
		"wrong secret": func() int {
			code, _,
				_ := get(base+"/", with(strings.SplitN(mine, "=", 2)[0]+"=x"))
			return code
		},
		"another name for us": func() int {
			code, _, _ := get(leads(t, file), func(r *http.Request) { r.Host = "evil.example:" + u.Port() })
			return code
		},
		"localhost": func() int {
			code, _, _ := get(leads(t, file), func(r *http.Request) { r.Host = "localhost:" + u.Port() })
			return code
		},
		"a socket of a foreign page": func() int {
			code, _, _ := get(base+"/socket", func(r *http.Request) {
				with(mine)(r)
				r.Header.Set("Origin",
					"http://evil.example")
			})
			return code
		},
		"a socket of no page": func() int { code, _, _ := get(base+"/socket", with(mine)); return code },
		"a socket of the other emulator's page": func() int {
			o, _ := url.Parse(elsewhere)
			code, _, _ := get(base+"/socket", func(r *http.Request) {
				with(mine)(r)
				r.Header.Set("Origin",
					"http://"+o.Host)
			})
			return code
		},
	} {
		require.Equal(t, 403, c(), name)
	}
	for _, path := range []string{"/../page.go", "/..%2fpage.go", "/page.go", "/%2e%2e/desk.go"} {
		code, _, body := get(base+path, with(mine))
		require.NotContains(t, body, "package ", path)
		require.NotEqual(t, 200, code, path)
	}
	r, _ := http.NewRequest(http.MethodPost, base+"/", strings.NewReader("x"))
	r.Header.Set("Cookie", mine)
	res, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	res.Body.Close()
	require.Equal(t, http.StatusMethodNotAllowed, res.StatusCode)
	// The file lets somebody in again, for a browser that was closed.
	code, _, _ = get(leads(t, file), nil)
	require.Equal(t, 200, code)
}

// What a page says wrong harms nobody: it is answered or cut off.
func TestNonsenseFromAPage(t *testing.T) {
	p := newPlayer(t, "ann")
	b := newBrowser(t, p.open())
	for _, m := range []string{`{`, `[]`, `{"t":"nothing","id":5}`, `{"t":"join","game":-1}`,
		`{"t":"join","game":99999999999}`, `{"t":"kick","user":-5}`,
		`{"t":"say","where":"nowhere","text":"x"}`, `{"t":"playback","speed":-1}`, `{"t":"favour","address":"` +
			strings.Repeat("a", 5000) + `","place":1}`,
		`{"t":"setSettings","connection":99}`, `{"t":"startHost","port":-3}`, `{"t":"ignore","user":70000,"on":true}`,
		`{"t":"start"}`, `{"t":"leave"}`} {
		require.NoError(t, b.conn.Write(context.Background(), websocket.MessageText, []byte(m)), m)
	}
	require.Empty(t, b.ask("setSettings", f{"sound": false}), "it still listens")
	b.is("settings", "sound", false)
	b.is("settings", "connection", 1)
	_ = b.conn.Write(context.Background(), websocket.MessageText,
		[]byte(`{"t":"say","text":"`+strings.Repeat("x", maxFromPage)+`"}`))
	b.until("the end of this connection", func() bool { return b.conn.Ping(context.Background()) != nil })
	b.dial() // and it may come back
	require.Empty(t, b.ask("setSettings", f{"sound": true}))
}

// A page that vanished can be opened again; without one the dialog ends, but not
// in a room.
func TestALostPage(t *testing.T) {
	srv := servertest.Start(t)
	p := newPlayer(t, "ann")
	p.lobby.aloneFor = 1500 * time.Millisecond
	file := p.open()
	b := newBrowser(t, file)
	require.Empty(t, b.ask("connect", f{"address": srv.Addr}))
	b.is("session", "state", "connected")
	require.Empty(t, b.ask("create", f{"game": "Duel"}))
	b.say("say", f{"where": "lobby", "text": "before"})
	b.hears("chat", "before")
	b.conn.CloseNow()
	select {
	case <-p.ended:
		t.Fatal("a dialog ended although the player was in a room")
	case <-time.After(2 * p.lobby.aloneFor):
	}
	again := newBrowser(t, file)
	again.is("room", "mine", true)
	again.hears("chat", "before")
	require.Empty(t, again.ask("leave", nil))
	again.conn.CloseNow()
	select {
	case code := <-p.ended:
		require.Zero(t, code)
	case <-time.After(patience):
		t.Fatal("a dialog without a page does not end")
	}
}

// Whoever closes the page by mistake, in a room, has nothing but the emulator's window to go to.
func TestTheEmulatorsWindowIsEnabledWhileNoPageIsOpen(t *testing.T) {
	p := newPlayer(t, "ann")
	p.lobby.aloneFor = 2 * patience // it is not the dialog's end that enables it
	id, err := p.session.BeginDialog(1, 0)
	require.NoError(t, err)
	file := <-p.file
	modal := func(want bool) {
		t.Helper()
		for end := time.Now().Add(patience); ; {
			var c bridge.Call
			p.session.NextCall(id, &c)
			require.Equal(t, bridge.CallWait, c.Kind)
			if c.Modal == want {
				return
			}
			require.True(t, time.Now().Before(end), "modal is still %v", c.Modal)
			p.session.Wait(1, &c)
		}
	}
	modal(true) // the browser starts
	b := newBrowser(t, file)
	b.is("session", "state", "none")
	modal(true)
	b.conn.CloseNow()
	modal(false)
	newBrowser(t, file)
	modal(true)
	p.session.Shutdown()
}

// If no browser comes at all the emulator goes on after a while.
func TestNobodyComes(t *testing.T) {
	p := newPlayer(t, "ann")
	p.lobby.firstPage = 300 * time.Millisecond
	p.open()
	require.Zero(t, <-p.ended)
}

func TestWhetherThereIsALobby(t *testing.T) {
	for word, want := range map[string]string{"off": "no lobby", "maybe": "it takes on, address or off"} {
		p := newPlayer(t, "ann", func(c *Config) {
			get := c.Getenv
			c.Getenv = func(name string) string {
				if name == environ.EnvLobby {
					return word
				}
				return get(name)
			}
		})
		go p.dialog()
		require.Equal(t, -1, <-p.ended)
		log, _ := os.ReadFile(filepath.Join(p.folder, "log"))
		require.Contains(t, string(log), want)
	}
}

// unset makes the lobby open a browser.
func unset(c *Config) {
	get := c.Getenv
	c.Getenv = func(name string) string {
		if name == environ.EnvLobby {
			return ""
		}
		return get(name)
	}
}

// Where no browser opens, or none comes, the player is told an address, once; the log names the file.
func TestWhereNoBrowserComesTheAddressIsToldOnce(t *testing.T) {
	for name, fails := range map[string]error{"it cannot be opened": os.ErrNotExist, "it does not come": nil} {
		t.Run(name, func(t *testing.T) {
			opened, told := make(chan string, 1), make(chan string, 10)
			p := newPlayer(t, "ann", unset, func(c *Config) {
				c.Open = func(file string) error { opened <- file; return fails }
				c.Stderr = said(told)
			})
			p.lobby.browserLate = time.Millisecond
			file := p.open()
			require.Equal(t, file, <-opened)
			line := <-told
			address := regexp.MustCompile(`http://\S+`).FindString(line)
			require.NotEqual(t, leads(t, file), address, "it has a token of its own")
			for _, want := range []int{200, 403} {
				res, err := http.Get(address)
				require.NoError(t, err)
				res.Body.Close()
				require.Equal(t, want, res.StatusCode, "it works once")
			}
			newBrowser(t, file)
			p.session.Shutdown()
			<-p.ended
			require.Empty(t, told)
			log, _ := os.ReadFile(filepath.Join(p.folder, "log"))
			require.Contains(t, string(log), file)
			require.NotContains(t, string(log), "token")
		})
	}
}

// A lobby whose file can be written nowhere says its address.
func TestWithoutAFileTheAddressIsTold(t *testing.T) {
	told := make(chan string, 10)
	p := newPlayer(t, "ann", unset, func(c *Config) {
		get := c.Getenv
		c.Getenv = func(name string) string {
			if name == "HOME" || name == "LOCALAPPDATA" {
				return ""
			}
			return get(name)
		}
		c.Stderr = said(told)
	})
	go p.dialog()
	res, err := http.Get(regexp.MustCompile(`http://\S+`).FindString(<-told))
	require.NoError(t, err)
	res.Body.Close()
	require.Equal(t, 200, res.StatusCode)
}

// said is a writer that hands on what is written.
type said chan string

func (s said) Write(b []byte) (int, error) { s <- string(b); return len(b), nil }

// A broken settings file is set aside and named; nothing goes on running when the
// dialog is over.
func TestABrokenSettingsFileAndTheEnd(t *testing.T) {
	p := newPlayer(t, "ann")
	require.NoError(t, os.WriteFile(filepath.Join(p.folder, "kbridge.toml"), []byte("sources = []\nnick = ["), 0o600))
	before := runtime.NumGoroutine()
	b := newBrowser(t, p.open())
	b.until("the problem", func() bool { return strings.Contains(fmt.Sprint(b.last["hello"]), "could not be read") })
	b.is("hello", "firstRun", true)
	b.say("back", nil)
	require.Zero(t, <-p.ended)
	b.conn.CloseNow()
	b.client.CloseIdleConnections()
	waitUntil(t, "all goroutines to end", func() bool { return runtime.NumGoroutine() <= before+1 })
}

// A player who crashed is offered the way back.
func TestComingBack(t *testing.T) {
	srv := servertest.Start(t)
	one, two := newPlayer(t, "ann"), newPlayer(t, "bob")
	a, b := newBrowser(t, one.open()), newBrowser(t, two.open())
	for _, page := range []*bare{a, b} {
		require.Empty(t, page.ask("connect", f{"address": srv.Addr}))
		page.is("session", "state", "connected")
	}
	require.Empty(t, a.ask("create", f{"game": "Duel"}))
	b.until("the room", func() bool { return len(b.games) == 1 })
	require.Empty(t, b.ask("join", f{"game": 1}))
	a.until("two players", func() bool { return len(a.last["room"]["players"].([]any)) == 2 })
	require.Empty(t, a.ask("start", nil))
	waitUntil(t, "frames", func() bool { return two.count() > 100 })
	files, _ := filepath.Glob(filepath.Join(two.folder, "comeback-*.json"))
	require.Len(t, files, 1)
	kept, _ := os.ReadFile(files[0])

	// What a crash leaves: the file, with a process that is no more. Here the new
	// emulator takes the place while the old one is still there.
	again := newPlayer(t, "somebody else")
	dead := strings.Replace(string(kept), `"process": `, `"process": 99999`, 1)
	require.NoError(t, os.WriteFile(filepath.Join(again.folder, filepath.Base(files[0])), []byte(dead), 0o600))
	c := newBrowser(t, again.open())
	c.is("hello", "comeback", "Duel")
	require.Empty(t, c.ask("comeBack", nil))
	c.is("session", "nick", "bob")
	c.is("play", "state", "playing")
	b.is("session", "state", "none")
	waitUntil(t, "the new one to catch up", func() bool { return again.count() > 200 })
	a.hears("server", "has rejoined the game")
	waitUntil(t, "it to be in step", func() bool { return again.count() > 400 })
	mine, theirs := one.ran(), again.ran()
	for i := range min(len(mine), len(theirs)) {
		require.Equal(t, mine[i], theirs[i], "frame %d", i)
	}
	c.is("hello", "comeback", "")
	var _ bridge.UI = again.lobby
}
