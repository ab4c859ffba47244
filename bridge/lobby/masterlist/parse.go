package masterlist

import (
	"html"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"kbridge/kclient/text"
)

// Server is one server of a list.
type Server struct {
	Name, Address          string // host:port
	Users, MaxUsers, Games int    // -1 where the list does not say
	Version, Location      string
}

// Waiting is a game that waits for players.
type Waiting struct {
	Game, Address, User, Emulator, Players, Server, Location string
}

// Parse reads a list in either form. Anything is taken; what is no entry is left
// out.
func Parse(b []byte) (servers []Server, waiting []Waiting) {
	lines := strings.FieldsFunc(decode(b), func(r rune) bool { return r == '\n' || r == '\r' })
	name := ""
	for _, line := range lines {
		if s, ok := parseServer(line); ok && name != "" {
			s.Name = name
			name = ""
			if len(servers) < MaxServers {
				servers = append(servers, s)
			}
			continue
		}
		if strings.Count(line, "|") >= waitingFields-1 {
			waiting = appendWaiting(waiting, line)
			name = ""
			continue
		}
		name = clean(line)
	}
	return servers, waiting
}

// parseServer reads the second line of an entry.
func parseServer(line string) (s Server, ok bool) {
	fields := strings.SplitN(line, ";", 5)
	if len(fields) < 2 {
		return s, false
	}
	if s.Address, ok = address(fields[0]); !ok {
		return s, false
	}
	users, most, _ := strings.Cut(fields[1], "/")
	s.Users, s.MaxUsers, s.Games = number(users), number(most), -1
	if len(fields) > 2 {
		s.Games = number(fields[2])
	}
	if len(fields) > 3 {
		s.Version = clean(fields[3])
	}
	if len(fields) > 4 {
		s.Location = clean(fields[4])
	}
	return s, true
}

func appendWaiting(list []Waiting, line string) []Waiting {
	fields := strings.Split(line, "|")
	for ; len(fields) >= waitingFields && len(list) < MaxWaiting; fields = fields[waitingFields:] {
		addr, ok := address(fields[1])
		game := clean(fields[0])
		if !ok || game == "" {
			continue
		}
		list = append(list, Waiting{
			Game: game, Address: addr, User: clean(fields[2]), Emulator: clean(fields[3]),
			Players: clean(fields[4]), Server: clean(fields[5]), Location: clean(fields[6]),
		})
	}
	return list
}

// address checks a host:port; a list names the port.
func address(s string) (string, bool) {
	a, err := text.ParseAddress(s, 0)
	if err != nil || len(a.Host) > maxText {
		return "", false
	}
	return a.String(), true
}

func number(s string) int {
	n, err := strconv.ParseUint(strings.TrimSpace(s), 10, 31)
	if err != nil || n > 1_000_000 {
		return -1
	}
	return int(n)
}

// clean makes a field fit to be shown. Lists of web sites come with entities.
func clean(s string) string {
	s = strings.TrimSpace(text.Sanitise(html.UnescapeString(s)))
	if len(s) > maxText {
		s = strings.ToValidUTF8(s[:maxText], "")
	}
	return s
}

// decode guesses the charset: UTF-8 if it is that, else what the web sites of the
// time used.
func decode(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	out, err := charmap.Windows1252.NewDecoder().Bytes(b)
	if err != nil {
		return strings.ToValidUTF8(string(b), "?")
	}
	return string(out)
}
