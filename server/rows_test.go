package server_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// HOSTILE.md has a row for each attack, and each row names the tests that play it.
func TestEveryRowHasItsTests(t *testing.T) {
	text, err := os.ReadFile("HOSTILE.md")
	require.NoError(t, err)
	tests := map[string]bool{}
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	require.NoError(t, filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path)
		for _, m := range declared.FindAllSubmatch(source, -1) {
			tests[string(m[1])] = true
		}
		return err
	}))
	rows := 0
	for _, row := range regexp.MustCompile(`(?m)^\| (\d+) \|.*\| ([^|]*) \|$`).FindAllStringSubmatch(string(text), -1) {
		rows++
		names := regexp.MustCompile("`(\\w+)`").FindAllStringSubmatch(row[2], -1)
		require.NotEmpty(t, names, "row %s names no test", row[1])
		for _, name := range names {
			require.True(t, tests[name[1]], "row %s names %s, which is nowhere", row[1], name[1])
		}
	}
	require.Equal(t, 44, rows)
}
