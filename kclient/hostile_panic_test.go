package kclient_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient"
	"kbridge/kclient/guard"
	"kbridge/kclient/sim/network"
	"kbridge/kclient/wire"
	"kbridge/server"
)

// faultySocket panics in what it is told to. The session writes with its lock held.
type faultySocket struct {
	kclient.PacketConn
	mu                           sync.Mutex
	write, read, deadline, close bool
}

func (s *faultySocket) fault(which *bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if *which {
		panic("injected")
	}
}

func (s *faultySocket) set(which *bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	*which = true
}

func (s *faultySocket) ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error) {
	n, from, err := s.PacketConn.ReadFromUDPAddrPort(b)
	s.fault(&s.read)
	return n, from, err
}

func (s *faultySocket) WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error) {
	s.fault(&s.write)
	return s.PacketConn.WriteToUDPAddrPort(b, to)
}

func (s *faultySocket) SetReadDeadline(at time.Time) error {
	s.fault(&s.deadline)
	return s.PacketConn.SetReadDeadline(at)
}

func (s *faultySocket) Close() error {
	err := s.PacketConn.Close()
	s.fault(&s.close)
	return err
}

// pair is two players of one room, on a server; the first one's socket is faulty.
type pair struct {
	t       *testing.T
	net     *network.Network
	socket  *faultySocket
	log     *bytes.Buffer
	lobbies [2]*kclient.Client
	games   [2]*kclient.Game
}

func withPair(t *testing.T, f func(p *pair)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p := &pair{t: t, net: network.New(26, network.Profile{Delay: 10 * time.Millisecond}), socket: &faultySocket{},
			log: &bytes.Buffer{}}
		sv, stop := serveOn(t, p.net, scriptedAddr, server.Config{MaxPing: time.Second, Comeback: -1})
		defer func() {
			for _, l := range p.lobbies {
				l.Quit("")
			}
			stop()
			require.Zero(t, sv.Stats().InternalErrors, "of the server")
		}()
		var rooms [2]*kclient.Room
		var err error
		for i := range p.lobbies {
			p.lobbies[i], err = kclient.Dial(t.Context(), "10.0.0.1:27888", p.config(i))
			require.NoError(t, err)
			if i == 0 {
				rooms[i], err = p.lobbies[i].Create(t.Context(), "game")
			} else {
				waitFor(t, p.lobbies[i], func() bool { return len(p.lobbies[i].Games()) > 0 })
				rooms[i], err = p.lobbies[i].Join(t.Context(), 1)
			}
			require.NoError(t, err)
		}
		require.NoError(t, rooms[0].Start(t.Context()))
		for i := range p.games {
			p.games[i], err = rooms[i].WaitStart(t.Context())
			require.NoError(t, err)
		}
		f(p)
	})
}

func (p *pair) config(i int) kclient.Config {
	cfg := kclient.Config{User: []string{"first", "second"}[i], Emulator: "emu", Connection: wire.LAN}
	cfg.Listen = func(netip.AddrPort) (c kclient.PacketConn, err error) {
		c, err = p.net.Listen(netip.AddrPort{})
		if i == 0 {
			p.socket.PacketConn = c
			return p.socket, err
		}
		return c, err
	}
	if i == 0 {
		cfg.Logger = slog.New(slog.NewTextHandler(p.log, &slog.HandlerOptions{Level: slog.LevelError}))
	}
	return cfg
}

// play runs frames of one of them, until an error or so many are run.
func (p *pair) play(i, frames int) (n int, err error) {
	values := make([]byte, 8)
	for ; n < frames; n++ {
		if _, err = p.games[i].Exchange(p.t.Context(), values, 1); err != nil {
			return n, err
		}
		time.Sleep(time.Second / 60)
	}
	return n, nil
}

// Row 26: a panic in a session, whoever's goroutine it is on, ends that session: all who wait in it, or call it later,
// get ErrInternal, nobody waits for its lock, one line is logged, and the other player goes on.
func TestAPanicInASessionEndsThatSessionOnly(t *testing.T) {
	for name, inject := range map[string]func(p *pair){
		"write":           func(p *pair) { p.socket.set(&p.socket.write) },
		"read":            func(p *pair) { p.socket.set(&p.socket.read) },
		"deadline":        func(p *pair) { p.socket.set(&p.socket.deadline) },
		"write and close": func(p *pair) { p.socket.set(&p.socket.write); p.socket.set(&p.socket.close) },
		"Notify":          func(p *pair) { p.games[0].Notify(func() { panic("injected") }) },
		"Notify and the end too": func(p *pair) {
			p.games[0].Notify(func() { panic("injected") })
			p.socket.set(&p.socket.close)
		},
	} {
		t.Run(name, func(t *testing.T) {
			withPair(t, func(p *pair) {
				t := p.t
				type end struct {
					n   int
					err error
				}
				ends := [2]chan end{make(chan end, 1), make(chan end, 1)}
				for i := range ends {
					go func() {
						n, err := p.play(i, 600)
						ends[i] <- end{n, err}
					}()
				}
				time.Sleep(2 * time.Second)
				inject(p)
				first := <-ends[0]
				require.ErrorIs(t, first.err, kclient.ErrInternal)
				var fault *guard.Fault
				require.ErrorAs(t, first.err, &fault)
				require.Equal(t, "injected", fault.Value)
				<-p.lobbies[0].Done()
				require.ErrorIs(t, p.lobbies[0].Err(), kclient.ErrInternal)
				_, err := p.games[0].Exchange(t.Context(), make([]byte, 8), 1)
				require.ErrorIs(t, err, kclient.ErrInternal, "later calls too")
				require.ErrorIs(t, p.lobbies[0].Chat("hello"), kclient.ErrClosed)
				_, err = p.lobbies[0].Create(t.Context(), "another")
				require.Error(t, err)
				p.games[0].Stats()
				require.NoError(t, p.games[0].Drop())
				second := <-ends[1]
				require.NoError(t, second.err)
				require.Equal(t, 600, second.n)
				lines := 1
				if name == "write and close" { // a fault of its own
					lines = 2
				}
				require.Equal(t, lines, strings.Count(p.log.String(), `level=ERROR msg="internal error"`),
					p.log.String())
				t.Logf("the first one ended after %d frames with %v; the second one ran %d", first.n, first.err,
					second.n)
			})
		})
	}
}

// Row 26: somebody who waits for the server's answer, or for a frame, is not left waiting by a panic on the session's
// own goroutine.
func TestAPanicWakesWhoWaits(t *testing.T) {
	withPair(t, func(p *pair) {
		t := p.t
		answers := make(chan error, 3)
		go func() {
			_, err := p.games[0].Exchange(t.Context(), make([]byte, 8), 1)
			answers <- err
		}()
		go func() { _, err := p.games[0].Room().WaitStart(t.Context()); answers <- err }()
		go func() {
			for {
				if e, err := p.lobbies[0].NextEvent(t.Context()); err != nil {
					answers <- err
					return
				} else if d, ok := e.(kclient.Disconnected); ok {
					answers <- d.Err
					return
				}
			}
		}()
		synctest.Wait()
		p.socket.set(&p.socket.write)
		for range cap(answers) {
			require.ErrorIs(t, <-answers, kclient.ErrInternal)
		}
	})
}

// Row 26: what the caller gave to Dial may panic; that is Dial's error.
func TestAPanicInDialIsItsError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := network.New(26, network.Profile{Delay: 10 * time.Millisecond})
		for name, listen := range map[string]func(netip.AddrPort) (kclient.PacketConn, error){
			"Listen": func(netip.AddrPort) (kclient.PacketConn, error) { panic("injected") },
			"no socket": func(netip.AddrPort) (kclient.PacketConn, error) {
				return nil, nil
			},
			"write": func(netip.AddrPort) (kclient.PacketConn, error) {
				c, err := network.Listen(netip.AddrPort{})
				return &faultySocket{PacketConn: c, write: true}, err
			},
			"read": func(netip.AddrPort) (kclient.PacketConn, error) {
				c, err := network.Listen(netip.AddrPort{})
				return &faultySocket{PacketConn: c, read: true, close: true}, err
			},
		} {
			_, err := kclient.Dial(t.Context(), "10.0.0.1:27888", kclient.Config{User: "u", Listen: listen})
			require.ErrorIs(t, err, kclient.ErrInternal, name)
		}
		// On the context's own goroutine: the wait for the answer ends a little later.
		ctx, cancel := context.WithCancel(t.Context())
		socket := &faultySocket{}
		time.AfterFunc(time.Second, func() { socket.set(&socket.deadline); cancel() })
		_, err := kclient.Dial(ctx, "10.0.0.1:27888", kclient.Config{User: "u",
			Listen: func(netip.AddrPort) (kclient.PacketConn, error) {
				c, err := network.Listen(netip.AddrPort{})
				socket.PacketConn = c
				return socket, err
			}})
		require.Error(t, err)
	})
}

// Row 26: a log that panics, under the session's lock, costs its lines and nothing else.
func TestALogThatPanicsCostsItsLinesOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := network.New(26, network.Profile{Delay: 10 * time.Millisecond})
		_, stop := serveOn(t, network, scriptedAddr, server.Config{MaxPing: time.Second})
		defer stop()
		before := guard.Count()
		lobby, err := kclient.Dial(t.Context(), "10.0.0.1:27888", kclient.Config{User: "u",
			Logger: slog.New(faultyLog{}),
			Listen: func(netip.AddrPort) (kclient.PacketConn, error) { return network.Listen(netip.AddrPort{}) }})
		require.NoError(t, err)
		room, err := lobby.Create(t.Context(), "game")
		require.NoError(t, err)
		require.NoError(t, room.Start(t.Context()))
		require.NoError(t, lobby.Quit(""))
		require.Positive(t, guard.Count()-before)
	})
}

type faultyLog struct{ slog.Handler }

func (faultyLog) Enabled(context.Context, slog.Level) bool  { return true }
func (faultyLog) Handle(context.Context, slog.Record) error { panic("injected") }
