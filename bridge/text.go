package bridge

import (
	"kbridge/kclient"
	"kbridge/kclient/text"
	"kbridge/kclient/wire"
)

// hostText converts between the emulator's strings, UTF-8, and what the wire
// takes.
//
// Where the emulator's charset is the session's, nothing is lost on the way but
// control characters: bytes that the charset does not define have a form in UTF-8 (see
// text.Charset.Decode), which is kept all the way. Where the two differ, such
// bytes mean nothing to the other side and go as '?', or as U+FFFD into UTF-8.
type hostText struct {
	host    text.Charset
	session text.Charset
}

var utf8Charset = func() text.Charset {
	cs, err := text.LookupCharset("utf-8")
	if err != nil {
		panic(err)
	}
	return cs
}()

// fromHost makes clean UTF-8 of an emulator's string.
func (t hostText) fromHost(s string) string { return text.Sanitise(t.host.Decode(s)) }

// forSession is text of the emulator's as the session can have it.
func (t hostText) forSession(s string) string {
	if !t.host.Same(t.session) {
		s = text.Shown(s)
	}
	return t.session.Compose(text.Sanitise(s))
}

// overWire is what becomes of text of the emulator's on its way over the wire, where
// it may have limit bytes in the session's charset.
func (t hostText) overWire(s string, limit int) string {
	raw := harmless(t.session, t.session.Encode(t.forSession(s)))
	// What has become a character only when others between its bytes had gone is composed like all others.
	raw = t.session.Encode(t.session.Compose(t.session.Decode(raw)))
	return text.Sanitise(t.session.Decode(t.session.Cut(raw, limit)))
}

// sayable is an error when the session's charset does not have all of a text of the emulator's.
func (t hostText) sayable(what, s string) error {
	if char, lost := t.session.Unsayable(t.forSession(s)); lost {
		return &kclient.CharsetError{What: what, Text: text.Shown(s), Char: char, Charset: t.session.Name()}
	}
	return nil
}

// toHost turns text of other players into the emulator's charset, no
// longer than limit bytes on the wire.
func (t hostText) toHost(s string, limit int) string {
	raw := t.session.Cut(t.session.Encode(text.Sanitise(s)), limit)
	if !t.host.Same(t.session) {
		raw = t.host.Encode(text.Sanitise(text.Shown(t.session.Decode(raw))))
	}
	return harmless(t.host, raw)
}

// harmless takes out of bytes that were not UTF-8 what they are when others between them
// have gone. In other charsets what is left are letters.
func harmless(cs text.Charset, raw string) string {
	if cs.Same(utf8Charset) {
		return text.SanitiseUTF8(raw)
	}
	return raw
}

// forChat makes of an emulator's chat line what the room will see, in UTF-8, or says why it cannot.
func (t hostText) forChat(s string) (string, error) {
	mark, rest := wire.CutDataMark(s)
	rest = t.fromHost(rest)
	return mark + t.overWire(rest, wire.MaxGameChat-len(mark)), t.sayable("line of chat", rest)
}

// fromChat makes of what was said in a room, in UTF-8, what the emulator hears.
func (t hostText) fromChat(s string) string {
	mark, rest := wire.CutDataMark(s)
	return mark + t.toHost(rest, wire.MaxGameChat-len(mark))
}
