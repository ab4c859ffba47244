package browser

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Nothing that somebody else could have written is opened.
func TestOnlyALobbysAddressIsOpened(t *testing.T) {
	const good = "http://127.0.0.1:43647/?token=bf3555a0ad20306ad27043b4cfa4e136"
	require.True(t, ours.MatchString(good))
	for _, bad := range []string{"", "http://127.0.0.1:43647/", good + "&x", good + "\n", "file:///etc/passwd", "http://example.org/?token=bf3555a0ad20306ad27043b4cfa4e136",
		"http://127.0.0.1:43647/?token=$(calc)", "--help", "http://127.0.0.1:0/?token=bf3555a0ad20306ad27043b4cfa4e136", " " + good} {
		require.ErrorContains(t, Open(bad), "not the address of a lobby", bad)
	}
}
