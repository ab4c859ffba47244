package server_test

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient"
	"kbridge/kclient/sim/network"
	"kbridge/kclient/wire"
	"kbridge/server"
)

// Row 25: in a padded room frames are complete while nobody has said how large an input is. Those who would wait for
// nobody else's input any more (the fast ones have dropped) must not get any of them, and the game's history must not
// either. The rest play on.
func TestNothingIsReadyBeforeTheInputSizeIsKnown(t *testing.T) {
	for _, room := range []struct {
		stay, drop []wire.ConnectionType // those who stay are ours, so that the game has a history
		netsync    bool                  // they drop before they are ready
	}{
		{stay: []wire.ConnectionType{3}, drop: []wire.ConnectionType{1}},
		{stay: []wire.ConnectionType{6}, drop: []wire.ConnectionType{1}},
		{stay: []wire.ConnectionType{6}, drop: []wire.ConnectionType{1, 1, 2}},
		{stay: []wire.ConnectionType{3, 6}, drop: []wire.ConnectionType{1}},
		{stay: []wire.ConnectionType{6, 4, 3}, drop: []wire.ConnectionType{1, 2}},
		{stay: []wire.ConnectionType{3, 3}, drop: []wire.ConnectionType{1, 2}, netsync: true},
		{stay: []wire.ConnectionType{6}, drop: []wire.ConnectionType{1}, netsync: true},
	} {
		t.Run(fmt.Sprintf("%v stay, %v drop, in netsync: %v", room.stay, room.drop, room.netsync), func(t *testing.T) {
			inArena(t, 25, network.Profile{Delay: 10 * time.Millisecond}, server.Config{Padding: server.PaddingOn},
				func(a *arena) {
					t := a.t
					var seats []*kclient.Room
					for i, typ := range room.stay {
						lobby, err := a.ours(fmt.Sprint("stays", i), func(c *kclient.Config) { c.Connection = typ })
						require.NoError(t, err)
						seats = append(seats, enter(a.t, lobby))
					}
					var droppers []*plainClient
					for i, typ := range room.drop {
						c := a.plain(netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 9, byte(i)}), 5000))
						c.send(wire.TypeLogin, wire.LoginRequest{User: fmt.Sprint("drops", i), Emulator: "emu",
							Connection: typ}.AppendTo(nil))
						c.await(wire.TypeUserJoined)
						c.send(wire.TypeJoinGame, wire.JoinRequest{GameID: 1, Connection: typ}.AppendTo(nil))
						c.await(wire.TypeJoinGame)
						droppers = append(droppers, c)
					}
					require.NoError(t, seats[0].Start(a.t.Context()))
					plays := playAll(a, seats, 300)
					for _, c := range droppers {
						c.await(wire.TypeStartGame)
						if !room.netsync {
							c.send(wire.TypeReady, wire.ReadyRequest{}.AppendTo(nil))
						}
					}
					for _, c := range droppers {
						if !room.netsync {
							c.await(wire.TypeReady)
						}
						c.send(wire.TypeDropGame, wire.DropRequest{}.AppendTo(nil))
					}
					results := <-plays
					for i, r := range results {
						require.NoError(t, r.err, "player %d after %d frames", i, len(r.frames))
						require.Len(t, r.frames, 300)
						require.Equal(t, results[0].frames, r.frames, "everybody ran the same frames")
					}
					t.Logf("%d players ran %d frames each; %d internal errors", len(results), len(results[0].frames),
						a.server.Stats().InternalErrors)
				})
		})
	}
}

// enter goes into room 1.
func enter(t *testing.T, lobby *kclient.Client) *kclient.Room {
	t.Helper()
	return enterRoom(t, lobby, 1)
}

// enterRoom goes into a room, which is made where it is not there.
func enterRoom(t *testing.T, lobby *kclient.Client, id uint32) *kclient.Room {
	t.Helper()
	room, err := lobby.Join(t.Context(), id)
	if err != nil {
		room, err = lobby.Create(t.Context(), "game")
	}
	require.NoError(t, err)
	return room
}

// run is what the machine of one player ran: a frame for each call.
type run struct {
	frames []string
	took   time.Duration // from the first frame that was not the frame delay's
	err    error
}

// playAll has players play so many frames at sixty a second, each with inputs of its own, and says goodbye.
func playAll(a *arena, seats []*kclient.Room, frames int) <-chan []run {
	all := make(chan []run, 1)
	results := make([]run, len(seats))
	ended := make(chan struct{})
	for i, seat := range seats {
		go func() {
			defer func() { ended <- struct{}{} }()
			results[i] = playOne(a, seat, byte(i+1), frames)
		}()
	}
	go func() {
		for range seats {
			<-ended
		}
		all <- results
	}()
	return all
}

func playOne(a *arena, seat *kclient.Room, who byte, frames int) (r run) {
	game, err := seat.WaitStart(a.t.Context())
	if err != nil {
		return run{err: err}
	}
	values := make([]byte, 8*4)
	var next, begun time.Time
	for f := range frames + 24 { // a batch goes out when it is full
		values[0], values[1], values[2], values[3] = who, byte(f), byte(f>>8), 1
		n, err := game.Exchange(a.t.Context(), values, 4)
		switch {
		case f >= frames:
		case err != nil:
			r.err = err
			return r
		default:
			if n == 0 {
				clear(values)
			}
			r.frames = append(r.frames, fmt.Sprintf("%x", values[:4*game.Players()]))
		}
		if begun.IsZero() {
			next, begun = time.Now(), time.Now()
		}
		next = next.Add(time.Second / 60)
		time.Sleep(time.Until(next))
		if f == frames-1 {
			r.took = time.Since(begun)
		}
	}
	time.Sleep(time.Second)
	game.Drop()
	return r
}
