package settings

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestChangesAreKept(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "not there yet")
	f, problem := Open(folder)
	require.Empty(t, problem)
	require.Equal(t, Default(), f.Get())
	at := time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)
	require.NoError(t, f.Change(func(s *Settings) {
		s.Nick, s.Connection, s.Record = "Ann \"é\" #1", 3, true
		s.Favourites = []Favourite{{"b:1", "B", "good\nping"}, {"a:1", "A", ""}}
		s.Recent = []Recent{{"c:2", "C", at}}
	}))
	again, problem := Open(folder)
	require.Empty(t, problem)
	s := again.Get()
	require.Equal(t, "Ann \"é\" #1", s.Nick)
	require.Equal(t, []Favourite{{"b:1", "B", "goodping"}, {"a:1", "A", ""}}, s.Favourites,
		"in order, and without control characters")
	require.True(t, at.Equal(s.Recent[0].At))
	text, err := os.ReadFile(f.Path())
	require.NoError(t, err)
	require.Contains(t, string(text), "nick = ", "a person can read it")
	left, _ := filepath.Glob(filepath.Join(folder, "*.tmp"))
	require.Empty(t, left)
	// What Get returns is a copy.
	s.Favourites[0].Note = "changed"
	require.NotEqual(t, s, again.Get())
}

// Who wants no list of servers gets none.
func TestNoSourcesStayNone(t *testing.T) {
	folder := t.TempDir()
	f, _ := Open(folder)
	require.NotEmpty(t, f.Get().Sources)
	require.NoError(t, f.Change(func(s *Settings) { s.Sources = nil }))
	require.Empty(t, f.Get().Sources)
	f, _ = Open(folder)
	require.Empty(t, f.Get().Sources)
}

func TestABrokenFileIsSetAside(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, Name)
	require.NoError(t, os.WriteFile(path, []byte("nick = \"half a fi"), 0o600))
	f, problem := Open(folder)
	require.Contains(t, problem, "could not be read")
	require.Equal(t, Default(), f.Get())
	aside, _ := filepath.Glob(path + ".broken-*")
	require.Len(t, aside, 1)
	require.Contains(t, problem, aside[0])
	text, _ := os.ReadFile(aside[0])
	require.Equal(t, "nick = \"half a fi", string(text), "nothing is lost")
	require.NoError(t, f.Change(func(s *Settings) { s.Nick = "ann" }))
}

func TestWrongValuesAreNamedAndTheRestIsKept(t *testing.T) {
	folder := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(folder, Name), []byte(`nick = "ann"
connection = 9
charset = "klingon"
theme = "pink"
sources = ["http://good/list", "file:///etc/passwd", "javascript:x"]
new_key_of_a_later_version = 1
`), 0o600))
	f, problem := Open(folder)
	s := f.Get()
	require.Equal(t, "ann", s.Nick)
	require.Equal(t, Default().Charset, s.Charset)
	require.Equal(t, "auto", s.Theme)
	require.Zero(t, s.Connection)
	require.Equal(t, []string{"http://good/list"}, s.Sources)
	for _, word := range []string{"connection is 9", "klingon", "pink", "file:///etc/passwd"} {
		require.Contains(t, problem, word)
	}
}

// Two emulators, and a person with an editor, do not undo each other's work.
func TestOthersChangesAreKept(t *testing.T) {
	folder := t.TempDir()
	one, _ := Open(folder)
	two, _ := Open(folder)
	require.NoError(t, one.Change(func(s *Settings) { s.Nick = "ann" }))
	require.NoError(t, two.Change(func(s *Settings) { s.Connection = 4 }))
	text, _ := os.ReadFile(one.Path())
	require.NoError(t, os.WriteFile(one.Path(), []byte(strings.Replace(string(text), "theme = \"auto\"",
		"theme = \"dark\"", 1)), 0o600))
	require.NoError(t, one.Change(func(s *Settings) { s.Sound = false }))
	s := one.Get()
	require.Equal(t, "ann", s.Nick)
	require.Equal(t, 4, s.Connection)
	require.Equal(t, "dark", s.Theme)
	require.False(t, s.Sound)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() { _ = one.Change(func(s *Settings) { s.HostPort++ }) })
	}
	all.Wait()
	require.Equal(t, 20, one.Get().HostPort)
}

func TestEverythingIsBounded(t *testing.T) {
	f, problem := Open("")
	require.NotEmpty(t, problem)
	require.NoError(t, f.Change(func(s *Settings) {
		s.Nick = strings.Repeat("é", 1000)
		for range 1000 {
			s.Favourites = append(s.Favourites, Favourite{Address: "a:1", Note: strings.Repeat("n", 1000)})
			s.Recent = append(s.Recent, Recent{Address: "a:1"})
			s.Sources = append(s.Sources, "http://x/")
			s.Ignored = append(s.Ignored, "x")
		}
	}))
	s := f.Get()
	require.LessOrEqual(t, len(s.Nick), 255)
	require.Len(t, s.Favourites, MaxFavourites)
	require.Len(t, s.Favourites[0].Note, MaxNote)
	require.Len(t, s.Recent, MaxRecent)
	require.Len(t, s.Sources, MaxSources)
	require.Len(t, s.Ignored, MaxIgnored)

	folder := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(folder, Name), make([]byte, maxFile+1), 0o600))
	_, problem = Open(folder)
	require.Contains(t, problem, "at most")
}

// Files of before say windows-1252 whether somebody chose it or not; it meant the emulator's bytes as they are, which
// is now what Auto means. What somebody has chosen stays.
func TestSavedSettingsKeepTheirCharset(t *testing.T) {
	for _, tc := range []struct{ file, want string }{
		{"", Auto},
		{`charset = "windows-1252"`, Auto},
		{`charset = "shift_jis"`, "shift_jis"},
		{`charset = "utf-8"`, "utf-8"},
		{`charset = ""`, Auto},
		{"version = 1\ncharset = \"windows-1252\"", "windows-1252"},
		{"version = 1\ncharset = \"cp950\"", "big5"},
		{"version = 1\ncharset = \"auto\"", Auto},
	} {
		folder := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(folder, Name), []byte(tc.file), 0o600))
		f, problem := Open(folder)
		require.Empty(t, problem, tc.file)
		require.Equal(t, tc.want, f.Get().Charset, tc.file)
		require.NoError(t, f.Change(func(s *Settings) { s.Nick = "ann" }))
		f, _ = Open(folder)
		require.Equal(t, tc.want, f.Get().Charset, "%s, written anew", tc.file)
	}
	f, _ := Open(t.TempDir())
	require.NoError(t, f.Change(func(s *Settings) { s.Charset = "windows-1252" }))
	again, _ := Open(filepath.Dir(f.Path()))
	require.Equal(t, "windows-1252", again.Get().Charset, "chosen")
}
