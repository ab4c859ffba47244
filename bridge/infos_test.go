package bridge

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"kbridge/kclient"
	"kbridge/kclient/text"
	"kbridge/kclient/wire"
)

func TestSplitGameList(t *testing.T) {
	for list, want := range map[string][]string{
		"":                         nil,
		"\x00":                     nil,
		"\x00Duel\x00\x00":         nil, // an empty name is the list's end
		"Duel\x00\x00":             {"Duel"},
		"Duel\x00Maze\x00\x00":     {"Duel", "Maze"},
		"Duel\x00Maze":             {"Duel", "Maze"}, // the end is missing
		"Duel\x00\x00Maze\x00":     {"Duel"},
		"\x01\xFF\x00Duel\x00":     {"\x01\xFF", "Duel"},
		"Duel\x00Duel\x00A\x00":    {"Duel", "Duel", "A"},
		"two words (v1.0)\x00\x00": {"two words (v1.0)"},
	} {
		require.Equal(t, want, SplitGameList([]byte(list)), "%q", list)
	}
}

func charset(t *testing.T, name string) text.Charset {
	t.Helper()
	cs, err := text.LookupCharset(name)
	require.NoError(t, err)
	return cs
}

func TestEmulatorDescription(t *testing.T) {
	long := strings.Repeat("é", 200)
	infos := &Infos{AppName: strings.Repeat("x", 300), Games: []string{"Pokémon\n", long, "Ω"}}
	e := newEmulator(infos, hostText{host: utf8Charset})
	require.Equal(t, strings.Repeat("x", wire.MaxEmulatorName), e.Name)
	require.Equal(t, []GameName{
		{Entry: "Pokémon\n", Name: "Pokémon", Wire: "Pokémon"},
		{Entry: long, Name: long, Wire: strings.Repeat("é", wire.MaxGameName)},
		{Entry: "Ω", Name: "Ω", Wire: "?", Unsayable: &kclient.CharsetError{What: "game's name", Text: "Ω", Char: 'Ω',
			Charset: "windows-1252"}},
	}, e.Games)

	for _, name := range []string{long, e.Games[1].Wire} {
		g, ok := e.Find(name)
		require.True(t, ok)
		require.Equal(t, long, g.Entry)
	}
	_, ok := e.Find("pokémon")
	require.False(t, ok)

	e = newEmulator(infos, hostText{host: utf8Charset, session: charset(t, "utf-8")})
	require.Equal(t, strings.Repeat("é", wire.MaxGameName/2), e.Games[1].Wire, "cut between two characters")

	require.NotEmpty(t, newEmulator(&Infos{}, hostText{}).Name, "servers refuse an empty one")
}
