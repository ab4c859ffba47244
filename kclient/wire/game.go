package wire

// CreateRequest (0A, client) opens a room for a game.
type CreateRequest struct {
	Game string // at most MaxGameName bytes
}

// AppendTo appends the body to b.
func (m CreateRequest) AppendTo(b []byte) []byte {
	b = appendStr(b, "")
	b = appendStr(b, m.Game)
	b = appendStr(b, "")
	return appendU32(b, 0xFFFFFFFF)
}

// ParseCreateRequest parses a body.
func ParseCreateRequest(body []byte) (CreateRequest, error) {
	r := reader{b: body}
	r.skip()
	m := CreateRequest{Game: r.str()}
	r.skip()
	r.u32()
	return done(&r, m)
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
	b = appendStr(b, m.User)
	b = appendStr(b, m.Game)
	b = appendStr(b, m.Emulator)
	return appendU32(b, m.GameID)
}

// ParseGameCreated parses a body.
func ParseGameCreated(body []byte) (GameCreated, error) {
	r := reader{b: body}
	return done(&r, GameCreated{User: r.str(), Game: r.str(), Emulator: r.str(), GameID: r.u32()})
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
	b = appendStr(b, "")
	b = appendU32(b, m.GameID)
	return append(b, byte(m.State), m.Players, m.MaxPlayers)
}

// ParseGameStatus parses a body. State is kept as it came.
func ParseGameStatus(body []byte) (GameStatus, error) {
	r := reader{b: body}
	r.skip()
	return done(&r, GameStatus{GameID: r.u32(), State: GameState(r.u8()), Players: r.u8(), MaxPlayers: r.u8()})
}

// GameClosed (10, server) tells everyone that a room is gone.
type GameClosed struct {
	GameID uint32
}

// AppendTo appends the body to b.
func (m GameClosed) AppendTo(b []byte) []byte {
	b = appendStr(b, "")
	return appendU32(b, m.GameID)
}

// ParseGameClosed parses a body.
func ParseGameClosed(body []byte) (GameClosed, error) {
	r := reader{b: body}
	r.skip()
	return done(&r, GameClosed{GameID: r.u32()})
}
