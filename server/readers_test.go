package server_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient"
	"kbridge/kclient/wire"
	"kbridge/server"
)

// Rooms stand alone: several goroutines may read the game socket, each handles what it gets, and the locks of lobby and
// rooms are all that keeps them apart. The race detector looks on while tables of players of unequal connection types
// play, talk, leave and log in again, and somebody strolls through the lobby.
func TestSeveralReadersServeOneServer(t *testing.T) {
	const readers, tables, rounds = 4, 4, 20
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	unlimited := server.Rate{Burst: -1}
	s, err := server.New(server.Config{MaxPing: time.Second, Flood: server.Flood{Chat: unlimited, Create: unlimited,
		Join: unlimited, Start: unlimited, Login: unlimited, Message: unlimited}})
	require.NoError(t, err)
	conn, _, err := server.Listen("127.0.0.1:0", 0)
	require.NoError(t, err)
	addr := conn.LocalAddr().String()
	var reading sync.WaitGroup
	reading.Go(func() { require.NoError(t, s.Serve(conn, nil)) })
	require.Eventually(t, func() bool { return s.Addr() != nil }, 5*time.Second, time.Millisecond, "it does not serve")
	for range readers - 1 {
		reading.Go(func() { s.ReadToo(conn) })
	}

	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	defer cancel()
	var playing, strolling sync.WaitGroup
	failures := make(chan error, tables+1)
	for i := range tables {
		playing.Go(func() {
			rng := rand.New(rand.NewPCG(seed, uint64(i)))
			for round := range rounds {
				if err := (&readersTable{addr, i, round, rng}).play(ctx); err != nil {
					failures <- fmt.Errorf("table %d, round %d: %w", i, round, err)
					return
				}
			}
		})
	}
	over, stop := context.WithCancel(ctx)
	strolling.Go(func() {
		for over.Err() == nil {
			if err := stroll(over, addr); err != nil && over.Err() == nil {
				failures <- fmt.Errorf("the one who strolls: %w", err)
				return
			}
		}
	})
	playing.Wait()
	stop()
	strolling.Wait()
	var disorder []string
	// What a reader has taken out of the heap of timers, and not done yet, is nowhere: so look more than once.
	require.Eventually(t, func() bool { disorder = s.Disorder(); return len(disorder) == 0 }, 5*time.Second,
		10*time.Millisecond, "%v", &disorder)
	require.NoError(t, s.Close(""))
	reading.Wait()
	close(failures)
	for err := range failures {
		t.Error(err)
	}
	require.Zero(t, s.Stats().InternalErrors)
}

// readersTable is a room of three players, and one game that they play.
type readersTable struct {
	addr         string
	table, round int
	rng          *rand.Rand
}

func (b *readersTable) play(ctx context.Context) error {
	const frames, size = 90, 4
	types := [][]wire.ConnectionType{{1, 1, 1}, {1, 2, 3}, {3, 1, 1}, {2, 2, 6}}[b.table%4]
	var rooms []*kclient.Room
	for i, c := range types {
		client, err := kclient.Dial(ctx, b.addr, kclient.Config{User: fmt.Sprintf("p%d.%d.%d", b.table, b.round, i),
			Emulator: "readers", Connection: c})
		if err != nil {
			return err
		}
		defer client.Quit("bye")
		var room *kclient.Room
		if i == 0 {
			room, err = client.Create(ctx, fmt.Sprintf("Game %d", b.table))
		} else {
			room, err = client.Join(ctx, rooms[0].Info().ID)
		}
		if err != nil {
			return err
		}
		rooms = append(rooms, room)
	}
	if err := rooms[0].Start(ctx); err != nil {
		return err
	}
	var playing sync.WaitGroup
	got, errs := make([][]byte, len(rooms)), make([]error, len(rooms))
	for i, room := range rooms {
		playing.Go(func() { got[i], errs[i] = playFrames(ctx, room, frames, size) })
	}
	playing.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	for i := range got {
		if n := min(len(got[0]), len(got[i])); !bytes.Equal(got[0][:n], got[i][:n]) {
			return fmt.Errorf("players 1 and %d were given different frames", i+1)
		}
	}
	// Each way out of a room.
	switch who := rooms[b.rng.IntN(len(rooms))]; b.rng.IntN(3) {
	case 0:
		return who.Leave(ctx)
	case 1:
		return rooms[0].Chat("again?")
	}
	return nil
}

// playFrames is what a machine is given that plays so many frames, beginning with the empty ones of its frame delay.
func playFrames(ctx context.Context, room *kclient.Room, frames, size int) (all []byte, err error) {
	g, err := room.WaitStart(ctx)
	if err != nil {
		return nil, err
	}
	defer g.Drop() // nobody has to wait for who is through
	values := make([]byte, size*wire.MaxPlayers)
	for call := range frames {
		copy(values, []byte{byte(g.Player()), byte(call), byte(call / 2), 0})
		n, err := g.Exchange(ctx, values, size)
		if err != nil {
			return nil, fmt.Errorf("player %d, frame %d: %w", g.Player(), call, err)
		}
		if n == 0 {
			n = size * g.Players()
			clear(values[:n])
		}
		all = append(all, values[:n]...)
		if call%30 == 0 {
			if err := room.Chat("hello"); err != nil {
				return nil, err
			}
		}
	}
	return all, nil
}

// stroll is a visit to the lobby.
func stroll(ctx context.Context, addr string) error {
	client, err := kclient.Dial(ctx, addr, kclient.Config{User: "stroller", Emulator: "readers"})
	if err != nil {
		return err
	}
	defer client.Quit("bye")
	if err := client.Chat("/finduser p"); err != nil {
		return err
	}
	room, err := client.Create(ctx, "Stroll")
	if err != nil {
		return err
	}
	return room.Leave(ctx)
}
