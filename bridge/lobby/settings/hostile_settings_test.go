package settings_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/bridge/lobby/settings"
)

// fill repeats a text up to so many bytes.
func fill(text string, bytes int) string { return strings.Repeat(text, bytes/len(text)+1)[:bytes] }

// hostile are files that a parser has much to do with, of 64 kB each, and one of 600 kB.
func hostile() map[string]string {
	const size = 64 << 10
	lines := func(line string) string {
		var b strings.Builder
		for i := 0; b.Len() < size-200; i++ {
			fmt.Fprintf(&b, line+"\n", i)
		}
		return b.String()
	}
	return map[string]string{
		"600 kB of inline tables":         fill("{a=", 600_000),
		"inline tables":                   fill("a={", size),
		"a value of inline tables":        "x = " + fill("{a=", size-4),
		"arrays":                          "x = " + fill("[", size-4),
		"a header of many parts":          "[" + fill("a.", size-3) + "a]",
		"a header of quoted parts":        "[" + fill(`"a".`, size-4) + "a]",
		"an array of tables":              "[[" + fill("a.", size-5) + "a]]",
		"a dotted key":                    fill("a.", size-5) + "a=1\n",
		"dotted keys in an inline table":  "x = {" + fill("a.", size-10) + "a=1}",
		"brackets behind strings":         `x = ["a", 'b', """c""""", '''d'''', ` + fill("[", size-60),
		"brackets on the line of a quote": "x = [\"\"\"a\"\"\"\"\n, " + fill("[", size-60),
		"many tables":                     lines("[a%d.b.c.d.e.f.g.h]"),
		"many keys":                       lines("a%d.b.c.d.e.f.g.h = 1"),
		"many arrays of tables":           lines("[[a]] # %d"),
		"tables of tables":                lines("[[a.b.c.d.e.f.g.h]] # %d"),
		"an array of inline tables":       "x = [" + fill("{a.b.c.d.e.f.g.h={a.b.c.d.e.f.g.h=1}},", size-100) + "]",
		"wide inline tables":              "x = {" + strings.ReplaceAll(lines("a%d.b.c.d=1,"), "\n", "") + "z=1}",
		"one long string":                 `x = "` + fill(`\u0041`, size-12) + `"`,
	}
}

// Row 41: no settings file makes the library take much memory or time, whatever nests in it; it is set aside as it was.
func TestNoSettingsFileTakesMuchMemory(t *testing.T) {
	var most uint64
	for name, text := range hostile() {
		folder := t.TempDir()
		path := filepath.Join(folder, settings.Name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		begun := time.Now()
		_, problem := settings.Open(folder)
		took := time.Since(begun)
		runtime.ReadMemStats(&after)
		bytes := after.TotalAlloc - before.TotalAlloc
		most = max(most, bytes)
		t.Logf("%-32s %7d bytes: %9.1f kB, %8.2f ms: %.90s", name, len(text), float64(bytes)/1000,
			float64(took.Microseconds())/1000, strings.ReplaceAll(problem, folder, ""))
		aside, _ := filepath.Glob(path + ".broken-*")
		if problem == "" {
			require.Empty(t, aside)
			continue
		}
		require.Len(t, aside, 1, name)
		kept, err := os.ReadFile(aside[0])
		require.NoError(t, err)
		require.True(t, text == string(kept), "%s: nothing is lost", name)
	}
	t.Logf("at most %d kB are allocated for a file", most/1000)
	require.Less(t, most, uint64(64<<20))
}

// Row 41: who has a file that is too large, or nests too deep, is told which, how large it is, and what to do.
func TestAFileThatIsTooMuchIsNamedWithItsSize(t *testing.T) {
	for text, want := range map[string]string{
		"nick = \"ann\"\n" + fill("# a\n", 70_000):  "has 70013 bytes, at most 65536 are read",
		"nick = \"ann\"\nx = [[[[[[[[[1]]]]]]]]]\n": "line 2 has more than 8 tables, arrays or parts of a key in each other",
	} {
		folder := t.TempDir()
		path := filepath.Join(folder, settings.Name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		_, problem := settings.Open(folder)
		require.Contains(t, problem, path)
		require.Contains(t, problem, want)
		require.Contains(t, problem, "bytes")
		require.Contains(t, problem, "rename it to "+settings.Name)
	}
}

// Row 41: what a person has made of the file meanwhile is not written over, also where it cannot be read.
func TestAFileThatBecameUnreadableIsNotWrittenOver(t *testing.T) {
	folder := t.TempDir()
	f, problem := settings.Open(folder)
	require.Empty(t, problem)
	require.NoError(t, f.Change(func(s *settings.Settings) { s.Nick = "ann" }))
	const theirs = "nick = \"ann\"\nfavourite = [ # half done"
	require.NoError(t, os.WriteFile(f.Path(), []byte(theirs), 0o600))
	for n := range 2 {
		require.NoError(t, os.WriteFile(f.Path(), []byte(theirs), 0o600))
		err := f.Change(func(s *settings.Settings) { s.Sound = false })
		require.ErrorContains(t, err, ".broken-")
		aside, _ := filepath.Glob(f.Path() + ".broken-*")
		require.Len(t, aside, n+1, "each under a name of its own")
		for _, a := range aside {
			kept, _ := os.ReadFile(a)
			require.Equal(t, theirs, string(kept))
		}
	}
	again, problem := settings.Open(folder)
	require.Empty(t, problem)
	require.Equal(t, "ann", again.Get().Nick)
	require.False(t, again.Get().Sound)
}

// Row 41: the library writes no file that it would not read.
func TestNoFileIsWrittenThatWouldNotBeRead(t *testing.T) {
	folder := t.TempDir()
	f, _ := settings.Open(folder)
	require.NoError(t, f.Change(func(s *settings.Settings) { s.Nick = "ann" }))
	err := f.Change(func(s *settings.Settings) {
		for i := range settings.MaxFavourites {
			s.Favourites = append(s.Favourites, settings.Favourite{Address: fmt.Sprintf("10.0.0.1:%d", i),
				Name: fill("n", 200), Note: fill("ü", 200)})
		}
	})
	require.ErrorContains(t, err, "shorten the notes")
	again, problem := settings.Open(folder)
	require.Empty(t, problem)
	require.Equal(t, "ann", again.Get().Nick)
	// What a player has is far from it.
	require.NoError(t, f.Change(func(s *settings.Settings) {
		s.Favourites = nil
		for i := range 300 {
			s.Favourites = append(s.Favourites, settings.Favourite{Address: fmt.Sprintf("203.0.113.%d:27888", i%256),
				Name: "A server with a usual name", Note: "good ping in the evening, ask for bob"})
		}
	}))
	again, problem = settings.Open(folder)
	require.Empty(t, problem)
	require.Len(t, again.Get().Favourites, 300)
}

// Row 41: a pipe in the file's place is not waited for.
func TestAPipeIsNoSettingsFile(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, settings.Name)
	require.NoError(t, pipe(t, path))
	done := make(chan string, 1)
	go func() { _, problem := settings.Open(folder); done <- problem }()
	select {
	case problem := <-done:
		require.Contains(t, problem, "is no file")
	case <-time.After(10 * time.Second):
		t.Fatal("the library waits for a pipe")
	}
}
