package kclient_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient"
	"kbridge/kclient/deployed"
	"kbridge/kclient/lockstep"
	"kbridge/kclient/netsim"
	"kbridge/kclient/wire"
	"kbridge/server"
)

// Our client on models of the servers that are in use, and beside models of the clients that
// are in use (package deployed).

// contestant is one player of a mixed match.
type contestant interface {
	Name() string
	Create(game string) error
	Join(game string) error
	AwaitPlayers(n int) error
	Start() error
	Play(size, frames int, input func(frame int, b []byte)) error
	Frames() [][]byte
	Drop()
	Quit()
}

var (
	_ contestant = (*deployed.Client)(nil)
	_ contestant = (*ourPlayer)(nil)
)

// ourPlayer plays with our client as an emulator would.
type ourPlayer struct {
	name   string
	host   netip.Addr
	lobby  *kclient.Lobby
	room   *kclient.Room
	game   *kclient.Game
	loads  time.Duration // how long the emulator takes before its first frame
	frames [][]byte
}

func dialOurs(network *netsim.Network, name string, c wire.ConnectionType) (*ourPlayer, error) {
	p := &ourPlayer{name: name}
	var err error
	p.lobby, err = kclient.Dial(context.Background(), mixedServer.String(), kclient.Config{User: name, Emulator: "test 1.0", Connection: c,
		Listen: func(netip.AddrPort) (kclient.PacketConn, error) {
			c, err := network.Listen(netip.AddrPort{})
			if err == nil {
				p.host = c.AddrPort().Addr()
			}
			return c, err
		}})
	return p, err
}

func (p *ourPlayer) Name() string { return "ours " + p.name }

func (p *ourPlayer) Create(game string) (err error) {
	p.room, err = p.lobby.Create(context.Background(), game)
	return err
}

// patiently asks again every 50 ms of virtual time, for a minute.
func patiently(ok func() bool) bool {
	for range 1200 {
		if ok() {
			return true
		}
		time.Sleep(50 * time.Millisecond)
	}
	return false
}

func (p *ourPlayer) Join(game string) (err error) {
	var id uint32
	if !patiently(func() bool {
		for _, g := range p.lobby.Games() {
			if g.Name == game {
				id = g.ID
				return true
			}
		}
		return false
	}) {
		return fmt.Errorf("%s sees no room %q", p.Name(), game)
	}
	p.room, err = p.lobby.Join(context.Background(), id)
	return err
}

func (p *ourPlayer) AwaitPlayers(n int) error {
	if !patiently(func() bool { return len(p.room.Players()) >= n }) {
		return fmt.Errorf("%s sees %d players, waiting for %d", p.Name(), len(p.room.Players()), n)
	}
	return nil
}

func (p *ourPlayer) Start() error { return p.room.Start(context.Background()) }

func (p *ourPlayer) Play(size, frames int, input func(frame int, b []byte)) error {
	ctx, stop := context.WithTimeout(context.Background(), 8*time.Minute)
	defer stop()
	var err error
	if p.game, err = p.room.WaitStart(ctx); err != nil {
		return err
	}
	time.Sleep(p.loads)
	values := make([]byte, size*p.game.Players())
	next := time.Now()
	for f := 0; len(p.frames) < frames; f++ {
		if now := time.Now(); next.After(now) {
			time.Sleep(next.Sub(now))
		} else {
			next = now
		}
		next = next.Add(frameTime)
		clear(values)
		input(f, values[:size])
		n, err := p.game.Exchange(ctx, values, size)
		if err != nil {
			return fmt.Errorf("%s after %d frames: %w", p.Name(), len(p.frames), err)
		}
		if n > 0 {
			p.frames = append(p.frames, append([]byte(nil), values[:n]...))
		}
	}
	return nil
}

func (p *ourPlayer) Frames() [][]byte { return p.frames }

func (p *ourPlayer) Drop() {
	if p.game != nil {
		p.game.Drop()
	}
}

func (p *ourPlayer) Quit() { p.lobby.Quit("bye") }

// who plays.
const (
	ours  = "ours"
	n02   = "n02"
	supra = "SupraClient"
)

// where it is played.
const (
	onOurs      = "our server"
	onEmuLinker = "EmuLinker"
	onDirelera  = "direlera-rs"
)

// mixedMatch is one game of ours and others' clients on ours or others' server.
type mixedMatch struct {
	seed    uint64
	server  string
	who     []string
	types   []wire.ConnectionType
	size    int
	frames  int
	lobby   netsim.Profile // until the game has started
	play    netsim.Profile // from then on
	during  func(m *mixedMatch, n *netsim.Network)
	players []contestant
	result  []error
	took    time.Duration
	desyncs []string
}

func (m *mixedMatch) String() string {
	return fmt.Sprintf("seed %d, %v on %s, types %v, size %d, loss %v", m.seed, m.who, m.server, m.types, m.size, m.play.Loss)
}

var mixedServer = netip.MustParseAddrPort("10.0.0.1:27888")

// compareMargin is how many frames more are played than compared, so that the last ones do not hang on who
// drops first.
const compareMargin = 120

func roughly(delay time.Duration, loss float64) netsim.Profile {
	p := netsim.Profile{Delay: delay, Loss: loss}
	if loss > 0 {
		p.Jitter, p.Duplicate, p.Reorder = delay/3, 0.01, 0.01
	}
	return p
}

func (m *mixedMatch) run(t *testing.T) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		defer func() {
			if t.Failed() {
				t.Logf("to replay: %v", m)
			}
		}()
		begun := time.Now()
		network := netsim.New(m.seed, m.lobby)
		stop := m.serve(t, network)
		defer stop()
		defer func() {
			for _, p := range m.players {
				p.Quit()
			}
		}()
		for i, who := range m.who {
			name := fmt.Sprint("player", i+1)
			o := deployed.Options{User: name, Emulator: "test 1.0", Connection: m.types[i], Tries: 6, Loads: time.Duration(i%3) * 600 * time.Millisecond}
			var p contestant
			var err error
			switch who {
			case ours:
				var our *ourPlayer
				if our, err = dialOurs(network, name, m.types[i]); err == nil {
					our.loads = o.Loads
					p = our
				}
			case n02:
				p, err = deployed.DialN02(network, mixedServer, o)
			case supra:
				p, err = deployed.DialSupraClient(network, mixedServer, o)
			}
			require.NoError(t, err)
			m.players = append(m.players, p)
		}
		require.NoError(t, m.players[0].Create("Puzzle"))
		for _, p := range m.players[1:] {
			require.NoError(t, p.Join("Puzzle"))
		}
		require.NoError(t, m.players[0].AwaitPlayers(len(m.players)))
		require.NoError(t, m.players[0].Start())
		network.SetProfile(m.play)
		if m.during != nil {
			go m.during(m, network)
		}
		var all sync.WaitGroup
		m.result = make([]error, len(m.players))
		for i, p := range m.players {
			all.Go(func() {
				m.result[i] = p.Play(m.size, m.frames+compareMargin, func(frame int, b []byte) {
					for k := range b {
						b[k] = byte(i*37 + frame/4*11 + k)
					}
				})
				p.Drop()
			})
		}
		all.Wait()
		m.took = time.Since(begun)
		require.Less(t, m.took, 6*time.Minute, "every wait is bounded: %v", m.result)
		m.check(t)
	})
}

// serve starts the server and returns what ends it.
func (m *mixedMatch) serve(t *testing.T, network *netsim.Network) (stop func()) {
	t.Helper()
	var model *deployed.Server
	var err error
	switch m.server {
	case onEmuLinker:
		model, err = deployed.NewEmuLinker(network, mixedServer, time.Second)
	case onDirelera:
		model, err = deployed.NewDirelera(network, mixedServer, 27999)
	default:
		conn, err := network.Listen(mixedServer)
		require.NoError(t, err)
		sv, err := server.New(server.Config{MaxPing: time.Second})
		require.NoError(t, err)
		served := make(chan error, 1)
		go func() { served <- sv.Serve(conn, nil) }()
		return func() { sv.Close("over"); <-served }
	}
	require.NoError(t, err)
	return func() {
		require.NoError(t, model.Err(), "what our client sends is what that server understands")
		m.desyncs = model.Desynchronised()
		model.Close()
	}
}

// check: frames that two players have are the same, and who lost the game says so with a typed error.
func (m *mixedMatch) check(t *testing.T) {
	t.Helper()
	best, ahead := m.players[0].Frames(), m.lead(0)
	for i, p := range m.players {
		if len(p.Frames())-m.lead(i) > len(best)-ahead {
			best, ahead = p.Frames(), m.lead(i)
		}
	}
	for i, p := range m.players {
		for f, frame := range p.Frames()[:min(len(p.Frames()), m.frames)] {
			if at := f - m.lead(i); at < 0 {
				require.Equal(t, make([]byte, len(frame)), frame, "leading frame %d of %s", f, p.Name())
			} else {
				require.Equal(t, best[at+ahead], frame, "frame %d of %s", at, p.Name())
			}
		}
		if err := m.result[i]; err != nil {
			t.Logf("%v, after %v: %v", m, m.took, err)
			require.True(t, isCleanEnd(err), "%s: %v", p.Name(), err)
		} else {
			require.GreaterOrEqual(t, len(p.Frames()), m.frames, p.Name())
		}
		c, isModel := p.(*deployed.Client)
		if isModel {
			require.NotErrorIs(t, c.Err(), deployed.ErrProtocol)
		}
		if m.server != onOurs {
			continue
		}
		if isModel {
			require.NotErrorIs(t, c.Err(), deployed.ErrHole, "our server never sends a hole")
			require.NotErrorIs(t, c.Err(), deployed.ErrOverrun)
		} else {
			require.NoError(t, m.result[i], "between our own two ends nothing is lost for good")
		}
	}
}

// isCleanEnd: what a player may say who has lost the game.
func isCleanEnd(err error) bool {
	for _, end := range []error{kclient.ErrLost, kclient.ErrDropped, deployed.ErrGaveUp, deployed.ErrDropped, deployed.ErrHole} {
		if errors.Is(err, end) {
			return true
		}
	}
	var timeout *kclient.TimeoutError
	return errors.As(err, &timeout)
}

func (m *mixedMatch) finished() (n int) {
	for _, err := range m.result {
		if err == nil {
			n++
		}
	}
	return n
}

// EmuLinker answers repeats, so nothing ordinary on the line can end a game of ours on it.
func TestPlayOnEmuLinker(t *testing.T) {
	for _, loss := range []float64{0, 0.01, 0.05} {
		for _, types := range [][]wire.ConnectionType{{1, 1}, {2, 2, 2}, {6, 6}} {
			t.Run(fmt.Sprintf("loss=%v types=%v", loss, types), func(t *testing.T) {
				for seed := range uint64(5) {
					m := mixedMatch{seed: seed, server: onEmuLinker, who: []string{ours, ours, ours}[:len(types)], types: types, size: 4, frames: 500,
						lobby: roughly(20*time.Millisecond, 0), play: roughly(20*time.Millisecond, loss)}
					m.run(t)
					require.Equal(t, len(types), m.finished(), "%v", &m)
					require.Empty(t, m.desyncs)
				}
			})
		}
	}
}

// direlera-rs sends everything once: when its last datagrams to everybody are lost, nobody can go on. Else a game of ours
// plays to its end, although it takes one message from a datagram only.
func TestPlayOnDirelera(t *testing.T) {
	for _, loss := range []float64{0, 0.01, 0.05} {
		for _, types := range [][]wire.ConnectionType{{1, 1}, {1, 2, 3}} {
			t.Run(fmt.Sprintf("loss=%v types=%v", loss, types), func(t *testing.T) {
				players, finished := 0, 0
				for seed := range uint64(6) {
					m := mixedMatch{seed: seed, server: onDirelera, who: []string{ours, ours, ours}[:len(types)], types: types, size: 2, frames: 500,
						lobby: roughly(20*time.Millisecond, 0), play: roughly(20*time.Millisecond, loss)}
					m.run(t)
					players += len(types)
					finished += m.finished()
				}
				t.Logf("%d of %d finished", finished, players)
				if loss == 0 {
					require.Equal(t, players, finished)
				}
			})
		}
	}
}

// Ours beside the others' clients, on every server.
func TestPlayBesideDeployedClients(t *testing.T) {
	for _, where := range []string{onOurs, onEmuLinker, onDirelera} {
		for _, loss := range []float64{0, 0.01, 0.05} {
			for _, who := range [][]string{{ours, n02}, {supra, ours}, {n02, ours, supra}} {
				t.Run(fmt.Sprintf("%s, %v, loss=%v", where, who, loss), func(t *testing.T) {
					types := []wire.ConnectionType{1, 2, 3}[:len(who)]
					if where == onEmuLinker {
						types = []wire.ConnectionType{2, 2, 2}[:len(who)]
					}
					players, finished := 0, 0
					for seed := range uint64(3) {
						m := mixedMatch{seed: seed, server: where, who: who, types: types, size: 2, frames: 400,
							lobby: roughly(20*time.Millisecond, 0), play: roughly(20*time.Millisecond, loss)}
						m.run(t)
						players += len(types)
						finished += m.finished()
					}
					t.Logf("%d of %d finished", finished, players)
					if loss == 0 {
						require.Equal(t, players, finished)
					}
				})
			}
		}
	}
}

// EmuLinker keeps nine messages. With a longer delay than that, an outage on the way to a player costs that player
// the game: it says so within seconds, and the others play on.
func TestEmuLinkerHasThrownMessagesAway(t *testing.T) {
	lost := 0
	for _, outage := range []time.Duration{150, 250, 400, 1500} {
		m := mixedMatch{seed: 1, server: onEmuLinker, who: []string{ours, ours}, types: []wire.ConnectionType{1, 1}, size: 4, frames: 500,
			lobby: roughly(110*time.Millisecond, 0), play: roughly(110*time.Millisecond, 0)}
		m.during = func(m *mixedMatch, n *netsim.Network) {
			time.Sleep(6 * time.Second)
			p := m.play
			p.Loss = 1
			to := m.players[0].(*ourPlayer).host
			n.SetPath(mixedServer.Addr(), to, p)
			time.Sleep(outage * time.Millisecond)
			n.SetPath(mixedServer.Addr(), to, m.play)
		}
		m.run(t)
		require.NoError(t, m.result[1], "the other one plays on, outage %d ms", outage)
		if m.result[0] != nil {
			require.ErrorIs(t, m.result[0], kclient.ErrLost)
			lost++
		}
		require.Less(t, m.took, 40*time.Second)
	}
	require.Positive(t, lost, "more than nine were lost at least once")
}

// A server that dies in the middle of a game ends it after the stall time, with an error that says so.
func TestDeployedServerDies(t *testing.T) {
	for _, where := range []string{onEmuLinker, onDirelera} {
		m := mixedMatch{seed: 1, server: where, who: []string{ours, ours}, types: []wire.ConnectionType{1, 1}, size: 4, frames: 600,
			lobby: roughly(15*time.Millisecond, 0), play: roughly(15*time.Millisecond, 0)}
		m.during = func(m *mixedMatch, n *netsim.Network) {
			time.Sleep(5 * time.Second)
			p := m.play
			p.Loss = 1
			n.SetProfile(p)
		}
		m.run(t)
		for _, err := range m.result {
			var timeout *kclient.TimeoutError
			require.ErrorAs(t, err, &timeout, where)
		}
		require.Less(t, m.took, 30*time.Second)
	}
}

// A lossy line in the lobby. EmuLinker answers repeats; direlera-rs says everything once, and what it answers with silence
// ends in an error that tells what was waited for.
func TestDeployedLobbiesUnderLoss(t *testing.T) {
	for _, where := range []string{onEmuLinker, onDirelera} {
		for _, loss := range []float64{0.01, 0.05, 0.2} {
			t.Run(fmt.Sprintf("%s, loss=%v", where, loss), func(t *testing.T) {
				worked := 0
				const seeds = 12
				for seed := range uint64(seeds) {
					synctest.Test(t, func(t *testing.T) {
						network := netsim.New(seed, roughly(25*time.Millisecond, loss))
						m := mixedMatch{seed: seed, server: where}
						stop := m.serve(t, network)
						defer stop()
						begun := time.Now()
						err := func() error {
							p, err := dialOurs(network, "one", 1)
							if err != nil {
								return err
							}
							defer p.Quit()
							q, err := dialOurs(network, "two", 1)
							if err != nil {
								return err
							}
							defer q.Quit()
							if err := p.Create("Puzzle"); err != nil {
								return err
							}
							if err := q.Join("Puzzle"); err != nil {
								return err
							}
							return p.AwaitPlayers(2)
						}()
						require.Less(t, time.Since(begun), 3*time.Minute)
						if err == nil {
							worked++
							return
						}
						t.Logf("seed %d: %v", seed, err)
					})
				}
				t.Logf("%d of %d worked", worked, seeds)
				if where == onEmuLinker && loss < 0.1 {
					// What EmuLinker tells somebody who asks for nothing may still get lost.
					require.GreaterOrEqual(t, worked, seeds*3/4)
				}
			})
		}
	}
}

// What servers refuse: EmuLinker with a reason, direlera-rs by silence.
func TestDeployedRefusals(t *testing.T) {
	for _, where := range []string{onEmuLinker, onDirelera} {
		synctest.Test(t, func(t *testing.T) {
			network := netsim.New(1, netsim.LAN())
			m := mixedMatch{server: where}
			stop := m.serve(t, network)
			defer stop()
			dial := func(name string, c wire.ConnectionType) *ourPlayer {
				p, err := dialOurs(network, name, c)
				require.NoError(t, err)
				return p
			}
			one, two, three := dial("one", 1), dial("two", 2), dial("three", 1)
			defer one.Quit()
			defer two.Quit()
			defer three.Quit()
			require.NoError(t, one.Create("Puzzle"))
			require.NoError(t, two.Join("Puzzle"))
			begun := time.Now()
			err := one.Start()
			var refused *kclient.RefusedError
			if where == onEmuLinker {
				require.ErrorAs(t, err, &refused, "mixed connection types")
				require.NotEmpty(t, refused.Reason)
				require.NoError(t, two.room.Leave(context.Background()))
				require.NoError(t, one.Start())
			} else {
				require.NoError(t, err, "mixed types play there")
			}
			require.True(t, patiently(func() bool { return three.lobby.Games()[0].State != wire.GameWaiting }))
			err = three.Join("Puzzle")
			if where == onEmuLinker {
				require.ErrorAs(t, err, &refused, "a running game")
				require.NotEmpty(t, refused.Reason)
			} else {
				var timeout *kclient.TimeoutError
				require.ErrorAs(t, err, &timeout, "silence")
			}
			require.Less(t, time.Since(begun), 20*time.Second)
			require.NoError(t, three.Create("Another"), "and goes on in the lobby")
		})
	}
}

// lead is how many frames of zeros our server gives a player first, so that everybody gets the same frame in the same call.
func (m *mixedMatch) lead(player int) int {
	if m.server != onOurs {
		return 0
	}
	longest, own := 0, 0
	for i, p := range m.players {
		d := 0
		switch p := p.(type) {
		case *deployed.Client:
			d = lockstep.Delay(m.types[i].Frames(), int(p.Started().FrameDelay))
		case *ourPlayer:
			d = p.game.FrameDelay()
		}
		longest = max(longest, d)
		if i == player {
			own = d
		}
	}
	return longest - own
}
