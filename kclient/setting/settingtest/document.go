// Package settingtest keeps documents in step with the tables of package setting. It is for tests.
package settingtest

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Update is the environment variable with which a test writes into the documents what it else compares.
const Update = "UPDATE_DOCS"

// Document compares a text with what stands between <!-- marker --> and <!-- /marker --> in a document of the module.
// Exactly one .md file must have these.
func Document(t testing.TB, marker, want string) {
	t.Helper()
	root, err := moduleRoot()
	if err == nil {
		err = compare(root, marker, want, os.Getenv(Update) != "")
	}
	if err != nil {
		t.Fatal(err)
	}
}

func compare(root, marker, want string, update bool) error {
	begin, end := "<!-- "+marker+" -->\n", "<!-- /"+marker+" -->"
	found, err := documents(root, begin)
	if err != nil {
		return err
	}
	if len(found) != 1 {
		return fmt.Errorf("the line %q stands in %d documents; it must stand in one: %s",
			strings.TrimSpace(begin), len(found), strings.Join(found, ", "))
	}
	document, err := read(found[0])
	if err != nil {
		return err
	}
	before, rest, _ := strings.Cut(document, begin)
	got, after, closed := strings.Cut(rest, end)
	if !closed || strings.Contains(after, begin) || strings.Contains(got, begin) {
		return fmt.Errorf("%s must have the line %q once, and %q below it", found[0], strings.TrimSpace(begin), end)
	}
	want = "\n" + strings.TrimSpace(want) + "\n\n"
	switch {
	case got == want:
		return nil
	case update:
		return os.WriteFile(found[0], []byte(before+begin+want+end+after), 0o644)
	}
	return fmt.Errorf("%s differs from the table in the code; run this test with %s=1 to write it anew:\n%s",
		found[0], Update, difference(got, want))
}

// read is a document with line ends of one kind.
func read(path string) (string, error) {
	document, err := os.ReadFile(path)
	return strings.ReplaceAll(string(document), "\r\n", "\n"), err
}

// difference shows the lines that only one of two texts has.
func difference(got, want string) string {
	has := func(lines []string) map[string]bool {
		set := map[string]bool{}
		for _, line := range lines {
			set[line] = true
		}
		return set
	}
	old, now := strings.Split(got, "\n"), strings.Split(want, "\n")
	inOld, inNow := has(old), has(now)
	var b strings.Builder
	for _, line := range old {
		if !inNow[line] {
			fmt.Fprintf(&b, "- %s\n", line)
		}
	}
	for _, line := range now {
		if !inOld[line] {
			fmt.Fprintf(&b, "+ %s\n", line)
		}
	}
	return b.String()
}

// documents are the .md files that have a text.
func documents(root, text string) (found []string, err error) {
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch name := entry.Name(); {
		case err != nil:
			return err
		case entry.IsDir() && path != root && (strings.HasPrefix(name, ".") || name == "build"):
			return fs.SkipDir
		case entry.IsDir() || filepath.Ext(name) != ".md":
			return nil
		}
		document, err := read(path)
		if strings.Contains(document, text) {
			found = append(found, path)
		}
		return err
	})
	return found, err
}

// moduleRoot is the folder of go.mod, from the test's folder upwards.
func moduleRoot() (string, error) {
	folder, err := os.Getwd()
	for err == nil {
		if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil {
			return folder, nil
		}
		if up := filepath.Dir(folder); up != folder {
			folder = up
			continue
		}
		return "", fmt.Errorf("no folder above the test's has a go.mod")
	}
	return "", err
}
