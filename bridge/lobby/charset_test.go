package lobby

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"kbridge/bridge"
	"kbridge/bridge/lobby/page"
	"kbridge/kclient/wire"
	"kbridge/server/servertest"
)

// Two games that rooms cannot tell in the session's charset: who opens a room plays the one that was chosen.
func TestARoomsOwnerPlaysTheEntryThatWasChosen(t *testing.T) {
	srv := servertest.Start(t)
	p := newPlayer(t, "ann")
	require.NoError(t, p.session.SetInfos(&bridge.Infos{AppName: "test 1.0", Games: []string{"Ω", "∂", "Duel"}, Callbacks: bridge.Callbacks{Game: 1}}))
	a := newBrowser(t, p.open())
	require.Empty(t, a.ask("connect", f{"address": srv.Addr}))
	a.is("session", "state", "connected")
	require.Empty(t, a.ask("create", f{"game": "∂"}))
	a.is("room", "name", "?")
	require.Empty(t, a.ask("start", nil))
	a.is("play", "state", "playing")
	p.mu.Lock()
	require.Equal(t, "∂", p.entry)
	p.mu.Unlock()
	log, err := os.ReadFile(filepath.Join(p.folder, "log"))
	require.NoError(t, err)
	require.Regexp(t, `level=WARN msg="different games of the list have one name in rooms.* names=\[\?\] count=1`, string(log))
}

// The page has a name for every charset, and auto is the library's default until something is chosen.
func TestThePageNamesTheCharsets(t *testing.T) {
	b, err := page.Files.ReadFile("texts.json")
	require.NoError(t, err)
	var texts map[string]any
	require.NoError(t, json.Unmarshal(b, &texts))
	for _, name := range append(wire.CharsetNames(), "auto") {
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

// What the page leaves out of texts is what wire.Shown leaves out.
func TestThePageShowsTextAsWireShown(t *testing.T) {
	b, err := page.Files.ReadFile("dom.js")
	require.NoError(t, err)
	require.Contains(t, string(b), `.replace(/[\u{10FD80}-\u{10FDFF}\u{E01EE}\u{E01EF}]/gu, '').replace(/[\u{10FE80}-\u{10FEFF}]/gu, '\uFFFD')`)
	for _, r := range []rune{0x10FD80, 0x10FDFF, 0xE01EE, 0xE01EF} {
		require.Equal(t, "ab", wire.Shown("a"+string(r)+"b"))
	}
	require.Equal(t, "a\uFFFD\uFFFDb", wire.Shown("a\U0010FE80\U0010FEFFb"))
	for _, r := range []rune{0x10FD7F, 0x10FE00, 0x10FE7F, 0x10FF00, 0xE01ED, 0xE01F0} {
		require.Equal(t, string(r), wire.Shown(string(r)))
	}
}
