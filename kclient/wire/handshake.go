package wire

import (
	"bytes"
	"strconv"
)

// Version is the protocol version that AppendHello names. Deployed servers
// know this one only, whatever their own version is.
const Version = "0.83"

// Handshake texts, each a datagram of its own ended by one NUL.
const (
	helloText = "HELLO"
	replyText = "HELLOD00D"
	fullText  = "TOO"
	verText   = "VER"
	pingText  = "PING"
	pongText  = "PONG"
)

// maxVersion is how long a version a HELLO may name, in bytes: more than any
// client says, little enough to be logged as it is.
const maxVersion = 16

// maxHandshake is the longest text with its NUL, a HELLO with the longest
// version. No more of a datagram is looked at.
const maxHandshake = len(helloText) + maxVersion + 1

// AppendHello appends the datagram that asks for a game port: "HELLO0.83\0".
func AppendHello(b []byte) []byte { return append(b, helloText+Version+"\x00"...) }

// ParseHello reports whether b is a HELLO, and which version it names. The
// version is 1 to 16 ASCII letters, digits, dots or dashes; it is the server's
// to compare. Bytes after the NUL are ignored. A HELLOD00D is no HELLO.
func ParseHello(b []byte) (version string, ok bool) {
	text, ok := untilNUL(b)
	if !ok || bytes.HasPrefix(text, []byte(replyText)) {
		return "", false
	}
	text, ok = bytes.CutPrefix(text, []byte(helloText))
	if !ok || len(text) == 0 {
		return "", false
	}
	for _, c := range text {
		letter := c|0x20 >= 'a' && c|0x20 <= 'z'
		if !letter && (c < '0' || c > '9') && c != '.' && c != '-' {
			return "", false
		}
	}
	return string(text), true
}

// AppendHelloReply appends a server's answer to HELLO: go on at this UDP port
// of the same address.
func AppendHelloReply(b []byte, port uint16) []byte {
	b = append(b, replyText...)
	b = strconv.AppendUint(b, uint64(port), 10)
	return append(b, 0)
}

// AppendServerFull appends a server's answer to HELLO when it is full.
func AppendServerFull(b []byte) []byte { return append(b, fullText+"\x00"...) }

// AppendVersionRefused appends a server's answer to a HELLO of a version that
// it does not speak.
func AppendVersionRefused(b []byte) []byte { return append(b, verText+"\x00"...) }

// ParseHelloReply returns the port that a server's answer to HELLO names,
// 1..65535. Else it is ErrServerFull, ErrVersion, or ErrHandshake: the
// datagram is none of the three answers, or its port is 0, too large or no
// number. Bytes after the NUL are ignored: there are servers that send their
// whole buffer.
func ParseHelloReply(b []byte) (port uint16, err error) {
	// Without its NUL a port may have been cut off, and would be a wrong one.
	text, ok := untilNUL(b)
	if !ok {
		return 0, ErrHandshake
	}
	switch string(text) {
	case fullText:
		return 0, ErrServerFull
	case verText:
		return 0, ErrVersion
	}
	digits, ok := bytes.CutPrefix(text, []byte(replyText))
	if !ok || len(digits) > 5 {
		return 0, ErrHandshake
	}
	n := 0
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, ErrHandshake
		}
		n = n*10 + int(c-'0')
	}
	if n == 0 || n > 0xFFFF {
		return 0, ErrHandshake
	}
	return uint16(n), nil
}

// AppendPing appends the server list's ping, which needs no session.
func AppendPing(b []byte) []byte { return append(b, pingText+"\x00"...) }

// IsPing reports whether a datagram is such a ping. It needs all its 5 bytes,
// so that the answer is never larger than the question.
func IsPing(b []byte) bool {
	text, ok := untilNUL(b)
	return ok && string(text) == pingText
}

// AppendPong appends the answer to a ping.
func AppendPong(b []byte) []byte { return append(b, pongText+"\x00"...) }

// IsPong reports whether a datagram is the answer to a ping.
func IsPong(b []byte) bool {
	text, ok := untilNUL(b)
	return ok && string(text) == pongText
}

// untilNUL is a datagram's text up to its NUL, and whether there is one among
// the bytes that a handshake text can take.
func untilNUL(b []byte) (text []byte, ok bool) {
	text, _, ok = bytes.Cut(b[:min(len(b), maxHandshake)], []byte{0})
	return text, ok
}
