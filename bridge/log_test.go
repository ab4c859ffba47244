package bridge

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// onStderr is what f writes to stderr.
func onStderr(t *testing.T, f func()) string {
	t.Helper()
	file, err := os.CreateTemp(t.TempDir(), "")
	require.NoError(t, err)
	old := os.Stderr
	os.Stderr = file
	defer func() { os.Stderr = old }()
	f()
	text, err := os.ReadFile(file.Name())
	require.NoError(t, err)
	return string(text)
}

func TestWhereTheLogGoes(t *testing.T) {
	speak := func(setting string) string {
		return onStderr(t, func() {
			log := logSink{getenv: func(name string) string {
				require.Equal(t, "KAILLERA_LOG", name)
				return setting
			}}
			log.logger().Debug("a detail")
			log.logger().Info("a fact")
			log.logger().Warn("a doubt")
			log.logger().Error("a fault")
		})
	}
	require.Empty(t, speak(""), "silent unless asked")
	require.Regexp(t, `(?s)DEBUG.*INFO.*WARN.*ERROR`, speak("debug"))
	require.NotContains(t, speak("info"), "DEBUG")
	require.Contains(t, speak("info"), "INFO")
	require.NotContains(t, speak("warn"), "INFO")
	require.Contains(t, speak("warn"), "WARN")
	require.Regexp(t, `^time=\S+ level=ERROR msg="a fault"\n$`, speak("error"))

	path := filepath.Join(t.TempDir(), "DEBUG")
	require.NoError(t, os.WriteFile(path, []byte("what was there\n"), 0o600))
	require.Empty(t, speak(path))
	require.Empty(t, speak(path))
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Regexp(t, `(?s)^what was there\n.*a detail.*a fault.*a detail.*a fault`, string(text))

	complaint := speak(filepath.Join(path, "no", "folder"))
	require.Contains(t, complaint, "KAILLERA_LOG is ")
	require.Contains(t, complaint, "it takes debug, info, warn or error")
	require.Equal(t, 1, strings.Count(complaint, "\n"))
}

func TestInitLooksAtTheVariableAgain(t *testing.T) {
	first, second := filepath.Join(t.TempDir(), "1"), filepath.Join(t.TempDir(), "2")
	setting := first
	s := New(Config{Getenv: func(string) string { return setting }})
	s.Init()
	s.Shutdown()
	setting = second
	s.Init()
	for _, path := range []string{first, second} {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Contains(t, string(text), "kailleraInit")
	}
}

// A Windows with a code page that nobody knows: it is said, each time.
func TestAnUnknownCodePageOfTheHostIsLogged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	s := New(Config{Getenv: func(string) string { return path }, HostProblem: "the ANSI code page 9999 is not known",
		HostCharset: charset(t, "1252")})
	for range 2 {
		s.Init()
		s.Init()
		s.Shutdown()
	}
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, 2, strings.Count(string(text),
		`level=WARN msg="the ANSI code page 9999 is not known" charset=windows-1252`))
}
