package main

/*
#include <wchar.h>
int kb_library_file(wchar_t *file, int size);
*/
import "C"

import (
	"path/filepath"
	"unsafe"

	"syscall"
)

// libraryFolder is where the DLL lies; empty if that cannot be told.
func libraryFolder() string {
	var file [1 << 12]uint16
	if C.kb_library_file((*C.wchar_t)(unsafe.Pointer(&file[0])), C.int(len(file))) == 0 {
		return ""
	}
	return filepath.Dir(syscall.UTF16ToString(file[:]))
}
