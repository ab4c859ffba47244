//go:build !windows

package main

/*
#include <stdlib.h>
*/
import "C"

import (
	"unsafe"

	"kbridge/bridge"
)

// hostText: strings are UTF-8. On the wire there are emulators of Windows, so the
// session's charset is the default one.
func hostText(c bridge.Config) bridge.Config { return c }

// folder: relative names begin at the emulator's current folder, as everywhere.
var folder func() string

// getenv asks C, not Go: Go's environment is that of the process's start, and an
// emulator may set a variable before it calls kailleraInit.
func getenv(name string) string {
	key := C.CString(name)
	defer C.free(unsafe.Pointer(key))
	return C.GoString(C.getenv(key))
}
