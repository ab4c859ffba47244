package kclient_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient"
	"kbridge/kclient/sim/network"
	"kbridge/kclient/sim/recordings"
	"kbridge/kclient/wire"
)

// replayed is what our client made of a recorded server.
type replayed struct {
	starts []error
	leaves []error
	events map[string]int
	took   []time.Duration // by the leaves
}

// replay sends a real session what a real server sent to another client, when it did, and
// has it ask for what that client asked for.
func replay(t *testing.T, name string, client int) (r replayed) {
	all := recordings.ReadConversation(t, name).Of(client)
	require.NotEmpty(t, all)
	r.events = map[string]int{}
	synctest.Test(t, func(t *testing.T) {
		network := network.New(1, network.Profile{})
		conn, err := network.Listen(scriptedAddr)
		require.NoError(t, err)
		defer conn.Close()
		addr := make(chan netip.AddrPort, 1)
		go func() { // whatever the client says, the recording goes on
			buf := make([]byte, 2048)
			for {
				_, from, err := conn.ReadFromUDPAddrPort(buf)
				if errors.Is(err, net.ErrClosed) {
					return
				}
				select {
				case addr <- from:
				default:
				}
			}
		}()
		p := &actor{t: t, network: network, r: &r, todo: make(chan func(), 100), seen: map[uint16]bool{}}
		go p.run()
		begun := time.Now()
		var to netip.AddrPort
		var login wire.LoginRequest
		for _, d := range all {
			if d.ToServer && d.Datagram[0] <= wire.MaxBundle {
				messages, err := wire.ParseBundle(d.Datagram, nil)
				require.NoError(t, err)
				login, err = wire.ParseLoginRequest(messages[0].Body)
				require.NoError(t, err)
				break
			}
		}
		for _, d := range all {
			time.Sleep(d.At - time.Since(begun))
			synctest.Wait()
			switch {
			case d.ToServer && to.IsValid():
				p.ask(d.Datagram)
			case d.ToServer:
				p.todo <- func() { p.dial(login) }
			case !to.IsValid(): // HELLO's answer, with our port in it
				to = <-addr
				conn.WriteToUDPAddrPort(wire.AppendHelloReply(nil, scriptedAddr.Port()), to)
			default:
				conn.WriteToUDPAddrPort(d.Datagram, to)
			}
		}
		time.Sleep(2 * time.Second)
		close(p.todo)
		p.lobby.Quit("")
		for { // what happened is still in the queue
			e, err := p.lobby.NextEvent(context.Background())
			if err != nil {
				break
			}
			r.events[fmt.Sprintf("%T", e)]++
		}
	})
	return r
}

// actor is our client in the place of a recorded one. It asks for one thing after the
// other; only a start does not keep it from asking for the next.
type actor struct {
	t       *testing.T
	network *network.Network
	r       *replayed
	todo    chan func()
	seen    map[uint16]bool // seqs of the recorded client's
	lobby   *kclient.Client
	room    *kclient.Room
}

func (p *actor) run() {
	for f := range p.todo {
		f()
	}
}

func (p *actor) dial(login wire.LoginRequest) {
	var err error
	p.lobby, err = kclient.Dial(context.Background(), scriptedAddr.String(), kclient.Config{User: login.User,
		Emulator:   login.Emulator,
		Connection: login.Connection, Listen: func(netip.AddrPort) (kclient.PacketConn,
			error) {
			return p.network.Listen(netip.AddrPort{})
		}})
	require.NoError(p.t, err)
}

// ask has the player ask for what a datagram of the recorded client asks for.
func (p *actor) ask(datagram []byte) {
	messages, err := wire.ParseBundle(datagram, nil)
	require.NoError(p.t, err)
	for i := len(messages) - 1; i >= 0; i-- {
		if m := messages[i]; !p.seen[m.Seq] {
			p.seen[m.Seq] = true
			m.Body = bytes.Clone(m.Body)
			p.todo <- func() { p.askOne(m) }
		}
	}
	synctest.Wait()
}

func (p *actor) askOne(m wire.Message) {
	ctx, t := context.Background(), p.t
	var err error
	switch m.Type {
	case wire.TypeCreateGame:
		request, parseErr := wire.ParseCreateRequest(m.Body)
		require.NoError(t, parseErr)
		p.room, err = p.lobby.Create(ctx, request.Game)
		require.NoError(t, err)
	case wire.TypeJoinGame:
		request, parseErr := wire.ParseJoinRequest(m.Body)
		require.NoError(t, parseErr)
		p.room, err = p.lobby.Join(ctx, request.GameID)
		require.NoError(t, err)
	case wire.TypeGameChat:
		request, parseErr := wire.ParseChatRequest(m.Body)
		require.NoError(t, parseErr)
		require.NoError(t, p.room.Chat(request.Text))
	case wire.TypeStartGame:
		i, room := len(p.r.starts), p.room
		p.r.starts = append(p.r.starts, errors.New("not answered yet"))
		go func() { p.r.starts[i] = room.Start(ctx) }()
	case wire.TypeQuitGame:
		begun := time.Now()
		p.r.leaves = append(p.r.leaves, p.room.Leave(ctx))
		p.r.took = append(p.r.took, time.Since(begun))
	}
}

// TestRealServersRoomConversations replays what EmuLinker-K, EmuLinkerSF and direlera-rs said to others in
// rooms: which starts were refused, with the words that help, which succeeded, and that
// every leave did, soon.
func TestRealServersRoomConversations(t *testing.T) {
	const same = "All players must use the same connection type!"
	for _, c := range []struct {
		name   string
		client int
		starts []string // why each was refused; empty for success
		mixed  int      // warnings of mixed types
	}{
		{"emulinker-k-starts", 0,
			[]string{"To prevent desynch, all players must use the same connection type as the game owner! " + same,
				""}, 0},
		{"emulinker-k-starts", 1,
			[]string{"To prevent desynch, all players must use the same connection type as the game owner! " + same},
			0},
		{"emulinker-sf-starts", 0, []string{same, ""}, 0},
		{"emulinker-sf-starts", 1, []string{same}, 0},
		{"direlera-starts", 0, []string{"", ""}, 1},
		{"direlera-starts", 1, []string{""}, 1}, // a guest, refused by silence; then the owner's start
		{"direlera-unequal-11", 1, nil, 0},
		{"direlera-unequal-13", 0, []string{""}, 1},
		{"direlera-unequal-13", 1, nil, 1},
		{"emulinker-k-unequal-11", 1, nil, 0},
		{"emulinker-sf-unequal-33", 0, []string{""}, 0},
	} {
		t.Run(fmt.Sprintf("%s p%d", c.name, c.client+1), func(t *testing.T) {
			r := replay(t, c.name, c.client)
			require.Len(t, r.starts, len(c.starts))
			for i, reason := range c.starts {
				if reason == "" {
					require.NoError(t, r.starts[i], "start %d succeeded", i+1)
					continue
				}
				var refused *kclient.RefusedError
				require.ErrorAs(t, r.starts[i], &refused, "start %d", i+1)
				require.Equal(t, reason, refused.Reason)
			}
			for i, err := range r.leaves {
				require.NoError(t, err, "leave %d", i+1)
				require.Less(t, r.took[i], 1500*time.Millisecond, "leave %d", i+1)
			}
			require.Equal(t, c.mixed, r.events["kclient.MixedTypes"])
			t.Logf("leaves took %v; events: %v", r.took, r.events)
		})
	}
}
