package lobby

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/unicode/norm"

	"kbridge/bridge"
	"kbridge/bridge/lobby/page"
	"kbridge/kclient/text"
	"kbridge/kclient/wire"
	"kbridge/server/servertest"
)

// Two games that rooms cannot tell, since the wire takes 127 bytes of a name: who opens a room plays the one that was
// chosen.
func TestARoomsOwnerPlaysTheEntryThatWasChosen(t *testing.T) {
	srv := servertest.Start(t)
	p := newPlayer(t, "ann")
	long := strings.Repeat("é", wire.MaxGameName)
	require.NoError(t, p.session.SetInfos(&bridge.Infos{AppName: "test 1.0", Games: []string{long + " 1", long + " 2",
		"Duel"}, Callbacks: bridge.Callbacks{Game: 1}}))
	a := newBrowser(t, p.open())
	require.Empty(t, a.ask("connect", f{"address": srv.Addr}))
	a.is("session", "state", "connected")
	require.Empty(t, a.ask("create", f{"game": long + " 2"}))
	a.is("room", "name", long)
	require.Empty(t, a.ask("start", nil))
	a.is("play", "state", "playing")
	p.mu.Lock()
	require.Equal(t, long+" 2", p.entry)
	p.mu.Unlock()
	log, err := os.ReadFile(filepath.Join(p.folder, "log"))
	require.NoError(t, err)
	require.Regexp(t, `level=WARN msg="different games of the list have one name in rooms.* names=\[é+\] count=1`,
		string(log))
}

// A character that the session's charset does not have is named, whatever is to be sent, and nothing is.
func TestThePageSaysWhichCharacterTheCharsetLacks(t *testing.T) {
	srv := servertest.Start(t)
	p := newPlayer(t, "ann")
	require.NoError(t, p.session.SetInfos(&bridge.Infos{AppName: "test 1.0", Games: []string{"ドンキー", "マリオ", "Duel"},
		Callbacks: bridge.Callbacks{Game: 1}}))
	a := newBrowser(t, p.open())
	require.Empty(t, a.ask("connect", f{"address": srv.Addr}))
	a.is("session", "state", "connected")
	require.Equal(t, "charset", a.ask("create", f{"game": "マリオ"}))
	require.Equal(t, "charset", a.ask("say", f{"where": "lobby", "text": "マリオ?"}))
	require.Empty(t, a.ask("create", f{"game": "Duel"}))
	a.is("room", "name", "Duel")
	require.Equal(t, "charset", a.ask("say", f{"where": "room", "text": "a 鵺"}))
}

// A Mac's list of games has its letters apart; rooms are the same as everybody's.
func TestAMacsListMeetsEverybodysRooms(t *testing.T) {
	srv := servertest.Start(t)
	games := func(p *player, name string) *bare {
		require.NoError(t, p.session.SetInfos(&bridge.Infos{AppName: "test 1.0", Games: []string{"Duel", name},
			Callbacks: bridge.Callbacks{Game: 1}}))
		b := newBrowser(t, p.open())
		require.Empty(t, b.ask("setSettings", f{"charset": "utf-8"}))
		require.Empty(t, b.ask("connect", f{"address": srv.Addr}))
		b.is("session", "state", "connected")
		return b
	}
	const name = "Pokémon 한국 ガ"
	mac, windows := newPlayer(t, "mac"), newPlayer(t, "win")
	m, w := games(mac, norm.NFD.String(name)), games(windows, name)
	require.Empty(t, m.ask("create", f{"game": norm.NFD.String(name)}))
	m.is("room", "name", name)
	w.until("the room of a game that it has", func() bool {
		for _, g := range w.games {
			return g["name"] == name && g["have"] == true
		}
		return false
	})
}

// The page has a name for every charset, and auto is the library's default until something is chosen.
func TestThePageNamesTheCharsets(t *testing.T) {
	b, err := page.Files.ReadFile("texts.json")
	require.NoError(t, err)
	var texts map[string]any
	require.NoError(t, json.Unmarshal(b, &texts))
	for _, name := range append(text.CharsetNames(), "auto") {
		require.Contains(t, texts, "charset."+name)
	}
	a := newBrowser(t, newPlayer(t, "ann").open())
	a.is("hello", "charset", "windows-1252")
	a.is("settings", "charset", "auto")
	require.Empty(t, a.ask("setSettings", f{"charset": "big5"}))
	a.is("settings", "charset", "big5")
	require.Empty(t, a.ask("setSettings", f{"charset": "auto"}))
	a.is("settings", "charset", "auto")
}

// What the page leaves out of texts is what text.Shown leaves out.
func TestThePageShowsTextAsWireShown(t *testing.T) {
	b, err := page.Files.ReadFile("dom.js")
	require.NoError(t, err)
	require.Contains(t, string(b),
		`.replace(/[\u{10FD80}-\u{10FDFF}\u{E01EE}\u{E01EF}]/gu, '').replace(/[\u{10FE80}-\u{10FEFF}]/gu, '\uFFFD')`)
	for _, r := range []rune{0x10FD80, 0x10FDFF, 0xE01EE, 0xE01EF} {
		require.Equal(t, "ab", text.Shown("a"+string(r)+"b"))
	}
	require.Equal(t, "a\uFFFD\uFFFDb", text.Shown("a\U0010FE80\U0010FEFFb"))
	for _, r := range []rune{0x10FD7F, 0x10FE00, 0x10FE7F, 0x10FF00, 0xE01ED, 0xE01F0} {
		require.Equal(t, string(r), text.Shown(string(r)))
	}
}
