package server_test

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"
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

// What plays against the server here are models of the clients that are in use (package peers).

type dialModel func(*network.Network, netip.AddrPort, peers.Options) (*peers.Client, error)

var (
	n02   = dialModel(peers.DialN02)
	supra = dialModel(peers.DialSupraClient)
)

// legacyMatch is one game of model clients.
type legacyMatch struct {
	seed    uint64
	profile network.Profile
	clients []dialModel
	types   []wire.ConnectionType
	size    int
	frames  int
	setPing bool                     // n02 answers no 05
	during  func(n *network.Network) // runs beside the game
	limit   time.Duration            // of virtual time; at least ten minutes
	result  []error                  // of each player
	players []*peers.Client          // for a closer look; closed already
	took    time.Duration            // the whole of it
}

func (m *legacyMatch) String() string {
	return fmt.Sprintf("seed %d, types %v, size %d, loss %v", m.seed, m.types, m.size, m.profile.Loss)
}

// margin is how many frames more are played than compared, so that the last ones do not hang on
// who drops first.
const margin = 120

func lossy(loss float64) network.Profile {
	p := network.Profile{Delay: 18 * time.Millisecond, Loss: loss}
	if loss > 0 {
		p.Jitter, p.Duplicate, p.Reorder = 6*time.Millisecond, 0.01, 0.01
	}
	return p
}

// play runs the match. What no client may see from a server fails the test here, and so do frames that
// are not the same for everybody.
func (m *legacyMatch) play(t *testing.T) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		defer func() {
			if t.Failed() {
				t.Logf("to replay: %v", m)
			}
		}()
		begun := time.Now()
		network := network.New(m.seed, m.profile)
		addr := netip.MustParseAddrPort("10.0.0.1:27888")
		_, stop := serveOn(t, network, addr, server.Config{MaxPing: time.Second, Random: seeded(m.seed)})
		defer func() {
			for _, c := range m.players {
				c.Close()
			}
			stop()
		}()
		for i, dial := range m.clients {
			o := peers.Options{User: fmt.Sprint("player", i+1), Emulator: "test 1.0", Connection: m.types[i],
				Loads: time.Duration(i%3) * 700 * time.Millisecond, Tries: 6}
			if m.setPing {
				o.SetPing = 40 * time.Millisecond
			}
			c, err := dial(network, addr, o)
			require.NoError(t, err)
			m.players = append(m.players, c)
		}
		require.NoError(t, m.players[0].Create("Puzzle"))
		for _, c := range m.players[1:] {
			require.NoError(t, c.Join("Puzzle"))
		}
		require.NoError(t, m.players[0].AwaitPlayers(len(m.players)))
		require.NoError(t, m.players[0].Start())
		if m.during != nil {
			go m.during(network)
		}
		var all sync.WaitGroup
		m.result = make([]error, len(m.players))
		for i, c := range m.players {
			all.Go(func() {
				m.result[i] = c.Play(m.size, m.frames+margin, func(frame int, b []byte) {
					for k := range b {
						b[k] = byte(i*37 + frame/4*11 + k)
					}
				})
				c.Drop()
			})
		}
		all.Wait()
		m.took = time.Since(begun)
		require.Less(t, m.took, max(m.limit, 10*time.Minute), "every wait is bounded")
		m.compare(t)
		for i, c := range m.players {
			require.NotErrorIs(t, c.Err(), peers.ErrProtocol)
			require.NotErrorIs(t, c.Err(), peers.ErrHole, "the server never sends n02 a hole")
			require.NotErrorIs(t, c.Err(), peers.ErrOverrun)
			if m.result[i] != nil {
				t.Logf("%v, after %v: %v", m, m.took, m.result[i])
				require.True(t, lostByItsOwnRules(m.result[i]), "%v", m.result[i])
			}
		}
		for _, c := range m.players {
			c.Quit()
		}
	})
}

// lostByItsOwnRules: the client gave up, or sent nothing that the server could go on with and was dropped.
func lostByItsOwnRules(err error) bool {
	return errors.Is(err, peers.ErrGaveUp) || errors.Is(err, peers.ErrDropped)
}

// compare: the frames that two players have are the same.
func (m *legacyMatch) compare(t *testing.T) {
	t.Helper()
	best := m.players[0]
	for _, c := range m.players {
		if len(c.Frames())-m.lead(c) > len(best.Frames())-m.lead(best) {
			best = c
		}
	}
	for _, c := range m.players {
		for f, frame := range c.Frames()[:min(len(c.Frames()), m.frames)] {
			require.Len(t, frame, m.size*len(m.players))
			if at := f - m.lead(c); at < 0 {
				require.Equal(t, make([]byte, len(frame)), frame, "leading frame %d of %s", f, c.Name())
			} else {
				require.Equal(t, best.Frames()[at+m.lead(best)], frame, "frame %d of %s", at, c.Name())
			}
		}
	}
}

// lead is how many frames of zeros a player gets first, so that everybody gets the same frame in the same call.
func (m *legacyMatch) lead(c *peers.Client) int {
	longest, own := 0, 0
	for i, p := range m.players {
		d := lockstep.Delay(m.types[i].Frames(), int(p.Started().FrameDelay))
		longest = max(longest, d)
		if p == c {
			own = d
		}
	}
	return longest - own
}

// requireWhoCannotLose asserts that everybody gets all frames who cannot lose by the own rules, and returns how many
// these are. While it waits n02 sends its last five messages again, SupraClient its last three (PROTOCOL.md 2; seen in
// the recordings of both). No more than d + 1 batches can be on the way, so with a frame delay d of 4, or 2, at most,
// nothing that the line loses is lost for good. Beyond that three datagrams in a row that are lost end a SupraClient's
// game, whatever a server does.
func (m *legacyMatch) requireWhoCannotLose(t *testing.T) (n02s, supras int) {
	t.Helper()
	for i, c := range m.players {
		limit, count := 4, &n02s
		if strings.HasPrefix(c.Name(), "SupraClient") {
			limit, count = 2, &supras
		}
		if int(c.Started().FrameDelay) > limit {
			continue
		}
		*count++
		require.NoError(t, m.result[i], "%v: %s", m, c.Name())
		require.GreaterOrEqual(t, len(c.Frames()), m.frames, "%v: %s", m, c.Name())
	}
	return n02s, supras
}

// finished is how many players got all frames.
func (m *legacyMatch) finished() (n int) {
	for i, c := range m.players {
		if m.result[i] == nil && len(c.Frames()) >= m.frames {
			n++
		}
	}
	return n
}

func TestDeployedClientsPlay(t *testing.T) {
	for _, loss := range []float64{0, 0.01, 0.05} {
		for _, tc := range []struct {
			name    string
			clients []dialModel
			types   []wire.ConnectionType
		}{
			{"n02 with n02", []dialModel{n02, n02}, []wire.ConnectionType{1, 1}},
			{"n02 with SupraClient", []dialModel{n02, supra}, []wire.ConnectionType{2, 2}},
			{"SupraClient with n02, mixed types", []dialModel{supra, n02}, []wire.ConnectionType{1, 3}},
			{"four, mixed types", []dialModel{n02, supra, n02, supra}, []wire.ConnectionType{1, 2, 3, 6}},
			{"eight", []dialModel{n02, supra, n02, supra, n02, supra, n02, supra}, []wire.ConnectionType{1, 1, 1, 1, 2,
				2, 1, 1}},
		} {
			t.Run(fmt.Sprintf("%s/loss=%v", tc.name, loss), func(t *testing.T) {
				players, finished := 0, 0
				for seed := range uint64(4) {
					m := legacyMatch{seed: seed, profile: lossy(loss), clients: tc.clients, types: tc.types, size: 4,
						frames: 500}
					m.play(t)
					players += len(tc.clients)
					finished += m.finished()
				}
				if loss == 0 {
					require.Equal(t, players, finished)
				}
				// n02 says once that it is ready, and repeats that in its next two datagrams only.
				require.GreaterOrEqual(t, finished, players*9/10, "%d of %d players finished", finished, players)
			})
		}
	}
}

// n02 with a set ping answers no 05, so nothing but its play proves anything.
func TestN02WithASetPing(t *testing.T) {
	finished := 0
	for seed := range uint64(6) {
		m := legacyMatch{seed: seed, profile: lossy(0.01), clients: []dialModel{n02, n02},
			types: []wire.ConnectionType{1, 1}, size: 2, frames: 300, setPing: true}
		m.play(t)
		finished += m.finished()
	}
	require.GreaterOrEqual(t, finished, 10)
}

// A line that is down for a while, both ways, stalls the game. n02 repeats its last five messages and no older ones,
// SupraClient its last three, so with a frame delay of more than 4, or 2, they are lost by their own rules; the server
// then says so.
func TestDeployedClientsAfterAnOutage(t *testing.T) {
	for _, outage := range []time.Duration{200 * time.Millisecond, time.Second, 5 * time.Second} {
		for _, ping := range []time.Duration{20 * time.Millisecond, 60 * time.Millisecond, 230 * time.Millisecond} {
			m := legacyMatch{seed: 3, profile: network.Profile{Delay: ping / 2}, clients: []dialModel{n02, supra, n02},
				types: []wire.ConnectionType{1, 1, 1}, size: 2, frames: 600}
			m.during = func(n *network.Network) {
				time.Sleep(8 * time.Second)
				p := m.profile
				p.Loss = 1
				n.SetProfile(p)
				time.Sleep(outage)
				n.SetProfile(m.profile)
			}
			m.play(t)
			n02s, supras := m.requireWhoCannotLose(t)
			if ping < 100*time.Millisecond {
				require.Equal(t, 2, n02s, "ping %v", ping)
			}
			if ping < 30*time.Millisecond {
				require.Equal(t, 1, supras, "ping %v", ping)
			}
		}
	}
}

// Only the way to the players is down, so nothing of theirs is lost: n02 is left more than nine messages
// behind, and ignores what is ten ahead. The server climbs to it from what it has.
func TestServerClimbsToN02(t *testing.T) {
	ignored := 0
	for _, outage := range []time.Duration{100, 150, 180, 190, 200, 210, 220, 240, 700, 4000} {
		for _, ping := range []time.Duration{90, 150, 200, 240} {
			m := legacyMatch{seed: 4, profile: network.Profile{Delay: ping * time.Millisecond / 2},
				clients: []dialModel{n02, n02},
				types:   []wire.ConnectionType{1, 1}, size: 2, frames: 600}
			m.during = func(n *network.Network) {
				time.Sleep(8 * time.Second)
				p := m.profile
				p.Loss = 1
				set := func(p network.Profile) {
					for _, c := range m.players {
						n.SetPath(netip.MustParseAddr("10.0.0.1"), c.AddrPort().Addr(), p)
					}
				}
				set(p)
				time.Sleep(outage * time.Millisecond)
				set(m.profile)
			}
			m.play(t)
			require.Equal(t, 2, m.finished(), "outage %d ms, ping %d ms", outage, ping)
			for _, c := range m.players {
				ignored += c.Ignored()
			}
		}
	}
	require.Positive(t, ignored, "n02 was ten behind at least once")
}

// Bursts of loss, as on a busy wireless line: n02 has d = 2 or 3 here and always finishes, and so does the SupraClient
// of type 3 with d = 2. The one of type 1 has d = 3, and a burst of 60 ms takes three of its datagrams in a row: 16 of
// 24 such lost their game.
func TestDeployedClientsOnWiFi(t *testing.T) {
	for seed := range uint64(6) {
		m := legacyMatch{seed: seed, profile: network.WiFi(), clients: []dialModel{n02, supra, n02, supra},
			types: []wire.ConnectionType{1, 1, 2, 3}, size: 8, frames: 600}
		m.play(t)
		n02s, supras := m.requireWhoCannotLose(t)
		require.Equal(t, 2, n02s, "%v: both n02", &m)
		require.Equal(t, 1, supras, "%v: the SupraClient with d = 2", &m)
	}
}

// A client that vanishes in the middle holds the others up for the stall time and no longer.
func TestDeployedClientVanishes(t *testing.T) {
	m := legacyMatch{seed: 5, profile: lossy(0.01), clients: []dialModel{n02, supra, n02},
		types: []wire.ConnectionType{1, 1, 2}, size: 4, frames: 600}
	m.during = func(n *network.Network) {
		time.Sleep(7 * time.Second)
		n.Partition(netip.MustParseAddr("10.0.0.1"), m.players[1].AddrPort().Addr(), true)
	}
	m.play(t)
	require.Equal(t, 2, m.finished())
	require.ErrorIs(t, m.result[1], peers.ErrGaveUp)
	require.Less(t, m.took, 4*time.Minute)
}

// Input of any usual size, up to where a datagram holds one message only. With that much and loss a hole
// is possible: bytes do not allow all that n02 may lack.
func TestDeployedClientsWithBigInputs(t *testing.T) {
	for _, size := range []int{1, 24, 100} {
		m := legacyMatch{seed: 6, profile: lossy(0), clients: []dialModel{n02, supra, n02, supra},
			types: []wire.ConnectionType{1, 2, 3, 6}, size: size, frames: 300}
		m.play(t)
		require.Equal(t, 4, m.finished(), "size %d", size)
	}
}

// Eighteen minutes of a game on a LAN are more messages than a seq has numbers.
func TestDeployedClientsBeyondSeq65535(t *testing.T) {
	if testing.Short() {
		t.Skip("66,000 frames")
	}
	p := network.LAN()
	p.Loss = 0.001
	m := legacyMatch{seed: 7, profile: p, clients: []dialModel{n02, supra}, types: []wire.ConnectionType{1, 1}, size: 2,
		frames: 66_000}
	m.limit = time.Hour
	m.play(t)
	require.Equal(t, 2, m.finished())
}
