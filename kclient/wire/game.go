package wire

import (
	"kbridge/kclient/wire/internal/field"
)

// CreateRequest (0A, client) opens a room for a game.
type CreateRequest struct {
	Game string // at most MaxGameName bytes
}

// AppendTo appends the body to b.
func (m CreateRequest) AppendTo(b []byte) []byte {
	b = field.AppendStr(b, "")
	b = field.AppendStr(b, m.Game)
	b = field.AppendStr(b, "")
	return field.AppendU32(b, 0xFFFFFFFF)
}

// ParseCreateRequest parses a body.
func ParseCreateRequest(body []byte) (CreateRequest, error) {
	r := field.Reader{Rest: body}
	r.Skip()
	m := CreateRequest{Game: r.Str()}
	r.Skip()
	r.U32()
	return field.Done(&r, m)
}

// GameCreated (0A, server) tells everyone of a new room.
type GameCreated struct {
	User     string // the owner
	Game     string
	Emulator string
	GameID   uint32
}

// AppendTo appends the body to b.
func (m GameCreated) AppendTo(b []byte) []byte {
	b = field.AppendStr(b, m.User)
	b = field.AppendStr(b, m.Game)
	b = field.AppendStr(b, m.Emulator)
	return field.AppendU32(b, m.GameID)
}

// ParseGameCreated parses a body.
func ParseGameCreated(body []byte) (GameCreated, error) {
	r := field.Reader{Rest: body}
	return field.Done(&r, GameCreated{User: r.Str(), Game: r.Str(), Emulator: r.Str(), GameID: r.U32()})
}

// GameStatus (0E, server) tells everyone how full a room is and whether it
// runs.
type GameStatus struct {
	GameID     uint32
	State      GameState
	Players    uint8
	MaxPlayers uint8
}

// AppendTo appends the body to b.
func (m GameStatus) AppendTo(b []byte) []byte {
	b = field.AppendStr(b, "")
	b = field.AppendU32(b, m.GameID)
	return append(b, byte(m.State), m.Players, m.MaxPlayers)
}

// ParseGameStatus parses a body. State is kept as it came.
func ParseGameStatus(body []byte) (GameStatus, error) {
	r := field.Reader{Rest: body}
	r.Skip()
	return field.Done(&r, GameStatus{GameID: r.U32(), State: GameState(r.U8()), Players: r.U8(), MaxPlayers: r.U8()})
}

// GameClosed (10, server) tells everyone that a room is gone.
type GameClosed struct {
	GameID uint32
}

// AppendTo appends the body to b.
func (m GameClosed) AppendTo(b []byte) []byte {
	b = field.AppendStr(b, "")
	return field.AppendU32(b, m.GameID)
}

// ParseGameClosed parses a body.
func ParseGameClosed(body []byte) (GameClosed, error) {
	r := field.Reader{Rest: body}
	r.Skip()
	return field.Done(&r, GameClosed{GameID: r.U32()})
}
