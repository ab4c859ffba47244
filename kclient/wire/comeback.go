package wire

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
	Connection ConnectionType // of the receiver in this game, whatever its new login says
	Size       uint16         // bytes of one player's input in a frame; 0 when there was none yet
	Loading    bool           // the players still load the game: a start message follows, and nothing is to be fetched
}

// AppendTo appends the body to b.
func (m Behind) AppendTo(b []byte) []byte {
	b = appendStr(b, "")
	b = appendU32(b, m.GameID)
	b = appendStr(b, m.Game)
	b = appendU16(b, m.FrameDelay)
	b = append(b, m.Player, m.Players, byte(m.Connection))
	b = appendU16(b, m.Size)
	if m.Loading {
		return append(b, 1)
	}
	return append(b, 0)
}

// ParseBehind parses a body. ErrPlayer and ErrConnection: numbers out of range.
func ParseBehind(body []byte) (Behind, error) {
	r := reader{b: body}
	r.skip()
	m := Behind{GameID: r.u32(), Game: r.str(), FrameDelay: r.u16(), Player: r.u8(), Players: r.u8(), Connection: ConnectionType(r.u8()), Size: r.u16(), Loading: r.u8() != 0}
	if r.err == nil && (m.Player < 1 || m.Player > m.Players || m.Players > MaxPlayers) {
		r.fail(ErrPlayer)
	}
	if r.err == nil && !m.Connection.Valid() {
		r.fail(ErrConnection)
	}
	return done(&r, m)
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
	b = appendStr(b, "")
	b = appendU32(b, m.Frames)
	b = appendU32(b, m.Calls)
	if m.Size == 0 {
		return b
	}
	return appendU16(b, m.Size)
}

// ParseCaughtUp parses a body.
func ParseCaughtUp(body []byte) (CaughtUp, error) {
	r := reader{b: body}
	r.skip()
	m := CaughtUp{Frames: r.u32(), Calls: r.u32()}
	if len(r.b) >= 2 {
		m.Size = r.u16()
	}
	return done(&r, m)
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
	b = appendStr(b, "")
	b = appendU32(b, m.Frame)
	return appendU32(b, m.First)
}

// ParseInStep parses a body.
func ParseInStep(body []byte) (InStep, error) {
	r := reader{b: body}
	r.skip()
	return done(&r, InStep{Frame: r.u32(), First: r.u32()})
}

// Waited (1F, server) tells for whom the players of a game have just waited, and
// how long.
type Waited struct {
	Player       uint8 // from 1; kept as it came
	Milliseconds uint16
}

// AppendTo appends the body to b.
func (m Waited) AppendTo(b []byte) []byte {
	b = appendStr(b, "")
	b = append(b, m.Player)
	return appendU16(b, m.Milliseconds)
}

// ParseWaited parses a body.
func ParseWaited(body []byte) (Waited, error) {
	r := reader{b: body}
	r.skip()
	return done(&r, Waited{Player: r.u8(), Milliseconds: r.u16()})
}
