package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/setting"
	"kbridge/kclient/setting/settingtest"
	"kbridge/server"
)

func TestTheDocumentedFlagsAreThoseThereAre(t *testing.T) {
	settingtest.Document(t, "flags", setting.Markdown("flag", "-", flagList()))
}

func TestTheDefaultsOfTheFlagsAreAConfigThatTheServerTakes(t *testing.T) {
	o, err := parseFlags(nil, nil)
	require.NoError(t, err)
	_, err = server.New(o.config)
	require.NoError(t, err)
	for _, s := range server.Settings() {
		require.NoError(t, s.Check(&o.config))
	}
}

func TestEveryFlagSaysWhatItIsAndWhatItTakes(t *testing.T) {
	for _, d := range flagList() {
		require.True(t, d.Value != "" || d.Name == "version", d.Name)
		require.NotEmpty(t, d.Help, d.Name)
		require.NotEmpty(t, d.Takes, d.Name)
		require.NotEmpty(t, d.Default, d.Name)
	}
}
