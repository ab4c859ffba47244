//go:build browser

package lobby

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"kbridge/bridge/lobby/browsertest"
	"kbridge/bridge/lobby/settings"
	"kbridge/kclient"
	"kbridge/server"
	"kbridge/server/servertest"
)

// setValue chooses an option or moves a slider as a person does.
func setValue(selector, value string) chromedp.Action {
	return chromedp.Evaluate(fmt.Sprintf(`(e => { e.value = %q; e.dispatchEvent(new Event('input', {bubbles: true})); e.dispatchEvent(new Event('change', {bubbles: true})); })(document.querySelector(%q))`, value, selector), nil)
}

// screens is where the pictures go, from the top of the project.
var screens = filepath.Join("..", "..", "build", "screens")

// TestScreens writes a picture of every view, light and dark, wide and narrow, for
// people to look at.
func TestScreens(t *testing.T) {
	srv := servertest.Start(t, servertest.WithConfig(server.Config{Name: "Home of Duel",
		MOTD: "Be kind. Tournament on Sunday, 20:00.", Charset: "utf-8",
		Flood: server.Flood{Chat: server.Rate{Burst: -1}}}))
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w,
			"Duel|%s|cid|test 1.0|1/2|Home of Duel|Ulm|Chess|198.51.100.7:27888|zoé|MAME 0.250|2/4|Arcade Paris|Paris|\n", srv.Addr)
		fmt.Fprintf(w, "Home of Duel\n%s;5/100;3;kbridge 1.0;Ulm, Germany\n", srv.Addr)
		for i, name := range []string{"Arcade Paris", "서울 오락실", "ゲーム広場", "Sala do Brasil", "Retro Lounge"} {
			fmt.Fprintf(w, "%s\n127.0.0.1:%d;%d/%d;%d;EmuLinker 1.2;%s\n", name, 9+i, 3*i, 50, i,
				[]string{"Paris", "Seoul", "Osaka", "São Paulo", "Austin"}[i])
		}
	}))
	t.Cleanup(web.Close)
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	for i, name := range []string{"cid", "미나", "たけし", "zoé"} {
		l, err := kclient.Dial(ctx, srv.Addr, kclient.Config{User: name, Emulator: []string{"test 1.0", "MAME 0.250",
			"test 1.0", "test 0.9"}[i], Charset: "utf-8"})
		require.NoError(t, err)
		t.Cleanup(func() { _ = l.Quit("") })
		if i < 4 {
			_, err = l.Create(ctx, []string{"Duel", "Metal Slug X", "Duel 2", "Duel"}[i])
			require.NoError(t, err)
		}
		require.NoError(t, l.Chat([]string{"anybody for a round of Duel?", "안녕하세요!", "こんにちは。一緒に遊びませんか?",
			"rules: https://example.org/rules"}[i]))
	}
	folder := func(s *settings.Settings) {
		s.Sources, s.Charset, s.Record = []string{web.URL + "/list"}, "utf-8", true
	}
	fresh := newPlayer(t, "")
	one, two := newPlayer(t, "ann"), newPlayer(t, "bob")
	for _, p := range []*player{fresh, one, two} {
		f, _ := settings.Open(p.folder)
		require.NoError(t, f.Change(folder))
	}
	first := browsertest.Open(t, fresh.open())
	first.View("first-run")
	picture(t, first, "first-run")

	a, b := browsertest.Open(t, one.open()), browsertest.Open(t, two.open())
	a.View("servers")
	a.Until("pings", "document.querySelector('[data-quality=good]')")
	a.Click(fmt.Sprintf("[data-address=%q] .star", srv.Addr))
	picture(t, a, "servers")
	a.Click(on("tab-waiting"))
	picture(t, a, "waiting")
	a.Click(on("tab-all"))
	connectTo(a, srv.Addr)
	connectTo(b, srv.Addr)
	say(a, "lobby", "I am in!")
	a.Sees("I am in!")
	picture(t, a, "lobby")
	a.Click(on("create"))
	a.Until("the games", "document.querySelector('[data-test=found] li')")
	picture(t, a, "create")
	a.Do(chromedp.Evaluate("document.getElementById('dialog').close()", nil))
	createGame(a, "Duel")
	b.Until("the room",
		"[...document.querySelectorAll('[data-test=games] tr')].some(r => r.textContent.includes('ann'))")
	b.Eval("[...document.querySelectorAll('[data-test=games] tr')].find(r => r.textContent.includes('ann')).querySelector('[data-test=join]').click(); 1", nil)
	b.View("room")
	say(b, "room", "ready when you are")
	a.Sees("ready when you are")
	picture(t, a, "room")
	picture(t, b, "room-guest")
	a.Click(on("start"))
	a.View("game")
	waitUntil(t, "some seconds of play", func() bool { return one.count() > 1200 })
	two.mu.Lock()
	two.pause = 300 * time.Millisecond // somebody's computer is busy
	two.mu.Unlock()
	waitUntil(t, "the pause", func() bool { return one.count() > 1600 })
	picture(t, a, "game")
	b.Click(on("drop"))
	b.Click(on("yes"))
	b.Sees("you left the game")
	one.mu.Lock()
	one.quit = true
	one.mu.Unlock()
	a.Sees("Over:")
	picture(t, a, "game-over")
	a.Click(on("nav-room"))
	a.Click(on("leave"))
	if a.Has(on("yes")) {
		a.Click(on("yes"))
	}
	a.View("lobby")
	a.Click(on("nav-records"))
	a.Sees("Duel")
	picture(t, a, "records")
	a.Click(on("play"))
	a.View("game")
	a.Click(on("pause"))
	a.Sees("Go on")
	picture(t, a, "playback")
	a.Click(on("drop"))
	a.Click(on("nav-host"))
	picture(t, a, "host")
	a.Click(on("nav-lobby"))
	a.Click(on("disconnect"))
	a.Click(on("nav-host"))
	a.Click(on("host-start"))
	a.View("lobby")
	a.Click(on("nav-host"))
	a.Sees("Tell your friends")
	picture(t, a, "hosting")
	a.Click(on("nav-settings"))
	picture(t, a, "settings")
	a.Do(setValue(on("language"), "ja"))
	a.Until("Japanese", "document.documentElement.lang === 'ja'")
	picture(t, a, "settings-ja")
	a.Do(setValue(on("language"), "ko"))
	a.Until("Korean", "document.documentElement.lang === 'ko'")
	a.Click(on("nav-servers"))
	picture(t, a, "servers-ko")
	b.Click(on("back"))
	if b.Has(on("yes")) {
		b.Click(on("yes"))
	}
	b.View("ended")
	picture(t, b, "ended")
}

// picture takes four.
func picture(t *testing.T, tab *browsertest.Tab, name string) {
	t.Helper()
	for _, theme := range []string{"light", "dark"} {
		tab.Eval(fmt.Sprintf("window.before_ = window.before_ ?? document.documentElement.dataset.theme; document.documentElement.dataset.theme = %q; 1", theme), nil)
		for _, size := range []struct {
			name          string
			width, height int64
		}{{"wide", 1280, 800}, {"narrow", 390, 844}} {
			tab.Size(size.width, size.height)
			var over int
			tab.Eval("document.documentElement.scrollWidth - window.innerWidth", &over)
			require.LessOrEqual(t, over, 0, "%s is wider than its window of %d", name, size.width)
			time.Sleep(50 * time.Millisecond) // for the plots to be drawn at this size
			tab.Screenshot(filepath.Join(screens, fmt.Sprintf("lobby-%s-%s-%s.png", name, theme, size.name)))
		}
	}
	tab.Size(1280, 800)
	tab.Eval("document.documentElement.dataset.theme = window.before_ || 'auto'; 1", nil)
}
