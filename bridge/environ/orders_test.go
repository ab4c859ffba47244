package environ

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/setting"
	"kbridge/kclient/text"
	"kbridge/kclient/wire"
)

type environment map[string]string

func (e environment) getenv(name string) string { return e[name] }

// with is e with some variables changed.
func (e environment) with(pairs ...string) environment {
	c := environment{}
	for name, value := range e {
		c[name] = value
	}
	for i := 0; i < len(pairs); i += 2 {
		c[pairs[i]] = pairs[i+1]
	}
	return c
}

func TestSettingsDefaults(t *testing.T) {
	s, err := ReadOrders(environment{EnvServer: "example.org"}.getenv)
	require.NoError(t, err)
	require.Regexp(t, `^Player\d{4}$`, s.Nick)
	s.Nick = ""
	require.Equal(t, Orders{Server: "example.org", Role: RoleAuto, Players: 2, Connection: wire.LAN,
		Charset: charset(t, "windows-1252")}, s)
}

func TestSettingsAsSet(t *testing.T) {
	s, err := ReadOrders(environment{
		EnvServer: "[::1]:1234", EnvNick: " Zoë\x1b[31m ", EnvRole: "create", EnvGame: "Duel", EnvPlayers: "8",
		EnvConnection: "6", EnvCharset: "Shift-JIS", EnvRecord: "a folder",
	}.getenv)
	require.NoError(t, err)
	require.Equal(t, Orders{
		Server: "[::1]:1234", Nick: "Zoë[31m", Role: RoleCreate, Game: "Duel", Players: 8,
		Connection: wire.Bad, Charset: charset(t, "shift_jis"), Record: "a folder",
	}, s)
}

func TestWrongSettingsNameTheVariableAndWhatItTakes(t *testing.T) {
	_, err := ReadOrders(environment{}.getenv)
	require.ErrorIs(t, err, ErrNoServer)
	require.ErrorContains(t, err, EnvServer)

	for _, c := range []struct{ variable, value, takes string }{
		{EnvServer, "host:0", "host:port"},
		{EnvServer, "host:65536", "1 to 65535"},
		{EnvServer, "host:", "host:port"},
		{EnvServer, ":27888", "host:port"},
		{EnvServer, "a b", "host:port"},
		{EnvServer, "a&calc", "host:port"},
		{EnvServer, "http://host", "host:port"},
		{EnvNick, "\x01\x02", "a name of 1 to 31 bytes"},
		{EnvNick, "   ", "a name of 1 to 31 bytes"},
		{EnvRole, "host", "create, join or auto"},
		{EnvRole, "Create", "create, join or auto"},
		{EnvPlayers, "0", "a number from 1 to 8"},
		{EnvPlayers, "9", "a number from 1 to 8"},
		{EnvPlayers, "two", "a number from 1 to 8"},
		{EnvPlayers, "-2", "a number from 1 to 8"},
		{EnvPlayers, "258", "a number from 1 to 8"},
		{EnvConnection, "0", "1 (LAN) to 6 (Bad)"},
		{EnvConnection, "7", "1 (LAN) to 6 (Bad)"},
		{EnvConnection, "LAN", "1 (LAN) to 6 (Bad)"},
		{EnvCharset, "ebcdic", "one of " + strings.Join(text.CharsetNames(), ", ")},
	} {
		_, err := ReadOrders(environment{EnvServer: "host"}.with(c.variable, c.value).getenv)
		var wrong *setting.Error
		require.True(t, errors.As(err, &wrong), "%s=%q: %v", c.variable, c.value, err)
		require.Equal(t, c.variable, wrong.Name)
		require.Equal(t, c.value, wrong.Value)
		require.ErrorContains(t, err, c.takes)
	}

	_, err = ReadOrders(environment{EnvServer: "host", EnvPlayers: "x", EnvRole: "y"}.getenv)
	require.ErrorContains(t, err, EnvPlayers, "all that is wrong is said at once")
	require.ErrorContains(t, err, EnvRole)
}

func TestAddressesThatKclientTakesAreTaken(t *testing.T) {
	for _, server := range []string{"host", "host:27888", "127.0.0.1", "127.0.0.1:1", "::1", "[::1]", "[::1]:65535",
		"my-server.example.org:27888"} {
		_, err := ReadOrders(environment{EnvServer: server}.getenv)
		require.NoError(t, err, server)
	}
}

func charset(t *testing.T, name string) text.Charset {
	t.Helper()
	cs, err := text.LookupCharset(name)
	require.NoError(t, err)
	return cs
}
