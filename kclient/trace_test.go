package kclient_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/link"
	"kbridge/kclient/lockstep"
	"kbridge/kclient/sim/recordings"
	"kbridge/kclient/wire"
)

// BenchmarkTrace plays a real four-minute N64 game (24 bytes of input, two
// players, the second one half a game behind) through link and lockstep over a
// lossless path of 20 ms and reports UDP payload per player and second, each way.
func BenchmarkTrace(b *testing.B) {
	frames := recordings.ReadInput(b)
	for _, caching := range []bool{true, false} {
		for _, connection := range []int{1, 3} {
			name := "caching"
			if !caching {
				name = "plain"
			}
			b.Run(name+"/connection="+strconv.Itoa(connection), func(b *testing.B) {
				var up, down, cached float64
				for b.Loop() {
					up, down, cached = traceBytes(b, frames, connection, caching)
				}
				b.ReportMetric(up, "up-B/player-s")
				b.ReportMetric(down, "down-B/player-s")
				b.ReportMetric(100*cached, "cached-%")
			})
		}
	}
}

// traceSide is one end of a session with what is under way to it.
type traceSide struct {
	link    *link.Link
	inbound []delivery
}

type delivery struct {
	at       time.Time
	datagram []byte
}

func traceBytes(t testing.TB, frames [][]byte, connection int, caching bool) (up, down, cachedShare float64) {
	const players, oneWay = 2, 10 * time.Millisecond
	now := time.Unix(0, 0)
	start := now
	mixer, err := lockstep.NewMixer(lockstep.MixerConfig{Connections: []int{connection, connection},
		FrameDelays: []int{2, 2}})
	require.NoError(t, err)
	var clients, servers [players]traceSide
	var batchers [players]*lockstep.Batcher
	for p := range players {
		batchers[p], err = lockstep.NewBatcher(lockstep.BatcherConfig{Connection: connection, FrameDelay: 2,
			Players: players})
		require.NoError(t, err)
		clients[p].link, servers[p].link = link.New(link.Config{}, now), link.New(link.Config{Server: true}, now)
		clients[p].link.SetPhase(now, link.Netsync)
		servers[p].link.SetPhase(now, link.Netsync)
		clients[p].link.SetPhase(now, link.Play)
		servers[p].link.SetPhase(now, link.Play)
	}
	body := []byte{}
	send := func(l *link.Link, out lockstep.GameData) {
		if out.Cached && caching {
			body = wire.AppendGameCache(body[:0], out.Position)
			l.SendGame(now, wire.TypeGameCache, body)
			return
		}
		body = wire.AppendGameData(body[:0], out.Payload)
		l.SendGame(now, wire.TypeGameData, body)
	}
	flush := func(from, to *traceSide) {
		for {
			d := from.link.NextDatagram(now, nil)
			if len(d) == 0 {
				return
			}
			to.inbound = append(to.inbound, delivery{now.Add(oneWay), d})
		}
	}
	receive := func(s *traceSide, each func(wire.Message)) {
		for len(s.inbound) > 0 && !s.inbound[0].at.After(now) {
			require.NoError(t, s.link.Receive(now, s.inbound[0].datagram))
			s.inbound = s.inbound[1:]
			for {
				m, ok := s.link.NextMessage()
				if !ok {
					break
				}
				each(m)
			}
		}
	}
	values := make([]byte, 24*players)
	sent, batches := 0, 0
	waiting := [players]bool{}
	var taken [players]int
	nextFrame := now
	for taken[0] < len(frames) || taken[1] < len(frames) {
		if !nextFrame.After(now) {
			nextFrame = nextFrame.Add(time.Second / 60)
			for p := range players {
				if waiting[p] || taken[p] >= len(frames) {
					continue
				}
				out, full, err := batchers[p].Collect(frames[(sent+p*len(frames)/2)%len(frames)])
				require.NoError(t, err)
				if full {
					send(clients[p].link, out)
					batches++
				}
				waiting[p] = true
			}
			sent++
		}
		for p := range players {
			receive(&servers[p], func(m wire.Message) {
				if m.Type == wire.TypeGameCache {
					pos, err := wire.ParseGameCache(m.Body)
					require.NoError(t, err)
					require.NoError(t, mixer.InputCached(p, pos))
				} else {
					payload, err := wire.ParseGameData(m.Body)
					require.NoError(t, err)
					require.NoError(t, mixer.Input(p, payload))
				}
				servers[p].link.ProveGame(now, mixer.ClientProven(p))
			})
		}
		for p := range players {
			for {
				out, ok := mixer.Next(p)
				if !ok {
					break
				}
				send(servers[p].link, out)
			}
			flush(&servers[p], &clients[p])
			receive(&clients[p], func(m wire.Message) {
				if m.Type == wire.TypeGameCache {
					pos, err := wire.ParseGameCache(m.Body)
					require.NoError(t, err)
					require.NoError(t, batchers[p].ReceiveCached(pos))
				} else {
					payload, err := wire.ParseGameData(m.Body)
					require.NoError(t, err)
					require.NoError(t, batchers[p].Receive(payload))
				}
				clients[p].link.ProveGame(now, batchers[p].ServerProven())
			})
			if waiting[p] {
				if n, ok := batchers[p].Next(values); ok {
					waiting[p] = false
					if n > 0 {
						taken[p]++
					}
				}
			}
			flush(&clients[p], &servers[p])
		}
		now = now.Add(time.Millisecond)
	}
	seconds := now.Sub(start).Seconds()
	u := clients[0].link.Stats().BytesSent + clients[1].link.Stats().BytesSent
	d := servers[0].link.Stats().BytesSent + servers[1].link.Stats().BytesSent
	return float64(u) / players / seconds, float64(d) / players / seconds,
		float64(batchers[0].Cached()+batchers[1].Cached()) / float64(batches)
}
