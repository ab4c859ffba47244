package kclient_test

import (
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestEveryLinkOfTheDocumentsLeadsToAFile: of all documents of the repository, and to its heading where the link names
// one.
func TestEveryLinkOfTheDocumentsLeadsToAFile(t *testing.T) {
	documents := 0
	require.NoError(t, filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != ".." && (strings.HasPrefix(d.Name(), ".") || path == filepath.Join("..", "build")):
			return fs.SkipDir
		case d.IsDir() || filepath.Ext(path) != ".md":
			return nil
		}
		documents++
		for _, fault := range deadLinks(t, path) {
			t.Errorf("%s: %s", path, fault)
		}
		return nil
	}))
	require.Greater(t, documents, 10)
}

// TestDeadLinksAreFound shows the test above what it must find.
func TestDeadLinksAreFound(t *testing.T) {
	dir := t.TempDir()
	document := filepath.Join(dir, "a.md")
	require.NoError(t, os.WriteFile(document, []byte("# The `-x` flag, on Windows\n\n## Twice\n\n## Twice\n\n"+
		"[a](a.md) [b](b.md) [c](#twice-1) [d](#twice-2) [e](a.md#the--x-flag-on-windows)\n"+
		"[f](https://example.com/b.md) `[g](b.md)` ![h](b.png) [i](/a.md) [j](b.md \"title\")\n"+
		"```\n# no heading\n[k](b.md)\n```\n    [l](b.md)\n[m](#no-heading) [n]( ..)\n"), 0o644))
	require.Equal(t, []string{
		"b.md is not there", "a.md has no heading #twice-2", "b.png is not there", "/a.md is not relative",
		"b.md is not there", "a.md has no heading #no-heading",
	}, deadLinks(t, document))
}

var (
	codeSpan = regexp.MustCompile("`[^`]*`")
	linkTo   = regexp.MustCompile(`\]\(\s*([^)\s]+)[^)]*\)`)
	notASlug = regexp.MustCompile(`[^\p{L}\p{N}\p{M} _-]`)
)

// deadLinks returns what is wrong with the links of a document to files beside it.
func deadLinks(t *testing.T, document string) (faults []string) {
	t.Helper()
	for _, line := range prose(t, document) {
		for _, found := range linkTo.FindAllStringSubmatch(codeSpan.ReplaceAllString(line, ""), -1) {
			to, err := url.Parse(found[1])
			switch {
			case err != nil:
				faults = append(faults, err.Error())
				continue
			case to.Scheme != "":
				continue
			case strings.HasPrefix(to.Path, "/"):
				faults = append(faults, to.Path+" is not relative")
				continue
			}
			file := document
			if to.Path != "" {
				file = filepath.Join(filepath.Dir(document), filepath.FromSlash(to.Path))
			}
			if _, err := os.Stat(file); err != nil {
				faults = append(faults, to.Path+" is not there")
			} else if to.Fragment != "" && filepath.Ext(file) == ".md" && !headings(t, file)[to.Fragment] {
				faults = append(faults, filepath.Base(file)+" has no heading #"+to.Fragment)
			}
		}
	}
	return faults
}

// prose returns the lines of a document that are not code.
func prose(t *testing.T, document string) (lines []string) {
	t.Helper()
	text, err := os.ReadFile(document)
	require.NoError(t, err)
	fenced := false
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "```") {
			fenced = !fenced
		} else if !fenced && !strings.HasPrefix(line, "    ") {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}

// headings returns the names under which a page's headings can be linked to, as the usual hosts make them.
func headings(t *testing.T, document string) map[string]bool {
	t.Helper()
	names, seen := map[string]bool{}, map[string]int{}
	for _, line := range prose(t, document) {
		title := strings.TrimLeft(line, "#")
		if title == line || !strings.HasPrefix(title, " ") {
			continue
		}
		name := notASlug.ReplaceAllString(strings.ToLower(strings.TrimSpace(title)), "")
		name = strings.ReplaceAll(name, " ", "-")
		seen[name]++
		if n := seen[name] - 1; n > 0 {
			name = fmt.Sprintf("%s-%d", name, n)
		}
		names[name] = true
	}
	return names
}
