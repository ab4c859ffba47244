package settings

import (
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
	"github.com/stretchr/testify/require"
)

// What nests is counted, and what only looks like it is not: in strings of all four kinds, comments, numbers.
func TestOnlyWhatNestsIsCounted(t *testing.T) {
	deep := strings.Repeat("[", maxDepth+1)
	for _, good := range []string{"", deep[1:], "# " + deep, `a = "` + deep + `"`, `a = '` + deep + `'`,
		`a = """` + deep + "\n" + deep + `"""`, "a = '''" + deep + "'''",
		`a = "\"` + deep + `"`, `a = """"` + deep + `"""""`, strings.Repeat("a = [[[1.5]]]\n[b.c]\n", 50),
		"a.b.c.d.e.f.g.h.i = 1.5", strings.Repeat("]", 50) + deep[1:]} {
		require.NoError(t, checkDepth([]byte(good)), good)
	}
	for _, bad := range []string{deep, "{a=[{a=[{a=[{a=[{", `a = """x"""""` + deep, `a = "" ` + deep, "a = \"open\n" +
		deep, `a = "\\"` + deep, `a = '\'` + deep, "a = '''x'''''" + deep,
		"a.b.c.d.e.f.g.h.i.j = 1", "# x\n" + deep, "# x\r\n" + deep, `"a"."b"."c"."d"."e"."f"."g"."h"."i"."j" = 1`,
		"a\n.b.c\n=" + deep} {
		require.Error(t, checkDepth([]byte(bad)), bad)
	}
}

// deepest is how deep tables and arrays lie in each other.
func deepest(v any) int {
	most := 0
	switch v := v.(type) {
	case map[string]any:
		for _, e := range v {
			most = max(most, 1+deepest(e))
		}
	case []any:
		for _, e := range v {
			most = max(most, 1+deepest(e))
		}
	case []map[string]any:
		for _, e := range v {
			most = max(most, 1+deepest(e))
		}
	}
	return most
}

// Nothing that the parser takes hides its depth: eight brackets may lie in each other, and each of them, and the header
// before them, may hold a key of nine parts.
func FuzzDepth(f *testing.F) {
	f.Add(strings.Repeat("{a=", 60))
	f.Add("[" + strings.Repeat("a.", 90) + "b]\n")
	f.Add("x = [" + strings.Repeat("[", 60) + strings.Repeat("]", 61))
	f.Add("a = [\"\"\"x\"\"\"\"\", [[1]], '''y''''', { b.c.d = \"]]]\\\"\" }] # [[[\n[x.\"y.z\"]\n")
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 2048 || checkDepth([]byte(text)) != nil {
			return
		}
		var all map[string]any
		if _, err := toml.Decode(text, &all); err != nil {
			return
		}
		require.LessOrEqual(t, deepest(all), (maxDepth+1)*(maxDepth+2))
	})
}
