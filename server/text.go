package server

import (
	"strings"

	"kbridge/kclient/wire"
)

// cleaner is the one sanitiser: every text that comes from a client goes
// through it before it is stored, relayed or logged.
type cleaner struct{ charset wire.Charset }

// clean makes raw wire bytes harmless and cuts them to limit bytes. What is
// clean already stays byte for byte what it was: n02 only recognises its own
// room when its user, game and emulator name come back as it sent them, in
// whatever charset it thinks they are.
func (c cleaner) clean(raw string, limit int) string {
	text := c.text(raw)
	if hasControl(raw) || text != c.decode(raw) {
		raw = c.charset.Encode(text)
	}
	return c.charset.Cut(raw, limit)
}

// text is the harmless UTF-8 of raw wire bytes, for the log and for comparing.
func (c cleaner) text(raw string) string { return wire.Sanitise(c.decode(raw)) }

// decode is the charset's, but bytes to which a single-byte charset gives no
// character (81, 8D, 8F, 90 and 9D in windows-1252) are unknown characters and
// not the control characters that they decode to: they are halves of characters
// in another charset.
func (c cleaner) decode(raw string) string {
	text := c.charset.Decode(raw)
	if c.charset.Name() == "utf-8" {
		return text
	}
	return strings.Map(func(r rune) rune {
		if r >= 0x80 && r < 0xA0 {
			return '\uFFFD'
		}
		return r
	}, text)
}

// encode turns a text of ours, or of the administrator's, into wire bytes.
func (c cleaner) encode(text string, limit int) string {
	return c.charset.Cut(c.charset.Encode(wire.Sanitise(text)), limit)
}

func hasControl(raw string) bool {
	for i := range len(raw) {
		if raw[i] < ' ' || raw[i] == 0x7F {
			return true
		}
	}
	return false
}

// nameKey is what two user names have in common when people take them for the
// same.
func nameKey(text string) string { return strings.ToLower(strings.TrimSpace(text)) }

// reserved are names that clients show for the server itself.
var reserved = map[string]bool{"server": true, "error": true}

// lookAlikes are letters of other alphabets, and digits, that pass for letters
// of the reserved names.
var lookAlikes = map[rune]rune{
	'ѕ': 's', '5': 's', '$': 's', 'е': 'e', 'ε': 'e', '3': 'e', 'ё': 'e', 'é': 'e', 'è': 'e', 'ë': 'e', 'ê': 'e',
	'г': 'r', 'ѵ': 'v', 'ν': 'v', 'о': 'o', 'ο': 'o', '0': 'o', 'ö': 'o',
}

// isReserved reports whether a name would be taken for one of the reserved
// ones: case, spaces, punctuation, full-width letters and look-alikes of other
// alphabets do not tell it apart.
func isReserved(text string) bool {
	var key strings.Builder
	for _, r := range strings.ToLower(text) {
		if r >= 0xFF01 && r <= 0xFF5E { // full-width forms of 21..7E
			r -= 0xFF01 - 0x21
			if r >= 'A' && r <= 'Z' {
				r += 'a' - 'A'
			}
		}
		if l, ok := lookAlikes[r]; ok {
			r = l
		}
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r > 0x7F {
			key.WriteRune(r)
		}
	}
	return reserved[key.String()]
}
