package wire

import (
	"strings"

	"kbridge/kclient/wire/internal/field"
)

// IsChatRoom reports whether a room of this name, as on the wire or as UTF-8, is for
// talking only: EmuLinker never starts a game in one, and FBNeo's "* Chat only" is no game
// that its callback could return from.
func IsChatRoom(game string) bool { return strings.HasPrefix(game, "*") }

// minListPlayer is the fewest bytes that one entry of a 0D list can take.
const minListPlayer = 1 + 4 + 2 + 1

// JoinRequest (0C, client) enters a room.
type JoinRequest struct {
	GameID     uint32
	Connection ConnectionType // the login's again; the login's counts
}

// AppendTo appends the body to b.
func (m JoinRequest) AppendTo(b []byte) []byte {
	b = field.AppendStr(b, "")
	b = field.AppendU32(b, m.GameID)
	b = field.AppendStr(b, "")
	b = field.AppendU32(b, 0)
	b = field.AppendU16(b, nobody)
	return append(b, byte(m.Connection))
}

// ParseJoinRequest parses a body. Connection is kept as it came.
func ParseJoinRequest(body []byte) (JoinRequest, error) {
	r := field.Reader{Rest: body}
	r.Skip()
	m := JoinRequest{GameID: r.U32()}
	r.Skip()
	r.U32()
	r.U16()
	m.Connection = ConnectionType(r.U8())
	return field.Done(&r, m)
}

// PlayerJoined (0C, server) tells a room of a new player, that one included.
type PlayerJoined struct {
	GameID     uint32 // from old servers any number: compare with care
	User       string
	Ping       uint32 // milliseconds
	UserID     uint16
	Connection ConnectionType
}

// AppendTo appends the body to b.
func (m PlayerJoined) AppendTo(b []byte) []byte {
	b = field.AppendStr(b, "")
	b = field.AppendU32(b, m.GameID)
	b = field.AppendStr(b, m.User)
	b = field.AppendU32(b, m.Ping)
	b = field.AppendU16(b, m.UserID)
	return append(b, byte(m.Connection))
}

// ParsePlayerJoined parses a body. Connection is kept as it came.
func ParsePlayerJoined(body []byte) (PlayerJoined, error) {
	r := field.Reader{Rest: body}
	r.Skip()
	return field.Done(&r, PlayerJoined{GameID: r.U32(), User: r.Str(), Ping: r.U32(), UserID: r.U16(),
		Connection: ConnectionType(r.U8())})
}

// LeaveRequest (0B, client) leaves the room.
type LeaveRequest struct{}

// AppendTo appends the body to b.
func (LeaveRequest) AppendTo(b []byte) []byte {
	b = field.AppendStr(b, "")
	return field.AppendU16(b, nobody)
}

// ParseLeaveRequest parses a body.
func ParseLeaveRequest(body []byte) (LeaveRequest, error) {
	r := field.Reader{Rest: body}
	r.Skip()
	r.U16()
	return field.Done(&r, LeaveRequest{})
}

// PlayerLeft (0B, server) tells a room that a player left it, was kicked or
// was refused: a refused create or join names the asker.
type PlayerLeft struct {
	User   string
	UserID uint16
}

// AppendTo appends the body to b.
func (m PlayerLeft) AppendTo(b []byte) []byte {
	b = field.AppendStr(b, m.User)
	return field.AppendU16(b, m.UserID)
}

// ParsePlayerLeft parses a body.
func ParsePlayerLeft(body []byte) (PlayerLeft, error) {
	r := field.Reader{Rest: body}
	return field.Done(&r, PlayerLeft{User: r.Str(), UserID: r.U16()})
}

// KickRequest (0F, client) throws a player out of the owner's room.
type KickRequest struct {
	UserID uint16
}

// AppendTo appends the body to b.
func (m KickRequest) AppendTo(b []byte) []byte {
	b = field.AppendStr(b, "")
	return field.AppendU16(b, m.UserID)
}

// ParseKickRequest parses a body.
func ParseKickRequest(body []byte) (KickRequest, error) {
	r := field.Reader{Rest: body}
	r.Skip()
	return field.Done(&r, KickRequest{UserID: r.U16()})
}

// ListPlayer is one player in a PlayerList.
type ListPlayer struct {
	Name       string
	Ping       uint32 // milliseconds
	UserID     uint16
	Connection ConnectionType
}

// PlayerList (0D, server) tells a joiner who is in the room; it is not in the
// list itself.
type PlayerList struct {
	Players []ListPlayer
}

// AppendTo appends the body to b. Entries that would make it longer than
// MaxBody are left out, and the count says what is there.
func (m PlayerList) AppendTo(b []byte) []byte {
	start := len(b)
	b = field.AppendStr(b, "")
	count := len(b)
	b = field.AppendU32(b, 0)
	var players uint32
	for _, p := range m.Players {
		if len(b)-start+minListPlayer-1+field.StrSize(p.Name) > MaxBody {
			break
		}
		b = field.AppendStr(b, p.Name)
		b = field.AppendU32(b, p.Ping)
		b = field.AppendU16(b, p.UserID)
		b = append(b, byte(p.Connection))
		players++
	}
	field.AppendU32(b[:count], players)
	return b
}

// ParsePlayerList parses a body. A count beyond what the bytes left can hold
// is ErrListCount, before anything is allocated; it may still be above
// MaxPlayers. Connection is kept as it came.
func ParsePlayerList(body []byte) (PlayerList, error) {
	r := field.Reader{Rest: body}
	r.Skip()
	players := r.U32()
	r.Room(uint64(players) * minListPlayer)
	if r.Err != nil {
		return PlayerList{}, r.Err
	}
	var m PlayerList
	for range players {
		p := ListPlayer{Name: r.Str(), Ping: r.U32(), UserID: r.U16(), Connection: ConnectionType(r.U8())}
		if r.Err != nil {
			return PlayerList{}, r.Err
		}
		m.Players = append(m.Players, p)
	}
	return m, nil
}
