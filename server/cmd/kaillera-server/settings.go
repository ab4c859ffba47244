package main

import (
	"log/slog"

	"kbridge/kclient/setting"
	"kbridge/kclient/text"
	"kbridge/server"
)

// options are what the flags say.
type options struct {
	listen   string
	gamePort int
	level    slog.Level
	json     bool
	version  bool
	config   server.Config
}

// row is a setting of the program itself; those of the server are in server.Settings.
type row[V any] = setting.Row[options, V]

var sockets = []setting.Setting[options]{
	row[string]{
		Name: "listen", Value: "address",
		Kind: setting.Text("host:port, such as :27888 or 127.0.0.1:27888", isAddress), Default: ":27888",
		To: func(o *options) *string { return &o.listen },
		Help: "the UDP address for HELLO; without a host it is all addresses of the computer, each of which " +
			"answers for itself",
	},
	row[int]{
		Name: "game-port", Value: "port",
		Kind: setting.Int(0, 65535), Shown: "0, the port of -listen",
		To:   func(o *options) *int { return &o.gamePort },
		Help: "the UDP port for sessions",
	},
}

var logging = []setting.Setting[options]{
	row[slog.Level]{
		Name: "log-level", Value: "level",
		Kind: levels, Default: slog.LevelInfo,
		To:   func(o *options) *slog.Level { return &o.level },
		Help: "what is logged",
	},
	row[bool]{
		Name: "log-format", Value: "format",
		Kind: setting.Words(setting.Word[bool]{Text: "text"}, setting.Word[bool]{Text: "json", Value: true}),
		To:   func(o *options) *bool { return &o.json },
		Help: "how it is logged, to standard error",
	},
}

var levels = setting.Words(
	setting.Word[slog.Level]{Text: "debug", Value: slog.LevelDebug},
	setting.Word[slog.Level]{Text: "info", Value: slog.LevelInfo},
	setting.Word[slog.Level]{Text: "warn", Value: slog.LevelWarn},
	setting.Word[slog.Level]{Text: "error", Value: slog.LevelError},
)

func isAddress(s string) bool {
	_, err := text.ParseListen(s)
	return err == nil
}

// flagList is every flag, in the order in which they are told of.
func flagList() []setting.Description {
	list := append(setting.Describe(sockets), setting.Describe(server.Settings())...)
	list = append(list, setting.Describe(logging)...)
	return append(list, setting.Describe(questions)...)
}

// questions are answered instead of running a server.
var questions = []setting.Setting[options]{
	row[bool]{
		Name: "version",
		Kind: setting.Bool(), Shown: "off",
		To:   func(o *options) *bool { return &o.version },
		Help: "print the version and the revision it was built from, and end",
	},
}
