package wire

import (
	"strconv"
	"strings"

	"kbridge/kclient/wire/internal/field"
)

// The fewest bytes that one entry of a 04 list can take: every string empty.
const (
	minStatusUser = 1 + 4 + 1 + 2 + 1
	minStatusGame = 1 + 4 + 1 + 1 + 1 + 1
)

// StatusUser is one user in a ServerStatus.
type StatusUser struct {
	Name       string
	Ping       uint32 // milliseconds
	State      UserState
	UserID     uint16
	Connection ConnectionType
}

// StatusGame is one room in a ServerStatus.
type StatusGame struct {
	Name     string
	GameID   uint32
	Emulator string
	Owner    string
	// Players and MaxPlayers travel as the text "2/4". Text that is not two
	// numbers leaves what cannot be read at 0; both are within
	// 0..MaxListPlayers after parsing.
	Players    int
	MaxPlayers int
	State      GameState
}

// ServerStatus (04, server) lists users and rooms after a login. A server may
// send several of them (SplitServerStatus); a client adds up what it gets.
// Users does not hold the receiver.
type ServerStatus struct {
	Users []StatusUser
	Games []StatusGame
}

// AppendTo appends the body to b. Entries that would make it longer than
// MaxBody are left out, and the counts say what is there.
func (m ServerStatus) AppendTo(b []byte) []byte {
	start := len(b)
	b = field.AppendStr(b, "")
	counts := len(b)
	b = field.AppendU32(b, 0)
	b = field.AppendU32(b, 0)
	var users, games uint32
	for _, u := range m.Users {
		if len(b)-start+u.size() > MaxBody {
			break
		}
		b = u.appendTo(b)
		users++
	}
	for _, g := range m.Games {
		if len(b)-start+g.size() > MaxBody {
			break
		}
		b = g.appendTo(b)
		games++
	}
	field.AppendU32(field.AppendU32(b[:counts], users), games)
	return b
}

// ParseServerStatus parses a body. Counts beyond what the bytes left can hold
// are ErrListCount, before anything is allocated. Enums are kept as they came,
// so that one odd entry does not hide the others.
func ParseServerStatus(body []byte) (ServerStatus, error) {
	r := field.Reader{Rest: body}
	r.Skip()
	users, games := r.U32(), r.U32()
	r.Room(uint64(users)*minStatusUser + uint64(games)*minStatusGame)
	if r.Err != nil {
		return ServerStatus{}, r.Err
	}
	var m ServerStatus
	for range users {
		u := StatusUser{Name: r.Str(), Ping: r.U32(), State: UserState(r.U8()), UserID: r.U16(),
			Connection: ConnectionType(r.U8())}
		if r.Err != nil {
			return ServerStatus{}, r.Err
		}
		m.Users = append(m.Users, u)
	}
	for range games {
		g := StatusGame{Name: r.Str(), GameID: r.U32(), Emulator: r.Str(), Owner: r.Str()}
		g.Players, g.MaxPlayers = parsePlayers(r.Str())
		g.State = GameState(r.U8())
		if r.Err != nil {
			return ServerStatus{}, r.Err
		}
		m.Games = append(m.Games, g)
	}
	return m, nil
}

// SplitServerStatus calls each with parts of the two lists whose entries take
// about StatusPart bytes, as EmuLinker does: users first, then games, in
// order, always at least one part. The parts alias users and games.
func SplitServerStatus(users []StatusUser, games []StatusGame, each func(ServerStatus)) {
	for {
		size, u, g := 0, 0, 0
		for u < len(users) && (size == 0 || size+users[u].size() <= StatusPart) {
			size += users[u].size()
			u++
		}
		for u == len(users) && g < len(games) && (size == 0 || size+games[g].size() <= StatusPart) {
			size += games[g].size()
			g++
		}
		each(ServerStatus{Users: users[:u:u], Games: games[:g:g]})
		users, games = users[u:], games[g:]
		if len(users) == 0 && len(games) == 0 {
			return
		}
	}
}

func (u *StatusUser) size() int { return minStatusUser - 1 + field.StrSize(u.Name) }

func (u *StatusUser) appendTo(b []byte) []byte {
	b = field.AppendStr(b, u.Name)
	b = field.AppendU32(b, u.Ping)
	b = append(b, byte(u.State))
	b = field.AppendU16(b, u.UserID)
	return append(b, byte(u.Connection))
}

func (g *StatusGame) size() int {
	var text [16]byte
	return 4 + 1 + field.StrSize(g.Name) + field.StrSize(g.Emulator) + field.StrSize(g.Owner) +
		len(g.appendPlayers(text[:0]))
}

func (g *StatusGame) appendTo(b []byte) []byte {
	b = field.AppendStr(b, g.Name)
	b = field.AppendU32(b, g.GameID)
	b = field.AppendStr(b, g.Emulator)
	b = field.AppendStr(b, g.Owner)
	b = g.appendPlayers(b)
	return append(b, byte(g.State))
}

// appendPlayers writes "players/max" with its NUL.
func (g *StatusGame) appendPlayers(b []byte) []byte {
	b = strconv.AppendInt(b, int64(clampPlayers(g.Players)), 10)
	b = append(b, '/')
	b = strconv.AppendInt(b, int64(clampPlayers(g.MaxPlayers)), 10)
	return append(b, 0)
}

func parsePlayers(text string) (players, limit int) {
	a, b, _ := strings.Cut(text, "/")
	return parsePlayerCount(a), parsePlayerCount(b)
}

func parsePlayerCount(text string) int {
	n, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil {
		return 0
	}
	return clampPlayers(n)
}

func clampPlayers(n int) int { return max(0, min(n, MaxListPlayers)) }
