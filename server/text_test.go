package server

import (
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/wire"
)

func cleanerFor(t *testing.T, name string) cleaner {
	t.Helper()
	c, err := wire.LookupCharset(name)
	require.NoError(t, err)
	return cleaner{c}
}

func TestCleanKeepsWhatIsClean(t *testing.T) {
	for charset, texts := range map[string][]string{
		"windows-1252": {"Anna", "J\xfcrgen", "\x83\x81\x83\x5b", "\x81\x8d\x8f\x90\x9d"}, // Shift_JIS and unassigned bytes pass
		"utf-8":        {"Anna", "Jürgen", "メー", "a\uFFFDb"},
		"windows-1251": {"\xc0\xed\xed\xe0", "\x98"},
		"shift_jis":    {"\x83\x81\x81\x5b", "\xb1\xb2"},
		"euc-kr":       {"\xb0\xa1"},
		"gbk":          {"\xc4\xe3\xba\xc3"},
	} {
		c := cleanerFor(t, charset)
		for _, raw := range texts {
			require.Equal(t, raw, c.clean(raw, 100), "%s %x", charset, raw)
			require.True(t, utf8.ValidString(c.text(raw)))
		}
	}
}

func TestCleanRemovesWhatHarms(t *testing.T) {
	for _, tc := range []struct{ charset, raw, want string }{
		{"windows-1252", "a\x1b[2Jb\x00\n", "a[2Jb"},
		{"utf-8", "a\u202eb\u2028c\u009bd\u200be", "abcde"},
		{"utf-8", "\x1b", ""},
		{"shift_jis", "\x83\x81\n\x83\x81", "\x83\x81\x83\x81"},
		{"shift_jis", "\x83\na", "?a"},
	} {
		require.Equal(t, tc.want, cleanerFor(t, tc.charset).clean(tc.raw, 100), "%s %q", tc.charset, tc.raw)
	}
}

func TestCleanCutsAtACharacter(t *testing.T) {
	require.Equal(t, "aメ", cleanerFor(t, "utf-8").clean("aメー", 6))
	require.Equal(t, "a\x83\x81", cleanerFor(t, "shift_jis").clean("a\x83\x81\x81\x5b", 4))
}

// Whatever comes in, in whatever charset: what goes out has no control
// characters and keeps the limit.
func FuzzClean(f *testing.F) {
	for _, s := range []string{"Anna", "a\x1b[2Jb\x00\n", "\x83\x81\x81\x5b", "a\u202eb\u2028c\u009bd", "\x81\x0a\x83"} {
		f.Add(s, 31)
	}
	f.Fuzz(func(t *testing.T, raw string, limit int) {
		limit = int(uint(limit) % 400)
		for _, name := range wire.CharsetNames() {
			c := cleanerFor(t, name)
			out := c.clean(raw, limit)
			require.LessOrEqual(t, len(out), limit)
			require.False(t, hasControl(out), "%s: %q", name, out)
			text := c.text(out)
			require.Equal(t, text, wire.Sanitise(text))
			require.Equal(t, out, c.clean(out, limit), "%s: cleaning twice is cleaning once", name)
		}
	})
}
