package text

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Sanitise removes from UTF-8 text what could fool or harm whoever shows or
// logs it: C0 and C1 control characters, DEL, every Unicode format character
// (bidirectional overrides, zero-width characters, tags), line and paragraph
// separators. Bytes that are not UTF-8 become U+FFFD. Text with none of these
// comes back as it is, without allocating. Of what Decode has made only the
// control characters of ASCII go, and those of UTF-8.
func Sanitise(s string) string {
	clean := true
	for i, r := range s {
		if isHarmful(r) || r == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD") {
			clean = false
			break
		}
	}
	if clean {
		return s
	}
	// Map turns bytes that are not UTF-8 into U+FFFD by itself.
	return strings.Map(func(r rune) rune {
		if isHarmful(r) {
			return -1
		}
		return r
	}, s)
}

// isControl reports whether r is one of the C0 and C1 control characters or DEL.
func isControl(r rune) bool { return r < ' ' || r >= 0x7F && r < 0xA0 }

// SanitiseUTF8 takes out of raw wire bytes of UTF-8 what Sanitise takes out of text, and what would become that when
// something between has gone. Bytes that are not UTF-8 stay.
func SanitiseUTF8(raw string) string {
	if isPlain(raw) && Sanitise(raw) == raw {
		return raw
	}
	out := make([]byte, 0, len(raw))
	for i := range len(raw) {
		out = append(out, raw[i])
		if r, n := utf8.DecodeLastRune(out); isHarmful(r) {
			out = out[:len(out)-n]
		}
	}
	return string(out)
}

func isHarmful(r rune) bool {
	if r < utf8.RuneSelf {
		return r < ' ' || r == 0x7F
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
}
