package environ

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"kbridge/kclient"
	"kbridge/kclient/setting"
	"kbridge/kclient/text"
	"kbridge/kclient/wire"
)

func anything(string) bool { return true }

// servers takes what kclient.Dial does, without the spaces around it.
func servers() setting.Kind[string] {
	problem := func(server string) string {
		var address *text.AddressError
		if _, err := text.ParseAddress(strings.TrimSpace(server), kclient.DefaultPort); errors.As(err, &address) {
			return address.Problem
		}
		return ""
	}
	return setting.Kind[string]{
		Takes: "the host or host:port of a Kaillera server, such as 127.0.0.1:27888, with a port from 1 to 65535",
		Parse: func(server string) (string, bool) { return strings.TrimSpace(server), problem(server) == "" },
		Why:   problem,
	}
}

func nicks() setting.Kind[string] {
	return setting.Kind[string]{
		Takes: fmt.Sprintf("a name of 1 to %d bytes that is not only spaces and control characters", wire.MaxUserName),
		Parse: func(nick string) (string, bool) {
			nick = strings.TrimSpace(text.Sanitise(nick))
			return nick, nick != ""
		},
	}
}

// games takes every name; whether the emulator has that game is seen when it is chosen.
func games() setting.Kind[string] {
	return setting.Kind[string]{
		Takes: "the game's name as in the emulator's list",
		Parse: func(game string) (string, bool) { return text.Sanitise(game), true },
	}
}

// digits takes digits only: "+2" or " 2" is a mistake elsewhere.
func digits[V ~int | ~uint8](what string, low, high V) setting.Kind[V] {
	kind := setting.Int(low, high)
	kind.Takes = fmt.Sprintf("%s from %d to %d", what, low, high)
	kind.Parse = func(text string) (V, bool) {
		n, err := strconv.ParseUint(text, 10, 8)
		return V(n), err == nil && V(n) >= low && V(n) <= high
	}
	return kind
}

func connections() setting.Kind[wire.ConnectionType] {
	kind := digits("", wire.LAN, wire.Bad)
	kind.Takes = "a connection type from 1 (LAN) to 6 (Bad)"
	return kind
}

var defaultCharset, _ = text.LookupCharset("")

func charsets() setting.Kind[text.Charset] {
	return setting.Kind[text.Charset]{
		Takes: "one of " + strings.Join(text.CharsetNames(), ", ") + ", or the number of a code page, such as 932",
		Parse: func(name string) (text.Charset, bool) {
			charset, err := text.LookupCharset(name)
			return charset, err == nil
		},
	}
}
