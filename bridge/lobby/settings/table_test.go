package settings

import (
	"reflect"
	"testing"

	"github.com/BurntSushi/toml"
	"github.com/stretchr/testify/require"

	"kbridge/kclient/setting"
	"kbridge/kclient/setting/settingtest"
)

func TestTheDocumentedKeysAreThoseThereAre(t *testing.T) {
	settingtest.Document(t, "settings", setting.Markdown("key", "", setting.Describe(table)))
}

func TestEveryKeyOfTheFileHasARow(t *testing.T) {
	var keys, rows []string
	for _, field := range reflect.VisibleFields(reflect.TypeFor[Settings]()) {
		keys = append(keys, field.Tag.Get("toml"))
	}
	for _, d := range setting.Describe(table) {
		rows = append(rows, d.Name)
		require.NotEmpty(t, d.Help, d.Name)
		require.NotEmpty(t, d.Takes, d.Name)
		require.NotEmpty(t, d.Default, d.Name)
	}
	require.Equal(t, keys, rows)
}

func TestDefaultsNeedNoMending(t *testing.T) {
	s := Default()
	require.Empty(t, s.mend())
	require.Equal(t, Default().Sources, s.Sources)
	s.Sources[0] = "changed"
	require.NotEqual(t, s.Sources, Default().Sources, "the default is nobody's list")
}

func TestTheHeadIsAComment(t *testing.T) {
	var all map[string]any
	_, err := toml.Decode(head(), &all)
	require.NoError(t, err)
	require.Empty(t, all)
	require.Contains(t, head(), "# theme: the colours of the lobby; auto, light or dark\n")
}

// A folder that cannot be is no news: the usual one is taken.
func TestAFolderThatCannotBeIsTheUsualOne(t *testing.T) {
	for _, folder := range []string{"", "a\x00b"} {
		s := Default()
		s.RecordFolder = folder
		require.Empty(t, s.mend())
		require.Equal(t, "records", s.RecordFolder)
	}
}
