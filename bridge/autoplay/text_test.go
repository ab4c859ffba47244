package autoplay

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"kbridge/bridge"
	"kbridge/bridge/environ"
	"kbridge/bridge/krec"
	"kbridge/server"
)

// Two players on Windows, whose strings and lists have bytes that their code page does not define: the room is the one
// that was meant, and all that the other hears is what was said.
func TestUndefinedBytesReachTheOtherEmulator(t *testing.T) {
	for _, tc := range []struct{ host, charset, server, line, heard string }{
		{"1252", "", "", "gr\xfc\xdf dich \x81\x8d\x8f\x90\x9d\xad", "gr\xfc\xdf dich \x81\x8d\x8f\x90\x9d\xad"},
		{"932", "", "", "\x93\xfa\x96\x7b\x8c\xea \x82\xad\x82\xa0 \x87\x90 \xfd\x85",
			"\x93\xfa\x96\x7b\x8c\xea \x82\xad\x82\xa0 \x87\x90 \xfd\x85"},
		{"1252", "", "", "\r\nDB\x80\x81\x8d\xad\xff", "\r\nDB\x80\x81\x8d\xad\xff"}, // data of MAME32k
		{"1252", "", "", "\r\nServer> hi", "Server> hi"},
		{"949", "949", "utf-8", "\xc7\xd1\xb1\xb9 \xc9\xa1\x80", "\xc7\xd1\xb1\xb9 \xc9\xa1\x80"},
		{"65001", "", "utf-8", "日本語 \xff\u202e", "日本語 \xff"},
		{"932", "utf-8", "utf-8", "\x93\xfa\x96\x7b\x8c\xea \xfd", "\x93\xfa\x96\x7b\x8c\xea ?"},
	} {
		inWorld(t, server.Config{Charset: tc.server}, func(t *testing.T, w *world) {
			records := t.TempDir()
			env := []string{"TEST_HOST", tc.host, environ.EnvCharset, tc.charset, environ.EnvPlayers, "2",
				environ.EnvRecord, records}
			list := []string{"Duel\x81\xff", "Duel\x8d\xff", "Duel\xff"}
			if tc.charset == "utf-8" {
				list = []string{"Duel", "Duel \x93\xfa"}
			}
			want := list[1]
			name := charset(t, tc.host).Decode(want)
			one := w.emulator(120, append(env, environ.EnvRole, "create", environ.EnvNick, "one", environ.EnvGame,
				name)...)
			two := w.emulator(120, append(env, environ.EnvRole, "join", environ.EnvNick, "two", environ.EnvGame,
				name)...)
			for _, e := range []*emulator{one, two} {
				require.NoError(t, e.session.SetInfos(&bridge.Infos{AppName: "test\x81", Games: list,
					Callbacks: bridge.Callbacks{Game: 1, ChatReceived: 2, ClientDropped: 3}}))
			}
			first, second := one.start(), two.start()
			select {
			case <-one.playing:
				require.NoError(t, one.session.ChatSend(tc.line))
			case <-first:
			}
			<-first
			<-second
			for _, e := range []*emulator{one, two} {
				require.Zero(t, e.code, e.logged())
				require.Equal(t, want, e.game.Game)
				require.Contains(t, e.chats, "one: "+tc.heard)
				e.session.Shutdown()
			}
			files, err := filepath.Glob(filepath.Join(records, "*.krec"))
			require.NoError(t, err)
			require.Len(t, files, 2)
			for _, file := range files {
				f, err := os.Open(file)
				require.NoError(t, err)
				r, err := krec.NewReader(f)
				require.NoError(t, err)
				if tc.charset != "utf-8" {
					require.Equal(t, want, r.Header().Game)
					require.Equal(t, "test\x81", r.Header().App)
				}
				require.NoError(t, f.Close())
			}
		})
	}
}

// The charset is the user's choice, and else the host's.
func TestTheSessionsCharsetIsTheHostsUnlessItIsChosen(t *testing.T) {
	for _, tc := range []struct{ host, chosen, want string }{
		{"", "", "windows-1252"}, {"932", "", "shift_jis"}, {"65001", "", "utf-8"}, {"1251", "", "windows-1251"},
		{"932", "windows-1252", "windows-1252"}, {"1252", "cp949", "euc-kr"},
	} {
		inWorld(t, server.Config{}, func(t *testing.T, w *world) {
			e := w.emulator(1, "TEST_HOST", tc.host, environ.EnvCharset, tc.chosen, environ.EnvPlayers, "1")
			<-e.start()
			require.Contains(t, e.logged(), " charset="+tc.want+"\n")
			e.session.Shutdown()
		})
	}
}
