package environ

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"

	"kbridge/kclient/setting"
	"kbridge/kclient/text"
	"kbridge/kclient/wire"
)

// ErrNoServer: KAILLERA_SERVER is not set, so there is nowhere to go.
var ErrNoServer = errors.New(EnvServer + " is not set; set it to the host or host:port of a Kaillera server")

// Role is whether to open a room or to enter somebody else's.
type Role string

// The roles.
const (
	RoleCreate Role = "create"
	RoleJoin   Role = "join"
	RoleAuto   Role = "auto"
)

// Orders say where to go and what to play. They are checked.
type Orders struct {
	Server     string
	Nick       string
	Role       Role
	Game       string // a name in UTF-8; empty for the first of the list
	Players    int
	Connection wire.ConnectionType
	Charset    text.Charset // windows-1252 unless it is set; whoever plays then takes the dialog's default
	Record     string       // a folder; empty for no recording
}

// order is a variable of Orders.
type order[V any] = setting.Row[Orders, V]

var orders = []setting.Setting[Orders]{
	order[string]{
		Name: EnvServer,
		Kind: servers(), Shown: "none: the lobby",
		To:   func(o *Orders) *string { return &o.Server },
		Help: "the server to go to; without it there is a lobby instead of orders",
	},
	order[string]{
		Name: EnvNick,
		Kind: nicks(), Shown: "Player and four digits",
		To:   func(o *Orders) *string { return &o.Nick },
		Help: "your name",
	},
	order[Role]{
		Name: EnvRole,
		Kind: setting.ExactWords(setting.Named(RoleCreate, RoleJoin, RoleAuto)...), Default: RoleAuto,
		To:   func(o *Orders) *Role { return &o.Role },
		Help: "create a room, join one (waits 30 s for it), or auto: join if there is one, else create",
	},
	order[string]{
		Name: EnvGame,
		Kind: games(), Shown: "the first of the list",
		To:   func(o *Orders) *string { return &o.Game },
		Help: "the game",
	},
	order[int]{
		Name: EnvPlayers,
		Kind: digits("a number", 1, wire.MaxPlayers), Default: 2,
		To:   func(o *Orders) *int { return &o.Players },
		Help: "whoever created the room starts the game when so many are in",
	},
	order[wire.ConnectionType]{
		Name: EnvConnection,
		Kind: connections(), Default: wire.LAN,
		To:   func(o *Orders) *wire.ConnectionType { return &o.Connection },
		Help: "how many frames of input are sent at once",
	},
	order[text.Charset]{
		Name: EnvCharset,
		Kind: charsets(), Default: defaultCharset,
		Shown: "on Windows its ANSI code page, else " + defaultCharset.Name(),
		To:    func(o *Orders) *text.Charset { return &o.Charset },
		Help:  "what the people you play with use",
	},
	order[string]{
		Name: EnvRecord,
		Kind: setting.Text("a folder; on Windows a relative one lies beside the DLL", anything), Shown: "none",
		To:   func(o *Orders) *string { return &o.Record },
		Help: "every game is recorded there as .krec",
	},
}

// ReadOrders reads the orders. Its error joins one for each variable that is wrong.
func ReadOrders(getenv func(string) string) (Orders, error) {
	var o Orders
	var wrong []error
	for _, row := range orders {
		row.Reset(&o)
		if value := getenv(row.Describe().Name); value != "" {
			wrong = append(wrong, row.Set(&o, value))
		}
	}
	if strings.TrimSpace(getenv(EnvServer)) == "" {
		return o, ErrNoServer
	}
	if o.Nick == "" {
		// Servers refuse a second user of the same name.
		o.Nick = fmt.Sprintf("Player%04d", rand.IntN(10_000))
	}
	return o, errors.Join(wrong...)
}
