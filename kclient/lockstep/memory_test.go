package lockstep_test

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"

	"kbridge/kclient/lockstep"
)

// Row 31: a game of inputs that never repeat takes no more than MaxBytes says, nothing before the first input, and
// nothing for those who have dropped.
func TestAGameTakesNoMoreThanMaxBytes(t *testing.T) {
	for _, tc := range []struct{ players, c, size int }{{2, 1, 4}, {8, 1, 24}, {4, 3, 40}, {8, 6, 512}} {
		t.Run(fmt.Sprintf("%d players, type %d, %d bytes", tc.players, tc.c, tc.size), func(t *testing.T) {
			// HeapAlloc counts the whole process: what the runtime or the test itself allocates meanwhile can add to a
			// game, never to each of five.
			least := memoryOfAGame(t, tc.players, tc.c, tc.size)
			for range 4 {
				again := memoryOfAGame(t, tc.players, tc.c, tc.size)
				least.all, least.one = min(least.all, again.all), min(least.one, again.one)
			}
			// The allocator rounds up by an eighth at most (runtime's size classes).
			must(t, least.all <= least.bound*9/8, "%d bytes, told at most %d", least.all, least.bound)
			must(t, least.all > least.bound/3, "%d bytes, told at most %d", least.all, least.bound)
			must(t, least.boundOne < least.bound, "%d of %d with one player left", least.boundOne, least.bound)
			must(t, least.one <= least.boundOne*9/8+8<<10, "%d bytes, told at most %d", least.one, least.boundOne)
		})
	}
}

// memory is what a game takes with all its players and with one of them, and what it says it takes at most, in bytes.
type memory struct{ all, bound, one, boundOne int }

func memoryOfAGame(t *testing.T, players, c, size int) memory {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	config := lockstep.MixerConfig{SentBytes: 256 << 10, Spare: 120}
	for range players {
		config.Connections = append(config.Connections, c)
		config.FrameDelays = append(config.FrameDelays, 2)
	}
	before := heap()
	m := newMixer(t, config)
	payload := make([]byte, c*size)
	for range 300 {
		for p := range players {
			for i := range payload {
				payload[i] = byte(rng.Uint32())
			}
			must(t, m.Input(p, payload) == nil)
		}
		for p := range players {
			for _, ok := m.Next(p); ok; _, ok = m.Next(p) {
			}
		}
	}
	took := memory{all: int(heap()) - int(before), bound: m.MaxBytes(size)}
	for p := range players - 1 {
		m.Drop(p)
	}
	took.one, took.boundOne = int(heap())-int(before), m.MaxBytes(size)
	runtime.KeepAlive(m)
	return took
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// Clients of every kind, whose caches keep everything, play with a mixer whose outgoing caches keep almost nothing:
// they get the same frames.
func TestClientsDecodeWhatAMixerOfLittleMemorySays(t *testing.T) {
	for _, sent := range []int{1, 500, 5000, 0} {
		const players, size, frames = 3, 16, 3000
		rng := rand.New(rand.NewPCG(uint64(sent), 9))
		m := newMixer(t, lockstep.MixerConfig{Connections: []int{1, 2, 3}, FrameDelays: []int{5, 2, 1},
			SentBytes: sent})
		var clients [players]*lockstep.Batcher
		var heard [players][][]byte
		for i := range clients {
			clients[i] = newBatcher(t, lockstep.BatcherConfig{Connection: i + 1, FrameDelay: []int{5, 2, 1}[i],
				Players: players})
		}
		cached := 0
		for range frames {
			for i, b := range clients {
				input := make([]byte, size)
				binary.LittleEndian.PutUint32(input, uint32(rng.IntN(6)))
				out, send, err := b.Collect(input)
				must(t, err == nil)
				if !send {
					continue
				}
				if out.Cached {
					must(t, m.InputCached(i, out.Position) == nil)
				} else {
					must(t, m.Input(i, out.Payload) == nil)
				}
			}
			for i, b := range clients {
				for out, ok := m.Next(i); ok; out, ok = m.Next(i) {
					if out.Cached {
						cached++
						must(t, b.ReceiveCached(out.Position) == nil)
					} else {
						must(t, b.Receive(out.Payload) == nil)
					}
				}
				dst := make([]byte, players*size)
				n, ok := b.Next(dst)
				must(t, ok, "player %d waits", i)
				if n > 0 {
					heard[i] = append(heard[i], dst)
				}
			}
		}
		// Each player's stream begins with its own leading zeros, and is the same after them.
		for i := range heard {
			all := heard[i][m.Lead(i):]
			for f := range min(len(all), len(heard[0])-m.Lead(0)) {
				equal(t, heard[0][m.Lead(0)+f], all[f], "frame %d of player %d, %d bytes", f, i, sent)
			}
		}
		must(t, sent == 1 || cached > 100, "%d from caches of %d bytes", cached, sent)
		must(t, sent != 1 || cached == 0)
	}
}

// The end of a game gives a client's caches back, and what has arrived is still handed out.
func TestABatcherThatHasEndedKeepsOnlyItsFrames(t *testing.T) {
	before := heap()
	b := newBatcher(t, lockstep.BatcherConfig{Connection: 1, Players: 8})
	input, combined, dst := make([]byte, 512), make([]byte, 8*512), make([]byte, 8*512)
	for i := range 300 {
		binary.LittleEndian.PutUint32(input, uint32(i))
		binary.LittleEndian.PutUint32(combined, uint32(i))
		_, _, err := b.Collect(input)
		must(t, err == nil)
		must(t, b.Receive(combined) == nil)
		_, ok := b.Next(dst)
		must(t, ok)
	}
	must(t, b.Receive(combined) == nil)
	full := int(heap()) - int(before)
	b.End()
	ended := int(heap()) - int(before)
	must(t, full > 1<<20 && ended < 64<<10, "%d bytes, %d after the end", full, ended)
	equal(t, lockstep.ErrDropped, b.Receive(combined))
	equal(t, lockstep.ErrDropped, b.ReceiveCached(0))
	equal(t, 1, b.Queued())
	_, send, err := b.Collect(input)
	must(t, err == nil && !send)
	n, ok := b.Next(dst)
	must(t, ok && n == len(combined), "the frame that had come")
	must(t, b.Reset(lockstep.BatcherConfig{Connection: 1, Players: 2}) == nil)
	_, _, err = b.Collect(input)
	must(t, err == nil, "the next game")
}
