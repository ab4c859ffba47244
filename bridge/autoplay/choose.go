package autoplay

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"kbridge/bridge"
	"kbridge/bridge/environ"
	"kbridge/kclient/setting"
)

// choose finds the game to play in the emulator's list; without a name it is the first.
func choose(name string, e bridge.Emulator) (bridge.GameName, error) {
	switch {
	case len(e.Games) == 0:
		return bridge.GameName{}, errors.New("the emulator's game list is empty, so there is no game to play")
	case name == "":
		return e.Games[0], nil
	}
	if g, ok := e.Find(name); ok {
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
	return bridge.GameName{}, &setting.Error{Name: environ.EnvGame, Value: name, Takes: takes}
}
