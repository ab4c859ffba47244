//go:build !windows

package browser

import (
	"errors"
	"os"
	"os/exec"
	"runtime"
	"time"

	"kbridge/kclient/guard"
)

// open opens a file of ours. The opener is waited for a moment, to
// learn whether it failed at once.
func open(path string) error {
	name := "xdg-open"
	if runtime.GOOS == "darwin" {
		name = "open"
	} else if os.Getenv("DISPLAY") == "" && os.Getenv("WAYLAND_DISPLAY") == "" {
		return errors.New("there is no screen: neither DISPLAY nor WAYLAND_DISPLAY is set")
	}
	cmd := exec.Command(name, path)
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	guard.Go("lobby: browser", func() { ended <- cmd.Wait() }, func(f *guard.Fault) { ended <- f })
	select {
	case err := <-ended:
		return err
	case <-time.After(2 * time.Second):
		return nil // some openers stay as long as the browser
	}
}

// Tell does nothing: on these systems stderr is where the address can be found.
func Tell(uintptr, string) {}
