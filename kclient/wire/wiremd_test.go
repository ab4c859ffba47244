package wire

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/wire/internal/codectest"
)

// The worked bodies of WIRE.md are those that the code speaks, one for every
// message of either side.
func TestWorkedBodiesOfTheDocument(t *testing.T) {
	doc, err := os.ReadFile("WIRE.md")
	require.NoError(t, err)
	codectest.Documented(t, string(doc), codecs)
	require.Contains(t, strings.Join(strings.Fields(string(doc)), ""), strings.Join(strings.Fields(
		"05 00 | 0e 00 | 0c | 00 00 00 00 00 00 00 00 00 00 ff ff 02"), ""), "the worked capture")
}
