package lockstep_test

import (
	"encoding/binary"
	"testing"

	"kbridge/kclient/framecache"
	"kbridge/kclient/lockstep"
	"kbridge/kclient/race"
)

// loop is a game without a network, for measurements: everything a frame costs above the link.
type loop struct {
	t       testing.TB
	mixer   *lockstep.Mixer
	clients []*lockstep.Batcher
	input   []byte
	frame   []byte
	calls   int
	fresh   bool // every input is a new one; else they repeat and go out cached
}

func newLoop(t testing.TB, connection, players, size int, fresh bool) *loop {
	l := &loop{t: t, input: make([]byte, size), frame: make([]byte, size*players), fresh: fresh}
	config := lockstep.MixerConfig{}
	for range players {
		config.Connections = append(config.Connections, connection)
		config.FrameDelays = append(config.FrameDelays, 1)
		l.clients = append(l.clients, newBatcher(t, lockstep.BatcherConfig{Connection: connection, FrameDelay: 1,
			Players: players}))
	}
	l.mixer = newMixer(t, config)
	for range (framecache.Slots + 8) * connection { // until the caches are full
		fresh := l.fresh
		l.fresh = true
		l.play()
		l.fresh = fresh
	}
	return l
}

// play is one frame of everybody.
func (l *loop) play() {
	value := uint64(l.calls)
	if !l.fresh {
		value = value / 60 % 4
	}
	for i := range l.input {
		l.input[i] = byte(value >> (i % 8 * 8))
	}
	l.calls++
	for i, c := range l.clients {
		l.input[0] ^= byte(i)
		out, send, err := c.Collect(l.input)
		l.input[0] ^= byte(i)
		if send && out.Cached {
			err = l.mixer.InputCached(i, out.Position)
		} else if send {
			err = l.mixer.Input(i, out.Payload)
		}
		if err != nil {
			l.t.Fatal(err)
		}
	}
	for i, c := range l.clients {
		for {
			out, ok := l.mixer.Next(i)
			if !ok {
				break
			}
			var err error
			if out.Cached {
				err = c.ReceiveCached(out.Position)
			} else {
				err = c.Receive(out.Payload)
			}
			if err != nil {
				l.t.Fatal(err)
			}
		}
		if _, ok := c.Next(l.frame); !ok {
			l.t.Fatal("no answer")
		}
	}
}

func TestSteadyStateAllocatesNothing(t *testing.T) {
	if race.Enabled {
		t.Skip("the race detector allocates")
	}
	for c := 1; c <= lockstep.MaxConnection; c++ {
		for _, fresh := range []bool{false, true} {
			l := newLoop(t, c, 4, 8, fresh)
			equal(t, 0, int(testing.AllocsPerRun(1000, l.play)), "connection type %d, new inputs %v", c, fresh)
		}
	}
}

// Errors on a peer's bytes allocate nothing either: a flood of them is no load on the collector.
func TestRefusalAllocatesNothing(t *testing.T) {
	if race.Enabled {
		t.Skip("the race detector allocates")
	}
	l := newLoop(t, 1, 2, 4, false)
	odd := make([]byte, 3000)
	equal(t, 0, int(testing.AllocsPerRun(1000, func() {
		if l.mixer.Input(0, odd) == nil || l.mixer.Input(9, odd) == nil || l.clients[0].Receive(odd) == nil {
			t.Fatal("taken")
		}
		if _, _, err := l.clients[0].Collect(odd); err == nil {
			t.Fatal("taken")
		}
	})))
}

// From the first frame on, while the caches still fill, memory is taken a few times and not for every frame.
func TestColdGameAllocatesRarely(t *testing.T) {
	if race.Enabled {
		t.Skip("the race detector allocates")
	}
	b := newBatcher(t, lockstep.BatcherConfig{Connection: 1, Players: 1})
	var dst [8]byte
	n := uint64(0)
	frame := func() {
		n++
		binary.LittleEndian.PutUint64(dst[:], n)
		out, _, _ := b.Collect(dst[:])
		if b.Receive(out.Payload) != nil {
			t.Fatal("refused")
		}
		b.Next(dst[:])
	}
	frame()
	// AllocsPerRun rounds down: whole allocations a frame.
	equal(t, 0, int(testing.AllocsPerRun(200, frame)))
}
