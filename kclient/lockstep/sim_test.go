package lockstep_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"

	"kbridge/kclient/framecache"
	"kbridge/kclient/lockstep"
)

// game is one simulated game: a Mixer, a Batcher for each player, and two queues of messages between them that deliver
// in order and as late as the random numbers like, as the link does. Everything follows from the seed.
type game struct {
	seed        uint64
	connections []int
	delays      []int
	padding     bool
	numbering   framecache.Numbering
	size        int
	frames      int // how many combined frames everybody who plays on must get
	drops       int // at most so many players drop

	rng     *rand.Rand
	mixer   *lockstep.Mixer
	clients []*client
	weights []int
}

type client struct {
	batcher  *lockstep.Batcher
	up, down []message
	stream   [][]byte
	waiting  bool // in a call that has no answer yet
	onlyData bool // as n02: never sends game cache
	padded   int  // frames of zeros before its first input
	lead     int  // frames of zeros before the first combined frame, and inputs that are thrown away
	dropped  bool
	last     int // once dropped: how many frames have its part
	calls    int
}

// message is what travels: a copy of the bytes, or a position.
type message struct {
	cached  bool
	pos     uint8
	payload []byte
}

func travel(out lockstep.GameData, onlyData bool) message {
	if out.Cached && !onlyData {
		return message{cached: true, pos: out.Position}
	}
	return message{payload: bytes.Clone(out.Payload)}
}

func (g *game) String() string {
	return fmt.Sprintf("seed %d: connections %v, delays %v, padding %v, %v, size %d, %d frames, %d drops",
		g.seed, g.connections, g.delays, g.padding, g.numbering, g.size, g.frames, g.drops)
}

// input is what player gives in its call number call: mostly one of a few hundred values, so that caches hit, miss and
// overflow.
func (g *game) input(player, call int) []byte {
	h := g.seed ^ uint64(player)<<40 ^ uint64(call)*0x9e3779b97f4a7c15
	h ^= h >> 29
	h *= 0xbf58476d1ce4e5b9
	h ^= h >> 32
	value := h % 3 // held buttons: three values most of the time
	switch {
	case h>>8%16 == 0:
		value = h % 400
	case h>>8%64 == 1:
		value = h // never seen before
	}
	in := make([]byte, 0, g.size+8)
	for len(in) < g.size {
		in = binary.LittleEndian.AppendUint64(in, value+1)
	}
	return in[:g.size]
}

// want is the combined frame f that everybody must get, f below 0 is a leading one: the notes' rule written out.
func (g *game) want(f int) []byte {
	var frame []byte
	for i, c := range g.clients {
		switch call := f + c.lead - c.padded; {
		case f < 0, call < 0, c.dropped && f >= c.last:
			frame = append(frame, make([]byte, g.size)...)
		default:
			frame = append(frame, g.input(i, call)...)
		}
	}
	return frame
}

func (g *game) start(t *testing.T) {
	g.rng = rand.New(rand.NewPCG(g.seed, 3))
	mixer, err := lockstep.NewMixer(lockstep.MixerConfig{
		Connections: g.connections, FrameDelays: g.delays, Padding: g.padding, Numbering: g.numbering,
	})
	must(t, err == nil, "%v: %v", g, err)
	g.mixer = mixer
	fastest, longest := lockstep.MaxConnection, 0
	for i, c := range g.connections {
		fastest, longest = min(fastest, c), max(longest, lockstep.Delay(c, g.delays[i]))
	}
	for i, c := range g.connections {
		b, err := lockstep.NewBatcher(lockstep.BatcherConfig{
			Connection: c, FrameDelay: g.delays[i], Players: len(g.connections), Numbering: g.numbering,
		})
		must(t, err == nil, "%v: %v", g, err)
		cl := &client{batcher: b, onlyData: g.rng.IntN(4) == 0, lead: longest - b.Delay()}
		equal(t, cl.lead, mixer.Lead(i), "%v: player %d", g, i)
		if g.padding {
			cl.padded = c - fastest
		}
		g.clients = append(g.clients, cl)
		// Some players' computers and paths are much slower than others'.
		g.weights = append(g.weights, 1+g.rng.IntN(3), 1+g.rng.IntN(8), 1+g.rng.IntN(8))
	}
}

// run plays until everybody who has not dropped has all frames. Nothing left to do before that is a deadlock.
func (g *game) run(t *testing.T) {
	g.start(t)
	dropEvery := g.frames * len(g.clients) * 2
	for !g.done() {
		if g.drops > 0 && g.rng.IntN(dropEvery) == 0 {
			g.drops--
			g.drop(t, g.rng.IntN(len(g.clients)))
		}
		if !g.step(t) {
			t.Fatalf("%v: deadlock: server waits for %b", g, g.mixer.Waiting())
		}
		g.checkProofs(t)
	}
	for i, c := range g.clients {
		for f, frame := range c.stream {
			if want := g.want(f - c.lead); !bytes.Equal(want, frame) {
				t.Fatalf("%v: player %d, frame %d behind %d leading zeros\nwant % x\n got % x", g, i, f-c.lead, c.lead,
					want, frame)
			}
		}
		equal(t, len(c.stream), c.batcher.Frames(), "%v", g)
	}
}

func (g *game) done() bool {
	for _, c := range g.clients {
		if !c.dropped && len(c.stream) < g.frames {
			return false
		}
	}
	return true
}

// step does one random thing that can be done; false if there is none.
func (g *game) step(t *testing.T) bool {
	total := 0
	can := func(a int) bool {
		c := g.clients[a/3]
		switch a % 3 {
		case 0:
			return !c.batcher.Waiting()
		case 1:
			return len(c.up) > 0
		}
		return len(c.down) > 0
	}
	for a, w := range g.weights {
		if can(a) {
			total += w
		}
	}
	if total == 0 {
		return false
	}
	pick := g.rng.IntN(total)
	for a, w := range g.weights {
		if !can(a) {
			continue
		}
		if pick -= w; pick >= 0 {
			continue
		}
		switch a % 3 {
		case 0:
			g.call(t, a/3)
		case 1:
			g.arriveAtServer(t, a/3)
		case 2:
			g.arriveAtClient(t, a/3)
		}
		break
	}
	return true
}

// call is one call of the emulator, or the end of the one that waits.
func (g *game) call(t *testing.T, i int) {
	c := g.clients[i]
	if !c.waiting {
		out, send, err := c.batcher.Collect(g.input(i, c.calls))
		must(t, err == nil, "%v: player %d collects: %v", g, i, err)
		c.calls++
		equal(t, c.calls%g.connections[i] == 0, send, "%v: player %d, call %d", g, i, c.calls)
		if send {
			c.up = append(c.up, travel(out, c.onlyData))
		}
	}
	dst := make([]byte, g.size*len(g.clients)+1)
	dst[len(dst)-1] = 0xEE
	n, ok := c.batcher.Next(dst)
	c.waiting = !ok
	equal(t, byte(0xEE), dst[len(dst)-1], "%v: player %d: bytes behind the frame", g, i)
	if !ok {
		must(t, c.batcher.Waiting(), "%v: player %d", g, i)
		return
	}
	if c.calls <= (g.delays[i]+1)*g.connections[i]-1 {
		equal(t, 0, n, "%v: player %d, call %d is inside the frame delay", g, i, c.calls)
		return
	}
	equal(t, len(dst)-1, n, "%v: player %d", g, i)
	c.stream = append(c.stream, dst[:n])
}

func (g *game) arriveAtServer(t *testing.T, i int) {
	c := g.clients[i]
	m := c.up[0]
	c.up = c.up[1:]
	var err error
	if m.cached {
		err = g.mixer.InputCached(i, m.pos)
	} else {
		err = g.mixer.Input(i, m.payload)
	}
	if c.dropped {
		must(t, err == lockstep.ErrDropped, "%v: player %d: %v", g, i, err)
		return
	}
	must(t, err == nil, "%v: player %d: %v", g, i, err)
	ahead := g.mixer.Received(i) - g.mixer.Sent(i)
	must(t, ahead <= g.delays[i]+1, "%v: player %d is %d batches ahead", g, i, ahead)
	g.drain(t)
}

func (g *game) arriveAtClient(t *testing.T, i int) {
	c := g.clients[i]
	m := c.down[0]
	c.down = c.down[1:]
	var err error
	if m.cached {
		err = c.batcher.ReceiveCached(m.pos)
	} else {
		err = c.batcher.Receive(m.payload)
	}
	must(t, err == nil, "%v: player %d: %v", g, i, err)
	queued := c.batcher.Queued()
	must(t, queued <= (g.delays[i]+1)*g.connections[i], "%v: player %d has %d frames queued", g, i, queued)
}

func (g *game) drop(t *testing.T, i int) {
	c := g.clients[i]
	if c.dropped {
		return
	}
	c.dropped = true
	c.last = c.padded - c.lead + g.mixer.Received(i)*g.connections[i]
	g.mixer.Drop(i)
	g.drain(t)
}

// drain takes what is ready, for the players in any order.
func (g *game) drain(t *testing.T) {
	for _, i := range g.rng.Perm(len(g.clients)) {
		for {
			out, ok := g.mixer.Next(i)
			if !ok {
				break
			}
			must(t, !g.clients[i].dropped, "%v: output for player %d who has dropped", g, i)
			g.clients[i].down = append(g.clients[i].down, travel(out, false))
		}
	}
	waiting := g.mixer.Waiting()
	equal(t, g.mixer.Active() == 0, waiting == 0, "%v: waits for %b", g, waiting)
}

// checkProofs compares what each end claims of the other with what the other really has.
func (g *game) checkProofs(t *testing.T) {
	for i, c := range g.clients {
		if proven, has := c.batcher.ServerProven(), g.mixer.Received(i); proven > has {
			t.Fatalf("%v: player %d says the server has %d batches, it has %d", g, i, proven, has)
		}
		if proven, has := g.mixer.ClientProven(i), c.batcher.Messages(); proven > has {
			t.Fatalf("%v: server says player %d has %d messages, it has %d", g, i, proven, has)
		}
		// And they are worth something: all that can be known is claimed.
		equal(t, c.batcher.Messages(), c.batcher.ServerProven(), "%v: player %d", g, i)
		equal(t, max(0, g.mixer.Received(i)-g.delays[i]-1), g.mixer.ClientProven(i), "%v: player %d", g, i)
	}
}
