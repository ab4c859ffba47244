package server_test

import (
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kbridge/kclient/sim/network"
	"kbridge/kclient/wire"
	"kbridge/kclient/wire/ext"
	"kbridge/server"
)

// witness is in the lobby and counts the lines that it reads.
func (a *arena) witness() (lines func() int) {
	var mu sync.Mutex
	n := 0
	g := a.agent("witness")
	g.on = func(m wire.Message) {
		mu.Lock()
		defer mu.Unlock()
		if m.Type == wire.TypeGlobalChat {
			n++
		}
	}
	g.login()
	time.Sleep(time.Second)
	return func() int { mu.Lock(); defer mu.Unlock(); return n }
}

// inGame has two agents of our own kind in a game that has begun and in which each has sent a few batches, and returns
// them.
func (a *arena) inGame(hosts [2]netip.Addr, names [2]string) [2]*agent {
	a.t.Helper()
	return a.inGameAt([2]netip.AddrPort{netip.AddrPortFrom(hosts[0], 1000), netip.AddrPortFrom(hosts[1], 1000)}, names)
}

func (a *arena) inGameAt(at [2]netip.AddrPort, names [2]string) [2]*agent {
	a.t.Helper()
	var both [2]*agent
	in, ready := make(chan struct{}), make(chan struct{})
	room := make(chan uint32, 1)
	for i := range both {
		g := a.agentAt(at[i], names[i])
		g.ours = true
		both[i] = g
		g.on = func(m wire.Message) {
			switch m.Type {
			case wire.TypeUserJoined:
				if u, err := wire.ParseUserJoined(m.Body); err == nil && u.User == g.name {
					go func() { in <- struct{}{} }()
				}
			case wire.TypeJoinGame:
				if j, err := wire.ParsePlayerJoined(m.Body); err == nil && i == 0 && j.User == g.name {
					room <- j.GameID
				} else if i == 0 {
					g.say(wire.TypeStartGame, wire.StartRequest{}.AppendTo(nil))
				}
			case wire.TypeStartGame:
				g.say(wire.TypeReady, wire.ReadyRequest{}.AppendTo(nil))
			case wire.TypeReady:
				for range 3 {
					g.say(wire.TypeGameData, wire.AppendGameData(nil, []byte{1, 2}))
				}
				go func() { ready <- struct{}{} }()
			}
		}
		g.login()
		<-in
	}
	both[0].send(wire.TypeCreateGame, wire.CreateRequest{Game: "Pong"}.AppendTo(nil))
	both[1].send(wire.TypeJoinGame, wire.JoinRequest{GameID: <-room, Connection: wire.LAN}.AppendTo(nil))
	<-ready
	<-ready
	for _, g := range both {
		g.mu.Lock()
		require.NotZero(a.t, g.ticket)
		g.on = func(wire.Message) {}
		g.mu.Unlock()
	}
	return both
}

// again logs in from the host, with a ticket or without, says as much in the lobby as it can, and then quits, unless it
// is to vanish; over and over until the time is up. It returns how often it was let in, and the last ticket.
func (a *arena) again(host netip.Addr, name string, ticket *ext.Ticket, vanish bool, limit time.Duration) (in int,
	last *ext.Ticket) {
	var old []*agent
	end := time.Now().Add(limit)
	for port := uint16(2000); time.Now().Before(end); port++ {
		g := newAgent(a, netip.AddrPortFrom(host, port), name)
		old = append(old, g)
		g.ours, g.back = ticket != nil, ticket
		let := make(chan bool, 2)
		g.on = func(m wire.Message) {
			switch m.Type {
			case wire.TypeUserJoined:
				if u, err := wire.ParseUserJoined(m.Body); err != nil || u.User != name {
					return
				}
				for i := range 5 {
					g.say(wire.TypeGlobalChat, wire.ChatRequest{Text: fmt.Sprint("line ", i)}.AppendTo(nil))
				}
				if !vanish {
					g.say(wire.TypeUserQuit, wire.QuitRequest{}.AppendTo(nil))
				}
				let <- true
			case wire.TypeLoginRefused:
				let <- false
			}
		}
		g.login()
		if <-let {
			in++
			g.mu.Lock()
			if ticket != nil {
				t := g.ticket
				ticket = &t
			}
			g.mu.Unlock()
		}
		time.Sleep(2 * time.Millisecond)
	}
	for _, g := range old {
		g.close()
	}
	return in, ticket
}

// Row 28: rejoining with a ticket in a loop gives no new rates: a user's chat lines are bounded by the user's rate, and
// the returns by one of their own. A return that is refused leaves the place as it is: after a pause the same ticket
// leads into it.
func TestComingBackGivesNoNewRates(t *testing.T) {
	inArena(t, 28, network.Profile{Delay: 500 * time.Microsecond}, server.Config{}, func(a *arena) {
		lines := a.witness()
		hosts := [2]netip.Addr{a.freshHost(), a.freshHost()}
		both := a.inGame(hosts, [2]string{"player 1", "player 2"})
		before := a.server.Stats().Logins
		ticket := both[0].ticket
		in, last := a.again(hosts[0], both[0].name, &ticket, true, 10*time.Second)
		time.Sleep(time.Second)
		t.Logf("let in %d times, %d logins, %d lines of chat in 10 s; refused: %v", in, a.server.Stats().Logins-before,
			lines(), a.server.Stats().Refusals)
		assert.LessOrEqual(t, in, 4+2)
		assert.GreaterOrEqual(t, in, 4, "an emulator that crashes a few times rejoins")
		assert.LessOrEqual(t, lines(), 5+5)
		assert.Equal(t, 3, a.server.Stats().Users)
		time.Sleep(5 * time.Second)
		again, _ := a.again(hosts[0], both[0].name, last, true, time.Millisecond)
		assert.Equal(t, 1, again, "the seat is still kept")
		assert.Equal(t, 3, a.server.Stats().Users)
		assert.Equal(t, 1, a.server.Stats().Games)
	})
}

// Row 28: quitting and logging in again in a loop gives no new rates either, to a host of whatever address.
func TestLoggingInAgainGivesNoNewRates(t *testing.T) {
	for _, v6 := range []bool{false, true} {
		t.Run(fmt.Sprintf("v6=%v", v6), func(t *testing.T) {
			inArena(t, 29, network.Profile{Delay: 500 * time.Microsecond}, server.Config{}, func(a *arena) {
				lines := a.witness()
				host := a.freshHost()
				if v6 {
					host = netip.MustParseAddr("2001:db8::77")
				}
				in, _ := a.again(host, "again", nil, false, 10*time.Second)
				time.Sleep(time.Second)
				t.Logf("let in %d times, %d lines of chat in 10 s", in, lines())
				assert.Greater(t, in, 30, "logging in has a rate of its own")
				assert.LessOrEqual(t, lines(), 5+6)
			})
		})
	}
}

// Users behind one address do not use up each other's rates: what one has used up nobody else lacks while that one is
// there, and who comes later has everything when those who left have.
func TestUsersBehindOneAddressHaveTheirOwnRates(t *testing.T) {
	inArena(t, 30, network.Profile{Delay: time.Millisecond}, server.Config{}, func(a *arena) {
		lines := a.witness()
		host := a.freshHost()
		var all []*agent
		for i := range 4 {
			g := a.agentAt(netip.AddrPortFrom(host, uint16(1000+i)), fmt.Sprint("friend ", i))
			g.login()
			all = append(all, g)
		}
		time.Sleep(time.Second)
		say := func(g *agent) {
			for range 5 {
				g.send(wire.TypeGlobalChat, wire.ChatRequest{Text: "hello"}.AppendTo(nil))
			}
			time.Sleep(300 * time.Millisecond)
		}
		for i, g := range all {
			say(g)
			require.Equal(t, 5*(i+1), lines())
		}
		all[0].send(wire.TypeUserQuit, wire.QuitRequest{}.AppendTo(nil))
		time.Sleep(11 * time.Second)
		late := a.agentAt(netip.AddrPortFrom(host, 1010), "late")
		late.login()
		time.Sleep(time.Second)
		say(late)
		require.Equal(t, 25, lines())
	})
}
