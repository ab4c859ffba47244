package recordings

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// A package that moves deeper into the module finds the recordings still.
func TestTheFolderIsFoundFromAnyDepth(t *testing.T) {
	at := t.TempDir()
	deep := filepath.Join(at, "checkout", "a", "b", "c", "d")
	require.NoError(t, os.MkdirAll(deep, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(at, "checkout", "go.mod"), nil, 0o644))
	t.Chdir(deep)
	require.Empty(t, folder())
	traces := filepath.Join(at, "shared", "traces")
	require.NoError(t, os.MkdirAll(traces, 0o755))
	for _, dir := range []string{deep, filepath.Join(at, "checkout")} {
		t.Chdir(dir)
		found, err := filepath.EvalSymlinks(folder())
		require.NoError(t, err)
		want, err := filepath.EvalSymlinks(traces)
		require.NoError(t, err)
		require.Equal(t, want, found)
	}
}

func TestWhatIsRecordedIsRead(t *testing.T) {
	for _, name := range Conversations(t, "*") {
		c := ReadConversation(t, name)
		require.NotEmpty(t, c.Server, name)
		require.NotEmpty(t, c.Lines, name)
		require.NotZero(t, c.Clients(), name)
		require.Equal(t, len(c.Lines), len(c.Of(0))+len(c.Of(1))+len(c.Of(2)), name)
	}
	frames := ReadInput(t)
	require.NotEmpty(t, frames)
	for _, f := range frames {
		require.Len(t, f, 24)
	}
}
