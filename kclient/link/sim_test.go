package link

import (
	"container/heap"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"kbridge/kclient/wire"
)

// A sim joins two ends by a bad path, under a clock of its own: one thread, one
// event queue, one seed, so every failure can be replayed.
type sim struct {
	t      testing.TB
	seed   uint64
	rng    *rand.Rand
	start  time.Time
	now    time.Time
	events eventQueue
	serial int
	path   path
}

// path is what both directions do to a datagram.
type path struct {
	delay, jitter        time.Duration // one way
	loss, dup, reorder   float64
	reorderBy            time.Duration
	down                 func(at time.Duration, toServer bool) bool // an outage; nil is none
	sawServer, sawClient func(at time.Duration, datagram []byte)    // everything that is sent to each
}

// bad is a path with a share of loss and a little of everything else.
func bad(loss float64) path {
	p := path{delay: 20 * time.Millisecond, loss: loss}
	if loss > 0 {
		p.jitter, p.dup, p.reorder, p.reorderBy = 5*time.Millisecond, 0.02, 0.02, 25*time.Millisecond
	}
	return p
}

type event struct {
	at     time.Time
	serial int
	run    func()
}

type eventQueue []event

func (q eventQueue) Len() int { return len(q) }
func (q eventQueue) Less(i, j int) bool {
	if !q[i].at.Equal(q[j].at) {
		return q[i].at.Before(q[j].at)
	}
	return q[i].serial < q[j].serial
}
func (q eventQueue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *eventQueue) Push(x any)   { *q = append(*q, x.(event)) }
func (q *eventQueue) Pop() any {
	last := len(*q) - 1
	e := (*q)[last]
	(*q)[last] = event{}
	*q = (*q)[:last]
	return e
}

var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

func newSim(t testing.TB, seed uint64, p path) *sim {
	return &sim{t: t, seed: seed, rng: rand.New(rand.NewPCG(seed, 1)), start: epoch, now: epoch, path: p}
}

// failf fails the test with what is needed to replay it.
func (s *sim) failf(format string, args ...any) {
	s.t.Helper()
	s.t.Fatalf("seed %d, %v into the run: %s", s.seed, s.now.Sub(s.start), fmt.Sprintf(format, args...))
}

func (s *sim) elapsed() time.Duration { return s.now.Sub(s.start) }

func (s *sim) after(d time.Duration, run func()) {
	s.serial++
	heap.Push(&s.events, event{s.now.Add(d), s.serial, run})
}

// run goes on until done reports true, and fails at the limit of virtual time.
func (s *sim) run(limit time.Duration, done func() bool) {
	s.t.Helper()
	for end := s.now.Add(limit); !done(); {
		if len(s.events) == 0 {
			s.failf("nothing more will happen, and it is not done")
		}
		e := heap.Pop(&s.events).(event)
		if e.at.After(end) {
			s.now = end
			s.failf("not done after %v", limit)
		}
		s.now = e.at
		e.run()
	}
}

// pass lets an amount of time go by.
func (s *sim) pass(d time.Duration) {
	s.t.Helper()
	over := false
	s.after(d, func() { over = true })
	s.run(d, func() bool { return over })
}

// receiver is whatever stands at an end of the path.
type receiver interface{ receive(datagram []byte) }

func (s *sim) transmit(datagram []byte, to receiver, toServer bool) {
	if saw := s.path.sawServer; toServer && saw != nil {
		saw(s.elapsed(), datagram)
	}
	if saw := s.path.sawClient; !toServer && saw != nil {
		saw(s.elapsed(), datagram)
	}
	p := &s.path
	lost := s.rng.Float64() < p.loss
	twice := s.rng.Float64() < p.dup
	late := s.rng.Float64() < p.reorder
	delay := p.delay
	if p.jitter > 0 {
		delay += time.Duration(s.rng.Int64N(int64(p.jitter)))
	}
	if late {
		delay += p.reorderBy
	}
	if lost || p.down != nil && p.down(s.elapsed(), toServer) {
		return
	}
	copied := append([]byte(nil), datagram...)
	s.after(delay, func() { to.receive(copied) })
	if twice {
		s.after(delay+time.Duration(s.rng.Int64N(int64(20*time.Millisecond))), func() { to.receive(copied) })
	}
}

// peer is an end with a Link. Messages carry their number, and that they arrive in
// order and once is checked here.
type peer struct {
	s         *sim
	link      *Link
	server    bool
	other     receiver
	buf       []byte
	numbered  uint32 // the next body to send
	expected  uint32 // the next body to arrive
	onMessage func(m wire.Message, number uint32)
	armed     time.Time
	idle      bool // nothing of the link's clock is driven any more
}

func newPeer(s *sim, server bool) *peer {
	return &peer{s: s, link: New(Config{Server: server}, s.now), server: server}
}

// newPair is a client and a server on one path.
func newPair(t testing.TB, seed uint64, p path) (s *sim, client, server *peer) {
	s = newSim(t, seed, p)
	client, server = newPeer(s, false), newPeer(s, true)
	client.other, server.other = server, client
	return s, client, server
}

func (p *peer) body(size int) []byte {
	b := make([]byte, max(size, 4))
	binary.LittleEndian.PutUint32(b, p.numbered)
	p.numbered++
	return b
}

func (p *peer) send(t wire.Type) uint16 { return p.sendSized(t, 4) }

func (p *peer) sendSized(t wire.Type, size int) uint16 {
	seq := p.link.Send(p.s.now, t, p.body(size))
	p.flush()
	return seq
}

func (p *peer) sendGame(size int) {
	p.link.SendGame(p.s.now, wire.TypeGameData, p.body(size))
	p.flush()
}

func (p *peer) receive(datagram []byte) {
	if err := p.link.Receive(p.s.now, datagram); err != nil {
		p.s.failf("our own datagram %x was refused: %v", datagram, err)
	}
	for {
		m, ok := p.link.NextMessage()
		if !ok {
			break
		}
		number := binary.LittleEndian.Uint32(m.Body)
		if number != p.expected {
			p.s.failf("server=%v got message %d, expected %d", p.server, number, p.expected)
		}
		if m.Seq != uint16(number) {
			p.s.failf("message %d has seq %d", number, m.Seq)
		}
		p.expected++
		if p.onMessage != nil {
			p.onMessage(m, number)
		}
	}
	p.flush()
}

// flush sends what is due and sets the alarm for what will be.
func (p *peer) flush() {
	if p.idle {
		return
	}
	for n := 0; ; n++ {
		if n > 64 {
			p.s.failf("server=%v: a storm of datagrams in one instant", p.server)
		}
		p.buf = p.link.NextDatagram(p.s.now, p.buf)
		if len(p.buf) == 0 {
			break
		}
		p.s.transmit(p.buf, p.other, !p.server)
	}
	next := p.link.Next()
	if next.IsZero() || next.Equal(p.armed) {
		return
	}
	if !next.After(p.s.now) {
		p.s.failf("server=%v: Next is not in the future although nothing is due", p.server)
	}
	p.armed = next
	p.s.after(next.Sub(p.s.now), func() {
		if p.armed.Equal(p.s.now) {
			p.armed = time.Time{}
			p.flush()
		}
	})
}

// game drives a lockstep game over a pair: the client is one player with connection type c and
// frame delay d, the server answers each batch with one message.
type game struct {
	s              *sim
	client, server *peer
	c, d           int
	size           int // bytes of a game message
	batches        int // how many to play
	sent, got      int // of the client's
	received       int // by the server
	due            bool
	longest        time.Duration // without a message
	lastGot        time.Time
	chat           int    // every so many batches each side says something else; 0 never
	played         func() // after each of the client's steps
}

func newGame(s *sim, client, server *peer, c, d, size, batches int) *game {
	g := &game{s: s, client: client, server: server, c: c, d: d, size: size, batches: batches}
	server.onMessage = func(m wire.Message, _ uint32) {
		if m.Type != wire.TypeGameData {
			return
		}
		if g.received == 0 {
			server.link.SetPhase(s.now, Play)
		}
		g.received++
		if n := g.received - g.d - 1; n > 0 {
			server.link.ProveGame(s.now, n)
		}
		server.sendGame(g.size)
		if g.chat > 0 && g.received%g.chat == 0 {
			server.send(wire.TypeGameChat)
		}
	}
	client.onMessage = func(m wire.Message, _ uint32) {
		if m.Type != wire.TypeGameData {
			return
		}
		g.longest = max(g.longest, s.now.Sub(g.lastGot))
		g.lastGot = s.now
		g.got++
		client.link.ProveGame(s.now, min(g.got, g.sent))
		g.step()
	}
	return g
}

func (g *game) begin() {
	g.client.link.SetPhase(g.s.now, Netsync)
	g.server.link.SetPhase(g.s.now, Netsync)
	g.client.link.SetPhase(g.s.now, Play)
	g.lastGot = g.s.now
	g.due = true
	g.step()
}

// step sends the next batch when the frames for it have passed and the server's message that it waits
// for is there.
func (g *game) step() {
	if !g.due || g.sent >= g.batches || g.sent > g.got+g.d {
		return
	}
	g.due = false
	g.sent++
	g.client.sendGame(g.size)
	if g.chat > 0 && g.sent%g.chat == 1 {
		g.client.send(wire.TypeGameChat)
	}
	if g.played != nil {
		g.played()
	}
	g.s.after(time.Second*time.Duration(g.c)/60, func() { g.due = true; g.step() })
}

func (g *game) over() bool { return g.got >= g.batches }
