package main

import "syscall"

// ownGroup keeps Ctrl-C in the terminal away from the programs: the demo ends them itself, in order. Should the demo be
// killed outright, the system ends them.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
}
