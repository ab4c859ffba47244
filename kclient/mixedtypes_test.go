package kclient_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"kbridge/kclient"
	"kbridge/kclient/sim/network"
	"kbridge/kclient/wire"
)

// direleraRoom lets the client create room 1 on a server that writes 0 where EmuLinker and
// ours write the game's ID, and the original a pointer.
func (s *scripted) direleraRoom(l *kclient.Client) *kclient.Room {
	var r *kclient.Room
	create := s.asks(func(ctx context.Context) (err error) { r, err = l.Create(ctx, "Duel"); return err })
	s.say(wire.TypeCreateGame, wire.GameCreated{User: "ann", Game: "Duel", Emulator: "test", GameID: 1}.AppendTo(nil))
	s.say(wire.TypePlayerList, wire.PlayerList{}.AppendTo(nil))
	s.say(wire.TypeJoinGame, wire.PlayerJoined{User: "ann", UserID: 7, Connection: 1}.AppendTo(nil))
	require.NoError(s.t, <-create)
	return r
}

func mixedTypes(l *kclient.Client) (all []kclient.MixedTypes) {
	for e := range events(l) {
		if m, ok := e.(kclient.MixedTypes); ok {
			all = append(all, m)
		}
	}
	return all
}

// TestMixedTypesAreToldBeforeTheStartWhereTheServerAlignsNothing, each time that the room becomes mixed.
func TestMixedTypesAreToldBeforeTheStartWhereTheServerAlignsNothing(t *testing.T) {
	script(t, func(t *testing.T, s *scripted) {
		l := s.login()
		s.direleraRoom(l)
		require.Empty(t, mixedTypes(l), "alone")
		s.joins("bob", wire.Good)
		want := kclient.MixedTypes{Players: []kclient.Player{{ID: 7, Name: "ann", Connection: wire.LAN},
			{ID: 9, Name: "bob", Connection: wire.Good}}}
		require.Equal(t, []kclient.MixedTypes{want}, mixedTypes(l))
		s.say(wire.TypeQuitGame, wire.PlayerLeft{User: "bob", UserID: 9}.AppendTo(nil))
		s.joins("bob", wire.LAN)
		require.Empty(t, mixedTypes(l), "the same type")
		s.say(wire.TypeQuitGame, wire.PlayerLeft{User: "bob", UserID: 9}.AppendTo(nil))
		s.joins("bob", wire.Bad)
		require.Len(t, mixedTypes(l), 1, "mixed again")
	})
}

// TestMixedTypesAreNoNewsWhereTheServerAligns: ours lines players up, EmuLinker refuses to start,
// and of the original, with its pointers, nothing is known.
func TestMixedTypesAreNoNewsWhereTheServerAligns(t *testing.T) {
	t.Run("ours", func(t *testing.T) {
		bubble(t, match{seed: 1, profile: network.LAN(), types: []wire.ConnectionType{1, 3}},
			func(t *testing.T, w *world) {
				lobbies, rooms := w.lobbies(context.Background())
				waitForPlayers(t, rooms[0], 2)
				require.Empty(t, mixedTypes(lobbies[0]))
				require.Empty(t, mixedTypes(lobbies[1]))
			})
	})
	t.Run("EmuLinker", func(t *testing.T) {
		script(t, func(t *testing.T, s *scripted) {
			l := s.login()
			s.asEmuLinker()
			s.direleraRoom(l)
			s.joins("bob", wire.Good)
			require.Empty(t, mixedTypes(l))
		})
	})
	t.Run("a server that names the room", func(t *testing.T) {
		script(t, func(t *testing.T, s *scripted) {
			l := s.login()
			s.room(l)
			s.joins("bob", wire.Good)
			require.Empty(t, mixedTypes(l))
		})
	})
}
