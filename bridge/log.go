package bridge

import (
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"sync"
	"sync/atomic"

	"kbridge/bridge/environ"
)

// logSink is the log that KAILLERA_LOG asks for. It is opened at its first use
// and again whenever open finds that the variable has changed.
type logSink struct {
	getenv func(string) string

	now     atomic.Pointer[slog.Logger]
	mu      sync.Mutex
	setting string
	file    *os.File // nil unless it is a file
}

func (l *logSink) logger() *slog.Logger {
	if log := l.now.Load(); log != nil {
		return log
	}
	l.open()
	return l.now.Load()
}

func (l *logSink) open() {
	l.mu.Lock()
	defer l.mu.Unlock()
	setting := l.getenv(environ.EnvLog)
	if l.now.Load() != nil && setting == l.setting {
		return
	}
	if l.file != nil {
		l.file.Close()
		l.file = nil
	}
	l.setting = setting
	l.now.Store(slog.New(l.handlerLocked()))
}

func (l *logSink) handlerLocked() slog.Handler {
	if l.setting == "" {
		return slog.DiscardHandler
	}
	if level, ok := environ.LogLevel(l.setting); ok {
		return slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level})
	}
	file, err := os.OpenFile(l.setting, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		// Whoever set the variable asked for a log, so this one line may go
		// where it can be seen.
		fmt.Fprintln(os.Stderr, environ.LogError(l.setting, err))
		return slog.DiscardHandler
	}
	l.file = file
	tighten(file)
	return slog.NewTextHandler(file, &slog.HandlerOptions{Level: slog.LevelDebug})
}

// tighten takes everybody else's rights to a log file away, which one of an earlier version has. A device or a pipe is
// left as it is, and so is a file of somebody else's.
func tighten(file *os.File) {
	info, err := file.Stat()
	if err != nil || runtime.GOOS == "windows" || !info.Mode().IsRegular() || info.Mode().Perm()&0o077 == 0 {
		return
	}
	_ = file.Chmod(info.Mode().Perm() &^ 0o077)
}
