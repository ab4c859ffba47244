package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

// built are the files that the tests work on, made once.
var built struct {
	library   string
	linked    string // the driver in C, linked with the library
	loading   string // the driver in C, which loads it
	cplusplus string // the driver in C++, linked
}

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "kbridge-cabi")
	if err != nil {
		panic(err)
	}
	built.library = filepath.Join(dir, "libkailleraclient.so")
	built.linked = filepath.Join(dir, "driver-linked")
	built.loading = filepath.Join(dir, "driver-loading")
	built.cplusplus = filepath.Join(dir, "driver-cplusplus")
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// build makes the library and the drivers, the first time.
func build(t *testing.T) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("the driver is built with gcc for Linux")
	}
	if _, err := os.Stat(built.cplusplus); err == nil {
		return
	}
	command(t, "go", "build", "-buildmode=c-shared", "-o", built.library, ".")
	sources, err := filepath.Glob("testdata/*.c")
	require.NoError(t, err)
	strict := []string{"-O1", "-g", "-Wall", "-Wextra", "-Werror", "-D_GNU_SOURCE", "-I../include", "-pthread"}
	link := []string{"-DLINKED", built.library, "-ldl", "-Wl,-rpath," + filepath.Dir(built.library)}
	c := append(append([]string{"-std=c99"}, strict...), sources...)
	command(t, "gcc", append(append([]string{"-o", built.linked}, c...), link...)...)
	command(t, "gcc", append(append([]string{"-o", built.loading}, c...), "-ldl")...)
	cc := append(append(strict, "-x", "c++"), append(sources, "testdata/exceptions.cc", "-x", "none")...)
	command(t, "g++", append(append([]string{"-o", built.cplusplus}, cc...), link...)...)
}

func command(t *testing.T, name string, args ...string) {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	require.NoError(t, err, "%s %v:\n%s", name, args, out)
}
