package kclient_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient"
	"kbridge/kclient/sim/network"
	"kbridge/kclient/wire"
)

// seat is one player's emulator, which may be killed and started again.
type seat struct {
	w      *world
	name   string
	conn   *network.Conn
	lobby  *kclient.Client
	room   *kclient.Room
	game   *kclient.Game
	mu     sync.Mutex
	frames [][]byte // that the emulator now running has run
	err    error
	behind int           // calls that found the player behind
	calm   time.Duration // how long to play on after the last frame
}

// seats seats players around one game.
func (w *world) seats(ctx context.Context) []*seat {
	var seats []*seat
	for i, c := range w.m.types {
		s := &seat{w: w, name: fmt.Sprintf("player%d", i+1), calm: 3 * time.Second}
		s.login(ctx, c, nil)
		require.NoError(w.t, s.err)
		if i == 0 {
			s.room, s.err = s.lobby.Create(ctx, "Duel")
		} else {
			waitFor(w.t, s.lobby, func() bool { return len(s.lobby.Games()) == 1 })
			s.room, s.err = s.lobby.Join(ctx, s.lobby.Games()[0].ID)
		}
		require.NoError(w.t, s.err)
		seats = append(seats, s)
	}
	waitForPlayers(w.t, seats[0].room, len(seats))
	require.NoError(w.t, seats[0].room.Start(ctx))
	return seats
}

func (s *seat) login(ctx context.Context, c wire.ConnectionType, back *kclient.Ticket) {
	s.lobby, s.err = kclient.Dial(ctx, s.w.addr, kclient.Config{User: s.name, Emulator: "test 1.0", Connection: c,
		Comeback: back, Logger: s.w.m.logger(s.name),
		Listen: func(netip.AddrPort) (kclient.PacketConn, error) {
			conn, err := s.w.net.Listen(netip.AddrPort{})
			s.conn = conn
			return conn, err
		}})
	if s.err == nil {
		s.w.users = append(s.w.users, s.lobby)
	}
}

// play runs the emulator until it has run that many frames.
func (s *seat) play(ctx context.Context, frames int) {
	g, err := s.room.WaitStart(ctx)
	if err != nil {
		s.err = err
		return
	}
	s.mu.Lock()
	s.game = g
	s.mu.Unlock()
	size := s.w.m.size
	values := make([]byte, size*wire.MaxPlayers)
	next := time.Now()
	for call := 0; s.count() < frames; call++ {
		s.w.m.input(g.Player(), call, values[:size])
		n, err := g.Exchange(ctx, values, size)
		if err != nil {
			s.err = err
			return
		}
		s.mu.Lock()
		s.frames = append(s.frames, machineFrame(values, n, size*g.Players()))
		s.mu.Unlock()
		if g.Behind() > 0 {
			s.behind++
			next = time.Now()
			time.Sleep(time.Millisecond) // as fast as it can
			continue
		}
		next = next.Add(frameTime)
		if late := time.Since(next); late > 0 {
			next = next.Add(late) // it was held up, and does not hurry
		}
		time.Sleep(time.Until(next))
	}
	time.Sleep(s.calm)
	g.Drop()
}

func (s *seat) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.frames)
}

// kill ends the emulator without a word to anybody, and returns what it would
// have found in its file.
func (s *seat) kill() kclient.Ticket {
	ticket, ok := s.lobby.Ticket()
	require.True(s.w.t, ok)
	s.conn.Close()
	return ticket
}

// table is everybody at a game that begins: what happens is up to the test.
func (m match) table(t *testing.T, happens func(ctx context.Context, t *testing.T, w *world, seats []*seat,
	all *sync.WaitGroup)) {
	t.Helper()
	bubble(t, m, func(t *testing.T, w *world) {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
		defer cancel()
		seats := w.seats(ctx)
		var all sync.WaitGroup
		defer func() { cancel(); all.Wait() }() // or the bubble of a failed test would not end
		happens(ctx, t, w, seats, &all)
	})
}

// meanwhile is what happens while all play a game of that many frames, however it ends.
func (m match) meanwhile(t *testing.T, happens func(ctx context.Context, t *testing.T, w *world, seats []*seat,
	all *sync.WaitGroup)) {
	t.Helper()
	m.table(t, func(ctx context.Context, t *testing.T, w *world, seats []*seat, all *sync.WaitGroup) {
		for _, s := range seats {
			all.Go(func() { s.play(ctx, m.frames) })
		}
		happens(ctx, t, w, seats, all)
	})
}

// scene is what happens while all play a game to its end, in step.
func (m match) scene(t *testing.T, happens func(ctx context.Context, t *testing.T, w *world, seats []*seat)) {
	t.Helper()
	m.meanwhile(t, func(ctx context.Context, t *testing.T, w *world, seats []*seat, all *sync.WaitGroup) {
		happens(ctx, t, w, seats)
		all.Wait()
		for i, s := range seats {
			require.NoError(t, s.err, "player %d after %d frames", i+1, len(s.frames))
		}
		requireSame(t, seats...)
	})
}

// requireSame asserts that all emulators ran the same frames.
func requireSame(t *testing.T, seats ...*seat) {
	t.Helper()
	for i, s := range seats[1:] {
		require.Equal(t, len(seats[0].frames), len(s.frames), "player %d", i+2)
		for f := range s.frames {
			require.Equal(t, seats[0].frames[f], s.frames[f], "player %d, frame %d", i+2, f)
		}
	}
}

// blanks is how many frames have nothing of a player's.
func (s *seat) blanks(player int) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	size := s.w.m.size
	for _, f := range s.frames {
		if bytes.Equal(f[(player-1)*size:player*size], make([]byte, size)) {
			n++
		}
	}
	return n
}

var rejoinRooms = [][]wire.ConnectionType{{1, 1}, {3, 3}, {6, 6}, {1, 2, 3, 6}, {2, 1, 4}}

func forRooms(t *testing.T, m match, f func(t *testing.T, m match)) {
	for i, types := range rejoinRooms {
		t.Run(fmt.Sprint(types), func(t *testing.T) {
			m := m
			m.seed, m.types = m.seed+uint64(i), types
			if m.profile == (network.Profile{}) {
				m.profile = network.Cable()
			}
			m.size = 4
			f(t, m)
		})
	}
}

// cut parts a player's line to the server, or joins it again.
func (w *world) cut(s *seat, on bool) {
	w.net.Partition(s.conn.AddrPort().Addr(), netip.MustParseAddrPort(w.addr).Addr(), on)
}

func (m match) logger(name string) *slog.Logger {
	if os.Getenv("KBRIDGE_TEST_LOG") == "" {
		return nil
	}
	return slog.New(slog.NewTextHandler(os.Stderr, nil)).With("who", name)
}
