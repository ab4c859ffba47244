package server_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient"
	"kbridge/kclient/sim/network"
	"kbridge/kclient/sim/peers"
	"kbridge/kclient/wire"
)

// What the owner says holds for those who join, and the refusal says the number.
func TestRoomsRefuseBeyondWhatTheirOwnerHasSaid(t *testing.T) {
	inArena(t, 1, network.Profile{Delay: 5 * time.Millisecond}, unhurried, func(a *arena) {
		owner := a.people("owner")[0]
		guest := a.person("guest", hostN(2))
		far := network.Profile{Delay: 60 * time.Millisecond}
		a.net.SetPath(hostN(3), a.addr.Addr(), far)
		a.net.SetPath(a.addr.Addr(), hostN(3), far)
		distant := a.person("distant", hostN(3))

		owner.types("/maxping 100")
		require.ErrorContains(t, distant.joins(owner), "Your ping is 120 ms, and that room takes 100 ms at most")
		require.NoError(t, guest.joins(owner))
		owner.types("/maxping 200")
		owner.types("/maxusers 2")
		time.Sleep(2 * time.Second)
		require.Equal(t, 2, distant.lobby.Games()[0].MaxPlayers, "the list shows it")
		later := a.person("later", hostN(4))
		require.Equal(t, 2, later.lobby.Games()[0].MaxPlayers, "who logs in later sees it too")
		require.ErrorContains(t, distant.joins(owner), "That room is full (2 players)")
		owner.types("/maxusers 100")
		require.Contains(t, strings.Join(guest.news(), "\n"), "takes 8 players, which is all that a room can hold")
		owner.types("/maxusers 7")
		require.Contains(t, strings.Join(owner.news(), "\n"), "once in 3s is enough")
		require.NoError(t, distant.joins(owner))

		// Another room's owner need not wait for this one.
		later.opens("Chess")
		owner.types("/maxusers 6")
		later.types("/maxusers 3")
		require.Contains(t, strings.Join(later.news(), "\n"), "3 players at most")
		require.Equal(t, 3, later.room.Info().MaxPlayers)
	})
}

// /startn starts the game when so many are there, now or later, and for one game.
func TestTheGameStartsWhenSoManyHaveJoined(t *testing.T) {
	inArena(t, 1, network.Profile{Delay: 5 * time.Millisecond}, unhurried, func(a *arena) {
		all := a.people("owner", "guest")
		all[0].types("/startn 9")
		require.Contains(t, strings.Join(all[0].news(), "\n"), "it would never start")
		all[0].types("/startn 3")
		third := a.person("third", hostN(3))
		require.Zero(t, a.server.Stats().Games)
		require.NoError(t, third.joins(all[0]))
		time.Sleep(time.Second)
		require.Equal(t, 1, a.server.Stats().Games)
		everybody := append(all, third)
		var games []*kclient.Game
		for _, p := range everybody {
			g, err := p.room.WaitStart(a.t.Context())
			require.NoError(t, err)
			require.Equal(t, 3, g.Players())
			games = append(games, g)
		}
		for _, g := range games {
			require.NoError(t, g.Drop())
		}
		time.Sleep(2 * time.Second)
		require.Zero(t, a.server.Stats().Games)
		fourth := a.person("fourth", hostN(4))
		require.NoError(t, fourth.joins(all[0]))
		time.Sleep(time.Second)
		require.Zero(t, a.server.Stats().Games, "it counts for one game")
		all[0].types("/startn 2")
		require.Equal(t, 1, a.server.Stats().Games, "they are there already")
	})
}

// /start starts it, and says why it does not.
func TestTheOwnerStartsByTyping(t *testing.T) {
	inArena(t, 1, network.Profile{Delay: 5 * time.Millisecond}, unhurried, func(a *arena) {
		all := a.people("owner", "guest")
		all[0].types("/start")
		require.Equal(t, 1, a.server.Stats().Games)
		all[0].types("/start")
		require.Equal(t, []string{"room Server: The game has started already"}, all[0].news())
		g, err := all[0].room.WaitStart(a.t.Context())
		require.NoError(t, err)
		require.NoError(t, g.Drop())
		time.Sleep(2 * time.Second)
		all[1].types("/num")
		require.Contains(t, strings.Join(all[1].news(), "\n"), "2 in the room: 2 guest, owner (does not play)",
			"numbers are the game's")
		chat := a.person("talker", hostN(7))
		chat.opens("*Chat")
		a.quiet(chat)
		chat.types("/start")
		require.Contains(t, chat.news()[0], "is for chat")
	})
}

// /swap gives each place a new player number, at the next start, and in the list of who joins.
func TestSwappedPlayersHaveTheirNewNumbers(t *testing.T) {
	inArena(t, 1, network.Profile{Delay: 5 * time.Millisecond}, unhurried, func(a *arena) {
		all := a.people("owner", "guest", "other")
		for _, wrong := range []string{"2", "1", "012", "223", "124", "1234", "3 2"} {
			all[0].types("/swap " + wrong)
		}
		require.Empty(t, all[1].news())
		all[0].news()
		all[0].types("/swap 312") // owner is 3, guest is 1, other is 2
		require.Equal(t, []string{"room Server: Players from the next start on: 1 guest, 2 other, 3 owner"},
			all[1].news())
		fourth := a.person("fourth", hostN(4))
		require.NoError(t, fourth.joins(all[0]))
		var names []string
		for _, p := range fourth.room.Players() {
			names = append(names, p.Name)
		}
		require.Equal(t, []string{"guest", "other", "owner", "fourth"}, names)
		require.NoError(t, all[0].room.Start(a.t.Context()), "the owner is who has opened it")
		for i, want := range []int{3, 1, 2} {
			g, err := all[i].room.WaitStart(a.t.Context())
			require.NoError(t, err)
			require.Equal(t, want, g.Player(), all[i].name)
		}
	})
}

// Who is silenced says nothing in that room, and may leave and come again; others of the address neither; nor does the
// game mind.
func TestWhoIsSilencedSaysNothingInTheRoom(t *testing.T) {
	inArena(t, 1, network.Profile{Delay: 5 * time.Millisecond}, unhurried, func(a *arena) {
		all := a.people("owner", "guest", "other")
		mate := a.person("mate", hostN(2))
		all[0].types("/mute 2")
		a.quiet(all...)
		all[1].types("hello")
		require.Empty(t, all[0].news())
		require.Contains(t, strings.Join(all[1].news(), "\n"), "lets you say nothing here")
		require.NoError(t, all[1].lobby.Chat("hello lobby"))
		time.Sleep(time.Second)
		require.Equal(t, []string{"lobby guest: hello lobby"}, all[0].news(), "the lobby is not the owner's")
		require.NoError(t, all[1].room.Leave(a.t.Context()))
		require.NoError(t, all[1].joins(all[0]))
		require.NoError(t, mate.joins(all[0]))
		a.quiet(all...)
		all[1].types("hello")
		mate.types("hello")
		require.Empty(t, all[0].news())
		all[0].types("/unmute 2")
		a.quiet(all...)
		mate.types("hello")
		require.Equal(t, []string{"room mate: hello"}, all[0].news(), "the address")
		all[0].types("/muteall")
		all[0].news()
		all[2].types("hello")
		require.Empty(t, all[0].news())
		all[0].types("hush")
		require.Contains(t, strings.Join(all[2].news(), "\n"), "room owner: hush")
		all[0].types("/unmuteall")
		all[0].news()
		all[2].types("hello")
		require.Equal(t, []string{"room other: hello"}, all[0].news())
	})
}

// Commands in a running game disturb no frame.
func TestCommandsInAGameDisturbNoFrame(t *testing.T) {
	inArena(t, 1, network.Profile{Delay: 5 * time.Millisecond}, unhurried, func(a *arena) {
		all := a.people("owner", "guest", "other")
		counts := []counter{{}, {}, {}}
		require.NoError(t, all[0].room.Start(a.t.Context()))
		for i, p := range all {
			room := p.room
			a.play(func(ctx context.Context) { playOurs(ctx, room, &counts[i]) })
		}
		time.Sleep(3 * time.Second)
		before := counts[1].get()
		for i := range 60 {
			lines := []string{"/lagstat", "/swap 231", "/help", "/me plays", "/mute 3", "/unmuteall", "/num"}
			all[i%3].types(lines[i%len(lines)])
		}
		require.InDelta(t, 30*60, counts[1].get()-before, 5)
		all[0].types("/lagstat")
		require.Contains(t, strings.Join(all[2].news(), "\n"), "P1 owner: 0.00s, P2 guest: 0.00s, P3 other: 0.00s")
		require.Equal(t, 1, a.server.Stats().Games)
	})
}

// Deployed clients that join the last of so many are in the game that starts at once.
func TestOldClientsThatCompleteTheRoomPlay(t *testing.T) {
	for _, supra := range []bool{false, true} {
		inArena(t, 1, network.Profile{Delay: 30 * time.Millisecond}, unhurried, func(a *arena) {
			owner := a.people("owner")[0]
			owner.types("/startn 2")
			old, err := a.old(supra, peers.Options{User: "old", Emulator: "emu", Connection: wire.LAN})
			require.NoError(t, err)
			a.playing(owner)
			require.NoError(t, old.Join("Pong"))
			require.NoError(t, old.Begin())
			require.Equal(t, 2, old.Players())
			require.NoError(t, old.Play(2, 300, func(int, []byte) {}))
		})
	}
}

// Deployed clients in a game ask and are answered, all lines of it, and no message is too many for them: n02 holds
// sixteen.
func TestOldClientsInAGameAreAnswered(t *testing.T) {
	for _, supra := range []bool{false, true} {
		inArena(t, 1, network.Profile{Delay: 30 * time.Millisecond}, unhurried, func(a *arena) {
			old, err := a.old(supra, peers.Options{User: "old", Emulator: "emu", Connection: wire.LAN})
			require.NoError(t, err)
			require.NoError(t, old.Create("Pong"))
			guest := a.person("guest", hostN(2))
			time.Sleep(2 * time.Second)
			guest.room, err = guest.lobby.Join(a.t.Context(), guest.lobby.Games()[0].ID)
			require.NoError(t, err)
			require.NoError(t, old.Start())
			var frames counter
			a.play(func(ctx context.Context) {
				if old.Begin() != nil {
					return
				}
				for next := time.Now(); ctx.Err() == nil; {
					if _, err := old.Exchange(make([]byte, 4), 2); err != nil {
						return
					}
					frames.n.Add(1)
					next = next.Add(time.Second / 60)
					time.Sleep(time.Until(next))
				}
			})
			a.playing(guest)
			before := frames.get()
			old.Chat("/help")
			guest.types("/lagstat")
			time.Sleep(20 * time.Second)
			require.NoError(t, old.Err())
			require.InDelta(t, 20.5*60, frames.get()-before, 10)
			said := strings.Join(old.Chats(), "\n")
			require.Contains(t, said, "/version: which server")
			require.Contains(t, said, "/unmuteall: let everybody")
			require.Contains(t, said, "P1 old: 0.00s, P2 guest: 0.00s")
		})
	}
}
