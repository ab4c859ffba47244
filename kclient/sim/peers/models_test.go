package peers_test

import (
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/sim/network"
	"kbridge/kclient/sim/peers"
	"kbridge/kclient/wire"
)

var serverAddr = netip.MustParseAddrPort("10.0.0.1:27888")

type dialer func(*network.Network, netip.AddrPort, peers.Options) (*peers.Client, error)

// press is what a player presses in a frame.
func press(player int) func(frame int, b []byte) {
	return func(frame int, b []byte) {
		for i := range b {
			b[i] = byte(player*37 + frame/5*11 + i)
		}
	}
}

// The models play with each other, on a path that loses nothing.
func TestModelsPlayWithEachOther(t *testing.T) {
	const frames, margin, size = 300, 60, 6
	servers := map[string]func(*network.Network) (*peers.Server, error){
		"EmuLinker": func(n *network.Network) (*peers.Server, error) {
			return peers.NewEmuLinker(n, serverAddr, time.Second)
		},
		"direlera-rs": func(n *network.Network) (*peers.Server, error) {
			return peers.NewDirelera(n, serverAddr, 27999)
		},
	}
	for name, start := range servers {
		for _, types := range [][]wire.ConnectionType{{1, 1}, {3, 3, 3}, {1, 2, 3}} {
			if name == "EmuLinker" && types[0] != types[1] {
				continue
			}
			t.Run(fmt.Sprint(name, types), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					network := network.New(1, network.Profile{Delay: 15 * time.Millisecond})
					server, err := start(network)
					require.NoError(t, err)
					defer server.Close()
					var clients []*peers.Client
					for i, c := range types {
						dial := dialer(peers.DialN02)
						if i == 1 {
							dial = peers.DialSupraClient
						}
						client, err := dial(network, serverAddr, peers.Options{
							User: fmt.Sprint("player", i+1), Emulator: "test 1.0", Connection: c,
							Loads: time.Duration(i) * time.Second})
						require.NoError(t, err)
						defer client.Close()
						clients = append(clients, client)
					}
					require.NoError(t, clients[0].Create("Puzzle"))
					for _, c := range clients[1:] {
						require.NoError(t, c.Join("Puzzle"))
					}
					require.NoError(t, clients[0].AwaitPlayers(len(types)))
					require.NoError(t, clients[0].Start())
					var all sync.WaitGroup
					errs := make([]error, len(clients))
					for i, c := range clients {
						all.Go(func() {
							errs[i] = c.Play(size, frames+margin, press(i))
							c.Drop()
						})
					}
					all.Wait()
					for i, c := range clients {
						require.NoError(t, errs[i])
						require.GreaterOrEqual(t, len(c.Frames()), frames)
						require.Len(t, c.Frames()[0], size*len(types))
						require.Equal(t, clients[0].Frames()[:frames], c.Frames()[:frames], c.Name())
					}
					require.NoError(t, server.Err())
					require.Empty(t, server.Desynchronised())
					require.NoError(t, clients[0].Leave())
					for _, c := range clients {
						c.Quit()
					}
				})
			})
		}
	}
}

// EmuLinker refuses with a reason, direlera-rs by silence.
func TestModelsRefuse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := network.New(1, network.LAN())
		server, err := peers.NewEmuLinker(network, serverAddr, time.Second)
		require.NoError(t, err)
		defer server.Close()
		a, err := peers.DialN02(network, serverAddr, peers.Options{User: "a", Emulator: "x",
			SetPing: 40 * time.Millisecond})
		require.NoError(t, err)
		defer a.Close()
		b, err := peers.DialSupraClient(network, serverAddr, peers.Options{User: "b", Emulator: "x", Connection: 2})
		require.NoError(t, err)
		defer b.Close()
		require.NoError(t, a.Create("g"))
		require.NoError(t, b.Join("g"))
		require.NoError(t, a.AwaitPlayers(2))
		require.ErrorIs(t, a.Start(), peers.ErrNoAnswer)
		require.NotEmpty(t, a.Chats())
		require.NoError(t, b.Leave())
		require.NoError(t, a.Start())
		require.ErrorIs(t, b.Join("g"), peers.ErrRefused)
		require.NoError(t, server.Err())
	})
}
