package wire

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func manyUsers(n int) (users []StatusUser) {
	for i := range n {
		// The longest names that servers take.
		users = append(users, StatusUser{Name: fmt.Sprintf("%0*d", MaxUserName, i), Ping: uint32(i), State: UserIdle,
			UserID: uint16(i), Connection: LAN})
	}
	return users
}

func manyGames(n int) (games []StatusGame) {
	for i := range n {
		games = append(games, StatusGame{Name: fmt.Sprint("game ", i), GameID: uint32(i), Emulator: "chip8 1.0",
			Owner: "nue", Players: 1, MaxPlayers: 8})
	}
	return games
}

func TestSplitServerStatus(t *testing.T) {
	for _, n := range []struct{ users, games int }{{0, 0}, {1, 0}, {0, 1}, {7, 7}, {100, 0}, {0, 100}, {500, 100}} {
		t.Run(fmt.Sprint(n.users, " users, ", n.games, " games"), func(t *testing.T) {
			var sum ServerStatus
			parts, entries := 0, 0
			SplitServerStatus(manyUsers(n.users), manyGames(n.games), func(part ServerStatus) {
				parts++
				b := part.AppendTo(nil)
				header := len(ServerStatus{}.AppendTo(nil))
				require.True(t, len(b)-header <= StatusPart, "part %d: %d bytes of list", parts, len(b)-header)
				got, err := ParseServerStatus(b)
				require.NoError(t, err)
				require.Equal(t, len(part.Users)+len(part.Games), len(got.Users)+len(got.Games))
				require.True(t, len(got.Users) == 0 || len(sum.Games) == 0, "users come before games")
				require.True(t, n.users+n.games == 0 || len(got.Users)+len(got.Games) > 0, "a part that says nothing")
				entries += len(got.Users) + len(got.Games)
				sum.Users = append(sum.Users, got.Users...)
				sum.Games = append(sum.Games, got.Games...)
			})
			require.True(t, parts >= 1, "a client waits for at least one")
			require.Equal(t, ServerStatus{manyUsers(n.users), manyGames(n.games)}, sum)
			// 40 bytes a user, 7 of them in a part.
			require.True(t, parts <= 1+(entries+5)/5, "%d parts for %d entries", parts, entries)
		})
	}
}

func TestSplitServerStatusTakesEntriesBeyondAPart(t *testing.T) {
	var sizes []int
	big := StatusGame{Name: strings.Repeat("x", MaxString)}
	huge := StatusUser{Name: strings.Repeat("y", MaxString)}
	SplitServerStatus([]StatusUser{huge, huge, {}}, []StatusGame{big, big}, func(part ServerStatus) {
		sizes = append(sizes, len(part.Users)+len(part.Games))
	})
	require.Equal(t, []int{1, 1, 1, 1, 1}, sizes)
}

func TestSplitServerStatusPartsDoNotReachIntoEachOther(t *testing.T) {
	users := manyUsers(20)
	SplitServerStatus(users, nil, func(part ServerStatus) {
		_ = append(part.Users, StatusUser{Name: "overwritten"})
	})
	require.Equal(t, manyUsers(20), users)
}

// The counts of a room travel as text, which servers and bots fill in as they
// like.
func TestPlayersText(t *testing.T) {
	for text, want := range map[string][2]int{
		"2/4":                          {2, 4},
		"4/2":                          {4, 2}, // the notes' MvC4P
		"0/0":                          {0, 0},
		"10/100":                       {10, 100},
		" 2 / 4 ":                      {2, 4},
		"2":                            {2, 0},
		"/4":                           {0, 4},
		"2/":                           {2, 0},
		"":                             {0, 0},
		"full":                         {0, 0},
		"2/4/6":                        {2, 0},
		"-1/-5":                        {0, 0},
		"300/70000":                    {MaxListPlayers, MaxListPlayers},
		"99999999999999999999999999/4": {0, 4},
		"\xff\xfe/\x01":                {0, 0},
	} {
		status, err := ParseServerStatus(body{"", u32(0), u32(1), "Pong", u32(61), "chip8", "nue", text, u8(0)}.Bytes())
		require.NoError(t, err, "%q", text)
		g := status.Games[0]
		require.Equal(t, want, [2]int{g.Players, g.MaxPlayers}, "%q", text)
	}
}

func TestSplitServerStatusListsEveryUserBeforeTheFirstGame(t *testing.T) {
	users := 0
	// Small enough to fill the rest of a part that the next user does not fit.
	SplitServerStatus(manyUsers(20), make([]StatusGame, 20), func(part ServerStatus) {
		users += len(part.Users)
		require.True(t, len(part.Games) == 0 || users == 20, "a game after %d users", users)
	})
	require.Equal(t, 20, users)
}
