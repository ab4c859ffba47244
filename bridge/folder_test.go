package bridge_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"kbridge/bridge"
)

func TestWritableFolder(t *testing.T) {
	top := t.TempDir()
	file := filepath.Join(top, "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	beside, home := filepath.Join(top, "beside"), filepath.Join(top, "home", "kbridge")
	require.NoError(t, os.Mkdir(beside, 0o700))

	require.Equal(t, beside, bridge.WritableFolder(beside, home))
	require.NoDirExists(t, home, "the second is not touched when the first will do")
	entries, err := os.ReadDir(beside)
	require.NoError(t, err)
	require.Empty(t, entries, "the attempt leaves nothing behind")

	for name, no := range map[string]string{
		"unknown":        "",
		"inside a file":  filepath.Join(file, "folder"),
		"not our folder": "/proc/self",
	} {
		t.Run(name, func(t *testing.T) {
			if no == "/proc/self" {
				if _, err := os.Stat(no); err != nil {
					t.Skip("no /proc here")
				}
			}
			require.Equal(t, home, bridge.WritableFolder(no, home))
			require.Empty(t, bridge.WritableFolder(no))
		})
	}
}

// Where a recording goes when its folder is named by a relative and by an
// absolute path.
func TestRecordingsGoToTheFolder(t *testing.T) {
	for name, absolute := range map[string]bool{"relative": false, "absolute": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				home, elsewhere := t.TempDir(), filepath.Join(t.TempDir(), "records")
				folder, want := "records", filepath.Join(home, "records")
				if absolute {
					folder, want = elsewhere, elsewhere
				}
				dialogs := make(chan *bridge.Dialog, 1)
				h := newHost(t, recording(newFakeGame(), folder, dialogs), func(c *bridge.Config) {
					c.Folder = func() string { return home }
				})
				h.next(h.begin(threadA))
				require.Equal(t, home, (<-dialogs).Folder())
				files, err := filepath.Glob(filepath.Join(want, "*.krec"))
				require.NoError(t, err)
				require.Len(t, files, 1)
				h.Shutdown()
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		folders := make(chan string, 1)
		h := newHost(t, runUI(func(_ context.Context, d *bridge.Dialog) error { folders <- d.Folder(); return nil }))
		h.begin(threadA)
		require.Empty(t, <-folders)
		h.Shutdown()
	})
}
