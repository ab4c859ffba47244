package server

import (
	"fmt"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/text"
	"kbridge/kclient/wire"
)

func cleanerFor(t *testing.T, name string) cleaner {
	t.Helper()
	c, err := text.LookupCharset(name)
	require.NoError(t, err)
	return cleaner{c}
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
			require.Equal(t, raw, c.clean(raw, 100), "%s %x", charset, raw)
			require.True(t, utf8.ValidString(c.text(raw)))
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
		require.Equal(t, tc.want, cleanerFor(t, tc.charset).clean(tc.raw, 100), "%s %q", tc.charset, tc.raw)
	}
}

// What could fool who reads it is relayed where it may be part of a letter in another charset, and never shown nor
// compared.
func TestCleanTextShowsNothingThatFools(t *testing.T) {
	c := cleanerFor(t, "windows-1252")
	raw := c.clean("a\xadbcd", 100) // the soft hyphen
	require.Equal(t, "a\xadbcd", raw)
	require.Equal(t, "abcd", c.seen(raw))
	require.NotContains(t, c.text(raw), "\u00ad")
	require.Equal(t, raw, c.encode(c.text(raw), 100))
}

// A server of the default charset, and players who write Japanese: whatever they say and are called passes.
func TestWhatIsSaidInAnotherCharsetIsRelayedAsItIs(t *testing.T) {
	b := newBox(t, Config{})
	anna, bert := b.client(1, "\x82\xa0\x82\xad"), b.client(2, "\x8d\x82\x8f\x90\x9d\x81") // あく; lone first bytes
	anna.login()
	bert.login()
	for _, raw := range []string{"\x82\xad", "\x82\xa0", "\x81\x8d\x8f\x90\x9d", "a\xad\xff\x80"} {
		b.pass(30 * time.Second)
		anna.inbox, bert.inbox = nil, nil
		anna.send(wire.TypeGlobalChat, wire.ChatRequest{Text: raw})
		line := boxParse(bert, wire.TypeGlobalChat, wire.ParseChat)
		require.Equal(t, wire.Chat{User: anna.name, Text: raw}, line)
		anna.send(wire.TypeGlobalChat, wire.ChatRequest{Text: fmt.Sprintf("/msg %d %s", bert.session().id, raw)})
		private := boxParse(bert, wire.TypeServerMessage, wire.ParseServerMessage)
		require.Equal(t, fmt.Sprintf("<%s> (%d): %s", anna.name, anna.session().id, raw), private.Text)
		anna.send(wire.TypeCreateGame, wire.CreateRequest{Game: raw})
		require.Equal(t, raw, boxParse(bert, wire.TypeCreateGame, wire.ParseGameCreated).Game)
		anna.send(wire.TypeQuitGame, wire.LeaveRequest{})
	}
}

func TestCleanCutsAtACharacter(t *testing.T) {
	require.Equal(t, "aメ", cleanerFor(t, "utf-8").clean("aメー", 6))
	require.Equal(t, "a\x83\x81", cleanerFor(t, "shift_jis").clean("a\x83\x81\x81\x5b", 4))
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
			out := c.clean(raw, limit)
			require.LessOrEqual(t, len(out), limit)
			require.False(t, hasControl(out), "%s: %q", name, out)
			shown := c.text(out)
			require.Equal(t, shown, text.Sanitise(shown))
			require.Equal(t, out, c.clean(out, limit), "%s: cleaning twice is cleaning once", name)
		}
	})
}
