package browser

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// Nothing that somebody else could have written is opened.
func TestOnlyALobbysFileIsOpened(t *testing.T) {
	folder := t.TempDir()
	good := filepath.Join(folder, "lobby-43647.html")
	require.True(t, ours.MatchString(filepath.Base(good)))
	for _, bad := range []string{"", "lobby-43647.html", "http://127.0.0.1:43647/", "file://" + good, good + "&x",
		good + "\n", " " + good, "--help",
		filepath.Join(folder, "lobby-0.html"), filepath.Join(folder, "lobby-$(calc).html"), folder + "/../lobby-1.html",
		"/etc/passwd"} {
		require.ErrorContains(t, Open(bad), "not the file of a lobby", bad)
	}
}
