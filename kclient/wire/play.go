package wire

import (
	"kbridge/kclient/wire/internal/field"
)

// StartRequest (11, client) starts the owner's game.
type StartRequest struct{}

// AppendTo appends the body to b.
func (StartRequest) AppendTo(b []byte) []byte {
	b = field.AppendStr(b, "")
	b = field.AppendU16(b, 0xFFFF)
	return append(b, 0xFF, 0xFF)
}

// ParseStartRequest parses a body.
func ParseStartRequest(body []byte) (StartRequest, error) {
	r := field.Reader{Rest: body}
	r.Skip()
	r.Bytes(4)
	return field.Done(&r, StartRequest{})
}

// GameStarted (11, server) tells each player that the game starts.
type GameStarted struct {
	FrameDelay uint16 // d: the delay is (d+1) x c - 1 frames for type c
	Player     uint8  // the receiver's own number, from 1
	Players    uint8
}

// AppendTo appends the body to b.
func (m GameStarted) AppendTo(b []byte) []byte {
	b = field.AppendStr(b, "")
	b = field.AppendU16(b, m.FrameDelay)
	return append(b, m.Player, m.Players)
}

// ParseGameStarted parses a body. ErrPlayer: not
// 1 <= Player <= Players <= MaxPlayers.
func ParseGameStarted(body []byte) (GameStarted, error) {
	r := field.Reader{Rest: body}
	r.Skip()
	m := GameStarted{FrameDelay: r.U16(), Player: r.U8(), Players: r.U8()}
	if r.Err == nil && (m.Player < 1 || m.Player > m.Players || m.Players > MaxPlayers) {
		r.Fail(ErrPlayer)
	}
	return field.Done(&r, m)
}

// ReadyRequest (15, client) says that the emulator has loaded the game.
type ReadyRequest struct{}

// AppendTo appends the body to b.
func (ReadyRequest) AppendTo(b []byte) []byte { return field.AppendStr(b, "") }

// ParseReadyRequest parses a body.
func ParseReadyRequest(body []byte) (ReadyRequest, error) {
	r := field.Reader{Rest: body}
	r.Skip()
	return field.Done(&r, ReadyRequest{})
}

// Ready (15, server) says that every player is ready.
type Ready struct{}

// AppendTo appends the body to b.
func (Ready) AppendTo(b []byte) []byte { return field.AppendStr(b, "") }

// ParseReady parses a body.
func ParseReady(body []byte) (Ready, error) {
	r := field.Reader{Rest: body}
	r.Skip()
	return field.Done(&r, Ready{})
}

// DropRequest (14, client) stops playing and stays in the room.
type DropRequest struct{}

// AppendTo appends the body to b.
func (DropRequest) AppendTo(b []byte) []byte {
	b = field.AppendStr(b, "")
	return append(b, 0)
}

// ParseDropRequest parses a body.
func ParseDropRequest(body []byte) (DropRequest, error) {
	r := field.Reader{Rest: body}
	r.Skip()
	r.U8()
	return field.Done(&r, DropRequest{})
}

// PlayerDropped (14, server) tells a room that a player no longer plays.
type PlayerDropped struct {
	User   string
	Player uint8 // from 1; kept as it came: check it before it is an index
}

// AppendTo appends the body to b.
func (m PlayerDropped) AppendTo(b []byte) []byte {
	b = field.AppendStr(b, m.User)
	return append(b, m.Player)
}

// ParsePlayerDropped parses a body.
func ParsePlayerDropped(body []byte) (PlayerDropped, error) {
	r := field.Reader{Rest: body}
	return field.Done(&r, PlayerDropped{User: r.Str(), Player: r.U8()})
}
