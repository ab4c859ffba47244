package lobby

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"kbridge/server/servertest"
)

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

	// Kicked, for as long as the room lives, and back in the next one.
	require.Empty(t, a.ask("kick", f{"user": b.get("session", "user")}))
	b.is("room", "left", "kicked")
	require.Equal(t, "refused", b.ask("join", f{"game": id}))
	require.Empty(t, a.ask("leave", nil))
	require.Empty(t, a.ask("create", f{"game": "Duel"}))
	a.is("room", "mine", true)
	kicked := id
	b.until("the next room", func() bool {
		for id = range b.games {
			return id != kicked
		}
		return false
	})
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
		waitUntil(t, "the emulator to hear it",
			func() bool { return two.heard(fmt.Sprintf("ann: good game %d", game)) })
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
	a.until("recordings", func() bool {
		return a.last["records"] != nil &&
			len(a.last["records"]["list"].([]any)) == 2
	})

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
	b.until("the recording", func() bool {
		return b.last["records"] != nil &&
			len(b.last["records"]["list"].([]any)) == 1
	})
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

	for _, bad := range []string{"", "a b", "host:99999", "host:0", "<script>", "a&calc", "ftp://x/",
		strings.Repeat("a", 300)} {
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
			fmt.Fprintf(w,
				"Duel|%s|cid|test 1.0|1/2|<b>Good</b>|Ulm|\n<b>Good</b>\n%s;1/50;1;kbridge;Ulm\nDead\n127.0.0.1:9;1/2;0;v;Nowhere\n", srv.Addr, srv.Addr)
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
	require.Empty(t, b.ask("setSettings", f{"sources": []string{web.URL + "/slow", web.URL + "/broken",
		web.URL + "/good/raw_server_list2.php"}}))
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
	b.until("the waiting game", func() bool {
		return strings.Contains(fmt.Sprint(b.last["waitingGames"]),
			"have:true")
	})
	states := func() string { return fmt.Sprint(b.last["sources"]) }
	b.until("the broken one", func() bool {
		return strings.Contains(states(), "failed") && strings.Contains(states(),
			"loading")
	})

	require.Empty(t, b.ask("favour", f{"address": srv.Addr, "place": 1, "note": "the best"}))
	require.Empty(t, b.ask("favour", f{"address": "another.example", "place": 1}))
	b.until("favourites in order", func() bool {
		return server(srv.Addr)["favourite"] == 2.0 && server("another.example:27888")["favourite"] == 1.0 &&
			server(srv.Addr)["note"] == "the best"
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
