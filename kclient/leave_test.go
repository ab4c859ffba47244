package kclient_test

import (
	"context"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient"
	"kbridge/kclient/sim/network"
	"kbridge/kclient/wire"
)

// guest lets the client join room 1, in which user 9 is already.
func (s *scripted) guest(l *kclient.Client) *kclient.Room {
	s.say(wire.TypeCreateGame, wire.GameCreated{User: "bob", Game: "Duel", Emulator: "test", GameID: 1}.AppendTo(nil))
	var r *kclient.Room
	join := s.asks(func(ctx context.Context) (err error) { r, err = l.Join(ctx, 1); return err })
	s.letIn()
	require.NoError(s.t, <-join)
	return r
}

func (s *scripted) letIn() {
	s.status(wire.GameWaiting, 2)
	s.say(wire.TypePlayerList, wire.PlayerList{Players: []wire.ListPlayer{{Name: "bob", UserID: 9,
		Connection: 1}}}.AppendTo(nil))
	s.say(wire.TypeJoinGame, wire.PlayerJoined{GameID: 1, User: "ann", UserID: 7, Connection: 1}.AppendTo(nil))
}

func (s *scripted) out() {
	s.say(wire.TypeQuitGame, wire.PlayerLeft{User: "ann", UserID: 7}.AppendTo(nil))
}

// timed says how long a request took.
func timed(d *time.Duration, request func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		begun := time.Now()
		defer func() { *d = time.Since(begun) }()
		return request(ctx)
	}
}

// TestLeavingDireleraSucceedsWithinASecond: a guest there hears nothing but the room's status,
// and if that is lost nothing at all.
func TestLeavingDireleraSucceedsWithinASecond(t *testing.T) {
	t.Run("the status shows it", func(t *testing.T) {
		script(t, func(t *testing.T, s *scripted) {
			r := s.guest(s.login())
			var took time.Duration
			leave := s.asks(timed(&took, r.Leave))
			s.status(wire.GamePlaying, 2)
			require.True(t, open(leave), "nobody fewer")
			s.status(wire.GameWaiting, 1)
			require.NoError(t, <-leave)
			require.Less(t, took, 100*time.Millisecond)
			require.ErrorIs(t, r.Err(), kclient.ErrNotInRoom)
		})
	})
	t.Run("the list shows it", func(t *testing.T) {
		script(t, func(t *testing.T, s *scripted) {
			r := s.guest(s.login())
			leave := s.asks(r.Leave)
			s.say(wire.TypeServerStatus, wire.ServerStatus{Games: []wire.StatusGame{{Name: "Duel", GameID: 1,
				Emulator: "test", Owner: "bob", Players: 1, MaxPlayers: 4}}}.AppendTo(nil))
			require.NoError(t, <-leave)
		})
	})
	t.Run("silence", func(t *testing.T) {
		script(t, func(t *testing.T, s *scripted) {
			l := s.login()
			r := s.guest(l)
			var took time.Duration
			leave := s.asks(timed(&took, r.Leave))
			s.serve(2 * time.Second)
			require.NoError(t, <-leave)
			require.Less(t, took, 1500*time.Millisecond)
			require.ErrorIs(t, r.Err(), kclient.ErrNotInRoom)
			require.NoError(t, l.Err(), "and the session goes on")
			s.room(l)
		})
	})
}

// TestALeaveIsRepeatedUntilItIsAnswered: neither one player fewer, who may be somebody else, nor the
// end of our patience is a proof that it has arrived.
func TestALeaveIsRepeatedUntilItIsAnswered(t *testing.T) {
	for name, another := range map[string]bool{"another guest leaves": true, "silence": false} {
		t.Run(name, func(t *testing.T) {
			script(t, func(t *testing.T, s *scripted) {
				r := s.guest(s.login())
				s.net.Filter(func(from, _ netip.AddrPort, _ []byte) bool { return from == scriptedAddr })
				leave := s.asks(r.Leave)
				if another {
					s.status(wire.GameWaiting, 1)
				} else {
					s.serve(1500 * time.Millisecond)
				}
				require.NoError(t, <-leave)
				s.net.Filter(nil)
				s.serve(3 * time.Second)
				s.last(wire.TypeQuitGame)
			})
		})
	}
}

// TestALateAnswerToALeaveIsNoKickAndNoRefusal: on servers that answer, EmuLinker and ours among
// them, the answer may come after Leave has returned.
func TestALateAnswerToALeaveIsNoKickAndNoRefusal(t *testing.T) {
	for name, emuLinker := range map[string]bool{"EmuLinker": true, "another": false} {
		t.Run(name, func(t *testing.T) {
			script(t, func(t *testing.T, s *scripted) {
				l := s.login()
				if emuLinker {
					s.asEmuLinker()
				}
				r := s.guest(l)
				leave := s.asks(r.Leave)
				s.serve(1500 * time.Millisecond)
				require.NoError(t, <-leave)
				var next *kclient.Room
				join := s.asks(func(ctx context.Context) (err error) { next, err = l.Join(ctx, 1); return err })
				if emuLinker { // others' news come between
					s.say(wire.TypeServerMessage, wire.ServerMessage{From: "server",
						Text: "bob created game: Duel"}.AppendTo(nil))
				}
				s.out()
				require.True(t, open(join), "not refused")
				s.letIn()
				require.NoError(t, <-join)
				require.NoError(t, next.Err(), "not kicked")
				s.out()
				require.ErrorIs(t, next.Err(), kclient.ErrKicked, "now it is a kick")
			})
		})
	}
	t.Run("the status first", func(t *testing.T) {
		script(t, func(t *testing.T, s *scripted) {
			l := s.login()
			leave := s.asks(s.guest(l).Leave)
			s.status(wire.GameWaiting, 1)
			require.NoError(t, <-leave)
			join := s.asks(func(ctx context.Context) error { _, err := l.Join(ctx, 1); return err })
			s.out()
			require.True(t, open(join), "not refused")
			s.say(wire.TypeServerMessage, wire.ServerMessage{From: "Server", Text: "full"}.AppendTo(nil))
			s.out()
			var refused *kclient.RefusedError
			require.ErrorAs(t, <-join, &refused, "a refusal is still one")
		})
	})
}

// TestALeaveArrivesUnderLoss: Leave returns within about a second, and the server hears of it
// all the same, even when the first second's datagrams are all lost.
func TestALeaveArrivesUnderLoss(t *testing.T) {
	for seed, loss := range []float64{0.3, 0.5, 0.7, 1} {
		bubble(t, match{seed: uint64(seed), profile: network.LAN(), types: []wire.ConnectionType{1, 1}},
			func(t *testing.T, w *world) {
				ctx := context.Background()
				_, rooms := w.lobbies(ctx)
				waitForPlayers(t, rooms[0], 2)
				w.net.SetProfile(network.Profile{Delay: 20 * time.Millisecond, Loss: loss})
				begun := time.Now()
				require.NoError(t, rooms[1].Leave(ctx))
				require.Less(t, time.Since(begun), 1500*time.Millisecond)
				if loss == 1 {
					w.net.SetProfile(network.LAN())
				}
				for range 300 {
					if len(rooms[0].Players()) == 1 {
						return
					}
					time.Sleep(100 * time.Millisecond) // virtual
				}
				t.Fatal("the server never heard of it")
			})
	}
}
