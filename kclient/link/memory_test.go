package link

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/race"
	"kbridge/kclient/wire"
)

// pattern is a body of n bytes that no other message has.
func pattern(number uint32, n int) []byte {
	b := binary.LittleEndian.AppendUint32(nil, number)
	for len(b) < n {
		b = append(b, byte(int(number)*7+len(b)))
	}
	return b
}

// anySize is mostly what emulators send, sometimes as much as a message can be.
func anySize(rng *rand.Rand) int {
	switch rng.IntN(20) {
	case 0:
		return 4 + rng.IntN(60_000)
	case 1, 2:
		return 4 + rng.IntN(3000)
	}
	return 4 + rng.IntN(100)
}

// The outbox is a list of messages, whatever their sizes: what it keeps is what was added, for as long as the peer may
// lack it and redundancy needs it, and its memory stays in its bounds.
func TestOutboxKeepsWhatThePeerMayLack(t *testing.T) {
	for seed := range uint64(30) {
		rng := rand.New(rand.NewPCG(seed, 2))
		var o outbox
		var bodies [][]byte
		most := 40 + rng.IntN(3000)
		for step := range 6000 {
			if o.unproven() < most && rng.IntN(3) > 0 {
				body := pattern(uint32(step), anySize(rng))
				if rng.IntN(50) == 0 {
					body = nil
				}
				forgotten := o.forgotten
				// one of the largest stays out of the ring's end
				full := o.unproven() >= keepMessages || o.bytes+len(body) > keepBytes-64<<10
				require.EqualValues(t, len(bodies), o.add(wire.TypeGameData, body))
				require.True(t, full || o.forgotten == forgotten, "seed %d, step %d: forgotten without need", seed,
					step)
				bodies = append(bodies, body)
			} else if o.unproven() > 0 {
				o.prove(o.proven + 1 + uint64(rng.IntN(o.unproven())))
				o.relax(rng.IntN(2) == 0)
			}
			bytesUnproven := 0
			for i := o.proven; i < o.next; i++ {
				bytesUnproven += len(bodies[i])
			}
			require.Equal(t, bytesUnproven, o.bytes, "seed %d, step %d", seed, step)
			require.LessOrEqual(t, o.bytes, keepBytes)
			require.LessOrEqual(t, o.first, o.proven)
			require.LessOrEqual(t, len(o.bodies.buf), maxRing)
			used := 0
			for i := o.first; i < o.next; i++ {
				if !bytes.Equal(bodies[i], o.body(i)) {
					t.Fatalf("seed %d, step %d: message %d of %d..%d is not what was added", seed, step, i, o.first,
						o.next)
				}
				used += len(bodies[i])
			}
			require.Equal(t, used, o.bodies.used)
		}
	}
}

// What comes and goes in a steady stream goes round in the same memory.
func TestTheRingGoesRound(t *testing.T) {
	var o outbox
	for i := range 20_000 {
		o.add(wire.TypeGameData, pattern(uint32(i), 990+i%20))
		if i >= 10 {
			o.prove(uint64(i - 9))
			o.relax(false)
		}
		require.LessOrEqual(t, len(o.bodies.buf), 16<<10, "message %d", i)
		require.Equal(t, pattern(uint32(i), 990+i%20), o.body(uint64(i)))
	}
	require.Zero(t, o.forgotten)
}

// Large messages and small ones, in both directions of a bad path, come out whole and in order; and when all of it is
// proven both ends have given the memory back.
func TestMessagesOfAnySizeOverABadPath(t *testing.T) {
	forEachLoss(t, 6, func(t *testing.T, seed uint64, loss float64) {
		const rounds = 150
		s, client, server := newPair(t, seed, bad(loss))
		sizes := rand.New(rand.NewPCG(seed, 3))
		most := 0
		say := func(p *peer) uint16 {
			seq := p.link.Send(s.now, wire.TypeGlobalChat, pattern(p.numbered, anySize(sizes)))
			p.numbered++
			p.flush()
			most = max(most, p.link.Held())
			return seq
		}
		check := func(m wire.Message, number uint32) {
			if !bytes.Equal(pattern(number, len(m.Body)), m.Body) {
				s.failf("message %d is not what was sent", number)
			}
		}
		var asked, answered uint16
		said := 0
		server.onMessage = func(m wire.Message, number uint32) {
			check(m, number)
			if number > 0 {
				server.link.Prove(s.now, answered)
			}
			answered = say(server)
		}
		client.onMessage = func(m wire.Message, number uint32) {
			check(m, number)
			client.link.Prove(s.now, asked)
			if said < rounds {
				asked = say(client)
				said++
			}
		}
		asked, said = say(client), 1
		s.run(time.Hour, func() bool { return client.expected == rounds })
		server.link.Prove(s.now, answered)
		for _, p := range []*peer{client, server} {
			require.Zero(t, p.link.Stats().Forgotten)
			p.link.Send(s.now, wire.TypeKeepAlive, []byte{0})
			p.flush()
			p.link.Prove(s.now, uint16(p.link.out.next-1))
			require.Less(t, p.link.Held(), 4<<10, "seed %d: everything is proven", seed)
		}
		require.Greater(t, most, 32<<10, "seed %d: nothing was large", seed)
	})
}

// Row 31: the peer proves nothing of thousands of messages, then plays a game of the largest inputs: what is kept is
// bounded all the time, and gone with the proofs.
func TestAPeerThatProvesNothingTakesBoundedMemory(t *testing.T) {
	l := New(Config{Server: true}, epoch)
	now := epoch
	buf := make([]byte, 0, wire.MaxDatagram)
	most := 0
	send := func(n int) {
		l.SendGame(now, wire.TypeGameData, make([]byte, n))
		for buf = l.NextDatagram(now, buf); len(buf) > 0; buf = l.NextDatagram(now, buf) {
		}
		now = now.Add(time.Second / 60)
		most = max(most, l.Held())
	}
	for range 5000 {
		send(200)
	}
	l.SetPhase(now, Netsync)
	l.SetPhase(now, Play)
	for m := range 5000 {
		send(24_579)
		l.ProveGame(now, m-3)
	}
	t.Logf("%d bytes at most, %d in the game", most, l.Held())
	require.LessOrEqual(t, most, 1<<20)
	require.Less(t, l.Held(), 300<<10)
	l.SetPhase(now, Lobby)
	l.Prove(now, l.Send(now, wire.TypeDropGame, []byte{'a', 0, 1}))
	for buf = l.NextDatagram(now, buf); len(buf) > 0; buf = l.NextDatagram(now, buf) {
	}
	l.Prove(now, uint16(l.out.next-1))
	require.Less(t, l.Held(), 4<<10)
}

// Messages that wait for a missing one take a bounded window, whatever their sizes and however often that happens, and
// give it back.
func TestTheWindowGivesItsMemoryBack(t *testing.T) {
	l := New(Config{Server: true}, epoch)
	most := 0
	body := make([]byte, 4096)
	for next := 0; next < 20*windowMessages; next += 50 {
		for i := range 49 {
			d := wire.AppendMessage(wire.AppendBundleHeader(nil, 1), uint16(next+1+i), wire.TypeGameData, body)
			require.NoError(t, l.Receive(epoch, d))
			_, ok := l.NextMessage()
			require.False(t, ok)
		}
		most = max(most, l.Held())
		require.NoError(t, l.Receive(epoch, wire.AppendMessage(wire.AppendBundleHeader(nil, 1), uint16(next),
			wire.TypeGameData, body)))
		for range 50 {
			_, ok := l.NextMessage()
			require.True(t, ok)
		}
		require.Zero(t, l.in.waiting)
	}
	require.LessOrEqual(t, most, windowBytes+windowBytes/8)
	require.LessOrEqual(t, l.Held(), keepBuffers+minWindow*waitingSize)
	require.Empty(t, take(t, l, epoch, bundle(uint16(20*windowMessages+20+windowMessages-1))))
}

// Cached frames and new ones follow each other: two bytes, then a thousand. None of them allocates.
func TestFramesOfDifferentSizesAllocateNothing(t *testing.T) {
	if race.Enabled {
		t.Skip("the race detector allocates")
	}
	l := New(Config{Server: true}, epoch)
	l.SetPhase(epoch, Netsync)
	l.SetPhase(epoch, Play)
	now, m := epoch, 0
	buf := make([]byte, 0, wire.MaxDatagram)
	large, small := make([]byte, 1155), make([]byte, 2)
	frame := func() {
		now = now.Add(time.Second / 60)
		body := small
		if m%9 == 0 {
			body = large
		}
		l.SendGame(now, wire.TypeGameData, body)
		for buf = l.NextDatagram(now, buf); len(buf) > 0; buf = l.NextDatagram(now, buf) {
		}
		m++
		l.ProveGame(now, m-3)
	}
	for range 1000 {
		frame()
	}
	require.Zero(t, testing.AllocsPerRun(2000, frame))
}
