package text

import (
	"strings"
	"unicode/utf8"
)

// NameKey is what two user names have in common that count as the same: spaces around them do not count, and neither
// does the case of letters where a name is ASCII throughout. Everything else does. A server cannot know in which
// charset somebody writes, and キ and ネ in 932 (83 4C, 83 6C) or Й and й in 1251 are two people's names that differ by
// less. It takes raw wire bytes, or all names as Decode makes them.
func NameKey(name string) string {
	name = strings.Trim(name, " ")
	for i := range len(name) {
		if name[i] >= utf8.RuneSelf {
			return name
		}
	}
	return strings.ToLower(name)
}
