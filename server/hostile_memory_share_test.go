package server_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient"
	"kbridge/kclient/sim/network"
	"kbridge/kclient/wire"
	"kbridge/server"
)

// Row 31: 15 clients in two rooms answer no 05 while their room talks without end. Each has a share of its own, and
// together they may leave so much unconfirmed; then the one with the most is ended, and the others are told. Who
// answers stays, and hears every line.
func TestWhoLeavesTheMostUnconfirmedGivesWay(t *testing.T) {
	inArena(t, 33, network.Profile{Delay: 10 * time.Millisecond}, server.Config{}, func(a *arena) {
		t := a.t
		d := a.deafness()
		var rooms [2][]*glutton
		for i := range 16 {
			rooms[i/8] = append(rooms[i/8], a.glutton(d, i, wire.LAN))
		}
		heap := a.scale()
		honest := rooms[1][7]
		d.set(honest.at, false)
		witness, err := a.ours("witness", nil)
		require.NoError(t, err)
		for r, all := range rooms {
			gluttonRoom(uint32(r+1), all, wire.LAN)
		}
		before, peak := heap.bytes(), 0
		line := strings.Repeat("x", 250)
		for i := range 400 {
			for r, all := range rooms {
				for k, g := range all[:7] {
					g.say(wire.TypeGameChat, wire.ChatRequest{Text: fmt.Sprint(r, k, i, line)}.AppendTo(nil))
				}
			}
			time.Sleep(250 * time.Millisecond)
			if i%40 == 39 {
				peak = max(peak, heap.bytes())
				honest.say(wire.TypeKeepAlive, wire.KeepAlive{}.AppendTo(nil))
			}
		}
		time.Sleep(15 * time.Second)
		users, refused := a.server.Stats().Users, a.server.Stats().Refusals[server.RefusedMemory]
		t.Logf("%s before, %s more at most; %d of 17 users left, %d ended", mb(before), mb(peak-before), users, refused)
		require.Less(t, peak-before, 9<<20)
		require.Positive(t, refused)
		require.Equal(t, 17-refused, users)
		require.Greater(t, users, 8, "no more of them than it takes")
		gone := 0
		for ended := false; !ended; {
			e, err := witness.NextEvent(t.Context())
			require.NoError(t, err)
			if q, ok := e.(kclient.UserQuit); ok {
				require.Equal(t, "did not confirm what it was sent", q.Message)
				require.NotEqual(t, "glutton15", q.User.Name)
				gone++
			}
			ended = gone == refused
		}
	})
}

// Row 31: two games of large inputs that never repeat fill the memory for histories. The larger of them gives way, and
// nobody can rejoin that game; it goes on, and the usual game beside it keeps its history.
func TestTheLargestHistoryGivesWay(t *testing.T) {
	var log syncBuffer
	cfg := server.Config{Logger: slog.New(slog.NewTextHandler(&log, nil))}
	inArena(t, 34, network.Profile{Delay: 5 * time.Millisecond}, cfg, func(a *arena) {
		t := a.t
		var wg sync.WaitGroup
		for r, size := range []int{4, 500, 512} {
			var lobbies [2]*kclient.Client
			for i := range lobbies {
				var err error
				lobbies[i], err = a.ours(fmt.Sprint("player", r, i), nil)
				require.NoError(t, err)
			}
			his, err := lobbies[0].Create(t.Context(), fmt.Sprint("game", size))
			require.NoError(t, err)
			hers, err := lobbies[1].Join(t.Context(), his.Info().ID)
			require.NoError(t, err)
			require.NoError(t, his.Start(t.Context()))
			for i, room := range []*kclient.Room{his, hers} {
				wg.Go(func() {
					game, err := room.WaitStart(t.Context())
					require.NoError(t, err)
					rng := rand.New(rand.NewPCG(uint64(r), uint64(i)))
					values := make([]byte, 8*size)
					for range 4000 {
						for k := range size {
							values[k] = byte(rng.Uint32())
						}
						_, err := game.Exchange(t.Context(), values, size)
						require.NoError(t, err)
						time.Sleep(time.Second / 60)
					}
				})
			}
		}
		wg.Wait()
		lost := strings.Count(log.String(), "the game is too long for anybody to rejoin it")
		require.Equal(t, 1, lost)
		require.Contains(t, log.String(), `too long for anybody to rejoin it" room=3 `)
		require.Equal(t, 1, a.server.Stats().Refusals[server.RefusedMemory])
	})
}

// syncBuffer is what several goroutines write to.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(b)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}
