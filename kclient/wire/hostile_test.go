package wire

import (
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/wire/internal/codectest"
)

// What deployed clients and servers fell over, fed to every message that has
// the place for it.

func TestStringsAreBounded(t *testing.T) {
	eachCodec(t, func(t *testing.T, c codec) {
		codectest.StringsAreBounded(t, c, MaxString, ErrStringTooLong, ErrNoNUL, ErrListCount)
	})
}

func TestListCountsAreCappedByTheBytesLeft(t *testing.T) {
	for name, tc := range map[string]struct {
		parse func([]byte) (codectest.Message, error)
		body  body
	}{
		"04, all FF": {codectest.Parse(ParseServerStatus), body{"", u32(0xFFFFFFFF),
			u32(0xFFFFFFFF)}},
		"04, users": {codectest.Parse(ParseServerStatus), body{"", u32(0xFFFFFFFF), u32(0)}},
		"04, games": {codectest.Parse(ParseServerStatus), body{"", u32(0), u32(0xFFFFFFFF)}},
		"04, one user too many": {codectest.Parse(ParseServerStatus), body{"", u32(2), u32(0), "", u32(0),
			u8(0), u16(0), u8(1)}},
		"04, users fit but not the games": {codectest.Parse(ParseServerStatus), body{"", u32(1), u32(1), "", u32(0),
			u8(0), u16(0), u8(1)}},
		"0D, all FF": {codectest.Parse(ParsePlayerList), body{"", u32(0xFFFFFFFF)}},
		"0D, one too many": {codectest.Parse(ParsePlayerList), body{"", u32(2), "", u32(0), u16(0),
			u8(1)}},
	} {
		t.Run(name, func(t *testing.T) {
			b := tc.body.Bytes()
			_, err := tc.parse(b)
			require.ErrorIs(t, err, ErrListCount)

			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, _ = tc.parse(b)
			runtime.ReadMemStats(&after)
			require.True(t, after.TotalAlloc-before.TotalAlloc < 64<<10, "a count allocated %d bytes",
				after.TotalAlloc-before.TotalAlloc)
		})
	}
}

// Counts that the bytes do hold are taken, however odd: what a client keeps of
// them is its own limit.
func TestLongListsParse(t *testing.T) {
	users := body{"", u32(1001), u32(0)}
	for range 1001 {
		users = append(users, "", u32(0), u8(1), u16(1), u8(1))
	}
	status, err := ParseServerStatus(users.Bytes())
	require.NoError(t, err)
	require.Len(t, status.Users, 1001)

	players := body{"", u32(9)}
	for range 9 {
		players = append(players, "", u32(0), u16(1), u8(1))
	}
	list, err := ParsePlayerList(players.Bytes())
	require.NoError(t, err)
	require.Len(t, list.Players, 9)
}

func TestOddEnumsDoNotHideAMessage(t *testing.T) {
	for _, odd := range []ConnectionType{0, 7, 255} {
		require.False(t, odd.Valid())
		require.Equal(t, 1, odd.Frames(), "nothing may divide by what it gives")
		require.Contains(t, odd.String(), "connection type ")

		status, err := ParseServerStatus(body{"", u32(2), u32(1),
			"odd", u32(0xFFFFFFFF), u8(255), u16(1), uint8(odd),
			"nue", u32(19), u8(1), u16(2), u8(1),
			"Pong", u32(61), "chip8 1.0", "nue", "1/2", u8(255)}.Bytes())
		require.NoError(t, err)
		require.Equal(t, StatusUser{"odd", 0xFFFFFFFF, 255, 1, odd}, status.Users[0])
		require.Equal(t, "nue", status.Users[1].Name)
		require.False(t, status.Games[0].State.Valid())
		require.False(t, status.Games[0].State.Joinable())

		joined, err := ParseUserJoined(body{"odd", u16(1), u32(0xFFFFFFFF), uint8(odd)}.Bytes())
		require.NoError(t, err)
		require.Equal(t, UserJoined{"odd", 1, 0xFFFFFFFF, odd}, joined)
		player, err := ParsePlayerJoined(body{"", u32(1), "odd", u32(1), u16(1), uint8(odd)}.Bytes())
		require.NoError(t, err)
		require.Equal(t, odd, player.Connection)
		list, err := ParsePlayerList(body{"", u32(1), "odd", u32(1), u16(1), uint8(odd)}.Bytes())
		require.NoError(t, err)
		require.Equal(t, odd, list.Players[0].Connection)
		join, err := ParseJoinRequest(JoinRequest{61, odd}.AppendTo(nil))
		require.NoError(t, err)
		require.Equal(t, odd, join.Connection)

		// A login decides how many frames the server divides by: it is
		// refused, and the server learns whom it refuses.
		login, err := ParseLoginRequest(body{"nue", "chip8 1.0", uint8(odd)}.Bytes())
		require.ErrorIs(t, err, ErrConnection)
		require.Equal(t, LoginRequest{"nue", "chip8 1.0", odd}, login)
	}
}

func TestPlayerNumbersOfAStart(t *testing.T) {
	for _, tc := range []struct {
		player, players uint8
		ok              bool
	}{
		{1, 1, true}, {1, 2, true}, {2, 2, true}, {8, 8, true},
		{0, 0, false}, {0, 2, false}, {3, 2, false}, {9, 9, false}, {1, 9, false}, {9, 8, false},
		{255, 2, false}, {255, 255, false}, {1, 255, false}, {1, 0, false},
	} {
		got, err := ParseGameStarted(body{"", u16(0xFFFF), tc.player, tc.players}.Bytes())
		if tc.ok {
			require.NoError(t, err, "player %d of %d", tc.player, tc.players)
			require.Equal(t, GameStarted{0xFFFF, tc.player, tc.players}, got)
		} else {
			require.ErrorIs(t, err, ErrPlayer, "player %d of %d", tc.player, tc.players)
			require.Equal(t, GameStarted{}, got)
		}
	}
}

func TestShortBodies(t *testing.T) {
	_, err := ParseGameData(unhex(t, "00 ff ff"))
	require.ErrorIs(t, err, ErrShort)
	_, err = ParseGameData(unhex(t, "00 ff ff 01 02 03"))
	require.ErrorIs(t, err, ErrShort)
	_, err = ParseGameData(unhex(t, "00 ff 7f 01 02 03"))
	require.ErrorIs(t, err, ErrShort)
	_, err = ParsePlayerJoined(unhex(t, "00"))
	require.ErrorIs(t, err, ErrShort)
	_, err = ParseJoinRequest(unhex(t, "00"))
	require.ErrorIs(t, err, ErrShort)
	_, err = ParseGameCache(unhex(t, "00"))
	require.ErrorIs(t, err, ErrShort)

	// A payload ends with itself, whatever stands behind it in the datagram.
	datagram := unhex(t, "00 02 00 aa bb cc dd")
	payload, err := ParseGameData(datagram)
	require.NoError(t, err)
	_ = append(payload, 0xEE)
	require.Equal(t, unhex(t, "00 02 00 aa bb cc dd"), datagram)

	// Length 0 is well-formed: whoever plays with it is told so elsewhere.
	payload, err = ParseGameData(unhex(t, "00 00 00"))
	require.NoError(t, err)
	require.Empty(t, payload)
}

// What a struct holds must never make bytes that a parser refuses, or a body
// that no message can carry.
func TestWritersStayWithinTheWire(t *testing.T) {
	long := strings.Repeat("B", 1<<17)
	chat, err := ParseChat(Chat{"a\x00b", long}.AppendTo(nil))
	require.NoError(t, err)
	require.Equal(t, Chat{"a", long[:MaxString]}, chat)

	var status ServerStatus
	for range 400 {
		status.Users = append(status.Users, StatusUser{Name: long, Connection: LAN})
		status.Games = append(status.Games, StatusGame{Name: long, Emulator: long, Owner: long, Players: -1,
			MaxPlayers: 1 << 30})
	}
	b := status.AppendTo([]byte("kept"))[len("kept"):]
	require.True(t, len(b) <= MaxBody, "%d bytes", len(b))
	got, err := ParseServerStatus(b)
	require.NoError(t, err)
	require.True(t, len(got.Users) > 60, "as many as fit: %d", len(got.Users))

	status.Users = nil
	got, err = ParseServerStatus(status.AppendTo(nil))
	require.NoError(t, err)
	require.True(t, len(got.Games) > 20, "as many as fit: %d", len(got.Games))
	require.Equal(t, 0, got.Games[0].Players)
	require.Equal(t, MaxListPlayers, got.Games[0].MaxPlayers)

	var list PlayerList
	for range 400 {
		list.Players = append(list.Players, ListPlayer{Name: long})
	}
	b = list.AppendTo(nil)
	require.True(t, len(b) <= MaxBody, "%d bytes", len(b))
	gotList, err := ParsePlayerList(b)
	require.NoError(t, err)
	require.True(t, len(gotList.Players) > 60, "as many as fit: %d", len(gotList.Players))
}
