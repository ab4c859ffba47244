package lobby_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"kbridge/bridge"
	"kbridge/bridge/environ"
	"kbridge/bridge/lobby"
	"kbridge/bridge/lobby/settings"
)

// soon bounds every wait; nothing depends on how long one takes.
const soon = 20 * time.Second

// opened is a lobby as its user and everybody else on the computer sees it.
type opened struct {
	t       *testing.T
	home    string
	log     string
	given   string // what the browser is started with
	session *bridge.Session
	ended   chan int
}

// openLobby calls kailleraSelectServerDialog of an emulator with a home of its own.
func openLobby(t *testing.T, change ...func(*lobby.Config)) *opened {
	t.Helper()
	o := &opened{t: t, home: t.TempDir(), ended: make(chan int, 1)}
	o.log = filepath.Join(o.home, "log")
	config := filepath.Join(o.home, "settings")
	f, _ := settings.Open(config)
	require.NoError(t, f.Change(func(s *settings.Settings) { s.Nick, s.Sources = "ann", []string{} }))
	env := map[string]string{environ.EnvLog: o.log, "HOME": o.home, "XDG_RUNTIME_DIR": filepath.Join(o.home, "run"),
		"LOCALAPPDATA": o.home}
	given := make(chan string, 1)
	cfg := lobby.Config{Getenv: func(name string) string { return env[name] }, Host: "127.0.0.1",
		Open: func(what string) error { return nil }, Opened: func(what string) { given <- what }}
	for _, c := range change {
		c(&cfg)
	}
	o.session = bridge.New(bridge.Config{UI: lobby.New(cfg), Getenv: cfg.Getenv,
		Folder: func() string { return config }, State: func() string { return config }})
	o.session.Init()
	require.NoError(t, o.session.SetInfos(&bridge.Infos{AppName: "test 1.0", Games: []string{"Duel"},
		Callbacks: bridge.Callbacks{Game: 1}}))
	t.Cleanup(o.session.Shutdown)
	id, err := o.session.BeginDialog(1, 0)
	require.NoError(t, err)
	go func() {
		for {
			var c bridge.Call
			code := o.session.NextCall(id, &c)
			if c.Kind == bridge.CallNone {
				o.ended <- code
				return
			}
			o.session.Wait(1, &c)
		}
	}()
	select {
	case o.given = <-given:
	case <-time.After(soon):
		t.Fatal("no lobby was opened")
	}
	return o
}

var (
	inFile = regexp.MustCompile(`url=(http://127\.0\.0\.1:\d+/\?token=[0-9a-f]+)"`)
	inPage = regexp.MustCompile(`url=(/[^"]*)"`)
)

// address is where what the browser is given leads to now.
func (o *opened) address() string {
	o.t.Helper()
	if strings.HasPrefix(o.given, "http://") {
		return o.given
	}
	text, err := os.ReadFile(o.given)
	require.NoError(o.t, err)
	m := inFile.FindSubmatch(text)
	require.NotNil(o.t, m, "%s", text)
	return string(m[1])
}

// guest is a browser.
type guest struct {
	t      *testing.T
	client *http.Client
	base   string // of the page
}

func newGuest(t *testing.T) *guest {
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &guest{t: t, client: &http.Client{Jar: jar, Transport: transport, Timeout: soon,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

func (g *guest) get(target string, change ...func(*http.Request)) (*http.Response, string, error) {
	r, err := http.NewRequest(http.MethodGet, target, nil)
	require.NoError(g.t, err)
	for _, c := range change {
		c(r)
	}
	res, err := g.client.Do(r)
	if err != nil {
		return nil, "", err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return res, string(body), err
}

// enter goes to an address with a token and on to the page, as a browser does; the page's status is returned.
func (g *guest) enter(address string) (int, string) {
	g.t.Helper()
	res, body, err := g.get(address)
	require.NoError(g.t, err)
	m := inPage.FindStringSubmatch(body)
	if res.StatusCode != http.StatusOK || m == nil {
		return res.StatusCode, body
	}
	u, _ := url.Parse(address)
	g.base = "http://" + u.Host + m[1]
	res, body, err = g.get(g.base)
	require.NoError(g.t, err)
	return res.StatusCode, body
}

// socket opens the page's WebSocket.
func (g *guest) socket(origin string) (*websocket.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), soon)
	defer cancel()
	c, res, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(g.base, "http")+"socket",
		&websocket.DialOptions{HTTPClient: g.client, HTTPHeader: http.Header{"Origin": {origin}}})
	if res != nil && res.Body != nil && err != nil {
		res.Body.Close()
	}
	if err == nil {
		c.SetReadLimit(8 << 20)
		g.t.Cleanup(func() { c.CloseNow() })
	}
	return c, err
}

// origin is the page's.
func (g *guest) origin() string {
	u, _ := url.Parse(g.base)
	return "http://" + u.Host
}

// host is where a lobby listens.
func hostOf(t *testing.T, address string) string {
	u, err := url.Parse(address)
	require.NoError(t, err)
	_, _, err = net.SplitHostPort(u.Host)
	require.NoError(t, err)
	return u.Host
}
