package server

import (
	"fmt"
	"strings"

	"golang.org/x/text/unicode/norm"

	"kbridge/kclient/text"
)

// cleaner is the one sanitiser: every text that comes from a client goes
// through it before it is stored, relayed or logged.
type cleaner struct{ charset text.Charset }

// clean takes the control characters out of raw wire bytes, in UTF-8 also what could fool
// who reads them, and cuts them to limit bytes. All others stay byte for byte what they were: what has no character
// in the server's charset is a letter in another one (81 in 1252 begins one
// in 932, and its soft hyphen AD ends "く"), and n02 only recognises its own
// room when its user, game and emulator name come back as it sent them. Second
// bytes of a code page are never control characters.
func (c cleaner) clean(raw string, limit int) string {
	if c.charset.Same(utf8Charset) {
		raw = text.SanitiseUTF8(raw)
	} else if hasControl(raw) {
		raw = dropControls(raw)
	}
	return c.charset.Cut(raw, limit)
}

// text is the harmless UTF-8 of raw wire bytes, for the log and for words of
// ours that quote it.
func (c cleaner) text(raw string) string { return text.Sanitise(c.charset.Decode(raw)) }

// seen is what people see of a name.
func (c cleaner) seen(raw string) string { return text.Visible(c.text(raw)) }

// encode turns a text of ours, which may quote what users have sent, into wire bytes.
func (c cleaner) encode(s string, limit int) string {
	return c.charset.Cut(c.charset.Encode(text.Sanitise(s)), limit)
}

// encodeTheirs is encode for what the administrator has written.
func (c cleaner) encodeTheirs(text string, limit int) string {
	return c.encode(c.charset.Compose(text), limit)
}

// sayable is an error when a charset does not have all of what the administrator has written.
func sayable(charset text.Charset, what, s string) error {
	if char, lost := charset.Unsayable(charset.Compose(text.Sanitise(s))); lost {
		return fmt.Errorf("server: %s has the character %q (%U), which the charset %s does not have: write it otherwise, or choose another charset (utf-8 has all)",
			what, char, char, charset.Name())
	}
	return nil
}

var utf8Charset, _ = text.LookupCharset("utf-8")

// dropControls takes out C0 and DEL.
func dropControls(raw string) string {
	out := make([]byte, 0, len(raw))
	for i := range len(raw) {
		if !isControl(raw[i]) {
			out = append(out, raw[i])
		}
	}
	return string(out)
}

func hasControl(raw string) bool {
	for i := range len(raw) {
		if isControl(raw[i]) {
			return true
		}
	}
	return false
}

func isControl(b byte) bool { return b < ' ' || b == 0x7F }

// isBlank reports whether people see nothing of a name.
func isBlank(seen string) bool { return strings.TrimSpace(seen) == "" }

// reserved are names that clients show for the server itself.
var reserved = map[string]bool{"server": true, "error": true}

// lookAlikes are letters of other alphabets, and digits, that pass for letters
// of the reserved names.
var lookAlikes = map[rune]rune{
	'ѕ': 's', '5': 's', '$': 's', 'е': 'e', 'ε': 'e', '3': 'e', 'ё': 'e', 'é': 'e', 'è': 'e', 'ë': 'e', 'ê': 'e',
	'г': 'r', 'ѵ': 'v', 'ν': 'v', 'о': 'o', 'ο': 'o', '0': 'o', 'ö': 'o',
}

// isReserved reports whether a name, as people see it, would be taken for one of the reserved ones: case, spaces,
// punctuation, full-width and other forms of a letter that normal form KC makes plain, marks apart from their letter,
// and look-alikes of other alphabets do not tell it apart. Only this comparison changes anything; names stay their
// bytes. (The profiles of x/text/secure/precis refuse characters that names may have, know no look-alikes, and are 300
// kB.)
func isReserved(seen string) bool {
	var key strings.Builder
	for _, r := range strings.ToLower(norm.NFKC.String(seen)) {
		if l, ok := lookAlikes[r]; ok {
			r = l
		}
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r > 0x7F {
			key.WriteRune(r)
		}
	}
	return reserved[key.String()]
}
