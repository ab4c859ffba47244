//go:build !windows

package settings_test

import (
	"syscall"
	"testing"
)

func pipe(_ *testing.T, path string) error { return syscall.Mkfifo(path, 0o600) }
