package main

import (
	"os"
	"path/filepath"
	"sync"

	"kbridge/bridge"
)

const hostCharset = bridge.HostSession

// folder is the DLL's own, where emulators of Windows expect everything to be, or
// under %APPDATA% where that may not be written, such as below Program Files.
var folder = sync.OnceValue(func() string {
	beside, appData := libraryFolder(), ""
	if dir, err := os.UserConfigDir(); err == nil {
		appData = filepath.Join(dir, "kbridge")
	}
	return bridge.WritableFolder(beside, appData)
})

// getenv asks Windows, which knows what the emulator has set since it started.
func getenv(name string) string { return os.Getenv(name) }
