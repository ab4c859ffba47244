package lockstep_test

import (
	"bytes"
	"testing"

	"kbridge/kclient/lockstep"
)

// begun is a Batcher after its first Collect.
func begun(t testing.TB, config lockstep.BatcherConfig, size int) *lockstep.Batcher {
	t.Helper()
	b := newBatcher(t, config)
	_, _, err := b.Collect(make([]byte, size))
	must(t, err == nil, "%v", err)
	return b
}

// A server's game data must be exactly one batch: of any other length is refused, and the game stands as before.
func TestClientRefusesOtherLengths(t *testing.T) {
	b := begun(t, lockstep.BatcherConfig{Connection: 6, FrameDelay: 1, Players: 2}, 2)
	for _, n := range []int{0, 1, 2, 6, 12, 23, 25, 48, 0x7FFF, 0xFFFF} {
		equal(t, lockstep.ErrLength, b.Receive(make([]byte, n)), "length %d", n)
	}
	equal(t, 0, b.Messages())
	equal(t, 0, b.Queued())
	equal(t, lockstep.ErrPosition, b.ReceiveCached(0), "a refused payload is not cached")
	must(t, b.Receive(make([]byte, 24)) == nil)
	equal(t, 6, b.Queued())
}

// 300 frames that nobody takes do not pile up.
func TestClientQueueIsBounded(t *testing.T) {
	for _, c := range []int{1, 6} {
		b := begun(t, lockstep.BatcherConfig{Connection: c, FrameDelay: 2, Players: 8}, 4)
		taken := 0
		var err error
		for range 300 {
			if err = b.Receive(make([]byte, c*4*8)); err != nil {
				break
			}
			taken++
		}
		equal(t, lockstep.ErrQueueFull, err)
		equal(t, lockstep.QueueBatches(2), taken)
		equal(t, lockstep.ErrQueueFull, b.ReceiveCached(0))
		equal(t, taken, b.Messages())
		// It is the server's fault, and what was queued is still good.
		var dst [32]byte
		for range b.Delay() - 1 {
			b.Next(dst[:])
			_, _, err := b.Collect(make([]byte, 4))
			must(t, err == nil, "%v", err)
		}
		b.Next(dst[:])
		_, _, err = b.Collect(make([]byte, 4))
		must(t, err == nil, "%v", err)
		n, ok := b.Next(dst[:])
		must(t, ok && n == 32)
	}
}

// A cache position that was never filled is an error, never a read.
func TestClientRefusesUnknownPositions(t *testing.T) {
	b := begun(t, lockstep.BatcherConfig{Connection: 1, FrameDelay: 1, Players: 1}, 1)
	for pos := range 256 {
		equal(t, lockstep.ErrPosition, b.ReceiveCached(uint8(pos)))
	}
	must(t, b.Receive([]byte{1}) == nil)
	equal(t, lockstep.ErrPosition, b.ReceiveCached(1))
	equal(t, lockstep.ErrPosition, b.ReceiveCached(255))
	equal(t, 1, b.Messages())
}

func TestClientRefusesGameDataBeforeItsFirstInput(t *testing.T) {
	b := newBatcher(t, lockstep.BatcherConfig{Connection: 1, Players: 1})
	equal(t, lockstep.ErrEarly, b.Receive([]byte{1}))
	equal(t, lockstep.ErrEarly, b.Receive(nil))
	equal(t, lockstep.ErrPosition, b.ReceiveCached(0))
	equal(t, 0, b.Messages())
}

// Never more than size × players bytes are written, however long the buffer is; into a shorter one nothing is, and the
// frame is not lost.
func TestNextWritesOneFrame(t *testing.T) {
	b := begun(t, lockstep.BatcherConfig{Connection: 1, Players: 3}, 2)
	must(t, b.Receive([]byte("a0b0c0")) == nil)
	equal(t, 6, b.FrameSize())
	short := []byte("-----")
	n, ok := b.Next(short)
	must(t, !ok && n == 0)
	equal(t, "-----", string(short))
	must(t, !b.Waiting(), "the frame is there, only the buffer is too short")
	long := []byte("----------")
	n, ok = b.Next(long)
	must(t, ok)
	equal(t, 6, n)
	equal(t, "a0b0c0----", string(long))
}

// Input that is no batch of this game is that player's fault alone: it gets its own error, and the room does not
// notice.
func TestServerRefusesOddInput(t *testing.T) {
	m := newMixer(t, lockstep.MixerConfig{Connections: []int{1, 6, 1}, FrameDelays: []int{11, 1, 11}})
	refuse := func(want error, player, length int) {
		t.Helper()
		size, received, waiting := m.Size(), m.Received(player), m.Waiting()
		equal(t, want, m.Input(player, make([]byte, length)), "player %d, %d bytes", player, length)
		equal(t, size, m.Size())
		equal(t, received, m.Received(player))
		equal(t, waiting, m.Waiting())
		equal(t, lockstep.ErrPosition, m.InputCached(player, uint8(received)), "what was refused is not cached")
	}
	// Before any size is known.
	refuse(lockstep.ErrLength, 0, 0)
	refuse(lockstep.ErrLength, 1, 1) // type 6 with length 1
	refuse(lockstep.ErrLength, 1, 13)
	refuse(lockstep.ErrLength, 1, 2048)
	refuse(lockstep.ErrSize, 0, 2048)
	refuse(lockstep.ErrSize, 0, lockstep.MaxFrameSize+1)
	refuse(lockstep.ErrSize, 1, 6*(lockstep.MaxFrameSize+1))
	refuse(lockstep.ErrSize, 0, 0xFFFF)
	equal(t, 0, m.Size())

	give(t, m, 0, "aaaa")
	equal(t, 4, m.Size())
	refuse(lockstep.ErrSizeChanged, 0, 8) // 4 then 8 bytes
	refuse(lockstep.ErrSizeChanged, 0, 3)
	refuse(lockstep.ErrSizeChanged, 2, 2) // another player's size
	refuse(lockstep.ErrSizeChanged, 1, 6)
	refuse(lockstep.ErrLength, 1, 4)
	refuse(lockstep.ErrLength, 1, 0)
	refuse(lockstep.ErrSize, 0, 2048)
	equal(t, lockstep.ErrPosition, m.InputCached(0, 1)) // position = number of entries
	equal(t, lockstep.ErrPosition, m.InputCached(0, 255))
	equal(t, lockstep.ErrPosition, m.InputCached(1, 0)) // another player's cache

	give(t, m, 1, "b0__b1__b2__b3__b4__b5__")
	give(t, m, 2, "cccc")
	next(t, m, 0, "aaaab0__cccc")
	next(t, m, 2, "aaaab0__cccc")
}

// A player who floods fills no more than its own part; the others' game goes on.
func TestServerQueueIsBounded(t *testing.T) {
	m := newMixer(t, lockstep.MixerConfig{Connections: []int{1, 1}, FrameDelays: []int{2, 2}})
	give(t, m, 0, "a")
	var err error
	taken := 1
	for range 300 {
		if err = m.InputCached(0, 0); err != nil {
			break
		}
		taken++
	}
	equal(t, lockstep.ErrQueueFull, err)
	equal(t, lockstep.QueueBatches(2), taken)
	equal(t, lockstep.ErrQueueFull, m.Input(0, []byte("a")))
	equal(t, lockstep.ErrPosition, m.InputCached(0, 1), "what was refused is not cached")
	give(t, m, 1, "b")
	next(t, m, 1, "ab")
	next(t, m, 0, "ab")
	m.Drop(0)
	for range taken - 1 { // what it had sent is used
		give(t, m, 1, "b")
		out, ok := m.Next(1)
		must(t, ok)
		equal(t, "ab", string(out.Payload))
	}
	give(t, m, 1, "b")
	next(t, m, 1, "\x00b")
}

// A caller that forgets to take one player's messages fills the room's memory once, and is then refused input: the ring
// is never overrun, and once the messages are taken the game goes on where it was.
func TestOutputNobodyTakesIsBounded(t *testing.T) {
	m := newMixer(t, lockstep.MixerConfig{Connections: []int{1, 1}})
	rounds := 0
	for ; rounds < 1000; rounds++ {
		if m.Input(0, []byte{byte(rounds)}) != nil || m.Input(1, []byte{byte(rounds)}) != nil {
			break
		}
		for ok := true; ok; {
			_, ok = m.Next(0)
		}
	}
	must(t, rounds < 50, "%d rounds were kept", rounds)
	for n := range rounds {
		out, ok := m.Next(1)
		must(t, ok)
		equal(t, []byte{byte(n), byte(n)}, out.Payload)
	}
	must(t, m.Input(1, []byte{byte(rounds)}) == nil)
}

// The same where the two queues alone would let the faster one lap the ring: frames that somebody has not had are not
// overwritten.
func TestFramesNobodyTookAreNotOverwritten(t *testing.T) {
	m := newMixer(t, lockstep.MixerConfig{Connections: []int{1, 1}, FrameDelays: []int{0, 20}})
	for range m.Lead(0) { // thrown away, and answered with zeros
		give(t, m, 0, "__")
		_, ok := m.Next(0)
		must(t, ok)
	}
	n := byte(0)
	for ; m.Input(1, []byte{'b', n}) == nil; n++ {
		must(t, m.Input(0, []byte{'a', n}) == nil)
		next(t, m, 0, string([]byte{'a', n, 'b', n}))
	}
	equal(t, lockstep.QueueBatches(20), int(n))
	refused := false
	for i := n; i < n+lockstep.MaxPlayers*10 && !refused; i++ {
		refused = m.Input(0, []byte{'a', i}) == lockstep.ErrQueueFull
	}
	must(t, refused)
	for i := range n {
		next(t, m, 1, string([]byte{'a', i, 'b', i}))
	}
}

func TestServerRefusesPlayersThatAreNotThere(t *testing.T) {
	m := newMixer(t, lockstep.MixerConfig{Connections: []int{1, 1}})
	for _, p := range []int{-1, 2, 8, 255} {
		equal(t, lockstep.ErrPlayer, m.Input(p, []byte("x")))
		equal(t, lockstep.ErrPlayer, m.InputCached(p, 0))
		m.Drop(p)
		nothing(t, m, p)
		equal(t, 0, m.Received(p)+m.Sent(p)+m.Cached(p)+m.ClientProven(p))
		must(t, !m.Active().Has(p))
	}
	equal(t, 2, m.Active().Len())
	m.Drop(1)
	m.Drop(1)
	equal(t, lockstep.ErrDropped, m.Input(1, []byte("x")))
	equal(t, lockstep.ErrDropped, m.Input(1, nil))
	equal(t, lockstep.ErrDropped, m.InputCached(1, 0))
	equal(t, 0, m.Size(), "a dropped player's input fixes no size")
	equal(t, lockstep.PlayerSet(0b01), m.Active())
}

// The largest game there can be: nothing overflows, and the queue's memory is what limits.go says.
func TestLargestGame(t *testing.T) {
	const n, c, size = lockstep.MaxPlayers, lockstep.MaxConnection, lockstep.MaxFrameSize
	config := lockstep.MixerConfig{}
	for range n {
		config.Connections = append(config.Connections, c)
		config.FrameDelays = append(config.FrameDelays, 0)
	}
	m := newMixer(t, config)
	batch := bytes.Repeat([]byte{0xAB}, c*size)
	for p := range n {
		must(t, m.Input(p, batch) == nil)
	}
	out, ok := m.Next(n - 1)
	must(t, ok)
	equal(t, lockstep.MaxPayload, len(out.Payload))
	equal(t, bytes.Repeat([]byte{0xAB}, lockstep.MaxPayload), out.Payload)

	b := begun(t, lockstep.BatcherConfig{Connection: c, FrameDelay: lockstep.MaxFrameDelay, Players: n}, size)
	must(t, b.Receive(out.Payload) == nil)
	equal(t, c, b.Queued())
}
