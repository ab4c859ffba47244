package kclient_test

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// linked are the modules of others that emulators link with the library, and their licences. Emulators under the GPL 2
// load it, so MIT, BSD and ISC are all there may be; and the library must not grow with the server program.
var linked = map[string]string{
	"github.com/BurntSushi/toml": "MIT", // the lobby's settings
	"github.com/coder/websocket": "ISC", // the lobby's page
	"golang.org/x/net":           "BSD", // international names
	"golang.org/x/sys":           "BSD",
	"golang.org/x/text":          "BSD", // charsets, normal forms
}

// unlinked are packages of ours that are for tests and laboratories only.
var unlinked = []string{"kbridge/kclient/sim/", "kbridge/kclient/race", "kbridge/kclient/setting/settingtest",
	"kbridge/kclient/wire/internal/codectest", "kbridge/server/cmd/", "kbridge/server/servertest", "kbridge/examples/"}

// TestEmulatorsLinkNoMoreThanTheyNeed lists the modules that cabi links, with their licences.
func TestEmulatorsLinkNoMoreThanTheyNeed(t *testing.T) {
	found := map[string]string{}
	for _, p := range dependencies(t, "./cabi") {
		for _, prefix := range unlinked {
			require.False(t, strings.HasPrefix(p.ImportPath, prefix), "%s is not for emulators", p.ImportPath)
		}
		if m := p.Module; m != nil && !m.Main {
			found[m.Path] = licenceOf(t, m.Dir)
		}
	}
	require.Equal(t, linked, found)
}

type dependency struct {
	ImportPath string
	Module     *struct {
		Path, Dir string
		Main      bool
	}
}

func dependencies(t *testing.T, of string) (all []dependency) {
	cmd := exec.Command("go", "list", "-deps", "-json=ImportPath,Module", of)
	cmd.Dir = ".."
	out, err := cmd.Output()
	require.NoError(t, err)
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var d dependency
		if err := dec.Decode(&d); errors.Is(err, io.EOF) {
			return all
		} else {
			require.NoError(t, err)
		}
		all = append(all, d)
	}
}

// licences are known by a sentence that is in no other one.
var licences = map[string]string{
	"MIT": "Permission is hereby granted, free of charge, to any person obtaining a copy",
	"BSD": "Redistribution and use in source and binary forms, with or without",
	"ISC": "Permission to use, copy, modify, and distribute this software for any",
}

// licenceOf is which licence the module in a folder has.
func licenceOf(t *testing.T, folder string) string {
	for _, name := range []string{"LICENSE", "LICENSE.txt", "COPYING"} {
		b, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			continue
		}
		text := strings.Join(strings.Fields(string(b)), " ")
		for _, licence := range slices.Sorted(maps.Keys(licences)) {
			if strings.Contains(text, licences[licence]) {
				return licence
			}
		}
		return "another one, see " + name
	}
	return "none"
}
