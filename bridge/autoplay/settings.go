package autoplay

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"

	"kbridge/bridge"
	"kbridge/kclient"
	"kbridge/kclient/text"
	"kbridge/kclient/wire"
)

// The environment variables.
const (
	EnvServer     = "KAILLERA_SERVER"
	EnvNick       = "KAILLERA_NICK"
	EnvRole       = "KAILLERA_ROLE"
	EnvGame       = "KAILLERA_GAME"
	EnvPlayers    = "KAILLERA_PLAYERS"
	EnvConnection = "KAILLERA_CONNECTION"
	EnvCharset    = "KAILLERA_CHARSET"
	EnvRecord     = "KAILLERA_RECORD"
)

// ErrNoServer: KAILLERA_SERVER is not set, so there is nowhere to go.
var ErrNoServer = errors.New(EnvServer + " is not set; set it to the host or host:port of a Kaillera server")

// SettingError is a variable whose value cannot be used.
type SettingError struct {
	Variable string
	Value    string
	Takes    string
}

func (e *SettingError) Error() string {
	return fmt.Sprintf("%s is %q; it takes %s", e.Variable, e.Value, e.Takes)
}

// Role is whether to open a room or to enter somebody else's.
type Role string

// The roles.
const (
	RoleCreate Role = "create"
	RoleJoin   Role = "join"
	RoleAuto   Role = "auto"
)

// Settings are the orders, checked.
type Settings struct {
	Server     string
	Nick       string
	Role       Role
	Game       string // a name in UTF-8; empty for the first of the list
	Players    int
	Connection wire.ConnectionType
	Charset    text.Charset // windows-1252 unless it is set; Run then takes the dialog's default
	Record     string       // a folder; empty for no recording
}

// ReadSettings reads the environment. Its error joins one for each variable
// that is wrong.
func ReadSettings(getenv func(string) string) (Settings, error) {
	s := Settings{
		Server:     strings.TrimSpace(getenv(EnvServer)),
		Nick:       strings.TrimSpace(text.Sanitise(getenv(EnvNick))),
		Role:       RoleAuto,
		Game:       text.Sanitise(getenv(EnvGame)),
		Players:    2,
		Connection: wire.LAN,
		Record:     getenv(EnvRecord),
	}
	if s.Server == "" {
		return s, ErrNoServer
	}
	var wrong []error
	refuse := func(variable, takes string) {
		wrong = append(wrong, &SettingError{variable, getenv(variable), takes})
	}
	var address *text.AddressError
	if _, err := text.ParseAddress(s.Server, kclient.DefaultPort); errors.As(err, &address) {
		refuse(EnvServer, "the host or host:port of a Kaillera server, such as 127.0.0.1:27888, with a port from 1 to 65535: "+address.Problem)
	}
	if s.Nick == "" {
		if getenv(EnvNick) != "" {
			refuse(EnvNick, "a name of 1 to 31 bytes that is not only spaces and control characters")
		}
		// Servers refuse a second user of the same name.
		s.Nick = fmt.Sprintf("Player%04d", rand.IntN(10_000))
	}
	switch role := Role(getenv(EnvRole)); role {
	case "":
	case RoleCreate, RoleJoin, RoleAuto:
		s.Role = role
	default:
		refuse(EnvRole, "create, join or auto")
	}
	if v := getenv(EnvPlayers); v != "" {
		n, ok := number(v, 1, wire.MaxPlayers)
		if !ok {
			refuse(EnvPlayers, fmt.Sprintf("a number from 1 to %d", wire.MaxPlayers))
		}
		s.Players = n
	}
	if v := getenv(EnvConnection); v != "" {
		n, ok := number(v, int(wire.LAN), int(wire.Bad))
		if !ok {
			refuse(EnvConnection, "a connection type from 1 (LAN) to 6 (Bad)")
		}
		s.Connection = wire.ConnectionType(n)
	}
	charset, err := text.LookupCharset(getenv(EnvCharset))
	if err != nil {
		refuse(EnvCharset, "one of "+strings.Join(text.CharsetNames(), ", "))
	}
	s.Charset = charset
	return s, errors.Join(wrong...)
}

// choose finds the game to play in the emulator's list.
func (s *Settings) choose(e bridge.Emulator) (bridge.GameName, error) {
	switch {
	case len(e.Games) == 0:
		return bridge.GameName{}, errors.New("the emulator's game list is empty, so there is no game to play")
	case s.Game == "":
		return e.Games[0], nil
	}
	if g, ok := e.Find(s.Game); ok {
		return g, nil
	}
	const shown = 10
	var names []string
	for _, g := range e.Games[:min(len(e.Games), shown)] {
		names = append(names, strconv.Quote(g.Name))
	}
	takes := "a game of the emulator's list: " + strings.Join(names, ", ")
	if more := len(e.Games) - shown; more > 0 {
		takes += fmt.Sprintf(" and %d more", more)
	}
	return bridge.GameName{}, &SettingError{EnvGame, s.Game, takes}
}

// number takes digits only: "+2" or " 2" is a mistake elsewhere.
func number(v string, lowest, highest int) (int, bool) {
	n, err := strconv.ParseUint(v, 10, 8)
	if err != nil || int(n) < lowest || int(n) > highest {
		return 0, false
	}
	return int(n), true
}
