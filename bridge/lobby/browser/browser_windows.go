package browser

import (
	"runtime"

	"golang.org/x/sys/windows"

	"kbridge/kclient/guard"
)

// open opens a file of ours.
func open(path string) error {
	verb, err := windows.UTF16PtrFromString("open")
	if err != nil {
		return err
	}
	file, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return err
	}
	return windows.ShellExecute(0, verb, file, nil, nil, windows.SW_SHOWNORMAL)
}

// Tell shows the address in a small message box, on a thread of its own: the
// emulator's windows go on meanwhile.
func Tell(window uintptr, address string) {
	guard.Go("lobby: message box", func() {
		runtime.LockOSThread()
		text,
			err := windows.UTF16PtrFromString("The lobby is open, but no browser has come. Open this address in a browser on this computer. It works once.\n\n" + address +
			"\n\n(Ctrl+C copies this text.)")
		if err != nil {
			return
		}
		title, _ := windows.UTF16PtrFromString("Kaillera")
		_, _ = windows.MessageBox(windows.HWND(0), text, title,
			windows.MB_OK|windows.MB_ICONINFORMATION|windows.MB_SETFOREGROUND)
		_ = window // not its owner: that would disable the emulator's window
	}, nil)
}
