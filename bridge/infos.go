package bridge

import (
	"log/slog"
	"slices"
	"strings"

	"kbridge/kclient/text"
	"kbridge/kclient/wire"
)

// Infos is what an emulator says about itself with kailleraSetInfos. Its
// strings are bytes as the emulator wrote them, in its own charset, and belong
// to the Session from the call on.
type Infos struct {
	AppName   string
	Games     []string // the entries of gameList
	Callbacks Callbacks
}

// Callbacks are the emulator's functions, as numbers that mean nothing here: the
// Session only tells which one to call next, and its caller calls it. 0 is
// none.
type Callbacks struct {
	Game          uintptr
	ChatReceived  uintptr
	ClientDropped uintptr
	MoreInfos     uintptr
}

// SplitGameList cuts a game list in memory (names, each ended by a NUL, the
// list by one more) into its names. Without a list's end it takes what is
// there. The names are copies.
func SplitGameList(list []byte) []string {
	var games []string
	for rest := string(list); rest != ""; {
		name, more, _ := strings.Cut(rest, "\x00")
		if name == "" {
			break
		}
		games = append(games, name)
		rest = more
	}
	return games
}

// Emulator describes the emulator to a user interface.
type Emulator struct {
	// Name is the emulator's name and version in UTF-8 without control
	// characters, cut to what the wire takes.
	Name string
	// Games are its games, in its order.
	Games []GameName

	charset text.Charset
}

// GameName is one game of an emulator's list.
type GameName struct {
	// Entry is the list's entry, byte for byte; gameCallback gets it.
	Entry string
	// Name is the entry in UTF-8 without control characters. Bytes that the
	// emulator's charset does not define are in it, see text.Shown.
	Name string
	// Wire is the name as rooms show it, in UTF-8: letters composed with their marks, cut to what the wire
	// takes, and with '?' for what the session's charset does not have. Rooms are
	// opened and found by it, see Room.
	Wire string
	// Unsayable is why no room can be opened for it, a *kclient.CharsetError: the session's charset does not have a
	// character of the name. nil otherwise.
	Unsayable error
}

// Room is what rooms' names have in common that are for the same game: the name as kclient tells it, letters composed
// with their marks. A Mac's list of games has them apart, and others' programs send them so.
func Room(name string) string { return text.Compose(name) }

// unnamedEmulator stands in for a missing appName: servers refuse an empty
// one.
const unnamedEmulator = "unnamed emulator"

func newEmulator(infos *Infos, text hostText) Emulator {
	e := Emulator{
		Name:    text.overWire(text.fromHost(infos.AppName), wire.MaxEmulatorName),
		charset: text.session,
	}
	if e.Name == "" {
		e.Name = unnamedEmulator
	}
	e.Games = make([]GameName, len(infos.Games))
	for i, entry := range infos.Games {
		name := text.fromHost(entry)
		e.Games[i] = GameName{Entry: entry, Name: name, Wire: text.overWire(name, wire.MaxGameName),
			Unsayable: text.sayable("game's name", name)}
	}
	return e
}

// Charset is the session's charset that the description was made for.
func (e *Emulator) Charset() text.Charset { return e.charset }

// Find looks a game up by its name in UTF-8: whole, as a room shows it, or as
// people are shown it if only one game looks so.
func (e *Emulator) Find(name string) (GameName, bool) {
	for _, g := range e.Games {
		if g.Name == name {
			return g, true
		}
	}
	room := Room(name)
	for _, g := range e.Games {
		if Room(g.Wire) == room {
			return g, true
		}
	}
	var like GameName
	n := 0
	for _, g := range e.Games {
		if text.Shown(g.Name) == name {
			like = g
			n++
		}
	}
	if n != 1 {
		return GameName{}, false
	}
	return like, true
}

// alike are the names on the wire that entries of other bytes have too: they are
// longer than the wire takes.
func (e *Emulator) alike() (names []string) {
	entries := make(map[string]string, len(e.Games))
	for _, g := range e.Games {
		if g.Unsayable != nil {
			continue // no room has it
		}
		if before, seen := entries[g.Wire]; seen && before != g.Entry && !slices.Contains(names, g.Wire) {
			names = append(names, g.Wire)
		} else if !seen {
			entries[g.Wire] = g.Entry
		}
	}
	return names
}

// warn says which games cannot be told by the names of their rooms.
func (e *Emulator) warn(log *slog.Logger) {
	if names := e.alike(); len(names) > 0 {
		log.Warn("different games of the list have one name in rooms, where the first of them is taken for all; another charset may tell them",
			"charset", e.charset.Name(), "names", names[:min(len(names), maxAlike)], "count", len(names))
	}
}

// maxAlike is how many of them a line of the log names.
const maxAlike = 10
