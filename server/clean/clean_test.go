package clean

import (
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/text"
)

func cleanerFor(t *testing.T, name string) Cleaner {
	t.Helper()
	c, err := text.LookupCharset(name)
	require.NoError(t, err)
	return Cleaner{c}
}

func TestCleanKeepsWhatIsClean(t *testing.T) {
	for charset, texts := range map[string][]string{
		// Shift_JIS and unassigned bytes pass
		"windows-1252": {"Anna", "J\xfcrgen", "\x83\x81\x83\x5b", "\x81\x8d\x8f\x90\x9d", "\x82\xad\x82\xa0"},
		"utf-8":        {"Anna", "Jürgen", "メー", "a\uFFFDb", "\x81\xff"},
		"windows-1251": {"\xc0\xed\xed\xe0", "\x98"},
		"shift_jis":    {"\x83\x81\x81\x5b", "\xb1\xb2"},
		"euc-kr":       {"\xb0\xa1"},
		"gbk":          {"\xc4\xe3\xba\xc3"},
	} {
		c := cleanerFor(t, charset)
		for _, raw := range texts {
			require.Equal(t, raw, c.Clean(raw, 100), "%s %x", charset, raw)
			require.True(t, utf8.ValidString(c.Text(raw)))
		}
	}
}

func TestCleanRemovesWhatHarms(t *testing.T) {
	for _, tc := range []struct{ charset, raw, want string }{
		{"windows-1252", "a\x1b[2Jb\x00\n", "a[2Jb"},
		{"utf-8", "a\u202eb\u2028c\u009bd\u200be", "abcde"},
		{"utf-8", "a\u009bb\u0085", "ab"},
		{"utf-8", "a\xe2\x80\u202e\xaeb", "ab"},
		{"utf-8", "a\xc2\n\x9bb\xc2\u0085\x85", "ab"}, // each would be one when the others have gone
		{"utf-8", "\x1b", ""},
		{"shift_jis", "\x83\x81\n\x83\x81", "\x83\x81\x83\x81"},
		{"shift_jis", "\x83\n\x1b", "\x83"},
	} {
		require.Equal(t, tc.want, cleanerFor(t, tc.charset).Clean(tc.raw, 100), "%s %q", tc.charset, tc.raw)
	}
}

// What could fool who reads it is relayed where it may be part of a letter in another charset, and never shown nor
// compared.
func TestCleanTextShowsNothingThatFools(t *testing.T) {
	c := cleanerFor(t, "windows-1252")
	raw := c.Clean("a\xadbcd", 100) // the soft hyphen
	require.Equal(t, "a\xadbcd", raw)
	require.Equal(t, "abcd", c.Seen(raw))
	require.NotContains(t, c.Text(raw), "\u00ad")
	require.Equal(t, raw, c.Encode(c.Text(raw), 100))
}

func TestCleanCutsAtACharacter(t *testing.T) {
	require.Equal(t, "aメ", cleanerFor(t, "utf-8").Clean("aメー", 6))
	require.Equal(t, "a\x83\x81", cleanerFor(t, "shift_jis").Clean("a\x83\x81\x81\x5b", 4))
}

// Whatever comes in, in whatever charset: what goes out has no control
// characters and keeps the limit.
func FuzzClean(f *testing.F) {
	for _, s := range []string{"Anna", "a\x1b[2Jb\x00\n", "\x83\x81\x81\x5b", "a\u202eb\u2028c\u009bd",
		"\x81\x0a\x83"} {
		f.Add(s, 31)
	}
	f.Fuzz(func(t *testing.T, raw string, limit int) {
		limit = int(uint(limit) % 400)
		for _, name := range text.CharsetNames() {
			c := cleanerFor(t, name)
			out := c.Clean(raw, limit)
			require.LessOrEqual(t, len(out), limit)
			require.False(t, hasControl(out), "%s: %q", name, out)
			shown := c.Text(out)
			require.Equal(t, shown, text.Sanitise(shown))
			require.Equal(t, out, c.Clean(out, limit), "%s: cleaning twice is cleaning once", name)
		}
	})
}
