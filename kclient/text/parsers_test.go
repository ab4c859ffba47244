package text_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// splitters are the files that may take an address apart by themselves: that of a socket of their own, or of net/http.
var splitters = map[string]bool{
	"bridge/lobby/access.go":           true, // the page's listener
	"bridge/lobby/redirect.go":         true,
	"bridge/lobby/hosting.go":          true, // the hosted server's socket
	"bridge/lobby/masterlist/guard.go": true, // where net/http dials
}

// TestOneParserServesEverybody: nobody else takes apart what people and lists write.
func TestOneParserServesEverybody(t *testing.T) {
	var found []string
	require.NoError(t, filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, _ := filepath.Rel("../..", path)
		name = filepath.ToSlash(name)
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && len(d.Name()) > 2 || name == "build") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || splitters[name] {
			return nil
		}
		b, err := os.ReadFile(path)
		if strings.Contains(string(b), "net.SplitHostPort(") {
			found = append(found, name)
		}
		return err
	}))
	require.Empty(t, found)
}
