package kclient

import (
	"fmt"

	"kbridge/kclient/text"
	"kbridge/kclient/wire"
)

// CharsetError: a text has a character that the session's charset does not have. Nothing was sent. The text has to be
// written otherwise, or another charset chosen (Config.Charset), which everybody who is to read it has to have chosen
// too.
type CharsetError struct {
	What    string // the kind of text: "user name", "line of chat", ...
	Text    string // as it was given
	Char    rune   // the first such character; U+FFFD for bytes that are not UTF-8
	Charset string // its name
}

func (e *CharsetError) Error() string {
	return fmt.Sprintf("kclient: the %s %q has the character %q (%U), which the charset %s does not have: write it otherwise, or choose another charset (utf-8 has all)",
		e.What, shorten(e.Text), e.Char, e.Char, e.Charset)
}

// shorten keeps a message readable, whatever is quoted in it.
func shorten(text string) string {
	const most = 60
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}

// raw makes text that somebody has written fit for the wire, at most limit bytes long. What the charset does not have
// is an error, beside what would be sent of it all the same.
func (s *session) raw(what, text string, limit int) (string, error) {
	return toWire(s.charset, what, text, limit)
}

// toWire is raw before there is a session.
func toWire(charset text.Charset, what, said string, limit int) (raw string, err error) {
	clean := charset.Compose(text.Sanitise(said))
	if char, lost := charset.Unsayable(clean); lost {
		err = &CharsetError{What: what, Text: said, Char: char, Charset: charset.Name()}
	}
	return charset.Cut(charset.Encode(clean), limit), err
}

// rawLine is raw for room chat, in which a mark of data stays.
func (s *session) rawLine(text string) (string, error) {
	mark, rest := wire.CutDataMark(text)
	raw, err := s.raw("line of chat", rest, wire.MaxGameChat-len(mark))
	return mark + raw, err
}
