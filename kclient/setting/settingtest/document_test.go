package settingtest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestADocumentThatDiffersIsNamedAndWrittenAnew(t *testing.T) {
	root := t.TempDir()
	path := filepath.Join(root, "a", "b.md")
	require.NoError(t, os.Mkdir(filepath.Dir(path), 0o700))
	require.NoError(t, os.WriteFile(path, []byte("before\n<!-- x -->\n\n| old |\n\n<!-- /x -->\nafter\n"), 0o600))
	err := compare(root, "x", "| new |\n", false)
	require.ErrorContains(t, err, path)
	require.ErrorContains(t, err, "- | old |\n+ | new |\n")
	require.NoError(t, compare(root, "x", "| new |\n", true))
	require.NoError(t, compare(root, "x", "| new |\n", false))
	text, err := read(path)
	require.NoError(t, err)
	require.Equal(t, "before\n<!-- x -->\n\n| new |\n\n<!-- /x -->\nafter\n", text)
}

func TestAMarkerStandsInOneDocumentAndHasAnEnd(t *testing.T) {
	root := t.TempDir()
	require.ErrorContains(t, compare(root, "x", "", false), "stands in 0 documents")
	for _, name := range []string{"a.md", "b.md"} {
		require.NoError(t, os.WriteFile(filepath.Join(root, name), []byte("<!-- x -->\n"), 0o600))
		err := compare(root, "x", "", true)
		if name == "a.md" {
			require.ErrorContains(t, err, "below it")
		} else {
			require.ErrorContains(t, err, "stands in 2 documents")
		}
	}
}
