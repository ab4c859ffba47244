//go:build !windows

package native

import "github.com/ebitengine/purego"

func load(path string) (uintptr, error) {
	return purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_LOCAL)
}

func symbol(handle uintptr, name string) uintptr {
	f, err := purego.Dlsym(handle, name)
	if err != nil {
		return 0
	}
	return f
}

func unload(handle uintptr) error { return purego.Dlclose(handle) }
