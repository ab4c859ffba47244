package wire

// StartRequest (11, client) starts the owner's game.
type StartRequest struct{}

// AppendTo appends the body to b.
func (StartRequest) AppendTo(b []byte) []byte {
	b = appendStr(b, "")
	b = appendU16(b, 0xFFFF)
	return append(b, 0xFF, 0xFF)
}

// ParseStartRequest parses a body.
func ParseStartRequest(body []byte) (StartRequest, error) {
	r := reader{b: body}
	r.skip()
	r.bytes(4)
	return done(&r, StartRequest{})
}

// GameStarted (11, server) tells each player that the game starts.
type GameStarted struct {
	FrameDelay uint16 // d: the delay is (d+1) x c - 1 frames for type c
	Player     uint8  // the receiver's own number, from 1
	Players    uint8
}

// AppendTo appends the body to b.
func (m GameStarted) AppendTo(b []byte) []byte {
	b = appendStr(b, "")
	b = appendU16(b, m.FrameDelay)
	return append(b, m.Player, m.Players)
}

// ParseGameStarted parses a body. ErrPlayer: not
// 1 <= Player <= Players <= MaxPlayers.
func ParseGameStarted(body []byte) (GameStarted, error) {
	r := reader{b: body}
	r.skip()
	m := GameStarted{FrameDelay: r.u16(), Player: r.u8(), Players: r.u8()}
	if r.err == nil && (m.Player < 1 || m.Player > m.Players || m.Players > MaxPlayers) {
		r.fail(ErrPlayer)
	}
	return done(&r, m)
}

// ReadyRequest (15, client) says that the emulator has loaded the game.
type ReadyRequest struct{}

// AppendTo appends the body to b.
func (ReadyRequest) AppendTo(b []byte) []byte { return appendStr(b, "") }

// ParseReadyRequest parses a body.
func ParseReadyRequest(body []byte) (ReadyRequest, error) {
	r := reader{b: body}
	r.skip()
	return done(&r, ReadyRequest{})
}

// Ready (15, server) says that every player is ready.
type Ready struct{}

// AppendTo appends the body to b.
func (Ready) AppendTo(b []byte) []byte { return appendStr(b, "") }

// ParseReady parses a body.
func ParseReady(body []byte) (Ready, error) {
	r := reader{b: body}
	r.skip()
	return done(&r, Ready{})
}

// DropRequest (14, client) stops playing and stays in the room.
type DropRequest struct{}

// AppendTo appends the body to b.
func (DropRequest) AppendTo(b []byte) []byte {
	b = appendStr(b, "")
	return append(b, 0)
}

// ParseDropRequest parses a body.
func ParseDropRequest(body []byte) (DropRequest, error) {
	r := reader{b: body}
	r.skip()
	r.u8()
	return done(&r, DropRequest{})
}

// PlayerDropped (14, server) tells a room that a player no longer plays.
type PlayerDropped struct {
	User   string
	Player uint8 // from 1; kept as it came: check it before it is an index
}

// AppendTo appends the body to b.
func (m PlayerDropped) AppendTo(b []byte) []byte {
	b = appendStr(b, m.User)
	return append(b, m.Player)
}

// ParsePlayerDropped parses a body.
func ParsePlayerDropped(body []byte) (PlayerDropped, error) {
	r := reader{b: body}
	return done(&r, PlayerDropped{User: r.str(), Player: r.u8()})
}
