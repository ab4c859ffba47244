//go:build !linux

package process

import "syscall"

func ownGroup() *syscall.SysProcAttr { return nil }
