package server

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/wire"
)

// kill makes a client fall silent for good, as a machine that lost its power.
func (c *client) kill() { c.close() }

// Row 21: each player in turn vanishes in play, the owner too: it is dropped
// after the stall time, the others play on, and after the keep-alive time it is
// gone from the server.
func TestAPlayerWhoVanishesInPlayIsDropped(t *testing.T) {
	for victim := range 3 {
		t.Run(fmt.Sprintf("player %d", victim+1), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, 30, lan, Config{})
				cs := w.room(1, 2, 3)
				gs := started(t, cs)
				together(120, gs...)
				cs[victim].kill()
				var others []*gamer
				for i, g := range gs {
					if i != victim {
						others = append(others, g)
					}
				}
				begin := time.Now()
				together(600, others...)
				// Ten seconds of play, and the stall in front of it.
				require.InDelta(t, 20, time.Since(begin).Seconds(), 1)
				sameFrames(t, 600, others...)
				last := others[0].frames[len(others[0].frames)-1]
				require.Equal(t, make([]byte, 4), last[4*victim:4*victim+4])

				// The others keep playing, or talking, while it is found out.
				name := fmt.Sprintf("p%d", victim+1)
				together(200*60, others...)
				sameFrames(t, 600, others...)
				require.Equal(t, 2, w.server.Stats().Users, "%s is gone", name)
				require.Equal(t, 1, w.server.Stats().Rooms)
				if victim != 0 {
					return
				}
				// The room has no owner: it closes when nobody plays any more.
				for _, g := range others {
					g.drain()
				}
				others[0].send(wire.TypeDropGame, wire.DropRequest{})
				others[0].until(wire.TypeDropGame)
				require.Equal(t, 1, w.server.Stats().Rooms)
				others[1].send(wire.TypeDropGame, wire.DropRequest{})
				others[1].until(wire.TypeCloseGame)
				require.Zero(t, w.server.Stats().Rooms)
				others[1].create("Next")
			})
		})
	}
}

// Row 21: each player in turn vanishes in netsync, the owner too.
func TestAPlayerWhoVanishesInNetsyncIsDropped(t *testing.T) {
	for victim := range 2 {
		t.Run(fmt.Sprintf("player %d", victim+1), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, 31, lan, Config{})
				cs := w.room(1, 1)
				for _, c := range cs {
					c.drain()
				}
				cs[0].send(wire.TypeStartGame, wire.StartRequest{})
				other := cs[1-victim].await()
				begin := time.Now()
				cs[victim].kill()
				// A slow emulator is not dropped while it loads.
				time.Sleep(110 * time.Second)
				require.Equal(t, 1, w.server.Stats().Games)
				other.send(wire.TypeReady, wire.ReadyRequest{})
				d := parse(t, other.until(wire.TypeDropGame), wire.ParsePlayerDropped)
				require.Equal(t, uint8(victim+1), d.Player)
				require.InDelta(t, 120, time.Since(begin).Seconds(), 1)
				other.until(wire.TypeReady)
				other.play(300)
				require.GreaterOrEqual(t, len(other.frames), 290)
			})
		})
	}
}

// A player who is there but does not send holds the room up just as much.
func TestAPlayerWhoPausesIsDroppedButStaysInTheRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 32, lan, Config{Stall: 3 * time.Second})
		gs := started(t, w.room(1, 1))
		together(60, gs...)
		stop := make(chan struct{})
		go func() { // it chats meanwhile
			for range 10 {
				gs[1].send(wire.TypeGameChat, wire.ChatRequest{Text: "paused"})
				time.Sleep(time.Second)
			}
			close(stop)
		}()
		begin := time.Now()
		gs[0].play(120)
		require.InDelta(t, 2+3, time.Since(begin).Seconds(), 0.5)
		require.Contains(t, parse(t, gs[1].untilFrom("Server"), wire.ParseChat).Text, "nothing came from you for 3s")
		<-stop
		// It is still in the room, and the next game has it in.
		gs[0].send(wire.TypeDropGame, wire.DropRequest{})
		gs[0].drain()
		gs[1].drain()
		again := started(t, []*client{gs[0].client, gs[1].client})
		together(60, again...)
		sameFrames(t, 50, again...)
	})
}

// untilFrom skips to game chat from somebody.
func (c *client) untilFrom(user string) got {
	for {
		g := c.until(wire.TypeGameChat)
		if m := parse(c.t, g, wire.ParseChat); m.User == user {
			return g
		}
	}
}

// Nobody is dropped for waiting: with very different connection types all but
// the slow one wait for whoever stalls for almost the whole patience, in turn.
func TestWaitingIsNotStalling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 33, lan, Config{Stall: 2 * time.Second})
		gs := started(t, w.room(1, 6, 3))
		// So many calls that no group of frames that somebody still waits for is cut in two: p2's six need 14 of p1's
		// calls.
		together(3, gs...)
		for _, g := range gs {
			together(60, gs...)
			// g pauses; the others run into the wait.
			done := make(chan struct{})
			for _, o := range gs {
				go func() {
					if o == g {
						// A batch of type 6 takes 100 ms more to fill, and its player runs about as much behind the
						// others.
						time.Sleep(1800 * time.Millisecond)
					}
					o.play(60)
					done <- struct{}{}
				}()
			}
			for range gs {
				<-done
			}
		}
		for _, g := range gs {
			require.False(t, g.dropped, g.name)
		}
		sameFrames(t, 300, gs...)
	})
}

// A user who says nothing is gone after the keep-alive time, with a message that
// says so; one who sends a keep-alive now and then stays.
func TestKeepAlive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 34, lan, Config{})
		a, _ := w.login("anna", wire.LAN)
		b, idB := w.login("bert", wire.LAN)
		b.create("Pong")
		a.drain()
		b.kill()
		begin := time.Now()
		go func() {
			for range 13 { // until the end: a keep-alive is one datagram, without resends that would count too
				time.Sleep(60 * time.Second)
				a.send(wire.TypeKeepAlive, wire.KeepAlive{})
			}
		}()
		// Its room waits for players who will not play: it closes.
		for len(a.inbox) == 0 {
			time.Sleep(time.Second)
		}
		require.InDelta(t, 190, time.Since(begin).Seconds(), 3)
		require.Equal(t, wire.TypeCloseGame, a.next().typ)
		m := parse(t, a.next(), wire.ParseUserQuit)
		require.Equal(t, wire.UserQuit{User: "bert", UserID: idB, Message: "connection lost"}, m)
		time.Sleep(600 * time.Second)
		require.Equal(t, 1, w.server.Stats().Users)
	})
}
