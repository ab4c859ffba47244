package lobby

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"kbridge/bridge"
	"kbridge/bridge/lobby/settings"
	"kbridge/server/servertest"
)

// patience bounds every wait of these tests; nothing depends on how long it takes.
const patience = 30 * time.Second

// player is an emulator with its lobby, on a thread of its own.
type player struct {
	t       *testing.T
	folder  string
	session *bridge.Session
	lobby   *Lobby
	address chan string
	ended   chan int // what kailleraSelectServerDialog returned

	mu     sync.Mutex
	frames [][]byte // of the last game
	chats  []string
	games  int
	quit   bool          // end the game now
	pause  time.Duration // once, in mid-game
}

// loopbackOnly asks no public address, whatever the settings say.
var loopbackOnly = &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
	if !strings.HasPrefix(address, "127.0.0.1:") {
		return nil, fmt.Errorf("a test wanted to ask %s", address)
	}
	return (&net.Dialer{}).DialContext(ctx, network, address)
}}}

// newPlayer makes an emulator whose user has a name already, or none.
func newPlayer(t *testing.T, nick string, change ...func(*Config)) *player {
	p := &player{t: t, folder: t.TempDir(), address: make(chan string, 1), ended: make(chan int, 1)}
	f, _ := settings.Open(p.folder)
	require.NoError(t, f.Change(func(s *settings.Settings) { s.Nick, s.Sources = nick, nil }))
	env := map[string]string{EnvLobby: Address, bridge.EnvLog: filepath.Join(p.folder, "log")}
	cfg := Config{Client: loopbackOnly, Getenv: func(name string) string { return env[name] }, Host: "127.0.0.1", Opened: func(a string) { p.address <- a },
		Open: func(string) error { panic("no test opens a browser") }}
	for _, c := range change {
		c(&cfg)
	}
	p.lobby = New(cfg)
	p.session = bridge.New(bridge.Config{UI: p.lobby, Getenv: cfg.Getenv, Folder: func() string { return p.folder }, State: func() string { return p.folder }})
	p.session.Init()
	require.NoError(t, p.session.SetInfos(&bridge.Infos{AppName: "test 1.0", Games: []string{"Duel", "Maze <b>", "Duel 2"},
		Callbacks: bridge.Callbacks{Game: 1, ChatReceived: 2, ClientDropped: 3, MoreInfos: 4}}))
	t.Cleanup(func() {
		p.session.Shutdown()
		if t.Failed() {
			log, _ := os.ReadFile(filepath.Join(p.folder, "log"))
			t.Logf("log of %q:\n%s", nick, log)
		}
	})
	return p
}

// open calls kailleraSelectServerDialog and returns the address of the page.
func (p *player) open() string {
	go p.dialog()
	select {
	case a := <-p.address:
		return a
	case <-time.After(patience):
		p.t.Fatal("no lobby was opened")
		return ""
	}
}

func (p *player) dialog() {
	id, err := p.session.BeginDialog(1, 0)
	if err != nil {
		p.ended <- -2
		return
	}
	for {
		var c bridge.Call
		code := p.session.NextCall(id, -1, &c)
		switch c.Kind {
		case bridge.CallNone:
			p.ended <- code
			return
		case bridge.CallGame:
			p.play(c)
		}
	}
}

// play is the emulator's loop.
func (p *player) play(c bridge.Call) {
	p.mu.Lock()
	p.frames, p.quit = nil, false
	p.games++
	p.mu.Unlock()
	for n := 0; ; n++ {
		values := make([]byte, 16)
		values[0], values[1] = byte(c.Player), byte(n/8)
		var call bridge.Call
		got := p.session.ModifyPlayValues(1, values, 2, &call)
		for call.Kind != bridge.CallNone {
			if call.Kind == bridge.CallChat {
				p.mu.Lock()
				p.chats = append(p.chats, call.Nick+": "+call.Text)
				p.mu.Unlock()
			}
			got = p.session.ModifyPlayValues(1, values, 2, &call)
		}
		p.mu.Lock()
		quit, pause := p.quit, p.pause
		p.pause = 0
		if got > 0 {
			p.frames = append(p.frames, bytes.Clone(values[:got]))
		}
		p.mu.Unlock()
		if got < 0 || quit {
			break
		}
		time.Sleep(pause)
		if p.session.FramesBehind() == 0 {
			time.Sleep(4 * time.Millisecond)
		}
	}
	p.session.EndGame()
}

func (p *player) heard(line string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Contains(p.chats, line)
}

// played is how many games were begun.
func (p *player) played() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.games
}

func (p *player) count() int { return len(p.ran()) }

// ran are the frames of the last game.
func (p *player) ran() [][]byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.frames)
}

// bare is a page without a screen: it keeps what the library tells it, by type.
type bare struct {
	t      *testing.T
	client *http.Client
	url    *url.URL
	conn   *websocket.Conn

	mu      sync.Mutex
	changed chan struct{}
	last    map[string]map[string]any
	lines   []map[string]any
	users   map[float64]map[string]any
	games   map[float64]map[string]any
	dones   map[float64]map[string]any
	samples int
	id      float64
}

func newBrowser(t *testing.T, address string) *bare {
	u, err := url.Parse(address)
	require.NoError(t, err)
	jar, _ := cookiejar.New(nil)
	b := &bare{t: t, url: u, client: &http.Client{Jar: jar}, changed: make(chan struct{}, 1), last: map[string]map[string]any{},
		users: map[float64]map[string]any{}, games: map[float64]map[string]any{}, dones: map[float64]map[string]any{}}
	res, err := b.client.Get(address)
	require.NoError(t, err)
	res.Body.Close()
	require.Equal(t, 200, res.StatusCode)
	b.dial()
	return b
}

func (b *bare) dial() {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c, _, err := websocket.Dial(ctx, "ws://"+b.url.Host+"/socket", &websocket.DialOptions{HTTPClient: b.client, HTTPHeader: http.Header{"Origin": {"http://" + b.url.Host}}})
	require.NoError(b.t, err)
	c.SetReadLimit(8 << 20)
	b.conn = c
	b.t.Cleanup(func() { c.CloseNow() })
	go b.read(c)
}

func (b *bare) read(c *websocket.Conn) {
	for {
		_, text, err := c.Read(context.Background())
		if err != nil {
			return
		}
		var m map[string]any
		if json.Unmarshal(text, &m) != nil {
			panic("the library sent what is no JSON object: " + string(text))
		}
		b.mu.Lock()
		switch t := m["t"].(string); t {
		case "chat":
			for _, l := range m["lines"].([]any) {
				b.lines = append(b.lines, l.(map[string]any))
			}
		case "users":
			b.users = map[float64]map[string]any{}
			for _, u := range m["list"].([]any) {
				b.users[u.(map[string]any)["id"].(float64)] = u.(map[string]any)
			}
		case "userChanged":
			u := m["user"].(map[string]any)
			b.users[u["id"].(float64)] = u
		case "userGone":
			delete(b.users, m["id"].(float64))
		case "games":
			b.games = map[float64]map[string]any{}
			for _, g := range m["list"].([]any) {
				b.games[g.(map[string]any)["id"].(float64)] = g.(map[string]any)
			}
		case "gameChanged":
			g := m["game"].(map[string]any)
			b.games[g["id"].(float64)] = g
		case "gameGone":
			delete(b.games, m["id"].(float64))
		case "sampled":
			b.samples++
		case "done":
			b.dones[m["re"].(float64)] = m
		default:
			b.last[t] = m
		}
		b.mu.Unlock()
		select {
		case b.changed <- struct{}{}:
		default:
		}
	}
}

// until waits until the condition holds; it is called with the lock held.
func (b *bare) until(what string, holds func() bool) {
	b.t.Helper()
	deadline := time.After(patience)
	for {
		b.mu.Lock()
		ok := holds()
		b.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-b.changed:
		case <-time.After(20 * time.Millisecond):
		case <-deadline:
			b.mu.Lock()
			defer b.mu.Unlock()
			b.t.Fatalf("waited for %s; the page knows %v, chat %v", what, b.last, b.lines)
		}
	}
}

// is waits until a field of the last message of a type has a value.
func (b *bare) is(t, field string, want any) {
	b.t.Helper()
	b.until(fmt.Sprintf("%s.%s = %v", t, field, want), func() bool { return b.last[t] != nil && fmt.Sprint(b.last[t][field]) == fmt.Sprint(want) })
}

// get is a field of the last message of a type.
func (b *bare) get(t, field string) any {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.last[t][field]
}

// say sends a message.
func (b *bare) say(t string, fields map[string]any) {
	b.t.Helper()
	if fields == nil {
		fields = map[string]any{}
	}
	fields["t"] = t
	text, err := json.Marshal(fields)
	require.NoError(b.t, err)
	require.NoError(b.t, b.conn.Write(context.Background(), websocket.MessageText, text))
}

// ask sends a request and returns the code of its problem, "" for none.
func (b *bare) ask(t string, fields map[string]any) string {
	b.t.Helper()
	if fields == nil {
		fields = map[string]any{}
	}
	b.mu.Lock()
	b.id++
	id := b.id
	b.mu.Unlock()
	fields["id"] = id
	b.say(t, fields)
	var code string
	b.until("the answer to "+t, func() bool {
		m, ok := b.dones[id]
		if ok && m["error"] != nil {
			code = m["error"].(map[string]any)["code"].(string)
		}
		return ok
	})
	return code
}

// hears waits for a line of chat.
func (b *bare) hears(kind, text string) map[string]any {
	b.t.Helper()
	var line map[string]any
	b.until(fmt.Sprintf("a line %q of kind %s", text, kind), func() bool {
		for _, l := range b.lines {
			if l["kind"] == kind && strings.Contains(l["text"].(string)+l["from"].(string), text) {
				line = l
				return true
			}
		}
		return false
	})
	return line
}

type f = map[string]any

// From the first run to the game, with two emulators and two pages: chat both ways,
// kick, play, drop, play again, and back to the emulators.
func TestFromFirstRunToTheGame(t *testing.T) {
	srv := servertest.Start(t)
	one, two := newPlayer(t, ""), newPlayer(t, "bob")
	a, b := newBrowser(t, one.open()), newBrowser(t, two.open())

	a.is("hello", "firstRun", true)
	b.is("hello", "firstRun", false)
	require.Equal(t, "nick", a.ask("connect", f{"address": srv.Addr}))
	require.Empty(t, a.ask("setSettings", f{"nick": "ann", "connection": 1, "record": true}))
	a.is("settings", "nick", "ann")

	require.Empty(t, a.ask("connect", f{"address": srv.Addr}))
	a.is("session", "state", "connected")
	require.Empty(t, b.ask("connect", f{"address": srv.Addr}))
	b.is("session", "state", "connected")
	b.until("both users", func() bool { return len(b.users) == 2 })
	a.until("both users", func() bool { return len(a.users) == 2 })
	a.until("the recent server", func() bool { return strings.Contains(fmt.Sprint(a.last["servers"]), srv.Addr) })

	a.say("say", f{"where": "lobby", "text": "hello <b>bob</b>"})
	require.Equal(t, "ann", b.hears("chat", "hello <b>bob</b>")["from"])
	b.say("say", f{"where": "private", "to": a.get("session", "user"), "text": "psst"})
	require.Equal(t, "bob", a.hears("private", "psst")["from"])
	require.Equal(t, "ann", b.hears("private", "psst")["to"])

	require.Equal(t, "game", a.ask("create", f{"game": "Chess"}))
	require.Empty(t, a.ask("create", f{"game": "Duel"}))
	a.is("room", "mine", true)
	var id float64
	b.until("the room", func() bool {
		for id = range b.games {
			return b.games[id]["have"] == true && b.games[id]["sameEmulator"] == true
		}
		return false
	})
	require.Empty(t, b.ask("join", f{"game": id}))
	b.is("room", "start", "owner")
	a.until("two players", func() bool { return a.last["room"] != nil && len(a.last["room"]["players"].([]any)) == 2 })
	require.Equal(t, "refused", b.ask("start", nil), "only the owner may")

	// Kicked, and back.
	require.Empty(t, a.ask("kick", f{"user": b.get("session", "user")}))
	b.is("room", "left", "kicked")
	require.Empty(t, b.ask("join", f{"game": id}))
	a.until("two players again", func() bool { return len(a.last["room"]["players"].([]any)) == 2 })
	b.say("say", f{"where": "room", "text": "ready"})
	a.hears("chat", "ready")

	for game := range 2 {
		require.Empty(t, a.ask("start", nil))
		a.is("play", "state", "playing")
		b.is("play", "state", "playing")
		a.until("samples", func() bool { return a.samples > 2*game })
		a.say("say", f{"where": "room", "text": fmt.Sprintf("good game %d", game)})
		b.hears("chat", fmt.Sprintf("good game %d", game))
		waitUntil(t, "frames", func() bool { return one.count() > 60 && two.count() > 60 })
		waitUntil(t, "the emulator to hear it", func() bool { return two.heard(fmt.Sprintf("ann: good game %d", game)) })
		// The one drops with the page's button, the other when its emulator stops.
		b.say("drop", nil)
		b.is("play", "state", "over")
		a.hears("drop", "bob")
		waitUntil(t, "the other plays on", func() bool { return one.count() > two.count()+20 })
		one.mu.Lock()
		one.quit = true
		one.mu.Unlock()
		a.is("play", "state", "over")
		require.Equal(t, "ended", a.get("play", "reason"))
		waitUntil(t, "the emulators to stop", func() bool { return a.get("room", "state") == "waiting" })
		mine, theirs := one.ran(), two.ran()
		for f := range min(len(mine), len(theirs)) {
			require.Equal(t, mine[f], theirs[f])
		}
	}
	a.until("recordings", func() bool { return a.last["records"] != nil && len(a.last["records"]["list"].([]any)) == 2 })

	require.Equal(t, "busy", a.ask("connect", f{"address": srv.Addr}), "not out of a room")
	require.Empty(t, a.ask("leave", nil))
	b.is("room", "left", "closed")
	a.say("back", nil)
	a.is("ended", "reason", "back")
	require.Zero(t, <-one.ended)
	b.until("one user", func() bool { return len(b.users) == 1 })
	two.session.Shutdown()
	b.is("ended", "reason", "emulator")
	require.Zero(t, <-two.ended)
}

func waitUntil(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for begun := time.Now(); !holds(); time.Sleep(5 * time.Millisecond) {
		require.Less(t, time.Since(begun), patience, what)
	}
}

// A recording is played through the emulator, with its controls.
func TestPlayback(t *testing.T) {
	p := newPlayer(t, "ann")
	b := newBrowser(t, p.open())
	require.Empty(t, b.ask("setSettings", f{"record": true}))
	require.Empty(t, b.ask("startHost", f{"name": "Home"}))
	b.is("session", "state", "connected")
	require.Empty(t, b.ask("create", f{"game": "Maze <b>"}))
	require.Empty(t, b.ask("start", nil))
	waitUntil(t, "frames", func() bool { return p.count() > 100 })
	b.say("say", f{"where": "room", "text": "recorded"})
	b.hears("chat", "recorded")
	waitUntil(t, "more frames", func() bool { return p.count() > 150 })
	b.say("drop", nil)
	b.until("the recording", func() bool { return b.last["records"] != nil && len(b.last["records"]["list"].([]any)) == 1 })
	played := p.ran()
	file := b.get("records", "list").([]any)[0].(f)["file"].(string)
	require.Equal(t, "busy", b.ask("playRecord", f{"file": file}), "still in the room")
	require.Empty(t, b.ask("leave", nil))
	require.Equal(t, "file", b.ask("playRecord", f{"file": "../settings"}))
	require.Empty(t, b.ask("playRecord", f{"file": file}))
	b.is("play", "playback", true)
	waitUntil(t, "the first frames", func() bool { return p.played() == 2 && p.count() > 0 })
	require.Equal(t, "busy", b.ask("deleteRecord", f{"file": file}))
	require.Empty(t, b.ask("playback", f{"paused": true}))
	b.is("play", "paused", true)
	require.Equal(t, "backward", b.ask("playback", f{"seek": 0, "paused": true}))
	require.Empty(t, b.ask("playback", f{"paused": false, "speed": 8}))
	b.is("play", "state", "over")
	require.Equal(t, "recordOver", b.get("play", "reason"))
	require.Equal(t, played, p.ran()[:len(played)])
	require.Empty(t, b.ask("deleteRecord", f{"file": file}))
	b.until("no recording", func() bool { return len(b.last["records"]["list"].([]any)) == 0 })
	require.Equal(t, "state", b.ask("playback", f{"paused": true}))
}

// A server hosted here: a friend finds it under an address that the page shows.
func TestHosting(t *testing.T) {
	one, two := newPlayer(t, "ann"), newPlayer(t, "bob")
	a, b := newBrowser(t, one.open()), newBrowser(t, two.open())
	require.Empty(t, a.ask("startHost", f{"name": "Ann's"}))
	a.is("host", "state", "on")
	a.is("session", "state", "connected")
	require.NotEmpty(t, a.get("host", "addresses"))
	require.Equal(t, "busy", a.ask("startHost", f{"name": "again"}))
	require.Empty(t, b.ask("connect", f{"address": a.get("session", "address")}))
	b.is("session", "state", "connected")
	a.is("host", "users", 2)
	a.say("stopHost", nil)
	a.is("host", "state", "off")
	a.is("session", "state", "none")
	b.is("session", "state", "none")
	require.Contains(t, fmt.Sprint(b.get("session", "error")), "host has left")
}

// Errors of connecting, each in words that a player can use.
func TestConnecting(t *testing.T) {
	full := servertest.Start(t, servertest.WithConfig(fullServer()))
	holder, p := newPlayer(t, "holder"), newPlayer(t, "ann")
	h, b := newBrowser(t, holder.open()), newBrowser(t, p.open())
	require.Empty(t, h.ask("connect", f{"address": full.Addr}))
	h.is("session", "state", "connected")
	require.Empty(t, b.ask("connect", f{"address": full.Addr}))
	b.is("session", "state", "none")
	require.Equal(t, "full", b.get("session", "error").(f)["code"])

	for _, bad := range []string{"", "a b", "host:99999", "host:0", "<script>", "a&calc", "ftp://x/", strings.Repeat("a", 300)} {
		require.Equal(t, "address", b.ask("connect", f{"address": bad}), bad)
	}
	// Nobody there: it can be cancelled at any time.
	require.Empty(t, b.ask("connect", f{"address": "127.0.0.1:9"}))
	b.is("session", "state", "connecting")
	require.Empty(t, b.ask("cancel", nil))
	b.is("session", "state", "none")
	require.Nil(t, b.get("session", "error"), "it was the player's wish")

	same := servertest.Start(t)
	require.Empty(t, h.ask("connect", f{"address": same.Addr}))
	h.is("session", "state", "connected")
	require.Empty(t, b.ask("setSettings", f{"nick": "Server"}))
	require.Empty(t, b.ask("connect", f{"address": same.Addr}))
	b.until("a refusal", func() bool { return strings.Contains(fmt.Sprint(b.last["session"]["error"]), "reserved") })
	require.Equal(t, "refused", b.get("session", "error").(f)["code"])
}

// Lists that are slow or broken hold nothing up.
func TestMasterLists(t *testing.T) {
	srv := servertest.Start(t)
	slow := make(chan struct{})
	t.Cleanup(func() { close(slow) })
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/good/raw_server_list2.php":
			fmt.Fprintf(w, "Duel|%s|cid|test 1.0|1/2|<b>Good</b>|Ulm|\n<b>Good</b>\n%s;1/50;1;kbridge;Ulm\nDead\n127.0.0.1:9;1/2;0;v;Nowhere\n", srv.Addr, srv.Addr)
		case "/slow":
			select {
			case <-slow:
			case <-r.Context().Done():
			}
		default:
			w.WriteHeader(500)
		}
	}))
	t.Cleanup(web.Close)
	p := newPlayer(t, "ann")
	b := newBrowser(t, p.open())
	require.Equal(t, "source", b.ask("setSettings", f{"sources": []string{"file:///etc/passwd"}}))
	require.Empty(t, b.ask("setSettings", f{"sources": []string{web.URL + "/slow", web.URL + "/broken", web.URL + "/good/raw_server_list2.php"}}))
	server := func(address string) f {
		list, _ := b.last["servers"]["list"].([]any)
		for _, s := range list {
			if s.(f)["address"] == address {
				return s.(f)
			}
		}
		return f{}
	}
	b.until("the good list", func() bool { return server(srv.Addr)["name"] == "<b>Good</b>" })
	b.until("the waiting game", func() bool { return strings.Contains(fmt.Sprint(b.last["waitingGames"]), "have:true") })
	states := func() string { return fmt.Sprint(b.last["sources"]) }
	b.until("the broken one", func() bool { return strings.Contains(states(), "failed") && strings.Contains(states(), "loading") })

	require.Empty(t, b.ask("favour", f{"address": srv.Addr, "place": 1, "note": "the best"}))
	require.Empty(t, b.ask("favour", f{"address": "another.example", "place": 1}))
	b.until("favourites in order", func() bool {
		return server(srv.Addr)["favourite"] == 2.0 && server("another.example:27888")["favourite"] == 1.0 && server(srv.Addr)["note"] == "the best"
	})
	require.Equal(t, "address", b.ask("favour", f{"address": "x y", "place": 1}))
	require.Empty(t, b.ask("favour", f{"address": "another.example:27888", "place": 0}))
	b.until("it is gone", func() bool { return len(server("another.example:27888")) == 0 })
	require.Empty(t, b.ask("refresh", nil))
}

// The emulator's own list is searched at the library.
func TestFindingGames(t *testing.T) {
	b := newBrowser(t, newPlayer(t, "ann").open())
	b.say("findGames", f{"query": "duel"})
	b.is("foundGames", "games", "[Duel Duel 2]")
	b.say("findGames", f{"query": "<B> maze"})
	b.is("foundGames", "games", "[Maze <b>]")
	b.say("findGames", f{"query": ""})
	b.is("foundGames", "total", 3)
}
