package link

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/race"
	"kbridge/kclient/wire"
)

// frames plays a game between two links without a path: each call of the result is one frame of both.
func frames(lost func(n int) bool) func() {
	now := epoch
	client, server := New(Config{}, now), New(Config{Server: true}, now)
	for _, l := range []*Link{client, server} {
		l.SetPhase(now, Netsync)
		l.SetPhase(now, Play)
	}
	const d = 4
	body := wire.AppendGameData(nil, make([]byte, 24))
	combined := wire.AppendGameData(nil, make([]byte, 48))
	buf := make([]byte, 0, wire.MaxDatagram)
	n, sent, received, got := 0, 0, 0, 0
	carry := func(from, to *Link, each func()) {
		for {
			buf = from.NextDatagram(now, buf)
			if len(buf) == 0 {
				return
			}
			n++
			if lost(n) {
				continue
			}
			if to.Receive(now, buf) != nil {
				panic("refused")
			}
			for {
				m, ok := to.NextMessage()
				if !ok {
					break
				}
				if m.Type == wire.TypeGameData {
					each()
				}
			}
		}
	}
	onServer := func() {
		received++
		server.ProveGame(now, received-d-1)
		server.SendGame(now, wire.TypeGameData, combined)
	}
	onClient := func() {
		got++
		client.ProveGame(now, got)
	}
	return func() {
		now = now.Add(time.Second / 60)
		if sent <= got+d {
			client.SendGame(now, wire.TypeGameData, body)
			sent++
		}
		carry(client, server, onServer)
		carry(server, client, onClient)
	}
}

func TestSteadyStateAllocatesNothing(t *testing.T) {
	if race.Enabled {
		t.Skip("the race detector allocates")
	}
	for name, lost := range map[string]func(int) bool{
		"a good path": func(int) bool { return false },
		"a bad path":  func(n int) bool { return n%7 == 0 },
	} {
		frame := frames(lost)
		for range 4096 {
			frame()
		}
		require.Zero(t, testing.AllocsPerRun(4096, frame), name)
	}
}

// BenchmarkLinkFrame is one frame of a game on both ends: the client's batch to the server, the server's
// answer to the client, proofs included, sockets not.
func BenchmarkLinkFrame(b *testing.B) {
	for _, bc := range []struct {
		name string
		lost func(int) bool
	}{
		{"loss=0", func(int) bool { return false }},
		{"loss=10%", func(n int) bool { return n%10 == 0 }},
	} {
		b.Run(bc.name, func(b *testing.B) {
			frame := frames(bc.lost)
			for range 1024 {
				frame()
			}
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N {
				frame()
			}
		})
	}
}
