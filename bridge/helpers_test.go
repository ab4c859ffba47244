package bridge_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/bridge"
	"kbridge/bridge/environ"
	"kbridge/kclient"
)

// The emulator's threads in these tests.
const (
	threadA = 0xA
	threadB = 0xB
)

// The emulator's functions; what they are is nobody's business but the host's.
var callbacks = bridge.Callbacks{Game: 1, ChatReceived: 2, ClientDropped: 3, MoreInfos: 4}

// runUI is a UI that is one function.
type runUI func(ctx context.Context, d *bridge.Dialog) error

func (f runUI) Run(ctx context.Context, d *bridge.Dialog) error { return f(ctx, d) }

// fakeGame is a game whose frames the test hands in.
type fakeGame struct {
	players, delay int
	frames         chan []byte // nil entries: inside the frame delay
	fail           chan error

	mu        sync.Mutex
	notify    func()
	submitted [][]byte
	dropped   bool
	received  int
}

func newFakeGame() *fakeGame {
	return &fakeGame{
		players: 2, frames: make(chan []byte, 1000), fail: make(chan error, 1),
	}
}

func (g *fakeGame) Player() int     { return 1 }
func (g *fakeGame) Players() int    { return g.players }
func (g *fakeGame) FrameDelay() int { return g.delay }

func (g *fakeGame) Submit(values []byte, size int) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.submitted = append(g.submitted, append([]byte(nil), values[:size]...))
	return nil
}

func (g *fakeGame) TryReceive(values []byte) (int, time.Duration, error) {
	select { // what is there already goes before an error, as in kclient
	case f := <-g.frames:
		return g.took(values, f), 0, nil
	default:
	}
	select {
	case err := <-g.fail:
		return 0, 0, err
	default:
		return 0, time.Hour, nil
	}
}

func (g *fakeGame) Notify(wake func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.notify = wake
}

// give is what comes from the server: a frame, nil inside the frame delay.
func (g *fakeGame) give(frame []byte) {
	g.frames <- frame
	g.tell()
}

// fails ends it.
func (g *fakeGame) fails(err error) {
	g.fail <- err
	g.tell()
}

func (g *fakeGame) tell() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.notify != nil {
		g.notify()
	}
}

func (g *fakeGame) took(values, frame []byte) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	if frame != nil {
		g.received++
	}
	return copy(values, frame)
}

func (g *fakeGame) Drop() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.dropped = true
	return nil
}

func (g *fakeGame) Stats() kclient.GameStats {
	g.mu.Lock()
	defer g.mu.Unlock()
	return kclient.GameStats{Frames: g.received, Batches: len(g.submitted)}
}

func (g *fakeGame) inputs() [][]byte {
	g.mu.Lock()
	defer g.mu.Unlock()
	return append([][]byte(nil), g.submitted...)
}

func (g *fakeGame) wasDropped() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.dropped
}

// host is an emulator: a session with its log.
type host struct {
	*bridge.Session
	t       testing.TB
	log     string
	threads map[uint64]uintptr // of each dialog
}

// newHost makes a session that is initialised, knows its emulator, and logs to
// a file.
func newHost(t testing.TB, ui bridge.UI, options ...func(*bridge.Config)) *host {
	t.Helper()
	h := newRawHost(t, ui, options...)
	h.Init()
	require.NoError(t, h.SetInfos(&bridge.Infos{AppName: "test 1.0", Games: []string{"Duel", "Maze"},
		Callbacks: callbacks}))
	return h
}

// newRawHost makes a session that nobody has called anything of yet.
func newRawHost(t testing.TB, ui bridge.UI, options ...func(*bridge.Config)) *host {
	log := filepath.Join(t.TempDir(), "log")
	env := map[string]string{environ.EnvLog: log}
	cfg := bridge.Config{UI: ui, Getenv: func(name string) string { return env[name] }}
	for _, option := range options {
		option(&cfg)
	}
	return &host{Session: bridge.New(cfg), t: t, log: log, threads: make(map[uint64]uintptr)}
}

// logged is what the log says so far.
func (h *host) logged() string {
	text, err := os.ReadFile(h.log)
	if os.IsNotExist(err) {
		return ""
	}
	require.NoError(h.t, err)
	return string(text)
}

// linesWith counts the log's lines that contain all the words.
func (h *host) linesWith(words ...string) int {
	n := 0
lines:
	for line := range strings.Lines(h.logged()) {
		for _, w := range words {
			if !strings.Contains(line, w) {
				continue lines
			}
		}
		n++
	}
	return n
}

// begin opens a dialog on a thread.
func (h *host) begin(thread uintptr) uint64 {
	h.t.Helper()
	id, err := h.BeginDialog(thread, 0)
	require.NoError(h.t, err)
	require.NotZero(h.t, id)
	h.threads[id] = thread
	return id
}

// next waits for the dialog's next callback. What thread that is on matters to
// nobody but the Session, which knows it since begin.
func (h *host) next(id uint64) (bridge.Call, int) {
	var c bridge.Call
	for {
		code := h.NextCall(id, &c)
		if c.Kind != bridge.CallWait {
			return c, code
		}
		h.Wait(h.threads[id], &c)
	}
}

// play makes one kailleraModifyPlayValues of a host that answers callbacks with
// answer (nil: ignores them).
func (h *host) play(thread uintptr, values []byte, size int, answer func(bridge.Call)) int {
	var c bridge.Call
	for {
		n := h.ModifyPlayValues(thread, values, size, &c)
		switch {
		case c.Kind == bridge.CallNone:
			return n
		case c.Kind == bridge.CallWait:
			h.Wait(thread, &c)
		case answer != nil:
			answer(c)
		}
	}
}

// buffer is room for all players' input of size bytes, with ours in it.
func buffer(size int, input ...byte) []byte {
	b := make([]byte, bridge.MaxPlayers*size)
	copy(b, input)
	return b
}

// oneGame is a UI that plays one game and sends what came of it to result.
func oneGame(g bridge.Game, result chan<- bridge.Result) runUI {
	return func(ctx context.Context, d *bridge.Dialog) error {
		r, err := d.Play(ctx, bridge.Match{Game: g, Name: bridge.GameName{Entry: "Duel", Name: "Duel"}})
		if result != nil && err == nil {
			result <- r
		}
		return err
	}
}

// startGame opens a dialog on threadA and goes into the game callback.
func startGame(t testing.TB, g bridge.Game, result chan<- bridge.Result) (h *host, dialog uint64) {
	t.Helper()
	h = newHost(t, oneGame(g, result))
	dialog = h.begin(threadA)
	c, _ := h.next(dialog)
	require.Equal(t, bridge.CallGame, c.Kind)
	return h, dialog
}
