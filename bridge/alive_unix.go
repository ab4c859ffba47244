//go:build !windows

package bridge

import (
	"errors"

	"golang.org/x/sys/unix"
)

// processLives reports whether there is a process with this number. In doubt there
// is: then nobody is thrown out of a game.
func processLives(pid int) bool {
	return pid > 0 && !errors.Is(unix.Kill(pid, 0), unix.ESRCH)
}
