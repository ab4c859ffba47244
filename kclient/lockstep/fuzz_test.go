package lockstep_test

import (
	"bytes"
	"testing"

	"kbridge/kclient/framecache"
	"kbridge/kclient/lockstep"
)

// reader hands out a fuzzer's bytes, zeros after the end.
type reader []byte

func (r *reader) next() int {
	if len(*r) == 0 {
		return 0
	}
	b := (*r)[0]
	*r = (*r)[1:]
	return int(b)
}

// lengths that mean something beside those that are right.
var oddLengths = []int{0, 1, 2, 3, 5, 7, 23, 25, 512, 513, 2048, 3072, 3073, 0x7FFF, 0xFFFF}

// FuzzBatcher does any sequence of calls, in any order, with any lengths and positions: none panics, the queue stays
// bounded, and what Next hands out is the next frame that was received, whole.
func FuzzBatcher(f *testing.F) {
	f.Add([]byte{0, 0, 1, 0, 0, 1, 2, 0, 3, 0, 0, 1, 4, 0, 3, 0})
	f.Add([]byte{5, 2, 7, 1, 0, 24, 3, 0, 0, 24, 3, 1, 0, 24, 2, 9, 2, 9, 4, 0, 4, 1, 3, 3})
	f.Add(bytes.Repeat([]byte{2, 1}, 40))
	// A game that flows: a call inside the frame delay, frames new and from the cache, a position and a length that are
	// wrong, inputs of no length and of another, the same input again, and the next game in the same memory.
	f.Add([]byte{0, 1, 1, 0, 0, 0, 0, 1, 3, 2, 0, 0, 1, 2, 7, 3, 2, 0, 0, 1, 4, 0, 3, 1, 2, 3, 2, 0,
		4, 9, 1, 4, 0, 2, 5, 255, 0, 1})
	// More than the queue holds; and as much as it holds, once around.
	f.Add(append([]byte{0, 1, 1, 0, 0, 1}, bytes.Repeat([]byte{2, 1}, 80)...))
	f.Add(append([]byte{0, 0, 1, 0, 0, 1, 2, 1, 2, 1}, bytes.Repeat([]byte{3, 2, 0, 0, 1, 2, 7}, 80)...))
	f.Fuzz(func(t *testing.T, data []byte) {
		r := reader(data[:min(len(data), 600)])
		config := lockstep.BatcherConfig{
			Connection: 1 + r.next()%6, FrameDelay: r.next() % 8, Players: 1 + r.next()%8,
			Numbering: framecache.Numbering(r.next() % 2),
		}
		b := newBatcher(t, config)
		var expected, cached [][]byte // frames that Next owes; whole payloads, in the order they were added
		receive := func(payload []byte) {
			for width := b.FrameSize(); len(payload) > 0; payload = payload[width:] {
				expected = append(expected, payload[:width])
			}
		}
		for len(r) > 0 {
			switch op := r.next(); op % 6 {
			case 0: // input of a right or a chosen size
				n := r.next() * 4
				if op >= 128 && b.Size() > 0 {
					n = b.Size()
				}
				out, send, err := b.Collect(make([]byte, n))
				must(t, !send || err == nil && len(out.Payload) == config.Connection*b.Size())
			case 1: // game data of any length
				payload := make([]byte, oddLengths[r.next()%len(oddLengths)])
				if b.Receive(payload) == nil {
					receive(payload)
					cached = append(cached, payload)
				}
			case 2: // game data of the right length
				payload := bytes.Repeat([]byte{byte(r.next())}, b.FrameSize()*config.Connection)
				if b.Receive(payload) == nil {
					receive(payload)
					cached = append(cached, payload)
				}
			case 3:
				dst := bytes.Repeat([]byte{0xEE}, r.next()*b.FrameSize()/2+r.next()%3)
				n, ok := b.Next(dst)
				must(t, n == 0 || ok && n == b.FrameSize())
				must(t, bytes.Count(dst[n:], []byte{0xEE}) == len(dst)-n, "bytes behind the frame were written")
				if n > 0 {
					equal(t, expected[0], dst[:n])
					expected = expected[1:]
				}
			case 4:
				pos := r.next()
				if err := b.ReceiveCached(uint8(pos)); err == nil {
					if pos < len(cached) && len(cached) <= framecache.Slots {
						receive(cached[pos])
					} else {
						t.Fatalf("position %d of %d was taken", pos, len(cached))
					}
				} else {
					must(t, pos >= len(cached) || err == lockstep.ErrQueueFull)
				}
			case 5:
				if r.next() > 250 {
					must(t, b.Reset(config) == nil)
					expected, cached = nil, nil
				}
			}
			equal(t, len(expected), b.Queued())
			must(t, b.Queued() <= lockstep.QueueBatches(config.FrameDelay)*config.Connection, "%d frames are queued",
				b.Queued())
			must(t, b.ServerProven() <= b.Batches() && b.ServerProven() <= b.Messages())
			must(t, !b.Waiting() || b.Queued() == 0)
		}
	})
}

// FuzzMixer does any sequence of input, drops and output: none panics, no queue grows beyond its bound, an error
// changes nothing, and all players who play on get the same frames.
func FuzzMixer(f *testing.F) {
	f.Add([]byte{1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1})
	f.Add([]byte{2, 0, 1, 2, 1, 1, 1, 1, 0, 0, 9, 0, 1, 8, 0, 2, 7, 3, 1, 0, 0, 5, 0, 2, 4})
	f.Add([]byte{7, 0, 1, 2, 3, 4, 5, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 4, 3, 0, 1, 6, 5, 2, 2})
	// Frames new and from the cache, every error, and one who drops while the other plays on, and then drops too.
	f.Add([]byte{1, 0, 1, 0, 0, 0, 0, 5, 0, 1, 6, 6, 4, 0, 0, 4, 1, 0, 0, 0, 7, 0, 1, 8, 8,
		4, 0, 9, 3, 0, 0, 3, 0, 12, 3, 0, 13, 3, 0, 2, 3, 1, 1, 128, 0, 1, 6, 1, 0, 0, 1, 6, 6, 4, 1, 0, 0, 0, 7,
		0, 0, 8, 0, 0, 9, 0, 0, 7, 0, 0, 7, 0, 0, 1, 4, 0, 1, 6, 0, 0})
	f.Add(append([]byte{1, 0, 0, 0, 0}, bytes.Repeat([]byte{64, 0, 1}, 80)...)) // more than the queue holds
	f.Fuzz(func(t *testing.T, data []byte) {
		r := reader(data[:min(len(data), 600)])
		players := 1 + r.next()%8
		config := lockstep.MixerConfig{}
		for range players {
			b := r.next()
			config.Connections = append(config.Connections, 1+b%6)
			config.FrameDelays = append(config.FrameDelays, b/6%4)
		}
		b := r.next()
		config.Padding, config.Numbering = b&1 != 0, framecache.Numbering(b>>1&1)
		m := newMixer(t, config)

		size := 1 + r.next()%9
		streams := make([][]byte, players)
		mirrors := make([]*framecache.Cache, players)
		for i := range mirrors {
			mirrors[i] = framecache.New(config.Numbering)
		}
		take := func(p int) bool {
			out, ok := m.Next(p)
			if !ok {
				return false
			}
			must(t, m.Active().Has(p), "output for a dropped player")
			equal(t, config.Connections[p]*players*m.Size(), len(out.Payload))
			if out.Cached {
				held, ok := mirrors[p].At(out.Position)
				must(t, ok)
				equal(t, held, out.Payload, "position %d is something else for player %d", out.Position, p)
			} else {
				mirrors[p].Add(out.Payload)
			}
			streams[p] = append(streams[p], out.Payload...)
			return true
		}
		for len(r) > 0 {
			op := r.next()
			p := r.next()%(players+1) - op>>7 // one that is not there, too
			before := [4]int{m.Size(), m.Received(p), m.Frames(), int(m.Waiting())}
			var err error
			switch op % 8 {
			case 0, 1, 2:
				c := 1
				if p >= 0 && p < players {
					c = config.Connections[p]
				}
				payload := make([]byte, c*size)
				for i := range payload {
					payload[i] = byte(r.next())
				}
				err = m.Input(p, payload)
			case 3:
				err = m.Input(p, make([]byte, oddLengths[r.next()%len(oddLengths)]))
			case 4, 5:
				err = m.InputCached(p, uint8(r.next()))
			case 6:
				if r.next()%4 == 0 {
					m.Drop(p)
				}
			case 7: // take what there is for some, as a caller should not
				take(p)
			}
			if err != nil {
				equal(t, before, [4]int{m.Size(), m.Received(p), m.Frames(), int(m.Waiting())}, "%v", err)
			}
			if op%8 != 7 && op&64 == 0 {
				for p := range players {
					for take(p) {
					}
				}
			}
			for p := range players {
				must(t, m.Received(p)-m.Sent(p) <= lockstep.QueueBatches(config.FrameDelays[p]))
				must(t, m.ClientProven(p) <= m.Sent(p) && m.ClientProven(p) <= m.Received(p))
			}
			equal(t, m.CountFrames(), m.Frames())
			equal(t, m.Active() == 0, m.Waiting() == 0)
			must(t, m.Waiting()&^m.Active() == 0)
		}
		for p := range players {
			for q := range p {
				a, b := behindLead(m, streams[p], p), behindLead(m, streams[q], q)
				n := min(len(a), len(b))
				must(t, bytes.Equal(a[:n], b[:n]), "players %d and %d got different frames", p, q)
			}
		}
	})
}

// behindLead is the combined frames of a player's stream, without its leading zeros.
func behindLead(m *lockstep.Mixer, stream []byte, player int) []byte {
	return stream[min(m.Lead(player)*m.FrameSize(), len(stream)):]
}
