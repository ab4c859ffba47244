//go:build !linux

package main

import "os"

// terminalSize takes every character device for a terminal of the usual size.
func terminalSize(f *os.File) (columns, rows int, ok bool) {
	info, err := f.Stat()
	return 80, 24, err == nil && info.Mode()&os.ModeCharDevice != 0
}
