package ext

import (
	"kbridge/kclient/wire"
	"kbridge/kclient/wire/internal/field"
)

// Messages between our own two ends, about a player who has lost the connection
// in a game and comes back, and about whom the others wait for. The server sends
// them only to a session that has taken a Ticket; the client sends its own only after
// a Behind.

// Behind (1C, server) tells a player where it stands in a game that has gone on
// without it. The client fetches the frames that it lacks (see HistoryRequest),
// and then sends CaughtUp.
type Behind struct {
	GameID     uint32
	Game       string
	FrameDelay uint16 // d, as in GameStarted
	Player     uint8  // the receiver's own number, from 1
	Players    uint8
	Connection wire.ConnectionType // of the receiver in this game, whatever its new login says
	Size       uint16              // bytes of one player's input in a frame; 0 when there was none yet
	// the players still load the game: a start message follows, and nothing is to be fetched
	Loading bool
}

// AppendTo appends the body to b.
func (m Behind) AppendTo(b []byte) []byte {
	b = field.AppendStr(b, "")
	b = field.AppendU32(b, m.GameID)
	b = field.AppendStr(b, m.Game)
	b = field.AppendU16(b, m.FrameDelay)
	b = append(b, m.Player, m.Players, byte(m.Connection))
	b = field.AppendU16(b, m.Size)
	if m.Loading {
		return append(b, 1)
	}
	return append(b, 0)
}

// ParseBehind parses a body. ErrPlayer and ErrConnection: numbers out of range.
func ParseBehind(body []byte) (Behind, error) {
	r := field.Reader{Rest: body}
	r.Skip()
	m := Behind{GameID: r.U32(), Game: r.Str(), FrameDelay: r.U16(), Player: r.U8(), Players: r.U8(),
		Connection: wire.ConnectionType(r.U8()), Size: r.U16(), Loading: r.U8() != 0}
	if r.Err == nil && (m.Player < 1 || m.Player > m.Players || m.Players > wire.MaxPlayers) {
		r.Fail(wire.ErrPlayer)
	}
	if r.Err == nil && !m.Connection.Valid() {
		r.Fail(wire.ErrConnection)
	}
	return field.Done(&r, m)
}

// CaughtUp (1D, client) asks for game data again, from frame Frames on: the
// client has all before it. Its next game data is its input from call Calls of
// kailleraModifyPlayValues on; both counts begin with 0 at the start of the game.
// The caches of both directions begin anew. The server answers with game data, or
// with another Behind when it is too late.
type CaughtUp struct {
	Frames uint32
	Calls  uint32
	Size   uint16 // bytes of one input, for a game of which nobody has heard yet; 0 is not told, as by older clients
}

// AppendTo appends the body to b.
func (m CaughtUp) AppendTo(b []byte) []byte {
	b = field.AppendStr(b, "")
	b = field.AppendU32(b, m.Frames)
	b = field.AppendU32(b, m.Calls)
	if m.Size == 0 {
		return b
	}
	return field.AppendU16(b, m.Size)
}

// ParseCaughtUp parses a body.
func ParseCaughtUp(body []byte) (CaughtUp, error) {
	r := field.Reader{Rest: body}
	r.Skip()
	m := CaughtUp{Frames: r.U32(), Calls: r.U32()}
	if len(r.Rest) >= 2 {
		m.Size = r.U16()
	}
	return field.Done(&r, m)
}

// InStep (1E, server) tells that the player's input counts again: the game waits
// for it from frame Frame on. Input for earlier frames came too late. First is the
// frame that the first input since CaughtUp was meant for.
type InStep struct {
	Frame uint32
	First uint32
}

// AppendTo appends the body to b.
func (m InStep) AppendTo(b []byte) []byte {
	b = field.AppendStr(b, "")
	b = field.AppendU32(b, m.Frame)
	return field.AppendU32(b, m.First)
}

// ParseInStep parses a body.
func ParseInStep(body []byte) (InStep, error) {
	r := field.Reader{Rest: body}
	r.Skip()
	return field.Done(&r, InStep{Frame: r.U32(), First: r.U32()})
}

// Waited (1F, server) tells for whom the players of a game have just waited, and
// how long.
type Waited struct {
	Player       uint8 // from 1; kept as it came
	Milliseconds uint16
}

// AppendTo appends the body to b.
func (m Waited) AppendTo(b []byte) []byte {
	b = field.AppendStr(b, "")
	b = append(b, m.Player)
	return field.AppendU16(b, m.Milliseconds)
}

// ParseWaited parses a body.
func ParseWaited(body []byte) (Waited, error) {
	r := field.Reader{Rest: body}
	r.Skip()
	return field.Done(&r, Waited{Player: r.U8(), Milliseconds: r.U16()})
}
