package wire

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// body is a message body laid out by hand after the protocol notes' table of
// messages: a second description of the format beside the code under test.
type body []any

type (
	u8  = uint8
	u16 = uint16
	u32 = uint32
)

// bytes writes the fields: integers little-endian, strings ended by a NUL.
func (f body) bytes() []byte {
	var b []byte
	for _, field := range f {
		switch v := field.(type) {
		case string:
			b = append(append(b, v...), 0)
		case u8:
			b = append(b, v)
		case u16:
			b = append(b, byte(v), byte(v>>8))
		case u32:
			b = append(b, byte(v), byte(v>>8), byte(v>>16), byte(v>>24))
		default:
			panic(fmt.Sprintf("field %T", field))
		}
	}
	return b
}

// strings are the indexes of the fields that are strings.
func (f body) strings() (at []int) {
	for i, field := range f {
		if _, ok := field.(string); ok {
			at = append(at, i)
		}
	}
	return at
}

// message is what every message struct can do.
type message interface{ AppendTo([]byte) []byte }

// codec is one message of one direction, with a worked value.
type codec struct {
	side  string // C: client to server, S: server to client
	typ   Type
	name  string
	value message
	body  body
	parse func([]byte) (message, error)
	zero  message
}

func (c codec) String() string { return fmt.Sprintf("%02X %s %s", uint8(c.typ), c.side, c.name) }

func newCodec[M message](side string, typ Type, parse func([]byte) (M, error), value M, fields body) codec {
	var zero M
	return codec{
		side: side, typ: typ, value: value, body: fields, zero: zero,
		name:  fmt.Sprintf("%T", value)[len("wire."):],
		parse: func(b []byte) (message, error) { return parse(b) },
	}
}

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
	newCodec("C", TypeUserQuit, ParseQuitRequest, QuitRequest{"bye"},
		body{"", u16(0xFFFF), "bye"}),
	newCodec("S", TypeUserQuit, ParseUserQuit, UserQuit{"nue", 0x0104, "bye"},
		body{"nue", u16(0x0104), "bye"}),
	newCodec("S", TypeUserJoined, ParseUserJoined, UserJoined{"nue", 0x0104, 31, Good},
		body{"nue", u16(0x0104), u32(31), u8(3)}),
	newCodec("C", TypeLogin, ParseLoginRequest, LoginRequest{"nue", "chip8 1.0", LAN},
		body{"nue", "chip8 1.0", u8(1)}),
	newCodec("S", TypeServerStatus, ParseServerStatus,
		ServerStatus{
			Users: []StatusUser{{"nue", 19, UserConnecting, 0x0188, LAN}, {"mi", 0x01020304, UserIdle, 7, Bad}},
			Games: []StatusGame{{"Pong", 61, "chip8 1.0", "nue", 1, 2, GameNetsync}},
		},
		body{"", u32(2), u32(1),
			"nue", u32(19), u8(2), u16(0x0188), u8(1),
			"mi", u32(0x01020304), u8(1), u16(7), u8(6),
			"Pong", u32(61), "chip8 1.0", "nue", "1/2", u8(2)}),
	newCodec("S", TypeServerAck, ParseServerAck, ServerAck{},
		body{"", u32(0), u32(1), u32(2), u32(3)}),
	newCodec("C", TypeClientAck, ParseClientAck, ClientAck{},
		body{"", u32(0), u32(1), u32(2), u32(3)}),
	newCodec("C", TypeGlobalChat, ParseChatRequest, ChatRequest{"hi all"},
		body{"", "hi all"}),
	newCodec("S", TypeGlobalChat, ParseChat, Chat{"nue", "hi all"},
		body{"nue", "hi all"}),
	newCodec("C", TypeGameChat, ParseChatRequest, ChatRequest{"hi room"},
		body{"", "hi room"}),
	newCodec("S", TypeGameChat, ParseChat, Chat{"nue", "hi room"},
		body{"nue", "hi room"}),
	newCodec("C", TypeKeepAlive, ParseKeepAlive, KeepAlive{},
		body{""}),
	newCodec("C", TypeCreateGame, ParseCreateRequest, CreateRequest{"Pong"},
		body{"", "Pong", "", u32(0xFFFFFFFF)}),
	newCodec("S", TypeCreateGame, ParseGameCreated, GameCreated{"nue", "Pong", "chip8 1.0", 61},
		body{"nue", "Pong", "chip8 1.0", u32(61)}),
	newCodec("C", TypeQuitGame, ParseLeaveRequest, LeaveRequest{},
		body{"", u16(0xFFFF)}),
	newCodec("S", TypeQuitGame, ParsePlayerLeft, PlayerLeft{"nue", 0x0104},
		body{"nue", u16(0x0104)}),
	newCodec("C", TypeJoinGame, ParseJoinRequest, JoinRequest{61, Excellent},
		body{"", u32(61), "", u32(0), u16(0xFFFF), u8(2)}),
	newCodec("S", TypeJoinGame, ParsePlayerJoined, PlayerJoined{61, "mi", 40, 0x0105, Average},
		body{"", u32(61), "mi", u32(40), u16(0x0105), u8(4)}),
	newCodec("S", TypePlayerList, ParsePlayerList,
		PlayerList{[]ListPlayer{{"nue", 31, 0x0104, Good}, {"mi", 40, 0x0105, Low}}},
		body{"", u32(2), "nue", u32(31), u16(0x0104), u8(3), "mi", u32(40), u16(0x0105), u8(5)}),
	newCodec("S", TypeGameStatus, ParseGameStatus, GameStatus{61, GamePlaying, 2, 4},
		body{"", u32(61), u8(1), u8(2), u8(4)}),
	newCodec("C", TypeKick, ParseKickRequest, KickRequest{0x0105},
		body{"", u16(0x0105)}),
	newCodec("S", TypeCloseGame, ParseGameClosed, GameClosed{61},
		body{"", u32(61)}),
	newCodec("C", TypeStartGame, ParseStartRequest, StartRequest{},
		body{"", u16(0xFFFF), u8(0xFF), u8(0xFF)}),
	newCodec("S", TypeStartGame, ParseGameStarted, GameStarted{3, 1, 2},
		body{"", u16(3), u8(1), u8(2)}),
	newCodec("C", TypeGameData, parseGameData, gameData{"\x10\x20\x00\xff"},
		body{"", u16(4), u8(0x10), u8(0x20), u8(0), u8(0xFF)}),
	newCodec("S", TypeGameData, parseGameData, gameData{"\x10\x20\x00\xff\x01\x02\x03\x04"},
		body{"", u16(8), u32(0xFF002010), u32(0x04030201)}),
	newCodec("C", TypeGameCache, parseGameCache, gameCache{7},
		body{"", u8(7)}),
	newCodec("S", TypeGameCache, parseGameCache, gameCache{255},
		body{"", u8(255)}),
	newCodec("C", TypeDropGame, ParseDropRequest, DropRequest{},
		body{"", u8(0)}),
	newCodec("S", TypeDropGame, ParsePlayerDropped, PlayerDropped{"nue", 1},
		body{"nue", u8(1)}),
	newCodec("C", TypeReady, ParseReadyRequest, ReadyRequest{},
		body{""}),
	newCodec("S", TypeReady, ParseReady, Ready{},
		body{""}),
	newCodec("S", TypeLoginRefused, ParseLoginRefused, LoginRefused{"nue", 0x0104, "full"},
		body{"nue", u16(0x0104), "full"}),
	newCodec("S", TypeServerMessage, ParseServerMessage, ServerMessage{"Server", "welcome"},
		body{"Server", "welcome"}),
	newCodec("S", TypeBehind, ParseBehind, Behind{61, "Pong", 3, 1, 2, Excellent, 4, true},
		body{"", u32(61), "Pong", u16(3), u8(1), u8(2), u8(2), u16(4), u8(1)}),
	newCodec("C", TypeCaughtUp, ParseCaughtUp, CaughtUp{0x0102, 0x0109, 0},
		body{"", u32(0x0102), u32(0x0109)}),
	newCodec("S", TypeInStep, ParseInStep, InStep{0x0106, 0x0105},
		body{"", u32(0x0106), u32(0x0105)}),
	newCodec("S", TypeWaited, ParseWaited, Waited{2, 0x0140},
		body{"", u8(2), u16(0x0140)}),
}

// eachCodec runs a subtest for every message.
func eachCodec(t *testing.T, f func(t *testing.T, c codec)) {
	for _, c := range codecs {
		t.Run(c.String(), func(t *testing.T) { f(t, c) })
	}
}

func TestEveryMessageHasItsBytes(t *testing.T) {
	eachCodec(t, func(t *testing.T, c codec) {
		want := c.body.bytes()
		require.Equal(t, want, c.value.AppendTo(nil))
		prefix := []byte("kept")
		require.Equal(t, append([]byte("kept"), want...), c.value.AppendTo(prefix), "AppendTo must append")

		got, err := c.parse(want)
		require.NoError(t, err)
		require.Equal(t, c.value, got)
	})
}

func TestEveryPrefixIsRefused(t *testing.T) {
	eachCodec(t, func(t *testing.T, c codec) {
		whole := c.body.bytes()
		for n := range whole {
			// With the rest of the body behind it, and without: reading on
			// would succeed, or panic.
			for _, cut := range [][]byte{whole[:n], whole[:n:n]} {
				got, err := c.parse(cut)
				require.Error(t, err, "%d of %d bytes", n, len(whole))
				require.Equal(t, c.zero, got, "%d of %d bytes", n, len(whole))
			}
		}
	})
}

func TestTrailingBytesAreAccepted(t *testing.T) {
	eachCodec(t, func(t *testing.T, c codec) {
		if c.name == "ServerAck" || c.name == "ClientAck" {
			t.Skip("what trails is their Extra: TestAckExtra")
		}
		if c.name == "CaughtUp" {
			t.Skip("what trails is its Size: TestCaughtUpTellsTheSize")
		}
		got, err := c.parse(append(c.body.bytes(), 0, 1, 0xFF))
		require.NoError(t, err)
		require.Equal(t, c.value, got)
	})
}

func TestEveryTypeOfEitherSideIsCovered(t *testing.T) {
	// From the protocol notes' table: which types have a body in which
	// direction.
	sides := map[Type]string{
		0x01: "CS", 0x02: "S", 0x03: "C", 0x04: "S", 0x05: "S", 0x06: "C", 0x07: "CS", 0x08: "CS", 0x09: "C",
		0x0A: "CS", 0x0B: "CS", 0x0C: "CS", 0x0D: "S", 0x0E: "S", 0x0F: "C", 0x10: "S", 0x11: "CS", 0x12: "CS",
		0x13: "CS", 0x14: "CS", 0x15: "CS", 0x16: "S", 0x17: "S",
		0x1C: "S", 0x1D: "C", 0x1E: "S", 0x1F: "S", // ours, WIRE.md section 6
	}
	got := map[Type]string{}
	for _, c := range codecs {
		got[c.typ] += c.side
	}
	require.Equal(t, sides, got)
}

func TestTypeNames(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range codecs {
		require.NotContains(t, c.typ.String(), "0x")
		seen[c.typ.String()] = true
	}
	require.Len(t, seen, int(TypeServerMessage)+4, "every type has a name of its own")
	require.Equal(t, "type 0x00", Type(0).String())
	require.Equal(t, "type 0x18", Type(0x18).String())
	require.Equal(t, "type 0xFF", Type(0xFF).String())
}

// Fields that senders fill with "" or FFFF and that say nothing may hold
// anything.
func TestMeaninglessFieldsAreNotLookedAt(t *testing.T) {
	for _, tc := range []struct {
		name  string
		parse func([]byte) (message, error)
		body  body
		want  message
	}{
		{"quit", wrap(ParseQuitRequest), body{"nue", u16(7), "bye"}, QuitRequest{"bye"}},
		{"chat", wrap(ParseChatRequest), body{"nue", "hi"}, ChatRequest{"hi"}},
		{"create", wrap(ParseCreateRequest), body{"nue", "Pong", "chip8", u32(0)}, CreateRequest{"Pong"}},
		{"join", wrap(ParseJoinRequest), body{"nue", u32(61), "x", u32(9), u16(9), u8(2)}, JoinRequest{61, Excellent}},
		{"ack", wrap(ParseClientAck), body{"nue", u32(9), u32(9), u32(9), u32(9)}, ClientAck{}},
		{"start", wrap(ParseStartRequest), body{"nue", u16(0), u8(0), u8(0)}, StartRequest{}},
		{"drop as n02 sends it, one byte longer", wrap(ParseDropRequest), body{"", u8(0), u8(0)}, DropRequest{}},
		{"old servers' pointer for a game ID", wrap(ParsePlayerJoined), body{"", u32(0x00C3F1A8), "mi", u32(1), u16(2), u8(1)},
			PlayerJoined{0x00C3F1A8, "mi", 1, 2, LAN}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := tc.parse(tc.body.bytes())
			require.NoError(t, err)
			require.Equal(t, tc.want, got)
		})
	}
}

func wrap[M message](parse func([]byte) (M, error)) func([]byte) (message, error) {
	return func(b []byte) (message, error) { return parse(b) }
}

// Older clients do not tell the size; what trails behind it is accepted as everywhere.
func TestCaughtUpTellsTheSize(t *testing.T) {
	told := CaughtUp{0x0102, 0x0109, 24}
	whole := body{"", u32(0x0102), u32(0x0109), u16(24)}.bytes()
	require.Equal(t, whole, told.AppendTo(nil))
	for _, b := range [][]byte{whole, append(whole, 0, 1, 0xFF)} {
		got, err := ParseCaughtUp(b)
		require.NoError(t, err)
		require.Equal(t, told, got)
	}
	for _, cut := range []int{1, 2} {
		got, err := ParseCaughtUp(whole[:len(whole)-cut])
		require.NoError(t, err)
		require.Equal(t, CaughtUp{0x0102, 0x0109, 0}, got)
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
