package server_test

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kbridge/kclient"
	"kbridge/kclient/sim/network"
	"kbridge/kclient/sim/peers"
	"kbridge/kclient/wire"
	"kbridge/server"
)

// bystander is somebody in the lobby who only reads: which host it is at, and which lines of the honest user it has
// read.
type bystander struct {
	name  string
	host  netip.Addr
	lines func() []string
	err   func() error
}

// bystanders are so many users in the lobby, of every kind in turn.
func (a *arena) bystanders(n int) (all []bystander) {
	a.t.Helper()
	for i := range n {
		name := fmt.Sprintf("bystander %d", i)
		if i%3 == 0 {
			all = append(all, a.oursReading(name))
			continue
		}
		c, err := a.old(i%3 == 2, peers.Options{User: name, Emulator: "emu", Connection: wire.LAN})
		require.NoError(a.t, err)
		all = append(all, bystander{c.Name(), c.AddrPort().Addr(), c.LobbyChats, c.Err})
	}
	return all
}

func (a *arena) oursReading(name string) bystander {
	var mu sync.Mutex
	var lines []string
	var host netip.Addr
	lobby, err := a.ours(name, func(c *kclient.Config) {
		c.Listen = func(netip.AddrPort) (kclient.PacketConn, error) {
			conn, err := a.net.Listen(netip.AddrPort{})
			if err == nil {
				host = conn.AddrPort().Addr()
			}
			return conn, err
		}
	})
	require.NoError(a.t, err)
	go func() {
		for {
			e, err := lobby.NextEvent(context.Background())
			if err != nil {
				return
			}
			mu.Lock()
			switch e := e.(type) {
			case kclient.GlobalChat:
				lines = append(lines, e.User+": "+e.Text)
			case kclient.MessagesLost:
				lines = append(lines, fmt.Sprintf("%d messages lost", e.Count))
			}
			mu.Unlock()
		}
	}()
	return bystander{"ours " + name, host, func() []string { mu.Lock(); defer mu.Unlock(); return slices.Clone(lines) },
		lobby.Err}
}

// flood is what the attackers of one form do, n of them at once.
type flood func(a *arena, n int)

const hostileGame = "a game whose name is as long as a name may be, so that telling everybody of it costs as much as it can: it has 127 bytes, nearly."

// cycler is an attacker in a room of its own, which it starts, gets ready for and drops out of, over and over.
func (a *arena) cycler(i int) {
	g := a.agent(fmt.Sprintf("cycler %d", i))
	g.on = func(m wire.Message) {
		switch m.Type {
		case wire.TypeUserJoined:
			if u, err := wire.ParseUserJoined(m.Body); err == nil && u.User == g.name {
				g.say(wire.TypeCreateGame, wire.CreateRequest{Game: hostileGame}.AppendTo(nil))
			}
		case wire.TypeJoinGame, wire.TypeDropGame, wire.TypeGameChat:
			g.say(wire.TypeStartGame, wire.StartRequest{}.AppendTo(nil))
		case wire.TypeStartGame:
			g.say(wire.TypeReady, wire.ReadyRequest{}.AppendTo(nil))
		case wire.TypeReady:
			g.say(wire.TypeDropGame, wire.DropRequest{}.AppendTo(nil))
		}
	}
	g.login()
}

// cyclingPair is the same with two in a room: both get ready and drop out.
func (a *arena) cyclingPair(i int) {
	owner, guest := a.agent(fmt.Sprintf("owner %d", i)), a.agent(fmt.Sprintf("guest %d", i))
	var room uint32
	play := func(g *agent, m wire.Message) {
		switch m.Type {
		case wire.TypeStartGame:
			g.say(wire.TypeReady, wire.ReadyRequest{}.AppendTo(nil))
		case wire.TypeReady:
			g.say(wire.TypeGameChat, wire.ChatRequest{Text: "again"}.AppendTo(nil))
			g.say(wire.TypeDropGame, wire.DropRequest{}.AppendTo(nil))
		}
	}
	owner.on = func(m wire.Message) {
		play(owner, m)
		switch m.Type {
		case wire.TypeUserJoined:
			if u, err := wire.ParseUserJoined(m.Body); err == nil && u.User == owner.name {
				owner.say(wire.TypeCreateGame, wire.CreateRequest{Game: "Pong"}.AppendTo(nil))
			}
		case wire.TypeGameStatus:
			if s, err := wire.ParseGameStatus(m.Body); err == nil && s.GameID == room && s.Players == 2 &&
				s.State == wire.GameWaiting {
				owner.say(wire.TypeStartGame, wire.StartRequest{}.AppendTo(nil))
			}
		case wire.TypeGameChat:
			if c, err := wire.ParseChat(m.Body); err == nil && c.User == "Error" {
				owner.say(wire.TypeStartGame, wire.StartRequest{}.AppendTo(nil))
			}
		case wire.TypeJoinGame:
			if j, err := wire.ParsePlayerJoined(m.Body); err == nil && j.User == owner.name {
				room = j.GameID
				guest.login()
			}
		}
	}
	guest.on = func(m wire.Message) {
		play(guest, m)
		if u, err := wire.ParseUserJoined(m.Body); m.Type == wire.TypeUserJoined && err == nil && u.User == guest.name {
			guest.say(wire.TypeJoinGame, wire.JoinRequest{GameID: room, Connection: wire.LAN}.AppendTo(nil))
		}
	}
	owner.login()
}

// opener opens rooms and closes them.
func (a *arena) opener(i int) {
	g := a.agent(fmt.Sprintf("opener %d", i))
	g.on = func(m wire.Message) {
		switch m.Type {
		case wire.TypeUserJoined:
			if u, err := wire.ParseUserJoined(m.Body); err != nil || u.User != g.name {
				return
			}
			g.say(wire.TypeCreateGame, wire.CreateRequest{Game: hostileGame}.AppendTo(nil))
		case wire.TypeJoinGame:
			g.say(wire.TypeQuitGame, wire.LeaveRequest{}.AppendTo(nil))
		case wire.TypeQuitGame:
			g.say(wire.TypeCreateGame, wire.CreateRequest{Game: hostileGame}.AppendTo(nil))
		}
	}
	g.login()
}

// visitor enters a room and leaves it.
func (a *arena) visitor(i int, room uint32) {
	g := a.agent(fmt.Sprintf("visitor %d", i))
	join := wire.JoinRequest{GameID: room, Connection: wire.LAN}.AppendTo(nil)
	g.on = func(m wire.Message) {
		switch m.Type {
		case wire.TypeUserJoined:
			if u, err := wire.ParseUserJoined(m.Body); err == nil && u.User == g.name {
				g.say(wire.TypeJoinGame, join)
			}
		case wire.TypeJoinGame:
			if j, err := wire.ParsePlayerJoined(m.Body); err == nil && j.User == g.name {
				g.say(wire.TypeQuitGame, wire.LeaveRequest{}.AppendTo(nil))
			}
		case wire.TypeQuitGame:
			if l, err := wire.ParsePlayerLeft(m.Body); err == nil && l.User == g.name {
				g.say(wire.TypeJoinGame, join)
			}
		}
	}
	g.login()
}

// comer logs in, quits and logs in again, from one host.
func (a *arena) comer(i int) {
	host := a.freshHost()
	var mu sync.Mutex
	var now *agent
	over := false
	a.all = append(a.all, func() { mu.Lock(); defer mu.Unlock(); over = true; now.close() })
	var next func()
	again := func(g *agent) {
		g.on = func(wire.Message) {}
		time.AfterFunc(50*time.Millisecond, next)
	}
	port := uint16(1024)
	next = func() {
		mu.Lock()
		defer mu.Unlock()
		if now != nil {
			now.close()
		}
		if over {
			return
		}
		port++
		g := newAgent(a, netip.AddrPortFrom(host, port), fmt.Sprintf("comer %d %s", i, strings.Repeat("x", 20)))
		now = g
		g.on = func(m wire.Message) {
			switch m.Type {
			case wire.TypeUserJoined:
				if u, err := wire.ParseUserJoined(m.Body); err == nil && u.User == g.name {
					g.say(wire.TypeUserQuit, wire.QuitRequest{Message: strings.Repeat("bye ", 25)}.AppendTo(nil))
					again(g)
				}
			case wire.TypeLoginRefused:
				again(g)
			}
		}
		g.login()
	}
	next()
}

var floods = map[string]flood{
	"rooms of one player": func(a *arena, n int) {
		for i := range n {
			a.cycler(i)
		}
	},
	"rooms of two players": func(a *arena, n int) {
		for i := range n {
			a.cyclingPair(i)
		}
	},
	"rooms opened and closed": func(a *arena, n int) {
		for i := range n {
			a.opener(i)
		}
	},
	"logins": func(a *arena, n int) {
		for i := range n {
			a.comer(i)
		}
	},
	"a room entered and left": func(a *arena, n int) {
		host, err := a.ours("host", nil)
		require.NoError(a.t, err)
		room, err := host.Create(context.Background(), "Pong")
		require.NoError(a.t, err)
		for i := range n {
			a.visitor(i, room.Info().ID)
		}
	},
}

// Row 27: whoever starts games and drops out of them, opens rooms and closes them, or enters and leaves, as fast as
// answers come: no bystander gets more than 4 kB in a second, after the first one, and every line that somebody honest
// says meanwhile is read by all of them, in order, within two seconds.
func TestWhoCyclesThroughRoomsDoesNotChokeTheLobby(t *testing.T) {
	const seconds, most, patience = 20, 4000, 2 * time.Second
	for form, flood := range floods {
		for _, n := range []int{1, 4, 8, -8} { // -8: from far away
			delay := 10 * time.Millisecond
			if n < 0 {
				n, delay = -n, 75*time.Millisecond
			}
			t.Run(fmt.Sprintf("%s/%d at %v", form, n, 2*delay), func(t *testing.T) {
				inArena(t, uint64(n), network.Profile{Delay: delay}, server.Config{}, func(a *arena) {
					all := a.bystanders(20)
					honest, err := a.ours("honest", nil)
					require.NoError(t, err)
					time.Sleep(3 * time.Second)
					flood(a, n)
					time.Sleep(8 * delay) // they log in
					var said []string
					var latest time.Duration
					worst, missing := 0, 0
					before := make([]flow, len(all))
					for second := range seconds {
						for i, b := range all {
							before[i] = a.to(b.host)
						}
						if second%2 == 1 {
							line := fmt.Sprintf("line %d", second)
							require.NoError(t, honest.Chat(line))
							said = append(said, "honest: "+line)
						}
						time.Sleep(time.Second)
						for i, b := range all {
							if second > 0 {
								worst = max(worst, a.to(b.host).bytes-before[i].bytes)
							}
						}
					}
					// The last line is given its time, and how long it takes is seen.
					start := time.Now()
					for time.Since(start) < 10*time.Second &&
						slices.ContainsFunc(all, func(b bystander) bool { return len(b.lines()) < len(said) }) {
						time.Sleep(100 * time.Millisecond)
					}
					latest = time.Since(start) + time.Second
					for _, b := range all {
						if lines := b.lines(); !slices.Equal(said, lines) {
							missing++
							t.Logf("%s: %v read %d lines of %d: %s", b.name, b.err(), len(lines), len(said),
								strings.Join(lines, ", "))
						}
					}
					t.Logf("%d bytes in the worst second of a bystander; the last line took %v at most; %d of %d lack lines", worst, latest, missing, len(all))
					assert.Less(t, worst, most)
					assert.LessOrEqual(t, latest, patience)
					assert.Zero(t, missing)
				})
			})
		}
	}
}
