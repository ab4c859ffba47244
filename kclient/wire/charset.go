package wire

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// Charset turns the raw bytes of wire strings into UTF-8 and back. Nothing on
// the wire names it: a session has one by agreement of its users. The zero
// value is windows-1252. A Charset may be used from several goroutines.
type Charset struct {
	c *charset
}

type charset struct {
	name string
	enc  encoding.Encoding           // nil: UTF-8
	lead func(first, next byte) bool // nil: one byte a character
}

// charsets are what the code pages of the Windows emulators were where
// Kaillera was played; the first is the default.
var charsets = [...]charset{
	{name: "windows-1252", enc: charmap.Windows1252},
	{name: "utf-8"},
	{name: "windows-1251", enc: charmap.Windows1251},
	{name: "shift_jis", enc: japanese.ShiftJIS, lead: leadShiftJIS},
	{name: "euc-kr", enc: korean.EUCKR, lead: leadEUCKR},
	{name: "gbk", enc: simplifiedchinese.GBK, lead: leadGBK},
}

// LookupCharset finds a charset by name; case, "-" and "_" do not count. The
// empty name is the default, windows-1252. The error names all that there are.
func LookupCharset(name string) (Charset, error) {
	if name == "" {
		return Charset{&charsets[0]}, nil
	}
	for i := range charsets {
		if foldName(charsets[i].name) == foldName(name) {
			return Charset{&charsets[i]}, nil
		}
	}
	return Charset{}, fmt.Errorf("wire: unknown charset %q, use one of %s", name, strings.Join(CharsetNames(), ", "))
}

// CharsetNames are the names that LookupCharset knows, the default first.
func CharsetNames() []string {
	names := make([]string, len(charsets))
	for i := range charsets {
		names[i] = charsets[i].name
	}
	return names
}

func foldName(s string) string {
	return strings.NewReplacer("-", "", "_", "").Replace(strings.ToLower(s))
}

func (c Charset) get() *charset {
	if c.c == nil {
		return &charsets[0]
	}
	return c.c
}

// Name is the charset's name as LookupCharset's error lists it.
func (c Charset) Name() string { return c.get().name }

// Encode turns UTF-8 into wire bytes. What the charset cannot say, and what is
// not UTF-8, becomes one '?' a character; NULs, which would end the string,
// are removed.
func (c Charset) Encode(s string) string {
	cs := c.get()
	if isPlain(s) {
		return s
	}
	var enc *encoding.Encoder
	if cs.enc != nil {
		enc = cs.enc.NewEncoder()
	}
	out := make([]byte, 0, len(s))
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		char := s[:n]
		s = s[n:]
		switch {
		case r == 0:
		case r == utf8.RuneError && n == 1:
			out = append(out, '?')
		case enc == nil || r < utf8.RuneSelf:
			out = append(out, char...)
		default:
			var dst, src [utf8.UTFMax]byte
			copy(src[:], char)
			enc.Reset()
			k, _, err := enc.Transform(dst[:], src[:n], true)
			if err != nil {
				out = append(out, '?')
				continue
			}
			out = append(out, dst[:k]...)
		}
	}
	return string(out)
}

// Decode turns wire bytes into valid UTF-8; bytes that the charset does not
// know become U+FFFD. Control characters stay: Sanitise removes them.
func (c Charset) Decode(raw string) string {
	cs := c.get()
	if isPlain(raw) {
		return raw
	}
	if cs.enc == nil {
		return strings.ToValidUTF8(raw, "\uFFFD")
	}
	s, err := cs.enc.NewDecoder().String(raw)
	if err != nil {
		return strings.ToValidUTF8(raw, "\uFFFD")
	}
	return s
}

// Cut shortens wire bytes to at most limit bytes, at the end of a character.
func (c Charset) Cut(raw string, limit int) string {
	cs := c.get()
	if len(raw) <= limit {
		return raw
	}
	limit = max(limit, 0)
	switch {
	case cs.enc == nil:
		return cutUTF8(raw, limit)
	case cs.lead == nil:
		return raw[:limit]
	}
	// A second byte can look like a first one, so boundaries are found only
	// from the front.
	end := 0
	for end < limit {
		n := 1
		if cs.lead(raw[end], raw[end+1]) { // limit is below len(raw)
			n = 2
		}
		if end+n > limit {
			break
		}
		end += n
	}
	return raw[:end]
}

// cutUTF8 backs up over the front of a character that limit cuts in two; bytes
// that are no UTF-8 anyway are cut where limit says.
func cutUTF8(raw string, limit int) string {
	for start := limit - 1; start >= 0 && start > limit-utf8.UTFMax; start-- {
		if utf8.RuneStart(raw[start]) {
			if _, n := utf8.DecodeRuneInString(raw[start:]); start+n > limit {
				return raw[:start]
			}
			break
		}
	}
	return raw[:limit]
}

// isPlain reports whether s is ASCII without NUL, which all the charsets have
// in common.
func isPlain(s string) bool {
	for i := range len(s) {
		if s[i] == 0 || s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// The lead byte ranges are those of the WHATWG encodings that x/text decodes.

func leadShiftJIS(a, b byte) bool {
	return (a >= 0x81 && a <= 0x9F || a >= 0xE0 && a <= 0xFC) && b >= 0x40 && b <= 0xFC && b != 0x7F
}

func leadEUCKR(a, b byte) bool { return a >= 0x81 && a <= 0xFE && b >= 0x41 && b <= 0xFE }

func leadGBK(a, b byte) bool { return a >= 0x81 && a <= 0xFE && b >= 0x40 && b <= 0xFE && b != 0x7F }
