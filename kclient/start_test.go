package kclient_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient"
	"kbridge/kclient/sim/network"
	"kbridge/kclient/wire"
)

// asks runs a request and lets the server hear of it.
func (s *scripted) asks(request func(context.Context) error) <-chan error {
	result := make(chan error, 1)
	go func() { result <- request(context.Background()) }()
	s.serve(20 * time.Millisecond)
	return result
}

func (s *scripted) chat(from, text string) {
	s.say(wire.TypeGameChat, wire.Chat{User: from, Text: text}.AppendTo(nil))
}

func (s *scripted) status(state wire.GameState, players uint8) {
	s.say(wire.TypeGameStatus, wire.GameStatus{GameID: 1, State: state, Players: players, MaxPlayers: 8}.AppendTo(nil))
}

// asEmuLinker has the server show what it is.
func (s *scripted) asEmuLinker() {
	s.say(wire.TypeServerMessage, wire.ServerMessage{From: "server", Text: "Welcome"}.AppendTo(nil))
}

// joins lets user 9 into the client's room.
func (s *scripted) joins(name string, c wire.ConnectionType) {
	s.say(wire.TypeUserJoined, wire.UserJoined{User: name, UserID: 9, Connection: c}.AppendTo(nil))
	s.say(wire.TypeJoinGame, wire.PlayerJoined{GameID: 1, User: name, UserID: 9, Connection: c}.AppendTo(nil))
}

func open(c <-chan error) bool { return len(c) == 0 }

// TestAStartThatSucceedsIsNeverReportedAsRefused: whatever "Server" says before it, and
// "Error" too once the room's status shows the start.
func TestAStartThatSucceedsIsNeverReportedAsRefused(t *testing.T) {
	script(t, func(t *testing.T, s *scripted) {
		r := s.room(s.login())
		s.asEmuLinker()
		start := s.asks(r.Start)
		s.chat("Server", "This game will NOT receive any server activity during gameplay!") // answers a command before
		s.status(wire.GamePlaying, 1)                                                       // EmuLinker's netsync
		s.chat("Server", "This game is ignoring ALL server activity during gameplay!")
		s.chat("Error", "something else")
		require.True(t, open(start), "not answered yet")
		s.say(wire.TypeStartGame, wire.GameStarted{FrameDelay: 1, Player: 1, Players: 1}.AppendTo(nil))
		require.NoError(t, <-start)
	})
}

// TestARefusedStartEndsWithErrorToTheAsker, with the words that were said to the whole room.
func TestARefusedStartEndsWithErrorToTheAsker(t *testing.T) {
	for name, c := range map[string]struct {
		lines [][2]string
		want  string
	}{
		"the room is told, then the asker": {[][2]string{{"Server", "Same type, please."}, {"Error", "Mixed types!"}},
			"Same type, please. Mixed types!"},
		"the asker only": {[][2]string{{"Error", "You are not the owner!"}},
			"You are not the owner!"},
		"a row of stars before": {[][2]string{{"Server", "60 users"}, {"Server", "*******"},
			{"Error", "Mixed types!"}}, "Mixed types!"},
	} {
		t.Run(name, func(t *testing.T) {
			script(t, func(t *testing.T, s *scripted) {
				r := s.room(s.login())
				start := s.asks(r.Start)
				for _, l := range c.lines {
					require.True(t, open(start))
					s.chat(l[0], l[1])
				}
				var refused *kclient.RefusedError
				require.ErrorAs(t, <-start, &refused)
				require.Equal(t, &kclient.RefusedError{What: "start", Reason: c.want}, refused)
			})
		})
	}
}

// TestAPlayerCalledErrorRefusesNothing: some servers let users be called so.
func TestAPlayerCalledErrorRefusesNothing(t *testing.T) {
	script(t, func(t *testing.T, s *scripted) {
		r := s.room(s.login())
		s.joins("Error", wire.LAN)
		start := s.asks(r.Start)
		s.chat("Error", "ha ha")
		require.True(t, open(start))
		s.say(wire.TypeStartGame, wire.GameStarted{FrameDelay: 1, Player: 1, Players: 2}.AppendTo(nil))
		require.NoError(t, <-start)
	})
}

// TestAnErrorThatAnswersAKickRefusesNoStart: the line belongs to the kick while one is under way.
func TestAnErrorThatAnswersAKickRefusesNoStart(t *testing.T) {
	script(t, func(t *testing.T, s *scripted) {
		r := s.room(s.login())
		s.joins("bob", wire.LAN)
		kick := s.asks(func(ctx context.Context) error { return r.Kick(ctx, 77) })
		start := s.asks(r.Start)
		s.chat("Error", "That user is not here!")
		var refused *kclient.RefusedError
		require.ErrorAs(t, <-kick, &refused)
		require.Equal(t, &kclient.RefusedError{What: "kick", Reason: "That user is not here!"}, refused)
		require.True(t, open(start))
		s.say(wire.TypeStartGame, wire.GameStarted{FrameDelay: 1, Player: 1, Players: 2}.AppendTo(nil))
		require.NoError(t, <-start)
	})
}

// TestAnErrorInAGameRefusesNoKick: EmuLinker answers bad game data so too.
func TestAnErrorInAGameRefusesNoKick(t *testing.T) {
	script(t, func(t *testing.T, s *scripted) {
		r := s.room(s.login())
		s.joins("bob", wire.LAN)
		s.game(r, 2)
		kick := s.asks(func(ctx context.Context) error { return r.Kick(ctx, 9) })
		s.chat("Error", "Game Data Error!")
		require.True(t, open(kick))
		s.say(wire.TypeQuitGame, wire.PlayerLeft{User: "bob", UserID: 9}.AppendTo(nil))
		require.NoError(t, <-kick)
	})
}

// TestAStartRefusedUnderOurOwnName: direlera-rs says so that the game is running. What we did
// say ourselves, and what a player of the same name says, refuses nothing.
func TestAStartRefusedUnderOurOwnName(t *testing.T) {
	script(t, func(t *testing.T, s *scripted) {
		r := s.room(s.login())
		require.NoError(t, r.Chat("go!"))
		start := s.asks(r.Start)
		s.chat("ann", "go!")
		require.True(t, open(start), "our own line")
		s.chat("ann", "Game is already started")
		var refused *kclient.RefusedError
		require.ErrorAs(t, <-start, &refused)
		require.Equal(t, "Game is already started", refused.Reason)

		s.joins("ann", wire.LAN)
		start = s.asks(r.Start)
		s.chat("ann", "I am called so too")
		require.True(t, open(start))
		s.say(wire.TypeStartGame, wire.GameStarted{FrameDelay: 1, Player: 1, Players: 2}.AppendTo(nil))
		require.NoError(t, <-start)
	})
}

// TestOurServersRefusalsAreUnderstood: of a start and of a kick, at once and with its words.
func TestOurServersRefusalsAreUnderstood(t *testing.T) {
	bubble(t, match{seed: 1, profile: network.LAN(), types: []wire.ConnectionType{1, 1}}, func(t *testing.T, w *world) {
		ctx := context.Background()
		_, rooms := w.lobbies(ctx)
		begun := time.Now()
		var refused *kclient.RefusedError
		require.ErrorAs(t, rooms[1].Start(ctx), &refused)
		require.Contains(t, refused.Reason, "Only the owner")
		require.ErrorAs(t, rooms[1].Kick(ctx, 1), &refused)
		require.Contains(t, refused.Reason, "Only the owner")
		require.NoError(t, rooms[0].Start(ctx))
		require.ErrorAs(t, rooms[0].Start(ctx), &refused)
		require.Contains(t, refused.Reason, "started already")
		require.ErrorAs(t, rooms[0].Kick(ctx, 77), &refused)
		require.Less(t, time.Since(begun), time.Second)
	})
}
