package main

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"golang.org/x/sys/windows"

	"kbridge/bridge"
	"kbridge/kclient/text"
)

// hostText: strings are in the ANSI code page, whatever the session's charset is,
// since the emulator shows them and names files by them; 65001 if its manifest says
// UTF-8. The session has the same unless the user chooses another.
func hostText(c bridge.Config) bridge.Config {
	page := windows.GetACP()
	charset, ok := text.LookupCodePage(int(page))
	if !ok {
		// No language of Windows has another one, but a registry can.
		charset, _ = text.LookupCodePage(1252)
		c.HostProblem = fmt.Sprintf("the ANSI code page %d of this Windows is not known; its strings are taken for another one's", page)
	}
	c.HostCharset, c.Charset = charset, charset
	return c
}

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
