//go:build browser

package lobby

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"kbridge/bridge/lobby/browsertest"
	"kbridge/server/servertest"
)

func TestMain(m *testing.M) { browsertest.Main(m) }

var on = browsertest.Test

func game(id int) string { return fmt.Sprintf("[data-game=\"%d\"] %s", id, on("join")) }

// connectTo types an address and waits for the lobby.
func connectTo(tab *browsertest.Tab, address string) {
	tab.T.Helper()
	tab.View("servers")
	tab.Type(on("address"), address)
	tab.Click(on("connect-address"))
	tab.View("lobby")
}

func createGame(tab *browsertest.Tab, name string) {
	tab.T.Helper()
	tab.Click(on("create"))
	tab.Type(on("find"), name)
	tab.Until("the game in the list", fmt.Sprintf("document.querySelector('[data-test=found] li')?.textContent === %q",
		name))
	tab.Keys(kb.Enter)
	tab.View("room")
}

func say(tab *browsertest.Tab, where, text string) {
	tab.T.Helper()
	tab.Type(on("say-"+where), text)
	tab.Keys(kb.Enter)
}

// Two people, two emulators, two pages: from the first run to the game and back.
func TestBrowserFromFirstRunToTheGame(t *testing.T) {
	srv := servertest.Start(t)
	one, two := newPlayer(t, ""), newPlayer(t, "bob")
	a, b := browsertest.Open(t, one.open()), browsertest.Open(t, two.open())

	a.View("first-run")
	a.Type(on("nick"), "ann")
	a.Click("input[name=first][value='1']")
	a.Click(on("first-go"))
	connectTo(a, srv.Addr)
	connectTo(b, srv.Addr)
	a.Until("both users", "document.querySelectorAll('[data-test=users] li').length === 2")

	say(a, "lobby", "hello from ann, see https://example.org/x).")
	b.Sees("hello from ann")
	var link string
	b.Eval("[...document.querySelectorAll('[data-test=chat-lobby] a')].map(a => a.getAttribute('href') + ' ' + a.rel + ' ' + a.target).join()", &link)
	require.Equal(t, "https://example.org/x noopener noreferrer _blank", link)
	say(b, "lobby", "hello from bob")
	a.Sees("hello from bob")
	// A name is completed, and a private message reaches one.
	a.Type(on("say-lobby"), "bo"+kb.Tab)
	a.Until("the whole name", "document.querySelector('[data-test=say-lobby]').value === 'bob: '")
	a.Type(on("say-lobby"), " ")
	a.Click("[data-user=\"2\"] " + on("private"))
	say(a, "lobby", "only for you")
	b.Until("the private line", "document.querySelector('.line.kind-private')?.textContent.includes('only for you')")
	b.Until("the title", "document.title.includes('kbridge') || document.title.includes('ann')")

	createGame(a, "Duel")
	b.Click(game(1))
	b.View("room")
	b.Sees("The owner of the room starts the game.")
	say(b, "room", "ready when you are")
	a.Sees("ready when you are")

	a.Click("[data-player=\"2\"] " + on("kick"))
	a.Click(on("yes"))
	b.View("lobby")
	b.Sees("The owner removed you from the room.")
	b.Click(game(1)) // a kick lasts as long as the room
	b.Sees("The owner of that room has kicked you, you cannot come in again")
	a.Click(on("leave"))
	a.View("lobby")
	createGame(a, "Duel")
	b.Click(game(2))
	b.View("room")
	a.Until("bob again", "document.querySelectorAll('[data-test=players] tr').length === 2")

	for round := range 2 {
		a.Click(on("start"))
		a.View("game")
		b.View("game")
		waitUntil(t, "frames", func() bool {
			return one.played() == round+1 && two.played() == round+1 && one.count() > 100 && two.count() > 100
		})
		a.Sees("Running")
		a.Until("plots", "document.querySelector('.plot strong').textContent.includes('fps')")
		say(a, "room", fmt.Sprintf("in game %d", round))
		b.Sees(fmt.Sprintf("in game %d", round))
		waitUntil(t, "the emulator to hear it", func() bool { return two.heard(fmt.Sprintf("ann: in game %d", round)) })
		b.Click(on("drop"))
		b.Click(on("yes"))
		b.Sees("you left the game")
		a.Until("bob is out", "document.querySelector('[data-test=in-game] [data-gone=true]')")
		one.mu.Lock()
		one.quit = true
		one.mu.Unlock()
		a.Sees("Over:")
		a.Until("the plots of the last game", "document.querySelector('.live .plot strong').textContent !== '–'")
		a.Click(on("nav-room"))
		b.Click(on("nav-room"))
		a.View("room")
	}
	a.Click(on("back"))
	a.Click(on("yes"))
	a.View("ended")
	require.Zero(t, <-one.ended)
	b.View("lobby")
	b.Sees("The room was closed by its owner.")
	b.Click(on("back"))
	b.View("ended")
	require.Zero(t, <-two.ended)
}

func TestBrowserHosting(t *testing.T) {
	one, two := newPlayer(t, "ann"), newPlayer(t, "bob")
	a, b := browsertest.Open(t, one.open()), browsertest.Open(t, two.open())
	a.Click(on("nav-host"))
	a.Type(on("host-name"), "Ann's <i>place</i>")
	a.Click(on("host-start"))
	a.View("lobby")
	a.Click(on("nav-host"))
	a.Sees("Ann's <i>place</i>")
	var address string
	a.Eval("[...document.querySelectorAll('[data-test=addresses] code')].map(c => c.textContent).find(c => c.startsWith('127.'))", &address)
	connectTo(b, address)
	a.Sees("2 of 32 users")
	a.Click(on("host-stop"))
	a.Click(on("yes"))
	b.View("servers")
	b.Sees("the host has left")
}

func TestBrowserListsAndFavourites(t *testing.T) {
	srv := servertest.Start(t)
	hold := make(chan struct{})
	t.Cleanup(func() { close(hold) })
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/good":
			fmt.Fprintf(w,
				"Near\n%s;1/50;1;kbridge;Ulm\nDead\n127.0.0.1:9;1/2;0;v;Nowhere\nDuel|%s|cid|test 1.0|1/2|Near|Ulm|\n",
				srv.Addr, srv.Addr)
		case "/slow":
			select {
			case <-hold:
			case <-r.Context().Done():
			}
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	t.Cleanup(web.Close)
	p := newPlayer(t, "ann")
	tab := browsertest.Open(t, p.open())
	tab.View("servers")
	tab.Sees("No servers yet")
	tab.Click(on("nav-settings"))
	tab.Type(on("sources"), web.URL+"/slow"+kb.Enter+web.URL+"/gone"+kb.Enter+web.URL+"/good")
	tab.Keys(kb.Tab)
	tab.Click(on("nav-servers"))
	row := fmt.Sprintf("document.querySelector('[data-address=%q]')", srv.Addr)
	tab.Until("the near server with its ping", row+"?.querySelector('.ping').textContent.includes('ms')")
	tab.Sees("Dead")
	tab.Click(".sources summary")
	tab.Sees("does not answer")
	tab.Sees("asking…")
	tab.Click(fmt.Sprintf("[data-address=%q] .star", srv.Addr))
	tab.Click(on("tab-favourites"))
	tab.Until("one favourite", "document.querySelectorAll('[data-test=servers] tr').length === 1")
	tab.Click(fmt.Sprintf("[data-address=%q] .note", srv.Addr))
	tab.Type(on("prompt"), "good evenings")
	tab.Click(on("yes"))
	tab.Sees("good evenings")
	tab.Click(on("tab-waiting"))
	tab.Sees("cid")
	tab.Click(on("tab-all"))
	tab.Type(on("search"), "near")
	tab.Until("only the near one", "document.querySelectorAll('[data-test=servers] tr').length === 1")
	// Nobody there: cancel at any time, and clear words.
	tab.Type(on("address"), "127.0.0.1:9")
	tab.Click(on("connect-address"))
	tab.Click(on("cancel"))
	tab.Until("no longer connecting", "document.querySelector('.connecting').hidden")
	tab.Type(on("address"), "no such address")
	tab.Click(on("connect-address"))
	tab.Sees("That is no address of a server")
}

// A question that is asked in the moment in which another closes is not answered by
// that closing: the list of games stays alive.
func TestBrowserNextQuestion(t *testing.T) {
	p := newPlayer(t, "ann")
	tab := browsertest.Open(t, p.open())
	tab.Click(on("nav-host"))
	tab.Click(on("host-start"))
	tab.View("lobby")
	tab.Click(on("create"))
	tab.Until("the games", "document.querySelector('[data-test=found] li')")
	tab.Eval(fmt.Sprintf("document.getElementById('dialog').close(); document.querySelector(%q).click(); 1",
		on("create")), nil)
	tab.Type(on("find"), "Duel 2")
	tab.Until("the game in the list", "document.querySelector('[data-test=found] li')?.textContent === 'Duel 2'")
	tab.Keys(kb.Enter)
	tab.View("room")
}

func TestBrowserPlayback(t *testing.T) {
	p := newPlayer(t, "ann")
	tab := browsertest.Open(t, p.open())
	tab.Click(on("nav-records"))
	tab.Sees("No recordings yet")
	tab.Click(on("record"))
	tab.Click(on("nav-host"))
	tab.Click(on("host-start"))
	tab.View("lobby")
	createGame(tab, "Maze <b>")
	tab.Click(on("start"))
	waitUntil(t, "frames", func() bool { return p.count() > 700 })
	tab.Click(on("drop"))
	tab.Click(on("yes"))
	tab.Sees("you left the game")
	played := p.ran()
	tab.Click(on("nav-room"))
	tab.Click(on("leave"))
	tab.View("lobby")
	tab.Click(on("nav-records"))
	tab.Sees("Maze <b>")
	tab.Click(on("play"))
	tab.View("game")
	tab.Sees("Playing a recording")
	waitUntil(t, "the playback", func() bool { return p.played() == 2 && p.count() > 0 })
	tab.Click(on("pause"))
	tab.Sees("Go on")
	tab.Do(setValue(on("speed"), "8"), setValue(on("seek"), "500"))
	tab.Click(on("pause"))
	waitUntil(t, "it to go forward", func() bool { return p.count() > 500 })
	tab.Sees("the recording is at its end")
	require.Equal(t, played, p.ran()[:len(played)])
	tab.Click(on("nav-records"))
	tab.Click(on("delete"))
	tab.Click(on("yes"))
	tab.Sees("No recordings yet")
}

// A page that was closed comes back where it was; one whose connection was cut
// comes back by itself.
func TestBrowserLostPage(t *testing.T) {
	srv := servertest.Start(t)
	p := newPlayer(t, "ann")
	p.lobby.aloneFor = time.Second
	file := p.open()
	tab := browsertest.Open(t, file)
	connectTo(tab, srv.Addr)
	createGame(tab, "Duel")
	say(tab, "room", "still here")
	tab.Sees("still here")
	tab.Eval("location.href = 'about:blank'; 1", nil)
	time.Sleep(2 * p.lobby.aloneFor) // longer than a dialog without a room would live
	again := browsertest.Open(t, file)
	again.View("room")
	again.Sees("still here")
	// Reloading needs no token, and neither does a second tab: the cookie is there.
	again.Eval("location.reload(); 1", nil)
	again.View("room")
	var here string
	again.Eval("location.href", &here)
	browsertest.Open(t, here).View("room")
	again.Click(on("back"))
	again.Click(on("yes"))
	again.View("ended")
}

// Everything goes without a mouse, in every language, in either theme.
func TestBrowserKeysLanguagesAndThemes(t *testing.T) {
	srv := servertest.Start(t)
	p := newPlayer(t, "")
	tab := browsertest.Open(t, p.open())
	tab.View("first-run")
	tab.Until("the first field to have the focus", "document.activeElement.dataset.test === 'nick'")
	tab.Keys("ann" + kb.Enter)
	tab.View("servers")
	tab.Keys("7")
	tab.View("settings")
	tab.Keys("1")
	tab.View("servers")
	tab.Keys("?")
	tab.Until("the list of keys", "document.getElementById('dialog').open")
	tab.Keys(kb.Escape)
	tab.Until("it is closed", "!document.getElementById('dialog').open")
	tab.Keys("/")
	tab.Until("the search to have the focus", "document.activeElement.dataset.test === 'search'")
	for range 20 {
		var at string
		tab.Eval("document.activeElement.dataset.test || ''", &at)
		if at == "address" {
			break
		}
		tab.Keys(kb.Tab)
	}
	tab.Keys(srv.Addr + kb.Enter)
	tab.View("lobby")
	tab.Keys("c")
	tab.Keys("typed without a mouse" + kb.Enter)
	tab.Sees("typed without a mouse")
	tab.Eval("document.activeElement.blur(); 1", nil)
	var unnamed string
	tab.Eval(`[...document.querySelectorAll('button, input, select, [role=log]')].filter(e => e.getClientRects().length && !(e.textContent.trim() || e.getAttribute('aria-label') || e.title || e.labels?.length)).map(e => e.outerHTML).join()`, &unnamed)
	require.Empty(t, unnamed, "a screen reader has a name for everything")

	tab.Keys("7")
	tab.View("settings")
	for language, word := range map[string]string{"ko": "설정", "es": "Ajustes", "pt": "Configurações", "ja": "設定",
		"fr": "Réglages", "en": "Settings"} {
		tab.Do(setValue(on("language"), language))
		tab.Until(language,
			fmt.Sprintf("document.documentElement.lang === %q && document.querySelector('#view h1').textContent === %q",
				language, word))
	}
	var light, dark string
	tab.Do(setValue(on("theme"), "light"))
	tab.Until("the light theme", "document.documentElement.dataset.theme === 'light'")
	tab.Eval("getComputedStyle(document.body).backgroundColor", &light)
	tab.Do(setValue(on("theme"), "dark"))
	tab.Until("the dark theme", "document.documentElement.dataset.theme === 'dark'")
	tab.Eval("getComputedStyle(document.body).backgroundColor", &dark)
	require.NotEqual(t, light, dark)
	waitUntil(t, "it to be kept", func() bool {
		b, _ := os.ReadFile(p.folder + "/kbridge.toml")
		return strings.Contains(string(b), `theme = "dark"`)
	})
}
