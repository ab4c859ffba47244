package wire

import "strings"

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
	b = appendStr(b, "")
	b = appendU32(b, m.GameID)
	b = appendStr(b, "")
	b = appendU32(b, 0)
	b = appendU16(b, nobody)
	return append(b, byte(m.Connection))
}

// ParseJoinRequest parses a body. Connection is kept as it came.
func ParseJoinRequest(body []byte) (JoinRequest, error) {
	r := reader{b: body}
	r.skip()
	m := JoinRequest{GameID: r.u32()}
	r.skip()
	r.u32()
	r.u16()
	m.Connection = r.connection()
	return done(&r, m)
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
	b = appendStr(b, "")
	b = appendU32(b, m.GameID)
	b = appendStr(b, m.User)
	b = appendU32(b, m.Ping)
	b = appendU16(b, m.UserID)
	return append(b, byte(m.Connection))
}

// ParsePlayerJoined parses a body. Connection is kept as it came.
func ParsePlayerJoined(body []byte) (PlayerJoined, error) {
	r := reader{b: body}
	r.skip()
	return done(&r, PlayerJoined{GameID: r.u32(), User: r.str(), Ping: r.u32(), UserID: r.u16(), Connection: r.connection()})
}

// LeaveRequest (0B, client) leaves the room.
type LeaveRequest struct{}

// AppendTo appends the body to b.
func (LeaveRequest) AppendTo(b []byte) []byte {
	b = appendStr(b, "")
	return appendU16(b, nobody)
}

// ParseLeaveRequest parses a body.
func ParseLeaveRequest(body []byte) (LeaveRequest, error) {
	r := reader{b: body}
	r.skip()
	r.u16()
	return done(&r, LeaveRequest{})
}

// PlayerLeft (0B, server) tells a room that a player left it, was kicked or
// was refused: a refused create or join names the asker.
type PlayerLeft struct {
	User   string
	UserID uint16
}

// AppendTo appends the body to b.
func (m PlayerLeft) AppendTo(b []byte) []byte {
	b = appendStr(b, m.User)
	return appendU16(b, m.UserID)
}

// ParsePlayerLeft parses a body.
func ParsePlayerLeft(body []byte) (PlayerLeft, error) {
	r := reader{b: body}
	return done(&r, PlayerLeft{User: r.str(), UserID: r.u16()})
}

// KickRequest (0F, client) throws a player out of the owner's room.
type KickRequest struct {
	UserID uint16
}

// AppendTo appends the body to b.
func (m KickRequest) AppendTo(b []byte) []byte {
	b = appendStr(b, "")
	return appendU16(b, m.UserID)
}

// ParseKickRequest parses a body.
func ParseKickRequest(body []byte) (KickRequest, error) {
	r := reader{b: body}
	r.skip()
	return done(&r, KickRequest{UserID: r.u16()})
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
	b = appendStr(b, "")
	count := len(b)
	b = appendU32(b, 0)
	var players uint32
	for _, p := range m.Players {
		if len(b)-start+minListPlayer-1+strSize(p.Name) > MaxBody {
			break
		}
		b = appendStr(b, p.Name)
		b = appendU32(b, p.Ping)
		b = appendU16(b, p.UserID)
		b = append(b, byte(p.Connection))
		players++
	}
	appendU32(b[:count], players)
	return b
}

// ParsePlayerList parses a body. A count beyond what the bytes left can hold
// is ErrListCount, before anything is allocated; it may still be above
// MaxPlayers. Connection is kept as it came.
func ParsePlayerList(body []byte) (PlayerList, error) {
	r := reader{b: body}
	r.skip()
	players := r.u32()
	r.room(uint64(players) * minListPlayer)
	if r.err != nil {
		return PlayerList{}, r.err
	}
	var m PlayerList
	for range players {
		p := ListPlayer{Name: r.str(), Ping: r.u32(), UserID: r.u16(), Connection: r.connection()}
		if r.err != nil {
			return PlayerList{}, r.err
		}
		m.Players = append(m.Players, p)
	}
	return m, nil
}
