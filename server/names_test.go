package server_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/unicode/norm"

	"kbridge/kclient"
	"kbridge/kclient/sim/network"
	"kbridge/server"
)

// Names are bytes to a server, which cannot know in which charset somebody writes: what differs by more than the case
// of ASCII in a name that is ASCII throughout are two people.
func TestNamesAreTheirBytes(t *testing.T) {
	for _, tc := range []struct {
		server, clients string
		first, second   string
		same            bool
	}{
		{"", "shift_jis", "キ", "ネ", false}, // 83 4C and 83 6C
		{"", "shift_jis", "充", "深", false}, // 8F 5B and 90 5B
		{"", "windows-1251", "Й", "й", false},
		{"", "windows-1252", "É", "é", false},
		{"", "euc-kr", "가", "각", false},
		{"shift_jis", "shift_jis", "キ", "ネ", false},
		{"utf-8", "utf-8", "Ärger", "ärger", false},
		{"", "windows-1252", "Zoë", "zoë", false}, // it might be another letter to others
		{"", "windows-1252", "Anna", "anna", true},
		{"", "shift_jis", "PLAYER 1", "player 1", true},
		{"", "windows-1252", " anna ", "anna", true},
		{"", "shift_jis", "キ", "キ ", true},
		{"utf-8", "utf-8", "Pokémon", norm.NFD.String("Pokémon"), true},
		{"", "windows-1252", "Pokémon", norm.NFD.String("Pokémon"), true},
	} {
		inArena(t, 1, network.Profile{Delay: 10 * time.Millisecond}, server.Config{Charset: tc.server}, func(a *arena) {
			charset := func(c *kclient.Config) { c.Charset = tc.clients }
			_, err := a.ours(tc.first, charset)
			require.NoError(t, err)
			second, err := a.ours(tc.second, charset)
			if tc.same {
				var refused *kclient.RefusedError
				require.ErrorAs(t, err, &refused, "%+v", tc)
				require.Contains(t, refused.Reason, "in use")
				return
			}
			require.NoError(t, err, "%+v", tc)
			time.Sleep(5 * time.Second)
			require.Len(t, second.Users(), 2)
		})
	}
}

// An administrator's text that the server's charset does not have is refused at the start, with the character.
func TestAServersOwnTextsFitItsCharset(t *testing.T) {
	for _, cfg := range []server.Config{{Name: "Сервер"}, {MOTD: "welcome\nсюда"},
		{Name: "サーバー", Charset: "windows-1251"}} {
		_, err := server.New(cfg)
		require.Error(t, err)
		require.Contains(t, err.Error(), "does not have")
	}
	_, err := server.New(server.Config{MOTD: "welcome\nсюда"})
	require.ErrorContains(t, err, `MOTD has the character 'с' (U+0441), which the charset windows-1252 does not have`)
	for _, cfg := range []server.Config{{Name: norm.NFD.String("Café")}, {Name: "Сервер", Charset: "windows-1251"},
		{Name: "サーバー〜", Charset: "shift_jis"}, {MOTD: "🎮", Charset: "utf-8"}} {
		_, err := server.New(cfg)
		require.NoError(t, err)
	}
}
