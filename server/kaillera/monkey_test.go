package kaillera

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"kbridge/kclient/race"
	"kbridge/kclient/wire"
	"kbridge/server/config"
	"kbridge/server/limits"
	"kbridge/server/rate"
	"kbridge/server/room"
)

// A monkey per client: they do whatever comes to their mind, well-formed and
// mostly at the wrong moment, vanish and rejoin, and after every step the
// server's books are in order. In the end everybody vanishes, and nothing may be
// left of them.
func TestMonkeys(t *testing.T) {
	seeds := uint64(20)
	if race.Enabled {
		seeds = 5
	}
	for seed := range seeds {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 1))
			unlimited := rate.Rate{Burst: -1}
			b := newBox(t, Config{MaxGames: 3, MaxUsers: 7, Padding: config.Padding(seed % 3),
				Flood: limits.Flood{Chat: unlimited, GameChat: rate.Rate{Every: time.Second, Burst: 2},
					Create: unlimited,
					Join:   unlimited, Login: unlimited, Message: unlimited}})
			cs := make([]*boxClient, 8)
			fresh := 0
			names := 0
			for i := range cs {
				cs[i] = b.client(i, "x")
			}
			reach := map[string]bool{}
			for range 2000 {
				i := rng.IntN(len(cs))
				c := cs[i]
				if se := c.session(); se == nil || se.state == stateClosed || c.silent {
					if rng.IntN(4) == 0 { // a new one takes its place
						b.remove(c)
						fresh++
						names++
						c = b.client(100+fresh, fmt.Sprint("m", names%12))
						cs[i] = c
						c.send(wire.TypeLogin, wire.LoginRequest{User: c.name, Emulator: "emu",
							Connection: wire.ConnectionType(rng.IntN(6) + 1)})
					}
				}
				// One client at a time is busy for a while, so that they get
				// somewhere.
				switch op := rng.IntN(24); op {
				case 0:
					c.send(wire.TypeUserQuit, wire.QuitRequest{Message: "x"})
				case 1:
					c.silent = true // vanishes
				case 2, 3:
					c.send(wire.TypeCreateGame, wire.CreateRequest{Game: "x"})
				case 4, 5, 6, 7:
					if ids := b.rooms(nil); len(ids) > 0 {
						c.send(wire.TypeJoinGame, wire.JoinRequest{GameID: ids[rng.IntN(len(ids))]})
					}
				case 8:
					c.send(wire.TypeQuitGame, wire.LeaveRequest{})
				case 9, 10:
					c.send(wire.TypeStartGame, wire.StartRequest{})
				case 11, 12, 13, 14, 15:
					for _, c := range cs {
						if !c.silent && rng.IntN(3) > 0 {
							c.send(wire.TypeReady, wire.ReadyRequest{})
						}
					}
				case 16:
					c.send(wire.TypeDropGame, wire.DropRequest{})
				case 17:
					c.send(wire.TypeKick, wire.KickRequest{UserID: uint16(rng.IntN(30))})
				case 18:
					for range rng.IntN(3) * rng.IntN(100) { // so that lines wait
						c.send(wire.TypeGameChat, wire.ChatRequest{Text: "x"})
					}
				case 19, 20, 21, 22:
					for _, c := range cs {
						if se := c.session(); se != nil && !c.silent && rng.IntN(20) > 0 {
							n := 4 * se.connection.Frames()
							if rng.IntN(50) == 0 {
								n++
							}
							c.data(make([]byte, n)...)
						}
					}
				case 23:
					b.pass(time.Duration(rng.IntN(20_000)) * time.Millisecond)
				}
				b.pass(time.Duration(rng.IntN(50)) * time.Millisecond)
				b.check()
				b.rooms(func(r *room.Room) { reach[fmt.Sprint(r.Status().State, r.Owner() == nil)] = true })
			}
			if len(reach) < 3 {
				t.Fatalf("the monkeys reached only %v", reach)
			}
			for _, c := range cs {
				c.silent = true
			}
			b.pass(10 * time.Minute)
			b.empty()
		})
	}
}
