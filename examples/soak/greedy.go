package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"time"

	"kbridge/kclient"
	"kbridge/kclient/wire"
)

// cycler opens a room and starts, loads and leaves its game as often as it can: each time everybody in the lobby would
// be told three times.
func (a *attack) cycler(ctx context.Context, rng *rand.Rand) {
	for ctx.Err() == nil {
		b := newBreaker(a, rng)
		if b == nil {
			return
		}
		b.login(ctx)
		b.send(wire.TypeCreateGame, wire.CreateRequest{Game: randomName(rng)}.AppendTo(nil))
		until := time.Now().Add(20 * time.Second)
		a.paced(ctx, 40, func() bool {
			b.send(wire.TypeStartGame, wire.StartRequest{}.AppendTo(nil))
			b.send(wire.TypeReady, wire.ReadyRequest{}.AppendTo(nil))
			b.send(wire.TypeDropGame, wire.DropRequest{}.AppendTo(nil))
			b.read()
			return time.Now().Before(until)
		})
		b.quit()
	}
}

// comebacks comes back into its game with one ticket, in a loop, and talks each time.
func (a *attack) comebacks(ctx context.Context, rng *rand.Rand) {
	for ctx.Err() == nil {
		cfg := kclient.Config{User: randomName(rng), Emulator: "flood",
			Listen: func(netip.AddrPort) (kclient.PacketConn, error) { return socket(rng) }}
		lobby, err := kclient.Dial(ctx, a.addr.String(), cfg)
		if err != nil {
			pause(ctx, time.Second)
			continue
		}
		room, err := lobby.Create(ctx, randomName(rng))
		if err == nil {
			err = room.Start(ctx)
		}
		ticket, ok := lobby.Ticket()
		for until := time.Now().Add(20 * time.Second); err == nil && ok && time.Now().Before(until) &&
			ctx.Err() == nil; {
			cfg.Comeback = &ticket
			next, dialed := kclient.Dial(ctx, a.addr.String(), cfg)
			if err = dialed; err != nil {
				break
			}
			lobby = next
			if again, ok := lobby.Ticket(); ok {
				ticket = again
			}
			a.babble(lobby, rng)
		}
		lobby.Quit("back")
		pause(ctx, 100*time.Millisecond)
	}
}

// relogins logs in, talks and quits, in a loop.
func (a *attack) relogins(ctx context.Context, rng *rand.Rand) {
	for ctx.Err() == nil {
		lobby, err := kclient.Dial(ctx, a.addr.String(), kclient.Config{User: randomName(rng), Emulator: "flood"})
		if err != nil {
			pause(ctx, 100*time.Millisecond)
			continue
		}
		a.babble(lobby, rng)
		lobby.Quit("and again")
	}
}

func (a *attack) babble(lobby *kclient.Client, rng *rand.Rand) {
	for range 5 {
		a.sent.Add(1)
		if lobby.Chat(fmt.Sprint("buy now ", rng.IntN(1000))) != nil {
			return
		}
	}
}

// hoarders are eight players with the largest inputs and the slowest connection type, of whose input no two frames are
// alike: each of the server's caches fills with payloads of 24 kB. Before the game they let the lobby's chat pile up,
// and answer no 05.
func (a *attack) hoarders(ctx context.Context, rng *rand.Rand) {
	for ctx.Err() == nil {
		var all []*breaker
		for i := range wire.MaxPlayers {
			b := newBreaker(a, rng)
			if b == nil {
				return
			}
			b.connection = wire.Bad
			b.login(ctx)
			if i == 0 {
				b.send(wire.TypeCreateGame, wire.CreateRequest{Game: randomName(rng)}.AppendTo(nil))
				pause(ctx, 100*time.Millisecond)
				b.read()
			} else {
				b.send(wire.TypeJoinGame, wire.JoinRequest{GameID: all[0].own, Connection: wire.Bad}.AppendTo(nil))
			}
			all = append(all, b)
		}
		for until := time.Now().Add(5 * time.Second); time.Now().Before(until) && ctx.Err() == nil; {
			for _, b := range all {
				b.deaf = true
				b.read()
			}
			pause(ctx, 50*time.Millisecond)
		}
		all[0].send(wire.TypeStartGame, wire.StartRequest{}.AppendTo(nil))
		pause(ctx, 200*time.Millisecond)
		for _, b := range all {
			b.deaf = false
			b.read()
			b.send(wire.TypeReady, wire.ReadyRequest{}.AppendTo(nil))
		}
		until := time.Now().Add(15 * time.Second)
		a.paced(ctx, 10, func() bool { // a batch of six frames each time
			for _, b := range all {
				b.send(wire.TypeGameData, wire.AppendGameData(nil, randomBytes(rng, 6*512)))
				b.read()
			}
			return time.Now().Before(until)
		})
		for _, b := range all {
			b.quit()
		}
	}
}
