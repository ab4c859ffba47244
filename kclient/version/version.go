// Package version says which kbridge this is: the number in the file VERSION, which make reads as well, and the
// revision that it was built from.
//
// What it must not do: it imports nothing, so that every program and library may say what it is. The version of the
// Kaillera API ("0.9") and that of the protocol ("0.83") are others, and are none of its business.
package version

import (
	_ "embed"
	"runtime/debug"
	"strings"
)

//go:embed VERSION
var file string

// Number is what the file VERSION says, such as "0.1.0", or "0.1.0-dev" on the way there.
var Number = strings.TrimSpace(file)

// module is where this package lives: where another program links it, the revision is the one of this module.
const module = "kbridge"

// String is the number and the revision, such as "0.1.0-dev bdd3a29c1f2e", with "+dirty" behind it where the sources
// were not as that revision has them. Tests and programs that were built outside of a clone have no revision.
func String() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return Number
	}
	if revision := revisionOf(info); revision != "" {
		return Number + " " + revision
	}
	return Number
}

// revisionOf is the revision of this module, as far as the build says it: the settings are those of the main module,
// and of the others only the version is known.
func revisionOf(info *debug.BuildInfo) string {
	if info.Main.Path != module {
		for _, d := range info.Deps {
			if d.Path == module {
				return fromPseudo(d.Version)
			}
		}
		return ""
	}
	var revision, dirty string
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			revision = s.Value[:min(len(s.Value), 12)]
		case "vcs.modified":
			if s.Value == "true" {
				dirty = "+dirty"
			}
		}
	}
	if revision == "" { // built by "go install kbridge@version", from the module cache
		return fromPseudo(info.Main.Version)
	}
	return revision + dirty
}

// fromPseudo is the revision in a pseudo-version, v0.0.0-20261127222842-bdd3a29c1f2e: twelve hexadecimal digits behind
// the last dash. Tags and "(devel)" have none.
func fromPseudo(version string) string {
	revision := version[strings.LastIndexByte(version, '-')+1:]
	digits, _, _ := strings.Cut(revision, "+")
	if len(digits) != 12 || strings.Trim(digits, "0123456789abcdef") != "" {
		return ""
	}
	return revision
}
