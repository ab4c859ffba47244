package autoplay

import (
	"testing"

	"github.com/stretchr/testify/require"

	"kbridge/bridge"
	"kbridge/kclient/text"
)

type environment map[string]string

func (e environment) getenv(name string) string { return e[name] }

// with is e with some variables changed.
func (e environment) with(pairs ...string) environment {
	c := environment{}
	for name, value := range e {
		c[name] = value
	}
	for i := 0; i < len(pairs); i += 2 {
		c[pairs[i]] = pairs[i+1]
	}
	return c
}

func TestChoiceOfTheGame(t *testing.T) {
	list := bridge.Emulator{Games: []bridge.GameName{{Entry: "1", Name: "Duel", Wire: "Duel"},
		{Entry: "2", Name: "Maze of Ω", Wire: "Maze of ?"}}}
	for game, entry := range map[string]string{"": "1", "Duel": "1", "Maze of Ω": "2", "Maze of ?": "2"} {
		g, err := choose(game, list)
		require.NoError(t, err)
		require.Equal(t, entry, g.Entry)
	}
	_, err := choose("Chess", list)
	require.EqualError(t, err, `KAILLERA_GAME is "Chess"; it takes a game of the emulator's list: "Duel", "Maze of Ω"`)
	for range 40 {
		list.Games = append(list.Games, list.Games[0])
	}
	_, err = choose("Chess", list)
	require.ErrorContains(t, err, "and 32 more")
	_, err = choose("Chess", bridge.Emulator{})
	require.ErrorContains(t, err, "list is empty")
}

func charset(t *testing.T, name string) text.Charset {
	t.Helper()
	cs, err := text.LookupCharset(name)
	require.NoError(t, err)
	return cs
}
