package door

import (
	"strings"

	"kbridge/server/limits"
)

// InLines joins a list with commas into lines of the server's that no door has to cut; head stands before the first
// one.
func InLines(head string, list []string) (lines []string) {
	line := head
	for i, one := range list {
		if i > 0 && len(line)+len(one) > limits.ListLine {
			lines = append(lines, strings.TrimSuffix(line, ", "))
			line = ""
		}
		line += one
		if i < len(list)-1 {
			line += ", "
		}
	}
	return append(lines, line)
}
