package guard_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Row 26: whatever our code starts goes through the guard. The rule holds for every file of kclient, server, bridge and
// cabi that is not a test, for every system, the laboratories in kclient and the helpers of tests (servertest,
// browsertest) included. It does not hold for examples: those are programs of their own, and one whose fault nobody
// sees helps nobody.
//
// It knows no types: any method called Go, of whatever, counts as sync.WaitGroup's.
func TestEveryGoroutineIsStartedByTheGuard(t *testing.T) {
	files := 0
	for _, room := range []string{"kclient", "server", "bridge", "cabi"} {
		err := filepath.WalkDir(filepath.Join("..", "..", room), func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case d.IsDir() && d.Name() == "testdata", d.IsDir() && filepath.ToSlash(path) == "../../kclient/guard":
				return filepath.SkipDir
			case d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
				return nil
			}
			files++
			for _, found := range unguarded(t, path) {
				t.Errorf("%s: start it with package guard", found)
			}
			return nil
		})
		require.NoError(t, err)
	}
	require.Greater(t, files, 100)
}

// The test above has to find each of them.
func TestTheSourceTestFindsWhatIsNotGuarded(t *testing.T) {
	var found []string
	for _, f := range unguarded(t, filepath.Join("testdata", "unguarded.go")) {
		_, what, _ := strings.Cut(f, " ")
		found = append(found, what)
	}
	require.Equal(t, []string{"go statement", "method Go", "time.AfterFunc", "context.AfterFunc", "time.AfterFunc",
		"runtime.SetFinalizer", "runtime.AddCleanup"}, found)
}

// starters are the functions of the standard library that run ours on a goroutine of theirs, which does not recover.
var starters = map[string]bool{"time.AfterFunc": true, "context.AfterFunc": true, "runtime.SetFinalizer": true,
	"runtime.AddCleanup": true}

// unguarded lists what a file starts without the guard, as "file:line what".
func unguarded(t *testing.T, path string) (found []string) {
	t.Helper()
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
	require.NoError(t, err)
	imports := map[string]string{} // what a name in this file stands for
	for _, spec := range file.Imports {
		name, err := strconv.Unquote(spec.Path.Value)
		require.NoError(t, err)
		local := filepath.Base(name)
		if spec.Name != nil {
			local = spec.Name.Name
		}
		require.False(t, local == "." && !strings.HasPrefix(name, "kbridge/"),
			"%s: an import without a name hides what it starts", path)
		imports[local] = name
	}
	ast.Inspect(file, func(n ast.Node) bool {
		what := ""
		switch n := n.(type) {
		case *ast.GoStmt:
			what = "go statement"
		case *ast.SelectorExpr:
			of, _ := n.X.(*ast.Ident)
			if of != nil && imports[of.Name] != "" {
				if name := imports[of.Name] + "." + n.Sel.Name; starters[name] {
					what = name
				}
			} else if n.Sel.Name == "Go" {
				what = "method Go"
			}
		}
		if what != "" {
			found = append(found, fmt.Sprintf("%s:%d %s", path, files.Position(n.Pos()).Line, what))
		}
		return true
	})
	return found
}
