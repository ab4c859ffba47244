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
	"kbridge/kclient/lockstep"
	"kbridge/kclient/sim/network"
	"kbridge/kclient/sim/peers"
	"kbridge/kclient/wire"
	"kbridge/server"
)

// One game of our client and of models of the clients that are in use, on our server or on a model of the servers that
// are in use (package peers).

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
	_ contestant = (*peers.Client)(nil)
	_ contestant = (*ourPlayer)(nil)
)

// ourPlayer plays with our client as an emulator would.
type ourPlayer struct {
	name   string
	host   netip.Addr
	lobby  *kclient.Client
	room   *kclient.Room
	game   *kclient.Game
	loads  time.Duration // how long the emulator takes before its first frame
	frames [][]byte
}

func dialOurs(network *network.Network, name string, c wire.ConnectionType) (*ourPlayer, error) {
	return dialOursFrom(network, netip.Addr{}, name, c)
}

// dialOursFrom dials from an address, the zero value is a fresh one.
func dialOursFrom(network *network.Network, host netip.Addr, name string, c wire.ConnectionType) (*ourPlayer, error) {
	p := &ourPlayer{name: name}
	var err error
	p.lobby, err = kclient.Dial(context.Background(), mixedServer.String(), kclient.Config{User: name,
		Emulator: "test 1.0", Connection: c,
		Listen: func(netip.AddrPort) (kclient.PacketConn, error) {
			c, err := network.Listen(netip.AddrPortFrom(host, 0))
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

// Begin waits for the start of a game, and loads it.
func (p *ourPlayer) Begin() (err error) {
	ctx, stop := context.WithTimeout(context.Background(), 5*time.Minute)
	defer stop()
	if p.game, err = p.room.WaitStart(ctx); err == nil {
		time.Sleep(p.loads)
	}
	return err
}

func (p *ourPlayer) Play(size, frames int, input func(frame int, b []byte)) error {
	ctx, stop := context.WithTimeout(context.Background(), 8*time.Minute)
	defer stop()
	if err := p.Begin(); err != nil {
		return err
	}
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
	onOurs        = "our server"
	onEmuLinker   = "EmuLinker-K"
	onEmuLinkerSF = "EmuLinkerSF"
	onDirelera    = "direlera-rs"
)

// mixedMatch is one game of ours and others' clients on ours or others' server.
type mixedMatch struct {
	seed    uint64
	server  string
	config  server.Config // of ours
	who     []string
	types   []wire.ConnectionType
	size    int
	frames  int
	lobby   network.Profile // until the game has started
	play    network.Profile // from then on
	during  func(m *mixedMatch, n *network.Network)
	players []contestant
	result  []error
	ended   []time.Duration // when each player's game was over
	took    time.Duration
	desyncs []string
}

func (m *mixedMatch) String() string {
	return fmt.Sprintf("seed %d, %v on %s, types %v, size %d, loss %v", m.seed, m.who, m.server, m.types, m.size,
		m.play.Loss)
}

var mixedServer = netip.MustParseAddrPort("10.0.0.1:27888")

// compareMargin is how many frames more are played than compared, so that the last ones do not hang on who
// drops first.
const compareMargin = 120

func roughly(delay time.Duration, loss float64) network.Profile {
	p := network.Profile{Delay: delay, Loss: loss}
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
		network := network.New(m.seed, m.lobby)
		stop := m.serve(t, network)
		defer stop()
		defer func() {
			for _, p := range m.players {
				p.Quit()
			}
		}()
		for i, who := range m.who {
			name := fmt.Sprint("player", i+1)
			o := peers.Options{User: name, Emulator: "test 1.0", Connection: m.types[i], Tries: 6,
				Loads: time.Duration(i%3) * 600 * time.Millisecond}
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
				p, err = peers.DialN02(network, mixedServer, o)
			case supra:
				p, err = peers.DialSupraClient(network, mixedServer, o)
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
		m.result, m.ended = make([]error, len(m.players)), make([]time.Duration, len(m.players))
		for i, p := range m.players {
			all.Go(func() {
				m.result[i] = p.Play(m.size, m.frames+compareMargin, func(frame int, b []byte) {
					for k := range b {
						b[k] = byte(i*37 + frame/4*11 + k)
					}
				})
				m.ended[i] = time.Since(begun)
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
func (m *mixedMatch) serve(t *testing.T, network *network.Network) (stop func()) {
	t.Helper()
	var model *peers.Server
	var err error
	switch m.server {
	case onEmuLinker:
		model, err = peers.NewEmuLinker(network, mixedServer, time.Second)
	case onEmuLinkerSF:
		model, err = peers.StartEmuLinker(network, mixedServer, peers.EmuLinker{SF: true, MaxPing: time.Second})
	case onDirelera:
		model, err = peers.NewDirelera(network, mixedServer, 27999)
	default:
		config := m.config
		config.MaxPing = time.Second
		_, stop := serveOn(t, network, mixedServer, config)
		return stop
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
		c, isModel := p.(*peers.Client)
		if isModel {
			require.NotErrorIs(t, c.Err(), peers.ErrProtocol)
		}
		if m.server != onOurs {
			continue
		}
		if isModel {
			require.NotErrorIs(t, c.Err(), peers.ErrHole, "our server never sends a hole")
			require.NotErrorIs(t, c.Err(), peers.ErrOverrun)
		} else {
			require.NoError(t, m.result[i], "between our own two ends nothing is lost for good")
		}
	}
}

// isCleanEnd: what a player may say who has lost the game.
func isCleanEnd(err error) bool {
	for _, end := range []error{kclient.ErrLost, kclient.ErrDropped, peers.ErrGaveUp, peers.ErrDropped, peers.ErrHole} {
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

// lead is how many more frames of zeros than the farthest player ours and EmuLinker give a player first, so that
// everybody gets the same frame in the same call. direlera-rs gives none.
func (m *mixedMatch) lead(player int) int {
	if m.server == onDirelera {
		return 0
	}
	longest, own := 0, 0
	for i, p := range m.players {
		d := 0
		switch p := p.(type) {
		case *peers.Client:
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
