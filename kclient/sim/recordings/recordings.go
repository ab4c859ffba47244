// Package recordings reads what real programs said and real players pressed. The recordings are no part of the
// repository: they lie beside it, in ../shared/traces, and a test that wants one is skipped where that folder is
// absent. It is looked for from the module's root, so that a test finds it wherever its package lies.
//
// What it must not do: it is for tests alone, and knows nothing of the protocol.
package recordings

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// folder is where the recordings are, from the directory of the package whose test runs; empty when they are not there.
func folder() string {
	dir, err := os.Getwd()
	if err != nil {
		return ""
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err != nil {
			continue
		}
		traces := filepath.Join(dir, "..", "shared", "traces")
		if _, err := os.Stat(traces); err != nil {
			return ""
		}
		return traces
	}
	return ""
}

// read returns a file of the recordings. Without any recordings the test is skipped; one that is missing among the
// others is a wrong name, and fails it.
func read(t testing.TB, name string) []byte {
	t.Helper()
	dir := folder()
	if dir == "" {
		t.Skip("skipped: there is no ../shared/traces beside the repository")
	}
	text, err := os.ReadFile(filepath.Join(dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("no recording %s in %s", name, dir)
	}
	if err != nil {
		t.Fatal(err)
	}
	return text
}
