package server_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient"
	"kbridge/kclient/sim/network"
	"kbridge/kclient/wire"
)

const keptOut = "The owner of that room has kicked you"

// A kick lasts as long as the room and is for the address: whoever else comes from there, under whatever name, is kept
// out too; the kick of the owner's client and the typed one are the same.
func TestAKickFromARoomLastsAsLongAsTheRoom(t *testing.T) {
	for _, how := range []string{"/kick 2", "/kickall", "the client's"} {
		inArena(t, 1, network.Profile{Delay: 5 * time.Millisecond}, unhurried, func(a *arena) {
			all := a.people("owner", "guest")
			mate := a.person("mate", hostN(2))
			if how == "the client's" {
				require.NoError(t, all[0].room.Kick(a.t.Context(), all[1].lobby.User().ID))
			} else {
				all[0].types(how)
			}
			time.Sleep(time.Second)
			require.Error(t, all[1].room.Err(), "it is out")
			require.Contains(t, strings.Join(all[1].news(), "\n"), "has kicked you")
			for _, p := range []*person{all[1], mate} {
				require.ErrorContains(t, p.joins(all[0]), keptOut, p.name)
			}
			require.NoError(t, all[1].lobby.Quit("again"))
			other := a.person("other name", hostN(2))
			require.ErrorContains(t, other.joins(all[0]), keptOut)
			third := a.person("third", hostN(3))
			require.NoError(t, third.joins(all[0]), "who comes from elsewhere")

			// Another room of the same owner's is another room, and other rooms never knew.
			require.NoError(t, all[0].room.Leave(a.t.Context()))
			all[0].opens("Pong")
			require.NoError(t, other.joins(all[0]))
		})
	}
}

// Where the kicked one has the owner's address, or this machine's, it is the name that is kept out: owner and house
// mates share the address.
func TestAKickIsForTheNameWhereTheAddressIsTheOwners(t *testing.T) {
	loopback := func(n byte) netip.Addr { return netip.AddrFrom4([4]byte{127, 0, 0, n}) }
	for name, host := range map[string]func(byte) netip.Addr{
		"one house":    func(byte) netip.Addr { return hostN(1) },
		"this machine": loopback,
		"an IPv6 /64":  func(n byte) netip.Addr { return netip.MustParseAddr(fmt.Sprint("2001:db8::", n)) },
	} {
		t.Run(name, func(t *testing.T) {
			inArena(t, 1, network.Profile{Delay: 5 * time.Millisecond}, unhurried, func(a *arena) {
				owner, guest, mate := a.person("owner", host(1)), a.person("guest", host(2)), a.person("mate", host(2))
				owner.opens("Pong")
				require.NoError(t, guest.joins(owner))
				owner.types("/kick 2")
				require.ErrorContains(t, guest.joins(owner), keptOut)
				require.NoError(t, mate.joins(owner), "it has done nothing")
				require.NoError(t, guest.lobby.Quit("again"))
				time.Sleep(time.Second)
				guest = a.person("Guest ", host(2))
				require.ErrorContains(t, guest.joins(owner), keptOut, "the same name")
				require.NoError(t, owner.room.Leave(a.t.Context()))
				owner.opens("Pong")
				require.NoError(t, guest.joins(owner), "another room")
			})
		})
	}
}

// A player who is kicked from a running game is out of it; the others play on.
func TestAKickFromARunningGameDropsThePlayer(t *testing.T) {
	inArena(t, 1, network.Profile{Delay: 5 * time.Millisecond}, unhurried, func(a *arena) {
		all := a.people("owner", "guest", "other")
		all[0].types("/swap 231") // other is player 1, owner 2, guest 3
		all[0].starts(all...)
		all[0].types("/kick 4")
		require.Contains(t, strings.Join(all[0].news(), "\n"), "There is no player 4")
		all[0].types("/kick 3")
		time.Sleep(time.Second)
		require.Error(t, all[1].room.Err())
		require.NoError(t, all[2].room.Err())
		require.Equal(t, 1, a.server.Stats().Games)
		before := a.server.Stats().Frames
		time.Sleep(5 * time.Second)
		require.InDelta(t, 300, a.server.Stats().Frames-before, 10)
	})
}

// Who is kicked while its line is dead does not rejoin with its ticket, neither to its seat nor through the door,
// from wherever it comes.
func TestATicketBringsNobodyBackIntoARoomThatHasKickedHim(t *testing.T) {
	for _, far := range []bool{false, true} {
		inArena(t, 1, network.Profile{Delay: 5 * time.Millisecond}, unhurried, func(a *arena) {
			all := a.people("owner", "guest", "other")
			ticket, ok := all[1].lobby.Ticket()
			require.True(t, ok)
			all[0].starts(all...)
			a.net.Partition(hostN(2), a.addr.Addr(), true)
			time.Sleep(12 * time.Second) // its seat is kept now
			require.NoError(t, all[0].room.Kick(a.t.Context(), all[1].lobby.User().ID))
			host := hostN(2)
			if far {
				host = hostN(77)
			}
			a.net.Partition(hostN(2), a.addr.Addr(), false)
			back := a.person("guest", host, func(c *kclient.Config) { c.Comeback = &ticket })
			require.Nil(t, back.lobby.Room(), "no seat was kept")
			require.ErrorContains(t, back.joins(all[0]), keptOut)
			require.Equal(t, 1, a.server.Stats().Games, "the others play on")
		})
	}
}

// A room remembers a bounded number of those it has put out, the latest.
func TestARoomRemembersTheLatestItHasPutOut(t *testing.T) {
	cfg := unhurried
	cfg.MaxUsers = 200
	inArena(t, 1, network.Profile{Delay: 5 * time.Millisecond}, cfg, func(a *arena) {
		owner := a.people("owner")[0]
		id := owner.room.Info().ID
		visit := func(n byte) (c *plainClient, joined bool) {
			c, err := a.plainLogin(fmt.Sprint("visitor ", n), netip.AddrPortFrom(hostN(n), 5000))
			require.NoError(t, err)
			c.send(wire.TypeJoinGame, wire.JoinRequest{GameID: id, Connection: wire.LAN}.AppendTo(nil))
			c.read(2*time.Second, func(m wire.Message) bool {
				joined = joined || m.Type == wire.TypeJoinGame
				return joined || m.Type == wire.TypeQuitGame
			})
			return c, joined
		}
		for n := byte(10); n < 80; n++ { // more than there is room for
			c, joined := visit(n)
			require.True(t, joined)
			owner.types("/kick 2")
			c.send(wire.TypeUserQuit, wire.QuitRequest{Message: "bye"}.AppendTo(nil))
			time.Sleep(time.Second)
			c.conn.Close()
		}
		time.Sleep(time.Minute) // the server forgets the sessions
		_, joined := visit(79)
		require.False(t, joined, "the latest")
		_, joined = visit(10)
		require.True(t, joined, "the oldest")
	})
}
