package environ

import (
	"errors"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/setting"
	"kbridge/kclient/setting/settingtest"
)

func TestTheDocumentedVariablesAreThoseThereAre(t *testing.T) {
	settingtest.Document(t, "environment", setting.Markdown("variable", "", Table()))
}

func TestEveryVariableSaysWhatItIsAndWhatItTakes(t *testing.T) {
	for _, d := range Table() {
		require.NotEmpty(t, d.Help, d.Name)
		require.NotEmpty(t, d.Takes, d.Name)
		require.NotEmpty(t, d.Default, d.Name)
	}
}

func TestHowTheLibraryBehavesUnlessItIsSet(t *testing.T) {
	none := environment{}.getenv
	word, err := ReadLobby(none)
	require.NoError(t, err)
	require.Equal(t, LobbyOn, word)
	disabled, err := ReadParent(none)
	require.NoError(t, err)
	require.True(t, disabled)
}

func TestWrongWordsForTheLibraryAreNamed(t *testing.T) {
	_, err := ReadLobby(environment{EnvLobby: "On"}.getenv)
	require.EqualError(t, err, `KAILLERA_LOBBY is "On"; it takes on, address or off`)
	_, err = ReadParent(environment{EnvParent: "greyed"}.getenv)
	require.EqualError(t, err, `KAILLERA_PARENT is "greyed"; it takes disabled or enabled`)
	require.EqualError(t, LogError("/no/such/folder/log", errors.New("it is not there")),
		`KAILLERA_LOG is "/no/such/folder/log", which cannot be written (it is not there); `+
			`it takes debug, info, warn or error, which log to stderr, or the name of a file to append to`)
}

func TestLevelsOfTheLogAreFourWords(t *testing.T) {
	level, ok := LogLevel("warn")
	require.True(t, ok)
	require.Equal(t, slog.LevelWarn, level)
	for _, file := range []string{"DEBUG", "info+1", "", "log"} {
		_, ok := LogLevel(file)
		require.False(t, ok, file)
	}
}
