//go:build browser

package lobby

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/bridge/lobby/browsertest"
	"kbridge/kclient"
	"kbridge/kclient/wire"
	"kbridge/server"
	"kbridge/server/servertest"
)

// What other people write stays text and in its place, at any width.
func TestBrowserShowsWhatOthersWriteAsText(t *testing.T) {
	srv := servertest.Start(t, servertest.WithConfig(server.Config{Charset: "utf-8",
		Flood: server.Flood{Chat: server.Rate{Burst: -1}}}))
	names := []string{"<img src=x onerror=alert(1)>", "\u202eevil\u202c", strings.Repeat("W", 31)}
	var users []*kclient.Client
	for _, name := range names {
		l, err := kclient.Dial(context.Background(), srv.Addr, kclient.Config{User: name, Emulator: "<b>emu</b>",
			Charset: "utf-8"})
		require.NoError(t, err)
		t.Cleanup(func() { _ = l.Quit("") })
		users = append(users, l)
	}
	_, err := users[0].Create(context.Background(), "<script>alert(2)</script>"+strings.Repeat("G", 90))
	require.NoError(t, err)
	p := newPlayer(t, "ann")
	tab := browsertest.Open(t, p.open())
	tab.Click(on("nav-settings"))
	tab.Do(setValue(on("charset"), "utf-8"))
	tab.Click(on("nav-servers"))
	connectTo(tab, srv.Addr)
	for _, text := range []string{"<script>alert(3)</script>", "javascript:alert(4)", "file:///etc/passwd",
		"\u202etfel ot thgir", strings.Repeat("x", 150), "<svg onload=alert(5)>", "data:text/html,<b>x"} {
		require.NoError(t, users[0].Chat(text))
	}
	require.NoError(t, users[0].Chat("the last line"))
	tab.Sees("the last line")
	tab.Sees("<img src=x onerror=alert(1)>")
	for _, width := range []int64{360, 800, 1280, 1920} {
		tab.Size(width, 800)
		var over int
		tab.Eval("document.documentElement.scrollWidth - window.innerWidth", &over)
		require.LessOrEqual(t, over, 0, "at a width of %d", width)
	}
	// The longest word that a room's chat takes.
	host, err := kclient.Dial(context.Background(), srv.Addr, kclient.Config{User: "host", Emulator: "test 1.0",
		Charset: "utf-8"})
	require.NoError(t, err)
	t.Cleanup(func() { _ = host.Quit("") })
	room, err := host.Create(context.Background(), "Duel")
	require.NoError(t, err)
	tab.Until("the room",
		"[...document.querySelectorAll('[data-test=games] tr')].some(r => r.textContent.includes('host'))")
	tab.Eval("[...document.querySelectorAll('[data-test=games] tr')].find(r => r.textContent.includes('host')).querySelector('[data-test=join]').click(); 1", nil)
	tab.View("room")
	require.NoError(t, room.Chat(strings.Repeat("y", 320)))
	tab.Sees(strings.Repeat("y", 320))
	for _, width := range []int64{360, 1280} {
		tab.Size(width, 800)
		var over int
		tab.Eval("document.documentElement.scrollWidth - window.innerWidth", &over)
		require.LessOrEqual(t, over, 0, "at a width of %d", width)
	}
	tab.Click(on("leave"))
	tab.View("lobby")
	var found string
	tab.Eval("[...document.querySelectorAll('#view img, #view script, #view svg, #view iframe, [data-test=chat-lobby] a')].map(e => e.outerHTML).join()", &found)
	require.Empty(t, found)
	var joinable bool
	tab.Eval("![...document.querySelectorAll('[data-test=games] tr')].find(r => r.textContent.includes('script')).querySelector('[data-test=join]').disabled", &joinable)
	require.False(t, joinable, "this emulator does not have that game")
}

// A line with a character that the charset lacks is not sent: the page says which one it is, and the line stays to be
// mended.
func TestBrowserNamesTheCharacterThatTheCharsetLacks(t *testing.T) {
	srv := servertest.Start(t)
	tab := browsertest.Open(t, newPlayer(t, "ann").open())
	connectTo(tab, srv.Addr)
	say(tab, "lobby", "see you at \u9d7a")
	tab.Until("the character", "document.querySelector('[data-test=notice-chat]')?.textContent.includes('\u9d7a')")
	tab.Until("the line, as it was typed", "document.querySelector('[data-test=say-lobby]').value === 'see you at \u9d7a'")
	say(tab, "lobby", "see you at Nue")
	tab.Sees("see you at Nue")
	tab.Until("the field, empty again", "document.querySelector('[data-test=say-lobby]').value === ''")
}

// 200 users, 100 games and 50 lines a second: the page stays bounded, and draws
// between them.
func TestBrowserCrowd(t *testing.T) {
	srv := servertest.Start(t, servertest.WithConfig(server.Config{MaxUsers: 300, MaxGames: 200, Flood: server.Flood{
		Chat: server.Rate{Burst: -1}, Login: server.Rate{Burst: -1}, Message: server.Rate{Burst: -1},
		Create: server.Rate{Burst: -1}}}))
	var users []*kclient.Client
	for i := range 200 {
		l, err := kclient.Dial(context.Background(), srv.Addr, kclient.Config{User: fmt.Sprintf("user %03d", i),
			Emulator: "test 1.0", Connection: wire.ConnectionType(1 + i%6)})
		require.NoError(t, err)
		t.Cleanup(func() { _ = l.Quit("") })
		users = append(users, l)
		if i < 100 {
			_, err = l.Create(context.Background(), []string{"Duel", "Chess", "Go"}[i%3])
			require.NoError(t, err)
		}
	}
	tab := browsertest.Open(t, newPlayer(t, "ann").open())
	connectTo(tab, srv.Addr)
	tab.Until("all users", "document.querySelectorAll('[data-test=users] li').length === 201")
	tab.Until("all games", "document.querySelectorAll('[data-test=games] tr').length === 100")
	tab.Eval(`window.frames_ = 0; window.longest_ = 0; let last = performance.now();
		(function frame(now) { window.frames_++; window.longest_ = Math.max(window.longest_, now - last); last = now; requestAnimationFrame(frame); })(last); 1`, nil)
	const lines, each = 600, 20 * time.Millisecond
	ticker := time.NewTicker(each)
	defer ticker.Stop()
	var speak sync.WaitGroup
	speak.Go(func() {
		for i := range lines {
			<-ticker.C
			_ = users[i%200].Chat(fmt.Sprintf("line %d of many", i))
		}
	})
	// Meanwhile the page is used: scrolled up, it stays where the reader is.
	tab.Sees("line 100 of many")
	tab.Eval("document.querySelector('[data-test=chat-lobby]').scrollTop = 0; 1", nil)
	tab.Sees("line 200 of many")
	tab.Until("the button for new messages", "!document.querySelector('.more').hidden")
	var top float64
	tab.Eval("document.querySelector('[data-test=chat-lobby]').scrollTop", &top)
	require.Zero(t, top)
	tab.Click(".more")
	tab.Type(on("search"), "due")
	tab.Until("only duels", "document.querySelectorAll('[data-test=games] tr').length === 34")
	speak.Wait()
	tab.Sees(fmt.Sprintf("line %d of many", lines-1))
	var nodes, frames, longest float64
	tab.Eval("document.querySelectorAll('[data-test=chat-lobby] li').length", &nodes)
	require.LessOrEqual(t, nodes, 500.0)
	tab.Eval("window.frames_", &frames)
	tab.Eval("window.longest_", &longest)
	t.Logf("%.0f frames drawn while %d lines came at 50 a second; the longest gap between two was %.0f ms", frames,
		lines, longest)
	require.NotZero(t, frames)
}

// Another page in the same browser, a wrong token, another origin: nothing.
func TestBrowserStrangers(t *testing.T) {
	p := newPlayer(t, "ann")
	file := p.open()
	used := leads(t, file)
	tab := browsertest.Open(t, file)
	tab.View("servers")
	var page string
	tab.Eval("location.host + location.pathname", &page)
	evil := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "<!doctype html><title>evil</title>")
	}))
	t.Cleanup(evil.Close)
	// In the same browser, where the cookie is: other pages' requests do not get in.
	tab.Allow("WebSocket", "Failed to load resource", "CORS", "blocked")
	tab.Eval(fmt.Sprintf("location.href = %q; 1", evil.URL), nil)
	tab.Until("the evil page", "document.title === 'evil'")
	var got string
	tab.Eval(fmt.Sprintf(`window.answer_ = ''; try { const ws = new WebSocket('ws://%ssocket'); ws.onopen = () => answer_ = 'open'; ws.onerror = () => answer_ = 'refused'; } catch (e) { answer_ = 'refused'; } 1`, page), nil)
	tab.Until("an answer", "window.answer_")
	tab.Eval("answer_", &got)
	require.Equal(t, "refused", got)
	tab.Eval(fmt.Sprintf(`window.answer_ = ''; fetch('http://%s', {credentials: 'include'}).then(r => r.text()).then(t => answer_ = t, () => answer_ = 'refused'); 1`, page), nil)
	tab.Until("an answer", "window.answer_")
	tab.Eval("answer_", &got)
	require.Equal(t, "refused", got)
	unknown, _ := url.Parse(leads(t, newPlayer(t, "bob").open())) // this browser was never let in there
	for _, bad := range []string{used, strings.Replace(leads(t, file), "token=", "token=0", 1),
		"http://" + unknown.Host + "/"} {
		stranger := browsertest.Open(t, "about:blank").Allow("Failed to load resource")
		stranger.Eval(fmt.Sprintf("location.href = %q; 1", bad), nil)
		stranger.Until("a refusal", "document.body.innerText.includes('pen')")
		var text string
		stranger.Eval("document.body.innerText", &text)
		require.Contains(t, text, "emulator")
		require.NotContains(t, text, "Servers")
	}
}
