package main

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient"
)

// companion is an honest player who joins whatever room the monkey opens, plays along at 60 frames a second, and takes
// the next one when the game is over.
type companion struct {
	games, frames atomic.Int64
	longest       atomic.Int64 // wait for a frame, once a game has begun
}

func (c *companion) live(ctx context.Context, addr string) error {
	lobby, err := kclient.Dial(ctx, addr, kclient.Config{User: "companion", Emulator: "driver 1.0"})
	if err != nil {
		return err
	}
	defer lobby.Quit("")
	for ctx.Err() == nil {
		games := lobby.Games()
		if len(games) == 0 {
			if _, err := lobby.NextEvent(ctx); err != nil {
				return err
			}
			continue
		}
		room, err := lobby.Join(ctx, games[0].ID)
		if err != nil {
			time.Sleep(10 * time.Millisecond) // it is running, or has just been closed
			continue
		}
		if game, err := room.WaitStart(ctx); err == nil {
			c.play(ctx, game)
		}
		_ = room.Leave(ctx)
	}
	return ctx.Err()
}

func (c *companion) play(ctx context.Context, game *kclient.Game) {
	c.games.Add(1)
	values := make([]byte, 4*game.Players())
	next := time.Now()
	for call := 0; ; call++ {
		before := time.Now()
		if _, err := game.Exchange(ctx, values, 4); err != nil {
			return
		}
		c.frames.Add(1)
		if wait := int64(time.Since(before)); call > 0 && wait > c.longest.Load() {
			c.longest.Store(wait)
		}
		next = next.Add(time.Second / 60)
		if late := time.Since(next); late > 0 {
			next = next.Add(late)
		}
		time.Sleep(time.Until(next))
	}
}

var monkeyLine = regexp.MustCompile(`^calls (\d+) games (\d+) frames (\d+) exits (\d+) threads (\d+) (\d+) kilobytes (\d+) (\d+)\n$`)

// Row 44: the C ABI under attack. Threads that live for a call or a few, and end in every way, call everything in any
// order with any buffer, while sessions are opened, played and shut down; an honest player plays along. The process
// goes on, writes nothing, keeps to the buffers, blocks nowhere, and grows neither in threads nor in memory.
// KBRIDGE_MONKEY_SEED repeats one.
func TestMonkeysInC(t *testing.T) {
	const seconds = 10
	seed := uint32(time.Now().UnixNano())
	if s := os.Getenv("KBRIDGE_MONKEY_SEED"); s != "" {
		n, err := strconv.ParseUint(s, 10, 32)
		require.NoError(t, err)
		seed = uint32(n)
	}
	t.Logf("seed %d", seed)
	build(t)
	drivers := map[string]func(t *testing.T) (string, environment){
		"alone": func(t *testing.T) (string, environment) {
			return built.linked,
				environment{"KAILLERA_PLAYERS": "1"}
		},
		"in company": func(t *testing.T) (string, environment) {
			return built.cplusplus,
				environment{"KAILLERA_PLAYERS": "2"}
		},
	}
	for name, driver := range drivers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := limited(t)
			path, env := driver(t)
			for k, v := range alone(s) {
				if _, set := env[k]; !set {
					env[k] = v
				}
			}
			var c companion
			var all sync.WaitGroup
			ctx, cancel := context.WithCancel(t.Context())
			if env["KAILLERA_PLAYERS"] == "2" {
				all.Go(func() {
					if err := c.live(ctx, s.Addr); err != nil && ctx.Err() == nil {
						t.Error("the companion:", err)
					}
				})
			}
			out := start(t, path, env, "monkey", fmt.Sprint(seed), fmt.Sprint(seconds)).wait()
			cancel()
			all.Wait()
			t.Logf("%scompanion: %d games, %d frames, waited %v at most", out, c.games.Load(), c.frames.Load(),
				time.Duration(c.longest.Load()))
			m := monkeyLine.FindStringSubmatch(out)
			require.NotNil(t, m, out)
			n := make([]int, len(m))
			for i := 1; i < len(m); i++ {
				n[i], _ = strconv.Atoi(m[i])
			}
			require.Greater(t, n[1], 1000, "calls")
			require.Positive(t, n[2], "games")
			require.LessOrEqual(t, n[6], n[5]+8, "threads")
			require.LessOrEqual(t, n[8], n[7]+32<<10, "kilobytes")
			require.Less(t, time.Duration(c.longest.Load()), 10*time.Second+5*time.Second, "the server's stall time")
		})
	}
}
