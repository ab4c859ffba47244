package lobby

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/bridge"
	"kbridge/bridge/environ"
	"kbridge/bridge/lobby/settings"
)

// patience bounds every wait of these tests; nothing depends on how long it takes.
const patience = 30 * time.Second

// player is an emulator with its lobby, on a thread of its own.
type player struct {
	t       *testing.T
	folder  string
	session *bridge.Session
	lobby   *Lobby
	file    chan string // that leads to the page
	ended   chan int    // what kailleraSelectServerDialog returned

	mu     sync.Mutex
	frames [][]byte // of the last game
	chats  []string
	games  int
	quit   bool          // end the game now
	entry  string        // gameCallback's last
	pause  time.Duration // once, in mid-game
}

// loopbackOnly asks no public address, whatever the settings say.
var loopbackOnly = &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, network,
	address string) (net.Conn, error) {
	if !strings.HasPrefix(address, "127.0.0.1:") {
		return nil, fmt.Errorf("a test wanted to ask %s", address)
	}
	return (&net.Dialer{}).DialContext(ctx, network, address)
}}}

// newPlayer makes an emulator whose user has a name already, or none.
func newPlayer(t *testing.T, nick string, change ...func(*Config)) *player {
	p := &player{t: t, folder: t.TempDir(), file: make(chan string, 1), ended: make(chan int, 1)}
	f, _ := settings.Open(p.folder)
	require.NoError(t, f.Change(func(s *settings.Settings) { s.Nick, s.Sources = nick, nil }))
	env := map[string]string{environ.EnvLobby: environ.LobbyAddress, environ.EnvLog: filepath.Join(p.folder, "log"),
		"HOME": p.folder, "LOCALAPPDATA": p.folder}
	cfg := Config{Client: loopbackOnly, Getenv: func(name string) string { return env[name] }, Host: "127.0.0.1",
		Opened: func(file string) { p.file <- file },
		Open:   func(string) error { panic("no test opens a browser") }}
	for _, c := range change {
		c(&cfg)
	}
	p.lobby = New(cfg)
	p.session = bridge.New(bridge.Config{UI: p.lobby, Getenv: cfg.Getenv, Folder: func() string { return p.folder },
		State: func() string { return p.folder }})
	p.session.Init()
	require.NoError(t, p.session.SetInfos(&bridge.Infos{AppName: "test 1.0", Games: []string{"Duel", "Maze <b>",
		"Duel 2"},
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

// open calls kailleraSelectServerDialog and returns the file that leads to the page.
func (p *player) open() string {
	go p.dialog()
	select {
	case file := <-p.file:
		return file
	case <-time.After(patience):
		p.t.Fatal("no lobby was opened")
		return ""
	}
}

// leads is where a lobby's file leads: an address that works once.
func leads(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	m := regexp.MustCompile(`url=(http://127\.0\.0\.1:\d+/\?token=[0-9a-f]{32})"`).FindSubmatch(text)
	require.NotNil(t, m, "%s", text)
	return string(m[1])
}

func (p *player) dialog() {
	id, err := p.session.BeginDialog(1, 0)
	if err != nil {
		p.ended <- -2
		return
	}
	for {
		var c bridge.Call
		code := p.session.NextCall(id, &c)
		switch c.Kind {
		case bridge.CallWait:
			p.session.Wait(1, &c)
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
	p.entry = c.Game
	p.mu.Unlock()
	for n := 0; ; n++ {
		values := make([]byte, 16)
		values[0], values[1] = byte(c.Player), byte(n/8)
		var call bridge.Call
		got := p.session.ModifyPlayValues(1, values, 2, &call)
		for call.Kind != bridge.CallNone {
			switch call.Kind {
			case bridge.CallWait:
				p.session.Wait(1, &call)
			case bridge.CallChat:
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

func waitUntil(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for begun := time.Now(); !holds(); time.Sleep(5 * time.Millisecond) {
		require.Less(t, time.Since(begun), patience, what)
	}
}
