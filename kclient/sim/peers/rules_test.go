package peers_test

import (
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/sim/network"
	"kbridge/kclient/sim/peers"
)

// What a model does that no recording of the shared ones shows; each was compared with the real program once.

// room logs two n02 in, the second one so far away each way, and puts them in a room.
func room(t *testing.T, net *network.Network, away time.Duration) (clients []*peers.Client) {
	t.Helper()
	far := netip.MustParseAddr("10.9.0.2")
	net.SetPath(far, serverAddr.Addr(), network.Profile{Delay: away})
	net.SetPath(serverAddr.Addr(), far, network.Profile{Delay: away})
	for _, o := range []peers.Options{{User: "near", Emulator: "x", Connection: 1}, {User: "far", Emulator: "x",
		Connection: 1, Host: far}} {
		c, err := peers.DialN02(net, serverAddr, o)
		require.NoError(t, err)
		clients = append(clients, c)
	}
	require.NoError(t, clients[0].Create("Puzzle"))
	require.NoError(t, clients[1].Join("Puzzle"))
	require.NoError(t, clients[0].AwaitPlayers(2))
	return clients
}

// sit plays until so many frames of the machine have run, or an error.
func sit(c *peers.Client, player, frames int) (*peers.Host, error) {
	h := peers.NewHost(peers.HostConfig{Player: player, Players: 2, Size: 4})
	for len(h.Digests()) < frames {
		time.Sleep(time.Second / 60)
		if err := h.Frame(func(values []byte) (int, error) { return c.Exchange(values, 4) }); err != nil {
			return h, err
		}
	}
	return h, nil
}

// Everybody gets the highest delay, but the batches that are answered with zeros are counted as if nothing had been
// said.
func TestSameDelayOfEmuLinkerPutsMachinesApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := network.New(1, network.Profile{})
		s, err := peers.NewEmuLinker(network, serverAddr, time.Second)
		require.NoError(t, err)
		defer s.Close()
		clients := room(t, network, 40*time.Millisecond)
		clients[0].Chat("/samedelay true")
		require.NoError(t, clients[0].Start())
		hosts := make([]*peers.Host, 2)
		var all sync.WaitGroup
		for i, c := range clients {
			defer c.Close()
			all.Go(func() {
				if c.Begin() == nil {
					hosts[i], _ = sit(c, i, 60)
				}
			})
		}
		all.Wait()
		require.EqualValues(t, 5, clients[0].Started().FrameDelay)
		require.EqualValues(t, 5, clients[1].Started().FrameDelay)
		near, far := clients[0].Frames(), clients[1].Frames()
		require.Equal(t, near[14:44], far[10:40], "four frames apart")
		require.NotEqual(t, hosts[0].Digests()[59], hosts[1].Digests()[59])
	})
}

// EmuLinkerSF gives somebody who is left alone the own input back, half a minute long.
func TestWhoIsLeftAloneOnEmuLinkerSFHearsItselfForHalfAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := network.New(1, network.Profile{})
		s, err := peers.StartEmuLinker(network, serverAddr, peers.EmuLinker{SF: true})
		require.NoError(t, err)
		defer s.Close()
		clients := room(t, network, 0)
		defer clients[0].Close()
		defer clients[1].Close()
		require.NoError(t, clients[0].Start())
		var all sync.WaitGroup
		all.Go(func() {
			if clients[1].Begin() == nil {
				sit(clients[1], 1, 60)
				clients[1].Drop()
			}
		})
		require.NoError(t, clients[0].Begin())
		begun := time.Now()
		h, err := sit(clients[0], 0, 60*60)
		all.Wait()
		require.ErrorIs(t, err, peers.ErrGaveUp)
		require.InDelta(t, 60+30*60, len(h.Digests()), 20)
		require.Greater(t, time.Since(begun), 31*time.Second)
		last := clients[0].Frames()[len(clients[0].Frames())-1]
		require.Equal(t, byte(1), last[0])
		require.Zero(t, last[4])
		least, most, _ := h.OwnLag(200)
		require.Equal(t, 1, least, "as late as ever")
		require.Equal(t, 1, most)
	})
}

// Who leaves a room of direlera-rs hears nothing of it, and n02 does not wait for that; and anybody may join, while a
// game runs too.
func TestDireleraLetsEverybodyInAndTellsNobodyThatHeLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := network.New(1, network.Profile{})
		s, err := peers.NewDirelera(network, serverAddr, 27999)
		require.NoError(t, err)
		defer s.Close()
		clients := room(t, network, 0)
		defer clients[0].Close()
		defer clients[1].Close()
		require.NoError(t, clients[0].Start())
		third, err := peers.DialN02(network, serverAddr, peers.Options{User: "third", Emulator: "x"})
		require.NoError(t, err)
		defer third.Close()
		require.NoError(t, third.Join("Puzzle"))
		require.NoError(t, third.Leave())
		require.NoError(t, third.Create("Another"))
		require.NoError(t, s.Err())
	})
}
