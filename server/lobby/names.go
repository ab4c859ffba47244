package lobby

import (
	"strings"

	"golang.org/x/text/unicode/norm"
)

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
