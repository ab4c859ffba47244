package environ

import (
	"fmt"
	"log/slog"

	"kbridge/kclient/setting"
)

// The words of KAILLERA_LOBBY.
const (
	LobbyOn      = "on"      // the page is served and opened in a browser
	LobbyAddress = "address" // it is served, and the log names the file that leads to it
	LobbyOff     = "off"     // there is none
)

// library is what the variables of the library's behaviour say.
type library struct {
	lobby   string
	enabled bool // the emulator's window, while the lobby waits; only Windows has such windows
	log     string
}

type row[V any] = setting.Row[library, V]

var (
	lobbyRow = row[string]{
		Name: EnvLobby,
		Kind: setting.ExactWords(setting.Named(LobbyOn, LobbyAddress, LobbyOff)...), Default: LobbyOn,
		To: func(l *library) *string { return &l.lobby },
		Help: "on: the lobby's page is served and opened in the browser; address: it is served, and only the log says " +
			"which file leads to it; off: no lobby, and without " + EnvServer + " the dialog returns -1",
	}
	parentRow = row[bool]{
		Name: EnvParent,
		Kind: setting.ExactWords(
			setting.Word[bool]{Text: "disabled"},
			setting.Word[bool]{Text: "enabled", Value: true},
		),
		To:   func(l *library) *bool { return &l.enabled },
		Help: "the emulator's window on Windows while the lobby waits: disabled, as by a modal dialog, or left enabled",
	}
	// A log says who played with whom, and where, so its file is for one user only.
	logRow = row[string]{
		Name: EnvLog,
		Kind: logs(), Shown: "no log",
		To:   func(l *library) *string { return &l.log },
		Help: "the log; a file becomes its user's only (0600), and gets all levels",
	}
)

var logLevels = []string{"debug", "info", "warn", "error"}

// logs takes everything: what is no level is a file.
func logs() setting.Kind[string] {
	return setting.Text(setting.Or(logLevels)+", which log to stderr, or the name of a file to append to", anything)
}

// Table describes every variable.
func Table() []setting.Description {
	behaviour := []setting.Setting[library]{lobbyRow, parentRow, logRow}
	return append(setting.Describe(orders), setting.Describe(behaviour)...)
}

func read(row setting.Setting[library], getenv func(string) string) (l library, err error) {
	row.Reset(&l)
	if value := getenv(row.Describe().Name); value != "" {
		err = row.Set(&l, value)
	}
	return l, err
}

// ReadLobby reads KAILLERA_LOBBY: one of its words.
func ReadLobby(getenv func(string) string) (word string, err error) {
	l, err := read(lobbyRow, getenv)
	return l.lobby, err
}

// ReadParent reads KAILLERA_PARENT: whether the emulator's window takes no input while the lobby waits.
func ReadParent(getenv func(string) string) (disabled bool, err error) {
	l, err := read(parentRow, getenv)
	return !l.enabled && err == nil, err
}

// LogLevel is what KAILLERA_LOG says if it is a level, for stderr; else it is a file, or nothing.
func LogLevel(value string) (level slog.Level, ok bool) {
	for _, word := range logLevels {
		if value == word {
			return level, level.UnmarshalText([]byte(word)) == nil
		}
	}
	return 0, false
}

// LogError is the error of a KAILLERA_LOG that names a file which cannot be written.
func LogError(value string, err error) error {
	wrong := fmt.Sprintf("is %q, which cannot be written (%v)", value, err)
	return &setting.Error{Name: EnvLog, Value: value, Wrong: wrong, Takes: logRow.Kind.Takes}
}
