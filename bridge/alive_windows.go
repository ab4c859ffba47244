package bridge

import (
	"errors"

	"golang.org/x/sys/windows"
)

// processLives reports whether there is a process with this number. In doubt there
// is: then nobody is thrown out of a game.
func processLives(pid int) bool {
	if pid <= 0 {
		return false
	}
	h, err := windows.OpenProcess(windows.SYNCHRONIZE, false, uint32(pid))
	if err != nil {
		return !errors.Is(err, windows.ERROR_INVALID_PARAMETER) // what it says when there is none
	}
	defer windows.CloseHandle(h)
	state, err := windows.WaitForSingleObject(h, 0)
	return err != nil || state == uint32(windows.WAIT_TIMEOUT)
}
