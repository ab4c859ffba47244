package kclient_test

import (
	"go/scanner"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

const (
	columns   = 120 // of code and comments, a tab being four
	unbroken  = 40  // characters of a text that makes its line longer: breaking it would hide it from a search
	tabColumn = 4
)

// TestLinesAre120ColumnsWide, but for those with a long text in them.
func TestLinesAre120ColumnsWide(t *testing.T) {
	seen := 0
	require.NoError(t, filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".go" {
			return err
		}
		seen++
		source, err := os.ReadFile(path)
		require.NoError(t, err)
		for _, line := range tooWide(source) {
			t.Errorf("%s:%d is wider than %d columns", filepath.ToSlash(path), line, columns)
		}
		return nil
	}))
	require.Greater(t, seen, 300)
}

// tooWide are the lines, from 1, that should be broken.
func tooWide(source []byte) (lines []int) {
	var texts map[int]bool // lines with a long text, made when the first one is wide
	for i, line := range strings.Split(string(source), "\n") {
		if utf8.RuneCountInString(line)+strings.Count(line, "\t")*(tabColumn-1) <= columns {
			continue
		}
		if texts == nil {
			texts = longTexts(source)
		}
		if !texts[i+1] {
			lines = append(lines, i+1)
		}
	}
	return lines
}

// longTexts are the lines that a long text stands on.
func longTexts(source []byte) map[int]bool {
	file := token.NewFileSet().AddFile("", -1, len(source))
	var s scanner.Scanner
	s.Init(file, source, nil, 0)
	lines := map[int]bool{}
	for {
		pos, tok, text := s.Scan()
		if tok == token.EOF {
			return lines
		}
		if first := file.Line(pos); tok == token.STRING && (len(text) >= unbroken || strings.Contains(text, "\n")) {
			for i := range strings.Count(text, "\n") + 1 {
				lines[first+i] = true
			}
		}
	}
}

func TestWideLinesAreFound(t *testing.T) {
	wide := strings.Repeat("x", columns-1)
	source := "package p\n// fine\n// " + wide + "\nvar a = `" + wide + "`\nvar b = \"" + wide + "\"\n"
	require.Equal(t, []int{3}, tooWide([]byte(source)))
	require.Equal(t, []int{2}, tooWide([]byte("package p\nvar a = 1"+strings.Repeat("\t", 28)+"+ 1\n")))
}
