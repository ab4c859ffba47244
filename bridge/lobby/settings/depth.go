package settings

import (
	"bytes"
	"fmt"
)

// checkDepth refuses TOML whose tables, arrays or dotted keys lie deeper in each other than maxDepth. It counts
// brackets and dots outside of strings and comments, and leaves everything else to the parser: where a text is no TOML,
// this may count wrongly only behind the place at which the parser gives up.
func checkDepth(text []byte) error {
	depth, dots, line := 0, 0, 1
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case '#':
			for i+1 < len(text) && text[i+1] != '\n' {
				i++
			}
		case '"', '\'':
			n := stringEnd(text[i:])
			line += bytes.Count(text[i:i+n], []byte{'\n'})
			i += n - 1
		case '[', '{':
			depth, dots = depth+1, 0
		case ']', '}':
			depth, dots = max(depth-1, 0), 0
		case '=', ',':
			dots = 0
		case '\n':
			dots = 0
			line++
		case '.':
			dots++
		}
		if depth > maxDepth || dots > maxDepth {
			return fmt.Errorf("line %d has more than %d tables, arrays or parts of a key in each other", line, maxDepth)
		}
	}
	return nil
}

// stringEnd is the length of the string that a text begins with, quotes included. One that has no end on its line is no
// string, and ends there.
func stringEnd(text []byte) int {
	quote := text[0]
	three := []byte{quote, quote, quote}
	long := bytes.HasPrefix(text, three)
	i := 1
	if long {
		i = 3
	}
	for ; i < len(text); i++ {
		switch {
		case text[i] == '\\' && quote == '"':
			i++
		case !long && text[i] == '\n':
			return i
		case !long && text[i] == quote:
			return i + 1
		case long && bytes.HasPrefix(text[i:], three):
			// One or two quotes may stand before the three that end it.
			for i += 3; i < len(text) && text[i] == quote; i++ {
			}
			return i
		}
	}
	return len(text)
}
