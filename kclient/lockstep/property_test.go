package lockstep_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"kbridge/kclient/framecache"
	"kbridge/kclient/lockstep"
	"kbridge/kclient/race"
)

var inputSizes = []int{1, 2, 4, 24, 100}

// mixes calls each with every multiset of connection types 1 to 6 of n players.
func mixes(n, from int, mix []int, each func([]int)) {
	if n == 0 {
		each(mix)
		return
	}
	for c := from; c <= lockstep.MaxConnection; c++ {
		mixes(n-1, c, append(mix, c), each)
	}
}

func randomDelays(rng *rand.Rand, n int) []int {
	delays := make([]int, n)
	for i := range delays {
		delays[i] = rng.IntN(4)
		if rng.IntN(8) == 0 {
			delays[i] = rng.IntN(30)
		}
	}
	return delays
}

// Every mix of connection types of two to eight players, with and without padding, players dropping in some of them:
// everybody gets every frame, all get the same ones, and nobody waits for ever. The shared checks of game also hold in
// each: the queues need no more than d + 1 batches, and neither end ever claims that the other has what it lacks.
func TestEveryMixOfConnectionTypes(t *testing.T) {
	const shards = 4 // so that it takes the processors there are
	for shard := range uint64(shards) {
		t.Run(fmt.Sprintf("part%d", shard), func(t *testing.T) {
			t.Parallel()
			count := uint64(0)
			for n := 2; n <= lockstep.MaxPlayers; n++ {
				if testing.Short() && n > 4 {
					break // 2,800 of the 3,000 mixes
				}
				mixes(n, 1, nil, func(mix []int) {
					if count++; count%shards == shard {
						mixGame(count, mix).run(t)
					}
				})
			}
		})
	}
}

// mixGame is a short game of players with these connection types; the seed decides everything else.
func mixGame(seed uint64, mix []int) *game {
	rng := rand.New(rand.NewPCG(seed, 4))
	connections := slices.Clone(mix)
	rng.Shuffle(len(mix), func(i, j int) { connections[i], connections[j] = connections[j], connections[i] })
	frames := 30
	if race.Enabled {
		frames = 13 // still more than two messages for the slowest
	}
	return &game{
		seed:        seed,
		connections: connections,
		delays:      randomDelays(rng, len(mix)),
		padding:     rng.IntN(2) == 0,
		numbering:   framecache.Numbering(rng.IntN(2)),
		size:        inputSizes[rng.IntN(len(inputSizes))],
		frames:      frames,
		drops:       []int{0, 0, 1, len(mix)}[rng.IntN(4)],
	}
}

// Fewer games, but long ones: the caches overflow many times in both directions.
func TestLongGames(t *testing.T) {
	games, frames := uint64(40), 4000
	if race.Enabled || testing.Short() {
		games, frames = 4, 1500
	}
	for seed := range games {
		rng := rand.New(rand.NewPCG(seed, 5))
		n := 2 + rng.IntN(lockstep.MaxPlayers-1)
		connections := make([]int, n)
		for i := range connections {
			connections[i] = 1 + rng.IntN(lockstep.MaxConnection)
		}
		g := &game{
			seed:        seed,
			connections: connections,
			delays:      randomDelays(rng, n),
			padding:     seed%4 < 2,
			numbering:   framecache.Numbering(seed % 2),
			size:        inputSizes[rng.IntN(len(inputSizes))],
			frames:      frames,
			drops:       rng.IntN(n + 1),
		}
		g.run(t)
	}
}

// A room in which everybody plays alone after a while, and then nobody.
func TestEverybodyDrops(t *testing.T) {
	for seed := range uint64(50) {
		g := &game{seed: seed, connections: []int{1, 3, 2}, delays: []int{1, 0, 2}, padding: seed%2 == 0, size: 4,
			frames: 20}
		g.run(t)
		for _, i := range g.rng.Perm(3) {
			g.drop(t, i)
			for range 200 {
				g.step(t)
				g.checkProofs(t)
			}
		}
		equal(t, lockstep.PlayerSet(0), g.mixer.Waiting(), "%v", g)
		for i := range 3 {
			_, ok := g.mixer.Next(i)
			must(t, !ok, "%v: output with nobody left", g)
		}
		for i, c := range g.clients {
			for f, frame := range c.stream {
				equal(t, g.want(f-c.lead), frame, "%v: player %d, frame %d", g, i, f)
			}
		}
	}
}

// The proofs, in games where every message may be arbitrarily late and any player may be far behind. checkProofs runs
// after every single step of every game here; this is the place where it runs with all paddings and delays of one mix.
func TestProofsAreSound(t *testing.T) {
	for seed := range uint64(60) {
		rng := rand.New(rand.NewPCG(seed, 6))
		g := &game{
			seed: seed, connections: []int{1, 6, 2, 5}, delays: []int{rng.IntN(5), rng.IntN(5), rng.IntN(5),
				rng.IntN(5)},
			padding: seed%2 == 0, size: 2, frames: 150, drops: int(seed % 3),
		}
		g.run(t)
		for i, c := range g.clients {
			if c.dropped {
				continue
			}
			sent, proven := g.mixer.Sent(i), g.mixer.ClientProven(i)
			must(t, proven > 0 && sent-proven <= g.delays[i]+2, "%v: player %d: %d of %d messages proven", g, i, proven,
				sent)
			must(t, c.batcher.ServerProven() > 0, "%v: player %d: nothing proven", g, i)
		}
	}
}
