package version

import (
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestNumberIsASemanticVersion: a tag and the Windows library's resource are made of it.
func TestNumberIsASemanticVersion(t *testing.T) {
	require.Regexp(t, `^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.]+)?$`, Number)
}

func TestStringBeginsWithTheNumber(t *testing.T) {
	require.Regexp(t, `^`+Number+`( |$)`, String())
}

func TestRevisionIsThatOfThisModule(t *testing.T) {
	const revision = "bdd3a29c1f2e5566778899aabbccddeeff001122"
	built := func(path, version string, settings ...debug.BuildSetting) *debug.BuildInfo {
		return &debug.BuildInfo{Main: debug.Module{Path: path, Version: version}, Settings: settings}
	}
	at := debug.BuildSetting{Key: "vcs.revision", Value: revision}
	clean := debug.BuildSetting{Key: "vcs.modified", Value: "false"}
	dirty := debug.BuildSetting{Key: "vcs.modified", Value: "true"}
	linked := func(version string) *debug.BuildInfo {
		info := built("example.com/emulator", "(devel)", at, dirty)
		info.Deps = []*debug.Module{{Path: "example.com/other", Version: "v0.0.0-20261127222842-0123456789ab"},
			{Path: "kbridge", Version: version}}
		return info
	}
	for name, c := range map[string]struct {
		info *debug.BuildInfo
		want string
	}{
		"a clone":                    {built("kbridge", "(devel)", at, clean), "bdd3a29c1f2e"},
		"a clone with changes":       {built("kbridge", "(devel)", at, dirty), "bdd3a29c1f2e+dirty"},
		"no clone":                   {built("kbridge", "(devel)"), ""},
		"no clone, changed":          {built("kbridge", "(devel)", dirty), ""},
		"the module cache":           {built("kbridge", "v0.0.0-20261127222842-bdd3a29c1f2e"), "bdd3a29c1f2e"},
		"the module cache, a tag":    {built("kbridge", "v0.1.0"), ""},
		"another program":            {linked("v0.0.0-20261127222842-bdd3a29c1f2e"), "bdd3a29c1f2e"},
		"another program, replaced":  {linked("(devel)"), ""},
		"another program, unwitting": {built("example.com/emulator", "(devel)", at, dirty), ""},
		"a short revision": {built("kbridge", "", debug.BuildSetting{Key: "vcs.revision", Value: "42"}),
			"42"},
	} {
		require.Equal(t, c.want, revisionOf(c.info), name)
	}
}
