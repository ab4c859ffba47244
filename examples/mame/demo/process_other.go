//go:build !linux

package main

import "syscall"

// ownGroup does nothing where there is nothing to do it with.
func ownGroup() *syscall.SysProcAttr { return nil }
