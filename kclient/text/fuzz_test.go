package text

import (
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/unicode/norm"
)

func FuzzText(f *testing.F) {
	for _, s := range []string{"plain", "Käse 鵺 🎮", "\xeaK\x92\xe8", "\x1b[31m\x00\u202E", "\x81\x30\x81\x30",
		"\xff\xfe", "\x87\x90\xfa\x54",
		"e\u0301 \u1112\u1161\u11ab か\u3099", "\U0010FE81\U0010FDAD", "\u2252\U000E01EF", "\xe2\x00\x80\xae",
		"\xe2\x01\x80\xae"} {
		f.Add(s, 3)
	}
	f.Fuzz(func(t *testing.T, s string, limit int) {
		for i := range charsets {
			c := Charset{&charsets[i]}
			decoded := c.Decode(s)
			require.True(t, utf8.ValidString(decoded), "%s %q", c.Name(), s)
			raw := c.Encode(decoded)
			require.Equal(t, strings.ReplaceAll(s, "\x00", ""), raw, "%s: nothing but NULs is lost", c.Name())
			if !c.get().isUTF8() {
				require.Equal(t, decoded, c.Compose(decoded), "%s: composing changes nothing that came over the wire",
					c.Name())
			}
			_, lost := c.Unsayable(decoded)
			require.False(t, lost, "%s %q: what came over the wire can be said", c.Name(), decoded)
			clean := Sanitise(decoded)
			// Of what came, not of raw: a NUL that Encode takes out may have parted bytes that are a control character
			// together.
			require.Equal(t, withoutControls(c, s), c.Encode(clean), "%s %q: nothing but control characters", c.Name(),
				s)
			for _, shown := range []string{Shown(clean), Visible(clean)} {
				require.Equal(t, shown, Sanitise(shown), "%s %q", c.Name(), s)
			}
			require.False(t, strings.Contains(c.Encode(s), "\x00"), "%s %q", c.Name(), s)

			cut := c.Cut(s, limit)
			require.True(t, strings.HasPrefix(s, cut) && len(cut) <= max(limit, 0) && len(cut) <= len(s),
				"%s %q to %d: %q", c.Name(), s, limit, cut)
			require.Equal(t, cut, c.Cut(cut, limit), "%s %q to %d", c.Name(), s, limit)
			// Of well-formed bytes, what is left is the beginning of the text.
			whole := c.Decode(raw)
			require.True(t, strings.HasPrefix(whole, c.Decode(c.Cut(raw, limit))), "%s %q to %d", c.Name(), raw, limit)
		}
		clean := Sanitise(s)
		composed := Compose(clean)
		require.Equal(t, composed, Compose(composed), "%q", clean)
		require.Equal(t, norm.NFC.String(clean), norm.NFC.String(composed), "%q", clean)
		require.Equal(t, composed, Sanitise(composed), "%q", clean)
		require.LessOrEqual(t, utf8.RuneCountInString(composed), utf8.RuneCountInString(clean), "%q", clean)
		require.True(t, utf8.ValidString(clean), "%q", s)
		require.Equal(t, clean, Sanitise(clean), "%q", s)
		for _, r := range clean {
			require.False(t, unicode.IsControl(r) || unicode.Is(unicode.Cf, r), "%q holds %U", clean, r)
		}
	})
}

// withoutControls is raw without the control characters of its charset.
func withoutControls(c Charset, raw string) string {
	if !c.get().isUTF8() {
		return string(slices.DeleteFunc([]byte(raw), func(b byte) bool { return b < ' ' || b == 0x7F }))
	}
	var out []byte
	for len(raw) > 0 {
		r, n := utf8.DecodeRuneInString(raw)
		if !isHarmful(r) {
			out = append(out, raw[:n]...)
		}
		raw = raw[n:]
	}
	return string(out)
}
