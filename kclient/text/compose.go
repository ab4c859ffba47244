package text

import (
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// A letter and its marks can be one character or several: macOS writes file names with several ("e" and U+0301; Hangul
// in jamo), Windows and keyboards with one, and peers compare bytes. What people write is composed before it is sent. A
// character that stands alone stays what it is, though normal form C (Unicode Standard Annex 15) has another for some
// of them: U+F900 is a character of its own in EUC-KR.

// maxCluster is how many bytes of a letter with its marks are composed; no writing has as many. More of it stays as it
// is.
const maxCluster = 64

// Compose joins letters with the marks that follow them, where there is one character for both (normal form C, but for
// characters that stand alone, and for letters and marks that would become more characters than they are). A text in
// which nothing is to be joined comes back as it is.
func Compose(s string) string { return compose(s, nil) }

// Compose is Compose for text that goes out in this charset: where the charset can say a letter and a mark as they are
// written, they stay. So text that Decode has made encodes to the bytes that it was; in UTF-8, which can say
// everything, all is composed.
func (c Charset) Compose(s string) string {
	cs := c.get()
	if cs.isUTF8() {
		return Compose(s)
	}
	return compose(s, cs.says)
}

// compose leaves alone what stays reports true of.
func compose(s string, stays func(cluster string) bool) string {
	if isPlain(s) || norm.NFC.IsNormalString(s) {
		return s
	}
	out := make([]byte, 0, len(s))
	for len(s) > 0 {
		cluster := s[:clusterOf(s)]
		s = s[len(cluster):]
		if utf8.RuneCountInString(cluster) > 1 && len(cluster) <= maxCluster && (stays == nil || !stays(cluster)) {
			// Some characters are several in normal form C (U+0958, U+0344): joining never makes a text longer.
			if c := norm.NFC.String(cluster); utf8.RuneCountInString(c) <= utf8.RuneCountInString(cluster) {
				cluster = c
			}
		}
		out = append(out, cluster...)
	}
	return string(out)
}

// clusterOf is how many bytes the first character and the marks behind it have.
func clusterOf(s string) int {
	_, n := utf8.DecodeRuneInString(s)
	for n < len(s) {
		p := norm.NFC.PropertiesString(s[n:])
		if p.Size() == 0 || p.BoundaryBefore() {
			break
		}
		n += p.Size()
	}
	return n
}

// says reports whether a charset has each character of a text; what stands for a byte, or for a spelling, has it too.
func (cs *charset) says(s string) bool {
	for _, r := range s {
		if _, isByte := byteOf(r); !isByte && !isSpelling(r) && !cs.has(r) {
			return false
		}
	}
	return true
}
