package page

import (
	"encoding/json"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var languages = []string{"en", "ko", "es", "pt", "ja", "fr"}

func read(t *testing.T, name string) string {
	b, err := Files.ReadFile(name)
	require.NoError(t, err)
	return string(b)
}

func scripts(t *testing.T) map[string]string {
	names, err := fs.Glob(Files, "*.js")
	require.NoError(t, err)
	require.NotEmpty(t, names)
	all := map[string]string{}
	for _, name := range names {
		all[name] = read(t, name)
	}
	return all
}

// Every text stands in all languages, with the same places to fill in.
func TestTheCatalogueIsWhole(t *testing.T) {
	var texts map[string]map[string]string
	require.NoError(t, json.Unmarshal([]byte(read(t, "texts.json")), &texts))
	places := regexp.MustCompile(`\{\w+\}`)
	for key, byLanguage := range texts {
		require.Len(t, byLanguage, len(languages), key)
		want := places.FindAllString(byLanguage["en"], -1)
		slices.Sort(want)
		for _, language := range languages {
			text := byLanguage[language]
			require.NotEmpty(t, strings.TrimSpace(text), "%s in %s", key, language)
			got := places.FindAllString(text, -1)
			slices.Sort(got)
			require.Equal(t, want, got, "%s in %s", key, language)
			require.NotContains(t, text, "<", "texts are no markup")
		}
	}
}

// Each key that the scripts name stands in the catalogue, and each that stands
// there is named; some are put together from a beginning and a word.
func TestKeysAndScriptsAgree(t *testing.T) {
	var texts map[string]any
	require.NoError(t, json.Unmarshal([]byte(read(t, "texts.json")), &texts))
	whole := regexp.MustCompile(`\bt\('([\w.-]+)'[,)]`)
	begun := regexp.MustCompile(`'([\w]+(?:\.\w+)*\.)' \+`)
	quoted := regexp.MustCompile(`'([a-z]\w*(?:\.\w+)*)'`)
	var beginnings []string
	used := map[string]bool{}
	for name, script := range scripts(t) {
		for _, m := range whole.FindAllStringSubmatch(script, -1) {
			require.Contains(t, texts, m[1], name)
		}
		for _, m := range begun.FindAllStringSubmatch(script, -1) {
			beginnings = append(beginnings, m[1])
		}
		for _, m := range quoted.FindAllStringSubmatch(script, -1) {
			used[m[1]] = true
		}
	}
	beginnings = append(beginnings, "notice.") // the library's own lines
	for key := range texts {
		ok := used[key] || slices.ContainsFunc(beginnings, func(b string) bool { return strings.HasPrefix(key, b) })
		require.True(t, ok, "nobody uses %s", key)
	}
}

// The page asks nobody but its own server, and holds no script or style inside of
// its markup, which the policy forbids.
func TestThePageKeepsToItsPolicy(t *testing.T) {
	html := read(t, "index.html")
	require.NotRegexp(t, `(?i)\son\w+=|style=|<style|<script(?:>|[^>]*>[^<])`, html)
	for name, text := range scripts(t) {
		require.NotRegexp(t,
			`innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|import\s*\(|setAttribute\('style'`, text, name)
		require.NotRegexp(t, `https?://[a-z0-9]`, text, name)
		require.Less(t, strings.Count(text, "\n"), 400, "%s holds more than one idea", name)
	}
	require.NotRegexp(t, `url\(|@import|https?:`, read(t, "style.css"))
}
