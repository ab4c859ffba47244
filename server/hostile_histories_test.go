package server_test

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"kbridge/kclient/sim/network"
	"kbridge/kclient/wire"
	"kbridge/kclient/wire/ext"
	"kbridge/server"
)

// alone has a client of our own kind in a game of one player.
func (a *arena) alone(at netip.AddrPort, name string) {
	g := a.agentAt(at, name)
	g.ours = true
	g.on = func(m wire.Message) {
		switch m.Type {
		case wire.TypeUserJoined:
			if u, err := wire.ParseUserJoined(m.Body); err == nil && u.User == g.name {
				g.say(wire.TypeCreateGame, wire.CreateRequest{Game: "Tetris"}.AppendTo(nil))
			}
		case wire.TypeJoinGame:
			g.say(wire.TypeStartGame, wire.StartRequest{}.AppendTo(nil))
		case wire.TypeStartGame:
			g.say(wire.TypeReady, wire.ReadyRequest{}.AppendTo(nil))
		}
	}
	g.login()
}

// Row 34: whoever starts as many games as one host can, alone or in pairs, takes nobody's way back.
func TestOneHostsGamesTakeNobodysWayBack(t *testing.T) {
	forms := map[string]func(a *arena){
		"32 games of one player": func(a *arena) {
			host := a.freshHost()
			for i := range 32 {
				a.alone(netip.AddrPortFrom(host, uint16(1000+i)), fmt.Sprint("alone ", i))
			}
		},
		"16 games of two players at each of two hosts": func(a *arena) {
			for h := range 2 {
				host := a.freshHost()
				for i := range 16 {
					names := [2]string{fmt.Sprint("owner ", h, i), fmt.Sprint("guest ", h, i)}
					a.inGameAt([2]netip.AddrPort{netip.AddrPortFrom(host, uint16(1000+i)),
						netip.AddrPortFrom(host, uint16(2000+i))}, names)
				}
			}
		},
	}
	for form, attack := range forms {
		t.Run(form, func(t *testing.T) {
			inArena(t, 34, network.Profile{Delay: time.Millisecond},
				server.Config{Flood: server.Flood{Login: server.Rate{Burst: -1}}}, func(a *arena) {
					attack(a)
					time.Sleep(time.Second)
					games := a.server.Stats().Games
					hosts := [2]netip.Addr{a.freshHost(), a.freshHost()}
					both := a.inGame(hosts, [2]string{"anna", "bert"})
					both[1].mute(true)
					ticket := both[1].ticket
					time.Sleep(12 * time.Second)

					g := a.agentAt(netip.AddrPortFrom(hosts[1], 3000), "bert")
					g.ours, g.back = true, &ticket
					back := make(chan bool, 2)
					g.on = func(m wire.Message) {
						if m.Type == ext.TypeBehind {
							back <- true
						}
					}
					g.login()
					time.AfterFunc(5*time.Second, func() { back <- false })
					way := <-back
					t.Logf("%d games run; the way back into another one is there: %v", games, way)
					assert.Equal(t, 32, games)
					assert.True(t, way)
				})
		})
	}
}
