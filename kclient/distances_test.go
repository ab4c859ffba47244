package kclient_test

import (
	"context"
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/lockstep"
	"kbridge/kclient/sim/network"
	"kbridge/kclient/sim/peers"
	"kbridge/kclient/wire"
	"kbridge/server"
)

// Machines at unequal distances: emulators (models of hosts) on every client, on every server.

// scene is a game of hosts on clients at distances from a server.
type scene struct {
	server  string
	delay   server.FrameDelay // of ours
	who     []string
	types   []wire.ConnectionType
	away    []time.Duration // each way, by player
	repeats bool            // the hosts repeat a call until it returns a frame
}

func (s scene) String() string {
	return fmt.Sprintf("%v/%v/types=%v/away=%v", s.server, s.who, numbers(s.types), s.away)
}

func numbers(types []wire.ConnectionType) (n []int) {
	for _, c := range types {
		n = append(n, c.Frames())
	}
	return n
}

// sitter is a client that a host can sit on.
type sitter interface {
	contestant
	Begin() error
}

// sat is one player after a scene.
type sat struct {
	host   *peers.Host
	delay  int // D, of the start message
	frames [][]byte
}

// sceneFrames of every machine are compared.
const sceneFrames = 180

// play plays a scene, until every machine has run sceneFrames.
func (s scene) play(t *testing.T) (players []sat) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		net := network.New(1, network.Profile{})
		m := mixedMatch{server: s.server, config: server.Config{FrameDelay: s.delay}}
		stop := m.serve(t, net)
		defer stop()
		var clients []sitter
		defer func() {
			for _, c := range clients {
				c.Quit()
			}
		}()
		for i, who := range s.who {
			host := netip.AddrFrom4([4]byte{10, 9, 0, byte(i + 1)})
			for _, way := range [][2]netip.Addr{{host, mixedServer.Addr()}, {mixedServer.Addr(), host}} {
				net.SetPath(way[0], way[1], network.Profile{Delay: s.away[i]})
			}
			c, err := s.dial(net, host, who, fmt.Sprint("player", i+1), s.types[i])
			require.NoError(t, err)
			clients = append(clients, c)
		}
		require.NoError(t, clients[0].Create("Puzzle"))
		for _, c := range clients[1:] {
			require.NoError(t, c.Join("Puzzle"))
		}
		require.NoError(t, clients[0].AwaitPlayers(len(clients)))
		require.NoError(t, clients[0].Start())
		players = make([]sat, len(clients))
		errs := make([]error, len(clients))
		var all sync.WaitGroup
		var there atomic.Int32
		for i, c := range clients {
			all.Go(func() { errs[i] = s.sit(c, i, &players[i], &there) })
		}
		all.Wait()
		for i, err := range errs {
			require.NoError(t, err, "player %d", i+1)
		}
		for i, c := range clients {
			players[i].frames = c.Frames()
			c.Drop()
		}
	})
	return players
}

func (s scene) dial(network *network.Network, host netip.Addr, who, name string, c wire.ConnectionType) (sitter,
	error) {
	o := peers.Options{User: name, Emulator: "test 1.0", Connection: c, Host: host}
	switch who {
	case n02:
		return peers.DialN02(network, mixedServer, o)
	case supra:
		return peers.DialSupraClient(network, mixedServer, o)
	}
	return dialOursFrom(network, host, name, c)
}

// sit runs a machine at 60 frames a second until everybody's has run far enough.
func (s scene) sit(c sitter, player int, p *sat, there *atomic.Int32) error {
	if err := c.Begin(); err != nil {
		return err
	}
	const size = 4
	var call peers.Call
	switch c := c.(type) {
	case *peers.Client:
		p.delay = lockstep.Delay(s.types[player].Frames(), int(c.Started().FrameDelay))
		call = func(values []byte) (int, error) { return c.Exchange(values, size) }
	case *ourPlayer:
		p.delay = c.game.FrameDelay()
		call = func(values []byte) (int, error) {
			n, err := c.game.Exchange(context.Background(), values, size)
			if n > 0 {
				c.frames = append(c.frames, append([]byte(nil), values[:n]...))
			}
			return n, err
		}
	}
	p.host = peers.NewHost(peers.HostConfig{Player: player, Players: len(s.who), Size: size, Repeats: s.repeats})
	next := time.Now()
	for int(there.Load()) < len(s.who) {
		if now := time.Now(); next.After(now) {
			time.Sleep(next.Sub(now))
		} else {
			next = now
		}
		next = next.Add(frameTime)
		if err := p.host.Frame(call); err != nil {
			if int(there.Load()) == len(s.who) {
				return nil // the others had enough, and have left
			}
			return err
		}
		if len(p.host.Digests()) == sceneFrames {
			there.Add(1)
		}
	}
	return nil
}

// requireEqualMachines: frame by frame.
func requireEqualMachines(t *testing.T, players []sat) {
	t.Helper()
	for i, p := range players[1:] {
		for f := range sceneFrames {
			require.Equal(t, players[0].host.Digests()[f], p.host.Digests()[f],
				"frame %d of player %d's machine and player 1's, delays %d and %d", f, i+2, p.delay, players[0].delay)
		}
	}
}

// requireOwnLag: each player's input comes back as many frames after it was given as its own delay says.
func (s scene) requireOwnLag(t *testing.T, players []sat) {
	t.Helper()
	for i, p := range players {
		least, most, ok := p.host.OwnLag(s.beginning(players, i))
		require.True(t, ok, "player %d never saw its own input", i+1)
		require.Equal(t, p.delay, least, "player %d", i+1)
		require.Equal(t, p.delay, most, "player %d", i+1)
	}
}

// beginning is the frame of a player's machine from which its inputs come back when they should: on EmuLinker after the
// batches that it answers with zeros, 2 × Hmax - d + 5 of them, and as many that it plays late.
func (s scene) beginning(players []sat, player int) int {
	if s.server != onEmuLinker && s.server != onEmuLinkerSF {
		return 0
	}
	c := s.types[player].Frames()
	highest := 0
	for _, p := range players {
		highest = max(highest, (p.delay+1)/c-1)
	}
	own := players[player].delay
	return own + 2*c*(2*highest-((own+1)/c-1)+5)
}

// pairs of clients, the first near and the second far.
func pairs() (all [][]string) {
	for _, near := range []string{n02, supra, ours} {
		for _, far := range []string{n02, supra, ours} {
			all = append(all, []string{near, far})
		}
	}
	return all
}

var distances = [][]time.Duration{{0, 40 * time.Millisecond}, {0, 100 * time.Millisecond}}

// lineUp plays two players of every kind, in rooms of these types at these distances.
func lineUp(t *testing.T, where string, types [][]wire.ConnectionType) {
	for _, c := range types {
		for _, away := range distances {
			for _, who := range pairs() {
				s := scene{server: where, who: who, types: c, away: away}
				t.Run(s.String(), func(t *testing.T) {
					players := s.play(t)
					requireEqualMachines(t, players)
					s.requireOwnLag(t, players)
				})
			}
		}
	}
}

func TestMachinesAtUnequalDistancesAreEqualOnEmuLinker(t *testing.T) {
	for _, where := range []string{onEmuLinker, onEmuLinkerSF} {
		lineUp(t, where, [][]wire.ConnectionType{{1, 1}, {3, 3}})
	}
}

func TestMachinesOfOneTypeAreEqualOnDirelera(t *testing.T) {
	lineUp(t, onDirelera, [][]wire.ConnectionType{{1, 1}, {3, 3}})
}

// direlera-rs gives everybody the same first frame in calls that do not line up: whose machine runs on 0 is elsewhere.
func TestMachinesOfMixedTypesComeApartOnDirelera(t *testing.T) {
	for _, who := range pairs() {
		s := scene{server: onDirelera, who: who, types: []wire.ConnectionType{1, 3}, away: []time.Duration{0, 0}}
		t.Run(s.String(), func(t *testing.T) {
			players := s.play(t)
			require.Equal(t, 1, players[0].delay)
			require.Equal(t, 11, players[1].delay)
			for f := range sceneFrames - 20 {
				require.Equal(t, players[0].frames[f], players[1].frames[f], "the frames themselves are the same")
			}
			require.NotEqual(t, players[0].host.Digests()[sceneFrames-1], players[1].host.Digests()[sceneFrames-1])
		})
	}
}

func TestMachinesAtUnequalDistancesAreEqualOnOurServer(t *testing.T) {
	lineUp(t, onOurs, [][]wire.ConnectionType{{1, 1}, {1, 2}, {1, 3}, {2, 3}, {3, 3}, {1, 6}, {2, 6}, {6, 6}})
}

func TestThreeMachinesAreEqualOnOurServer(t *testing.T) {
	for _, types := range [][]wire.ConnectionType{{1, 1, 1}, {1, 2, 3}, {3, 1, 1}, {2, 3, 6}, {6, 6, 1}} {
		for _, who := range [][]string{{n02, supra, ours}, {ours, n02, supra}, {supra, ours, n02}} {
			s := scene{server: onOurs, who: who, types: types, away: []time.Duration{0, 40 * time.Millisecond,
				90 * time.Millisecond}}
			t.Run(s.String(), func(t *testing.T) {
				players := s.play(t)
				requireEqualMachines(t, players)
				s.requireOwnLag(t, players)
			})
		}
	}
}

// Hosts that repeat a call until it returns a frame need the same delay for all.
func TestMachinesThatRepeatACallAreEqualWithTheSameDelay(t *testing.T) {
	for _, types := range [][]wire.ConnectionType{{1, 1}, {1, 2}, {1, 3}, {2, 3}, {3, 3}, {1, 6}, {2, 6}, {6, 6}} {
		for _, away := range distances {
			for _, who := range pairs() {
				s := scene{server: onOurs, delay: server.FrameDelaySame, who: who, types: types, away: away,
					repeats: true}
				t.Run(s.String(), func(t *testing.T) {
					players := s.play(t)
					requireEqualMachines(t, players)
					require.Equal(t, players[0].delay, players[1].delay)
				})
			}
		}
	}
}
