package text

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Charset turns the raw bytes of wire strings into UTF-8 and back. Nothing on
// the wire names it: a session has one by agreement of its users. The zero
// value is windows-1252. A Charset may be used from several goroutines.
type Charset struct {
	c *charset
}

// LookupCharset finds a charset by a name of it: the one that CharsetNames
// lists, another that is in use ("sjis", "cp949"), or the number of the code
// page. Case, "-" and "_" do not count. The empty name is the default,
// windows-1252. The error names all that there are.
func LookupCharset(name string) (Charset, error) {
	if name == "" {
		return found(&charsets[0]), nil
	}
	folded := foldName(name)
	number := folded
	for _, prefix := range []string{"cp", "windows", "ms"} {
		number = strings.TrimPrefix(number, prefix)
	}
	if page, err := strconv.ParseUint(number, 10, 16); err == nil {
		if c, ok := LookupCodePage(int(page)); ok {
			return c, nil
		}
	}
	for i := range charsets {
		for _, known := range append([]string{charsets[i].name}, charsets[i].also...) {
			if foldName(known) == folded {
				return found(&charsets[i]), nil
			}
		}
	}
	return Charset{}, fmt.Errorf("wire: unknown charset %q, use one of %s", name, strings.Join(CharsetNames(), ", "))
}

// LookupCodePage finds a charset by the number that Windows gives to it, as its
// GetACP returns it.
func LookupCodePage(page int) (c Charset, ok bool) {
	for i := range charsets {
		if charsets[i].page == page {
			return found(&charsets[i]), true
		}
	}
	return Charset{}, false
}

// found makes the tables of a charset that somebody is about to use: that takes
// some milliseconds, which a frame of a game does not have.
func found(cs *charset) Charset {
	if cs.double != nil {
		cs.double.tables()
	}
	return Charset{cs}
}

// CharsetNames are the names that Name returns, the default first.
func CharsetNames() []string {
	names := make([]string, len(charsets))
	for i := range charsets {
		names[i] = charsets[i].name
	}
	return names
}

func foldName(s string) string {
	return strings.NewReplacer("-", "", "_", "").Replace(strings.ToLower(s))
}

func (c Charset) get() *charset {
	if c.c == nil {
		return &charsets[0]
	}
	return c.c
}

// Name is the charset's name as LookupCharset's error lists it.
func (c Charset) Name() string { return c.get().name }

// IsZero reports whether c is the zero value, which nobody has looked up.
func (c Charset) IsZero() bool { return c.c == nil }

// Same reports whether two are one charset.
func (c Charset) Same(other Charset) bool { return c.get() == other.get() }

// Decode turns wire bytes into valid UTF-8. Nothing is lost: Encode makes the
// same bytes of it again, whatever they are, but for NULs. Bytes to which the
// charset gives no character, or one that could fool whoever reads it, become
// code points that stand for these bytes; Shown tells how. Control characters
// stay: Sanitise removes them.
func (c Charset) Decode(raw string) string {
	if isPlain(raw) {
		return raw
	}
	cs := c.get()
	out := make([]byte, 0, 2*len(raw))
	for len(raw) > 0 {
		r, spelling, n := cs.first(raw)
		switch {
		case r < 0:
			out = appendBytes(out, unknownByte, raw[:n])
		case isHarmful(r) && !isControl(r) && !cs.isUTF8(): // in UTF-8 it is what it says it is
			out = appendBytes(out, hiddenByte, raw[:n])
		default:
			out = utf8.AppendRune(out, r)
			if spelling > 0 {
				out = utf8.AppendRune(out, spellingMark-rune(spelling))
			}
		}
		raw = raw[n:]
	}
	return string(out)
}

// Encode turns UTF-8 into wire bytes. A character that the charset does not have is written as the one that stands for
// it there (see variants.go), or else as '?', as is each byte that is not UTF-8; Unsayable tells the first of these.
// NULs, which would end the string, are removed. What people have written is composed before, see Compose.
func (c Charset) Encode(s string) string {
	if isPlain(s) {
		return s
	}
	raw, _, _ := c.get().encode(s)
	return raw
}

// Unsayable is the first character of a text for which Encode writes '?', or U+FFFD for a byte that is not UTF-8. ok is
// false when there is none.
func (c Charset) Unsayable(s string) (char rune, ok bool) {
	if isPlain(s) {
		return 0, false
	}
	_, char, ok = c.get().encode(s)
	return char, ok
}

func (cs *charset) encode(s string) (raw string, lost rune, isLost bool) {
	out := make([]byte, 0, len(s))
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		char := s[:n]
		s = s[n:]
		spelling := 0
		if next, n := utf8.DecodeRuneInString(s); cs.double != nil && isSpelling(next) &&
			cs.double.spelled(r, int(spellingMark-next)) {
			spelling, s = int(spellingMark-next), s[n:]
		}
		b, isByte := byteOf(r)
		switch {
		case r == 0:
			continue
		case isByte:
			out = append(out, b)
			continue
		case r == utf8.RuneError && n == 1:
		case cs.has(r):
			out = cs.append(out, char, r, spelling)
			continue
		default:
			if as := cs.stand(r); as != "" {
				for _, v := range as {
					out = cs.append(out, string(v), v, 0)
				}
				continue
			}
		}
		if out = append(out, '?'); !isLost {
			lost, isLost = r, true
		}
	}
	return string(out), lost, isLost
}

// Cut shortens wire bytes to at most limit bytes, at the end of a character.
func (c Charset) Cut(raw string, limit int) string {
	cs := c.get()
	if len(raw) <= limit {
		return raw
	}
	limit = max(limit, 0)
	switch {
	case cs.isUTF8():
		return cutUTF8(raw, limit)
	case cs.single != nil:
		return raw[:limit]
	}
	// A second byte can look like a first one, so boundaries are found only
	// from the front.
	end := 0
	for end < limit {
		n := 1
		if cs.double.pair(raw[end], raw[end+1]) { // limit is below len(raw)
			n = 2
		}
		if end+n > limit {
			break
		}
		end += n
	}
	return raw[:end]
}

// cutUTF8 backs up over the front of a character that limit cuts in two; bytes
// that are no UTF-8 anyway are cut where limit says.
func cutUTF8(raw string, limit int) string {
	for start := limit - 1; start >= 0 && start > limit-utf8.UTFMax; start-- {
		if utf8.RuneStart(raw[start]) {
			if _, n := utf8.DecodeRuneInString(raw[start:]); start+n > limit {
				return raw[:start]
			}
			break
		}
	}
	return raw[:limit]
}

// isPlain reports whether s is ASCII without NUL, which all the charsets have
// in common.
func isPlain(s string) bool {
	for i := range len(s) {
		if s[i] == 0 || s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
