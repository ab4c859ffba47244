// Package clean makes texts that come from anywhere harmless, in the charset of the server.
package clean

import (
	"fmt"

	"kbridge/kclient/text"
)

// Cleaner is the one sanitiser: every text that comes from a client goes
// through it before it is stored, relayed or logged.
type Cleaner struct{ Charset text.Charset }

// Clean takes the control characters out of raw wire bytes, in UTF-8 also what could fool
// who reads them, and cuts them to limit bytes. All others stay byte for byte what they were: what has no character
// in the server's charset is a letter in another one (81 in 1252 begins one
// in 932, and its soft hyphen AD ends "く"), and n02 only recognises its own
// room when its user, game and emulator name come back as it sent them. Second
// bytes of a code page are never control characters.
func (c Cleaner) Clean(raw string, limit int) string {
	if c.Charset.Same(utf8Charset) {
		raw = text.SanitiseUTF8(raw)
	} else if hasControl(raw) {
		raw = dropControls(raw)
	}
	return c.Charset.Cut(raw, limit)
}

// Text is the harmless UTF-8 of raw wire bytes, for the log and for words of
// ours that quote it.
func (c Cleaner) Text(raw string) string { return text.Sanitise(c.Charset.Decode(raw)) }

// Seen is what people see of a name.
func (c Cleaner) Seen(raw string) string { return text.Visible(c.Text(raw)) }

// Encode turns a text of ours, which may quote what users have sent, into wire bytes.
func (c Cleaner) Encode(s string, limit int) string {
	return c.Charset.Cut(c.Charset.Encode(text.Sanitise(s)), limit)
}

// EncodeTheirs is Encode for what the administrator has written.
func (c Cleaner) EncodeTheirs(text string, limit int) string {
	return c.Encode(c.Charset.Compose(text), limit)
}

// Sayable is an error when a charset does not have all of what the administrator has written.
func Sayable(charset text.Charset, what, s string) error {
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
