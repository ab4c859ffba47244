package server

import "runtime/debug"

// Version is the product's name and the module's version, or "development" where it was not built from a released one.
func Version() string {
	const module, unknown = "kbridge", "development"
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return module + " " + unknown
	}
	version := info.Main.Version
	if info.Main.Path != module {
		for _, d := range info.Deps {
			if d.Path == module {
				version = d.Version
			}
		}
	}
	if version == "" || version == "(devel)" {
		version = unknown
	}
	return module + " " + version
}
