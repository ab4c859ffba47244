package lockstep_test

import (
	"fmt"
	"testing"

	"kbridge/kclient/lockstep"
	"kbridge/kclient/sim/recordings"
)

// BenchmarkFrame is one frame of a whole room: every client collects, the server mixes for all, every client takes its
// frame.
func BenchmarkFrame(b *testing.B) {
	for _, players := range []int{2, 4, 8} {
		for _, c := range []int{1, 3} {
			for _, kind := range []string{"cached", "new"} {
				b.Run(fmt.Sprintf("players=%d/c=%d/%s", players, c, kind), func(b *testing.B) {
					l := newLoop(b, c, players, 24, kind == "new")
					b.ReportAllocs()
					for b.Loop() {
						l.play()
					}
				})
			}
		}
	}
}

// BenchmarkBatcher is the client's share of a frame alone.
func BenchmarkBatcher(b *testing.B) {
	batcher := newBatcher(b, lockstep.BatcherConfig{Connection: 1, Players: 2})
	input, combined, dst := make([]byte, 24), make([]byte, 48), make([]byte, 48)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		input[0] = byte(i / 60)
		if _, _, err := batcher.Collect(input); err != nil {
			b.Fatal(err)
		}
		if err := batcher.Receive(combined); err != nil {
			b.Fatal(err)
		}
		if _, ok := batcher.Next(dst); !ok {
			b.Fatal("no frame")
		}
	}
}

// BenchmarkTrace plays the trace as both players of a room, the second one half a game later, and reports what a
// client's messages take on the wire in a second at 60 frames: message headers and bodies, each sent once, without
// bundle and UDP headers.
func BenchmarkTrace(b *testing.B) {
	// A message is u16 seq, u16 len, u8 type; game data a NUL, u16 n, n bytes; game cache a NUL and the position
	// (protocol notes).
	bytesOf := func(out lockstep.GameData, caching bool) int {
		if caching && out.Cached {
			return 5 + 2
		}
		return 5 + 3 + len(out.Payload)
	}
	frames := recordings.ReadInput(b)
	for _, c := range []int{1, 3, 6} {
		for _, caching := range []bool{true, false} {
			b.Run(fmt.Sprintf("c=%d/caching=%v", c, caching), func(b *testing.B) {
				var up, down int
				for b.Loop() {
					up, down = 0, 0
					m := newMixer(b, lockstep.MixerConfig{Connections: []int{c, c}})
					var clients [2]*lockstep.Batcher
					for i := range clients {
						clients[i] = newBatcher(b, lockstep.BatcherConfig{Connection: c, FrameDelay: 20, Players: 2})
					}
					for f := range frames {
						for i, client := range clients {
							out, send, err := client.Collect(frames[(f+i*len(frames)/2)%len(frames)])
							if err == nil && send {
								up += bytesOf(out, caching)
								err = m.Input(i, out.Payload)
							}
							if err != nil {
								b.Fatal(err)
							}
						}
						for i, client := range clients {
							for out, ok := m.Next(i); ok; out, ok = m.Next(i) {
								down += bytesOf(out, caching)
								if err := client.Receive(out.Payload); err != nil {
									b.Fatal(err)
								}
							}
							client.Next(make([]byte, 48))
						}
					}
				}
				seconds := float64(len(frames)) / 60
				b.ReportMetric(float64(up)/2/seconds, "up-B/player-s")
				b.ReportMetric(float64(down)/2/seconds, "down-B/player-s")
			})
		}
	}
}
