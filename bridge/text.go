package bridge

import "kbridge/kclient/wire"

// HostCharset says in which charset the emulator writes and reads its strings.
type HostCharset uint8

const (
	// HostUTF8 is what emulators on Linux and macOS use.
	HostUTF8 HostCharset = iota
	// HostSession is what the ANSI emulators of Windows use: the code page of
	// the people they play with, which is the session's charset.
	HostSession
)

// hostText converts between the emulator's strings, UTF-8, and what the wire
// takes.
type hostText struct {
	host    HostCharset
	session wire.Charset
}

var utf8Charset = func() wire.Charset {
	cs, err := wire.LookupCharset("utf-8")
	if err != nil {
		panic(err)
	}
	return cs
}()

func (t hostText) hostCharset() wire.Charset {
	if t.host == HostSession {
		return t.session
	}
	return utf8Charset
}

// fromHost makes clean UTF-8 of an emulator's string.
func (t hostText) fromHost(s string) string {
	return wire.Sanitise(t.hostCharset().Decode(s))
}

// overWire is what becomes of UTF-8 text on its way over the wire, where it
// may have limit bytes in the session's charset.
func (t hostText) overWire(s string, limit int) string {
	s = wire.Sanitise(s)
	return wire.Sanitise(t.session.Decode(t.session.Cut(t.session.Encode(s), limit)))
}

// toHost turns UTF-8 text of other players into the emulator's charset, no
// longer than limit bytes on the wire.
func (t hostText) toHost(s string, limit int) string {
	raw := t.session.Cut(t.session.Encode(wire.Sanitise(s)), limit)
	if t.host == HostSession {
		return raw
	}
	return wire.Sanitise(t.session.Decode(raw))
}

// forChat makes of an emulator's chat line what the room will see, in UTF-8.
func (t hostText) forChat(s string) string {
	return t.overWire(t.fromHost(s), wire.MaxGameChat)
}
