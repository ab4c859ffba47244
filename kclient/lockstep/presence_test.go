package lockstep_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/history"
	"kbridge/kclient/lockstep"
)

// awayPlayer is one player of a game without a network: what it sends is queued, and
// so is what the server sends it.
type awayPlayer struct {
	b       *lockstep.Batcher
	calls   int
	frames  [][]byte
	waiting bool
	away    bool
	past    *history.Reader
	fetched int
	lead    int
}

// Whoever is away when, and rejoins however late, everybody runs the same
// frames, a player's own input is in them only where it pressed it, and nobody
// waits for somebody who is away.
func TestPlayersWhoAreAwayChangeNobodysFrames(t *testing.T) {
	total := 0
	for seed := range uint64(300) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 7))
			players := 1 + r.IntN(4)
			config := lockstep.MixerConfig{Padding: r.IntN(2) == 0, Spare: 120}
			for range players {
				config.Connections = append(config.Connections, 1+r.IntN(6))
				config.FrameDelays = append(config.FrameDelays, 1+r.IntN(4))
			}
			m, err := lockstep.NewMixer(config)
			require.NoError(t, err)
			const size = 3
			g := &awayGame{t: t, m: m, size: size}
			for i := range players {
				b, err := lockstep.NewBatcher(lockstep.BatcherConfig{Connection: config.Connections[i],
					FrameDelay: config.FrameDelays[i], Players: players})
				require.NoError(t, err)
				g.players = append(g.players, &awayPlayer{b: b, past: history.NewReader(size * players),
					lead: m.Lead(i)})
				g.players[i].past.Append(history.AppendZeroFrames(nil, m.Lead(i)))
			}
			for range 3000 {
				i := r.IntN(players)
				p := g.players[i]
				switch {
				case r.IntN(200) == 0 && !p.away:
					m.SetAway(i)
					p.away = true
				case p.away && r.IntN(30) == 0:
					g.rejoin(i)
				case !p.away:
					g.step(i)
				}
				g.relay()
				require.Equal(t, m.CountFrames(), m.Frames())
			}
			longest := g.players[0]
			for _, p := range g.players {
				if len(p.frames)-p.lead > len(longest.frames)-longest.lead {
					longest = p
				}
			}
			total += len(longest.frames)
			for i, p := range g.players {
				for f := range p.frames {
					switch at := f - p.lead; {
					case at < 0:
						require.Equal(t, make([]byte, size*players), p.frames[f], "player %d, leading frame %d", i, f)
					default:
						require.Equal(t, longest.frames[at+longest.lead], p.frames[f], "player %d, frame %d", i, at)
					}
				}
			}
		})
	}
	require.Greater(t, total, 20_000, "frames in all")
}

type awayGame struct {
	t       *testing.T
	m       *lockstep.Mixer
	size    int
	players []*awayPlayer
	history history.Record
	kept    int
}

// input of a player in a call: never zeros.
func (g *awayGame) input(player, call int) []byte {
	return []byte{byte(player + 1), byte(call/4) | 1, byte(call / 1024)}
}

// step is one call of an emulator that is in the game, if it need not wait.
func (g *awayGame) step(i int) {
	p := g.players[i]
	if !p.waiting {
		out, send, err := p.b.Collect(g.input(i, p.calls))
		require.NoError(g.t, err)
		p.calls++
		p.waiting = true
		if send {
			if out.Cached {
				require.NoError(g.t, g.m.InputCached(i, out.Position))
			} else {
				require.NoError(g.t, g.m.Input(i, out.Payload))
			}
		}
	}
	g.relay()
	dst := make([]byte, p.b.FrameSize())
	n, ok := p.b.Next(dst)
	if ok && n == 0 && p.calls > p.b.Delay() {
		// The first answers after rejoining are frames that are there.
		n, ok, _ = p.past.Next(dst)
		require.True(g.t, ok)
	}
	if ok {
		p.waiting = false
		if n > 0 {
			p.frames = append(p.frames, bytes.Clone(dst[:n]))
		}
	}
}

// relay hands out what is ready, and keeps it.
func (g *awayGame) relay() {
	for f := g.kept; f < g.m.Frames(); f++ {
		frame := make([]byte, g.m.FrameSize())
		require.True(g.t, g.m.Frame(frame, f))
		g.history.Add(frame)
		g.kept++
	}
	for i, p := range g.players {
		for {
			out, ok := g.m.Next(i)
			if !ok {
				break
			}
			require.False(g.t, p.away)
			if out.Cached {
				require.NoError(g.t, p.b.ReceiveCached(out.Position))
			} else {
				require.NoError(g.t, p.b.Receive(out.Payload))
			}
			require.LessOrEqual(g.t, p.b.ServerProven(), p.b.Batches())
		}
	}
}

// rejoin fetches everything, runs it, and takes up the game.
func (g *awayGame) rejoin(i int) {
	p := g.players[i]
	if g.m.FrameSize() == 0 {
		return
	}
	g.history.Flush()
	for p.fetched < g.history.Bytes() {
		b := g.history.At(p.fetched, 50)
		p.past.Append(b)
		p.fetched += len(b)
	}
	dst := make([]byte, g.m.FrameSize())
	for {
		if !p.waiting {
			if left := p.lead + g.history.Frames() + p.b.Delay() - p.calls; left <= p.b.Delay() {
				break
			}
			p.calls++ // its input is ignored
			p.waiting = true
		}
		if p.calls <= p.b.Delay() {
			p.waiting = false
			continue
		}
		n, ok, err := p.past.Next(dst)
		require.NoError(g.t, err)
		if !ok {
			break // it waits for the next frame already
		}
		if p.past.Frames() > len(p.frames) {
			p.frames = append(p.frames, bytes.Clone(dst[:n]))
			p.waiting = false
		}
	}
	for p.past.Frames() < min(len(p.frames), p.lead+g.history.Frames()) {
		_, ok, _ := p.past.Next(dst)
		require.True(g.t, ok)
	}
	frames := p.lead + g.history.Frames()
	if left := frames + p.b.Delay() - p.calls; left < -1 || left == -1 != p.waiting && left < 0 {
		return
	}
	if !g.m.CatchUp(i, frames, p.calls, 0) {
		return
	}
	require.NoError(g.t, p.b.Rejoin(frames, p.calls, g.size, frames+p.b.Delay()-p.calls == -1))
	p.away = false
	if g.m.Presence(i) == lockstep.Present {
		p.b.SetPresent(g.m.Have(i), g.m.InFrom(i))
	}
}
