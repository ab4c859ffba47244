package native

import "syscall"

func load(path string) (uintptr, error) {
	handle, err := syscall.LoadLibrary(path)
	return uintptr(handle), err
}

func symbol(handle uintptr, name string) uintptr {
	f, err := syscall.GetProcAddress(syscall.Handle(handle), name)
	if err != nil {
		return 0
	}
	return f
}

func unload(handle uintptr) error { return syscall.FreeLibrary(syscall.Handle(handle)) }
