package wire

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The worked bodies of WIRE.md are those that the code speaks, one for every
// message of either side.
func TestWorkedBodiesOfTheDocument(t *testing.T) {
	doc, err := os.ReadFile("WIRE.md")
	require.NoError(t, err)
	found := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^([0-9A-F]{2} [CS]) +(\w+) +([0-9a-f |]+)$`).FindAllStringSubmatch(string(doc), -1) {
		_, twice := found[m[1]]
		require.False(t, twice, "%s stands twice", m[1])
		found[m[1]] = m[2] + " " + m[3]
	}
	require.Len(t, found, len(codecs))
	for _, c := range codecs {
		name, hex, _ := strings.Cut(found[c.String()[:len("01 C")]], " ")
		require.True(t, strings.EqualFold(c.name, name), "%v is called %q", c, name)
		require.Equal(t, unhex(t, hex), c.value.AppendTo(nil), "%v", c)
	}
	require.Contains(t, strings.Join(strings.Fields(string(doc)), ""), strings.Join(strings.Fields(
		"05 00 | 0e 00 | 0c | 00 00 00 00 00 00 00 00 00 00 ff ff 02"), ""), "the worked capture")
}
