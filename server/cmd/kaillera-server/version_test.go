package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/version"
)

// TestTheProgramSaysWhatItWasBuiltFrom builds it as make does and asks it.
func TestTheProgramSaysWhatItWasBuiltFrom(t *testing.T) {
	if at, err := os.Stat("../../../.git"); err != nil || !at.IsDir() {
		t.Skip("these sources are no git clone, or another worktree of one: Go notes no revision there")
	}
	revision, err := exec.Command("git", "rev-parse", "--short=12", "HEAD").Output()
	require.NoError(t, err)
	program := filepath.Join(t.TempDir(), "kaillera-server")
	build, err := exec.Command("go", "build", "-trimpath", "-buildvcs=auto", "-o", program, ".").CombinedOutput()
	require.NoError(t, err, "%s", build)

	said, err := exec.Command(program, "-version").Output()
	require.NoError(t, err, "%s", said)
	want := "kbridge " + version.Number + " " + strings.TrimSpace(string(revision))
	require.Equal(t, want, strings.TrimSuffix(strings.TrimSpace(string(said)), "+dirty"))
}

func TestTheLogBeginsWithTheVersion(t *testing.T) {
	out, end := begin(t, "-listen", "127.0.0.1:0")
	require.Eventually(t, func() bool { return listening.MatchString(out.String()) }, 10*time.Second, time.Millisecond)
	require.Equal(t, exitOK, end())
	first, _, _ := strings.Cut(out.String(), "\n")
	require.Contains(t, first, version.Number)
}

func TestMakeReadsTheSameVersion(t *testing.T) {
	if _, err := exec.LookPath("make"); err != nil {
		t.Skip("make is not installed")
	}
	help, err := exec.Command("make", "--no-print-directory", "-C", "../../..", "help").Output()
	require.NoError(t, err)
	first, _, _ := bytes.Cut(help, []byte("\n"))
	require.Equal(t, "kbridge "+version.Number, string(first))
}
