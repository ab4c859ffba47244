package text

import (
	"strings"
	"unicode/utf8"
)

// What Decode makes of bytes that have no place in UTF-8. The code points are for
// private use (planes 16 and 14), so no text has them otherwise, and Sanitise
// leaves them alone. Wire bytes of UTF-8 that spell them are bytes like any
// that no charset defines.
const (
	// hiddenByte + b is a byte of a character that Sanitise would remove, such
	// as a soft hyphen (AD in 1252), in a charset other than UTF-8.
	hiddenByte rune = 0x10FD00
	// unknownByte + b is a byte to which the charset gives no character.
	unknownByte rune = 0x10FE00
	// spellingMark - n follows a character of which the code page has several
	// codes: it is the n-th that Windows reads and does not write. These are the
	// last variation selectors, which are not shown by themselves.
	spellingMark rune = 0xE01EF + 1
	maxSpelling       = 2 // 81CA, EEF9 and FA54 in 932 are one sign
)

func appendBytes(out []byte, base rune, raw string) []byte {
	for i := range len(raw) {
		r := rune(raw[i]) // an ASCII second byte stays what it is
		if r >= utf8.RuneSelf {
			r += base
		}
		out = utf8.AppendRune(out, r)
	}
	return out
}

// byteOf is the byte that a code point stands for.
func byteOf(r rune) (b byte, ok bool) {
	return byte(r), isByteOf(hiddenByte, r) || isByteOf(unknownByte, r)
}

func isByteOf(base, r rune) bool { return r >= base+utf8.RuneSelf && r <= base+0xFF }

func isSpelling(r rune) bool { return r < spellingMark && r >= spellingMark-maxSpelling }

// Shown is what people are shown of text that Decode made: of bytes that have no
// character U+FFFD, of characters that could fool them nothing. Text for the
// wire, and text that is compared, is not shown first: there such bytes tell
// one name from another.
func Shown(s string) string { return shown(s, utf8.RuneError) }

// Visible is s without the characters that Shown leaves out: what looks the same
// is then the same, but for bytes that have no character.
func Visible(s string) string { return shown(s, -1) }

// shown puts unknown in the place of a byte without a character, unless it is -1.
func shown(s string, unknown rune) string {
	if isPlain(s) {
		return s
	}
	return strings.Map(func(r rune) rune {
		switch {
		case isByteOf(hiddenByte, r), isSpelling(r):
			return -1
		case isByteOf(unknownByte, r) && unknown >= 0:
			return unknown
		}
		return r
	}, s)
}
