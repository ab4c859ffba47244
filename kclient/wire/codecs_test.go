package wire

import (
	"testing"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/wire/internal/codectest"
)

// See codectest: bodies are laid out by hand.
type (
	body  = codectest.Body
	codec = codectest.Codec
	u8    = uint8
	u16   = uint16
	u32   = uint32
)

// gameData and gameCache give the two hot messages, which have functions
// instead of structs, the shape of the others.
type (
	gameData  struct{ payload string }
	gameCache struct{ pos uint8 }
)

func (m gameData) AppendTo(b []byte) []byte  { return AppendGameData(b, []byte(m.payload)) }
func (m gameCache) AppendTo(b []byte) []byte { return AppendGameCache(b, m.pos) }

func parseGameData(b []byte) (gameData, error) {
	payload, err := ParseGameData(b)
	return gameData{string(payload)}, err
}

func parseGameCache(b []byte) (gameCache, error) {
	pos, err := ParseGameCache(b)
	return gameCache{pos}, err
}

// codecs are all messages of both directions.
var codecs = []codec{
	codectest.New("C", TypeUserQuit, ParseQuitRequest, QuitRequest{"bye"},
		body{"", u16(0xFFFF), "bye"}),
	codectest.New("S", TypeUserQuit, ParseUserQuit, UserQuit{"nue", 0x0104, "bye"},
		body{"nue", u16(0x0104), "bye"}),
	codectest.New("S", TypeUserJoined, ParseUserJoined, UserJoined{"nue", 0x0104, 31, Good},
		body{"nue", u16(0x0104), u32(31), u8(3)}),
	codectest.New("C", TypeLogin, ParseLoginRequest, LoginRequest{"nue", "chip8 1.0", LAN},
		body{"nue", "chip8 1.0", u8(1)}),
	codectest.New("S", TypeServerStatus, ParseServerStatus,
		ServerStatus{
			Users: []StatusUser{{"nue", 19, UserConnecting, 0x0188, LAN}, {"mi", 0x01020304, UserIdle, 7, Bad}},
			Games: []StatusGame{{"Pong", 61, "chip8 1.0", "nue", 1, 2, GameNetsync}},
		},
		body{"", u32(2), u32(1),
			"nue", u32(19), u8(2), u16(0x0188), u8(1),
			"mi", u32(0x01020304), u8(1), u16(7), u8(6),
			"Pong", u32(61), "chip8 1.0", "nue", "1/2", u8(2)}),
	trails(codectest.New("S", TypeServerAck, ParseServerAck, ServerAck{},
		body{"", u32(0), u32(1), u32(2), u32(3)})),
	trails(codectest.New("C", TypeClientAck, ParseClientAck, ClientAck{},
		body{"", u32(0), u32(1), u32(2), u32(3)})),
	codectest.New("C", TypeGlobalChat, ParseChatRequest, ChatRequest{"hi all"},
		body{"", "hi all"}),
	codectest.New("S", TypeGlobalChat, ParseChat, Chat{"nue", "hi all"},
		body{"nue", "hi all"}),
	codectest.New("C", TypeGameChat, ParseChatRequest, ChatRequest{"hi room"},
		body{"", "hi room"}),
	codectest.New("S", TypeGameChat, ParseChat, Chat{"nue", "hi room"},
		body{"nue", "hi room"}),
	codectest.New("C", TypeKeepAlive, ParseKeepAlive, KeepAlive{},
		body{""}),
	codectest.New("C", TypeCreateGame, ParseCreateRequest, CreateRequest{"Pong"},
		body{"", "Pong", "", u32(0xFFFFFFFF)}),
	codectest.New("S", TypeCreateGame, ParseGameCreated, GameCreated{"nue", "Pong", "chip8 1.0", 61},
		body{"nue", "Pong", "chip8 1.0", u32(61)}),
	codectest.New("C", TypeQuitGame, ParseLeaveRequest, LeaveRequest{},
		body{"", u16(0xFFFF)}),
	codectest.New("S", TypeQuitGame, ParsePlayerLeft, PlayerLeft{"nue", 0x0104},
		body{"nue", u16(0x0104)}),
	codectest.New("C", TypeJoinGame, ParseJoinRequest, JoinRequest{61, Excellent},
		body{"", u32(61), "", u32(0), u16(0xFFFF), u8(2)}),
	codectest.New("S", TypeJoinGame, ParsePlayerJoined, PlayerJoined{61, "mi", 40, 0x0105, Average},
		body{"", u32(61), "mi", u32(40), u16(0x0105), u8(4)}),
	codectest.New("S", TypePlayerList, ParsePlayerList,
		PlayerList{[]ListPlayer{{"nue", 31, 0x0104, Good}, {"mi", 40, 0x0105, Low}}},
		body{"", u32(2), "nue", u32(31), u16(0x0104), u8(3), "mi", u32(40), u16(0x0105), u8(5)}),
	codectest.New("S", TypeGameStatus, ParseGameStatus, GameStatus{61, GamePlaying, 2, 4},
		body{"", u32(61), u8(1), u8(2), u8(4)}),
	codectest.New("C", TypeKick, ParseKickRequest, KickRequest{0x0105},
		body{"", u16(0x0105)}),
	codectest.New("S", TypeCloseGame, ParseGameClosed, GameClosed{61},
		body{"", u32(61)}),
	codectest.New("C", TypeStartGame, ParseStartRequest, StartRequest{},
		body{"", u16(0xFFFF), u8(0xFF), u8(0xFF)}),
	codectest.New("S", TypeStartGame, ParseGameStarted, GameStarted{3, 1, 2},
		body{"", u16(3), u8(1), u8(2)}),
	codectest.New("C", TypeGameData, parseGameData, gameData{"\x10\x20\x00\xff"},
		body{"", u16(4), u8(0x10), u8(0x20), u8(0), u8(0xFF)}),
	codectest.New("S", TypeGameData, parseGameData, gameData{"\x10\x20\x00\xff\x01\x02\x03\x04"},
		body{"", u16(8), u32(0xFF002010), u32(0x04030201)}),
	codectest.New("C", TypeGameCache, parseGameCache, gameCache{7},
		body{"", u8(7)}),
	codectest.New("S", TypeGameCache, parseGameCache, gameCache{255},
		body{"", u8(255)}),
	codectest.New("C", TypeDropGame, ParseDropRequest, DropRequest{},
		body{"", u8(0)}),
	codectest.New("S", TypeDropGame, ParsePlayerDropped, PlayerDropped{"nue", 1},
		body{"nue", u8(1)}),
	codectest.New("C", TypeReady, ParseReadyRequest, ReadyRequest{},
		body{""}),
	codectest.New("S", TypeReady, ParseReady, Ready{},
		body{""}),
	codectest.New("S", TypeLoginRefused, ParseLoginRefused, LoginRefused{"nue", 0x0104, "full"},
		body{"nue", u16(0x0104), "full"}),
	codectest.New("S", TypeServerMessage, ParseServerMessage, ServerMessage{"Server", "welcome"},
		body{"Server", "welcome"}),
}

// trails is for a message that takes what trails in its body.
func trails(c codec) codec {
	c.Trails = true
	return c
}

func eachCodec(t *testing.T, f func(t *testing.T, c codec)) { codectest.Each(t, codecs, f) }

func TestEveryMessageHasItsBytes(t *testing.T) { eachCodec(t, codectest.HasItsBytes) }

func TestEveryPrefixIsRefused(t *testing.T) { eachCodec(t, codectest.PrefixesAreRefused) }

func TestTrailingBytesAreAccepted(t *testing.T) { eachCodec(t, codectest.TrailingBytesAreAccepted) }

func TestEveryTypeOfEitherSideIsCovered(t *testing.T) {
	// From the protocol notes' table: which types have a body in which
	// direction.
	sides := map[uint8]string{
		0x01: "CS", 0x02: "S", 0x03: "C", 0x04: "S", 0x05: "S", 0x06: "C", 0x07: "CS", 0x08: "CS", 0x09: "C",
		0x0A: "CS", 0x0B: "CS", 0x0C: "CS", 0x0D: "S", 0x0E: "S", 0x0F: "C", 0x10: "S", 0x11: "CS", 0x12: "CS",
		0x13: "CS", 0x14: "CS", 0x15: "CS", 0x16: "S", 0x17: "S",
	}
	require.Equal(t, sides, codectest.Sides(codecs))
}

func TestTypeNames(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range codecs {
		name := Type(c.Type).String()
		require.NotContains(t, name, "0x")
		seen[name] = true
	}
	require.Len(t, seen, int(TypeServerMessage), "every type has a name of its own")
	require.Equal(t, "type 0x00", Type(0).String())
	require.Equal(t, "type 0x18", Type(0x18).String())
	require.Equal(t, "type 0xFF", Type(0xFF).String())
}

// Fields that senders fill with "" or FFFF and that say nothing may hold
// anything.
func TestMeaninglessFieldsAreNotLookedAt(t *testing.T) {
	for _, tc := range []struct {
		name  string
		parse func([]byte) (codectest.Message, error)
		body  body
		want  codectest.Message
	}{
		{"quit", codectest.Parse(ParseQuitRequest), body{"nue", u16(7), "bye"}, QuitRequest{"bye"}},
		{"chat", codectest.Parse(ParseChatRequest), body{"nue", "hi"}, ChatRequest{"hi"}},
		{"create", codectest.Parse(ParseCreateRequest), body{"nue", "Pong", "chip8", u32(0)}, CreateRequest{"Pong"}},
		{"join", codectest.Parse(ParseJoinRequest), body{"nue", u32(61), "x", u32(9), u16(9), u8(2)},
			JoinRequest{61, Excellent}},
		{"ack", codectest.Parse(ParseClientAck), body{"nue", u32(9), u32(9), u32(9), u32(9)}, ClientAck{}},
		{"start", codectest.Parse(ParseStartRequest), body{"nue", u16(0), u8(0), u8(0)}, StartRequest{}},
		{"drop as n02 sends it, one byte longer", codectest.Parse(ParseDropRequest), body{"", u8(0), u8(0)},
			DropRequest{}},
		{"old servers' pointer for a game ID", codectest.Parse(ParsePlayerJoined), body{"", u32(0x00C3F1A8), "mi",
			u32(1), u16(2), u8(1)},
			PlayerJoined{0x00C3F1A8, "mi", 1, 2, LAN}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := tc.parse(tc.body.Bytes())
			require.NoError(t, err)
			require.Equal(t, tc.want, got)
		})
	}
}

func TestAckExtra(t *testing.T) {
	plain := ServerAck{}.AppendTo(nil)
	require.Equal(t, plain, ServerAck{Extra: []byte{}}.AppendTo(nil))

	offer := ServerAck{Extra: []byte("kb\x01nonce")}.AppendTo(nil)
	require.Equal(t, plain, offer[:len(plain)], "strict clients find their four numbers where they were")
	ack, err := ParseServerAck(offer)
	require.NoError(t, err)
	require.Equal(t, "kb\x01nonce", string(ack.Extra))
	offer[len(plain)] = 'K'
	require.Equal(t, "Kb\x01nonce", string(ack.Extra), "Extra aliases the body, as its comment says")

	answer, err := ParseClientAck(ClientAck(ack).AppendTo(nil))
	require.NoError(t, err)
	require.Equal(t, ack.Extra, answer.Extra)

	huge := ServerAck{Extra: make([]byte, 1<<17)}.AppendTo(nil)
	require.Len(t, huge, MaxBody, "what a body cannot hold is left out")
}
