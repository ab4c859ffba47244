package lockstep_test

import (
	"bytes"
	"testing"

	"kbridge/kclient/framecache"
	"kbridge/kclient/lockstep"
)

// The worked examples of the protocol notes, with the bytes in them. Inputs are letters: "A0" is player A's frame 0.
// Where the types are mixed the frame delays d are chosen so that D is the same for all: then nobody has leading zeros.
// Those are in lead_test.go.

func newMixer(t testing.TB, config lockstep.MixerConfig) *lockstep.Mixer {
	t.Helper()
	if config.FrameDelays == nil {
		config.FrameDelays = make([]int, len(config.Connections))
	}
	m, err := lockstep.NewMixer(config)
	must(t, err == nil, "%v", err)
	return m
}

func newBatcher(t testing.TB, config lockstep.BatcherConfig) *lockstep.Batcher {
	t.Helper()
	b, err := lockstep.NewBatcher(config)
	must(t, err == nil, "%v", err)
	return b
}

func give(t testing.TB, m *lockstep.Mixer, player int, payload string) {
	t.Helper()
	err := m.Input(player, []byte(payload))
	must(t, err == nil, "player %d gives %q: %v", player, payload, err)
}

// next is the next message for player as 12 with its payload; it must be one.
func next(t testing.TB, m *lockstep.Mixer, player int, want string) {
	t.Helper()
	out, ok := m.Next(player)
	must(t, ok, "player %d: no message, want %q", player, want)
	must(t, !out.Cached, "player %d: cached at %d, want %q as game data", player, out.Position, want)
	equal(t, want, string(out.Payload), "player %d", player)
}

func nextCached(t testing.TB, m *lockstep.Mixer, player int, position uint8, want string) {
	t.Helper()
	out, ok := m.Next(player)
	must(t, ok && out.Cached, "player %d: want %q as game cache", player, want)
	equal(t, position, out.Position, "player %d", player)
	equal(t, want, string(out.Payload), "player %d", player)
}

func nothing(t testing.TB, m *lockstep.Mixer, players ...int) {
	t.Helper()
	for _, p := range players {
		out, ok := m.Next(p)
		must(t, !ok, "player %d: got %q, want nothing yet", p, out.Payload)
	}
}

// Two frames of three players give A0 B0 C0 A1 B1 C1: by frame, never by player.
func TestMixingInterleavesByFrame(t *testing.T) {
	m := newMixer(t, lockstep.MixerConfig{Connections: []int{2, 2, 2}})
	give(t, m, 0, "A0A1")
	give(t, m, 1, "B0B1")
	nothing(t, m, 0, 1, 2)
	equal(t, lockstep.PlayerSet(0b100), m.Waiting())
	give(t, m, 2, "C0C1")
	for p := range 3 {
		next(t, m, p, "A0B0C0A1B1C1")
	}
	nothing(t, m, 0, 1, 2)
	equal(t, lockstep.PlayerSet(0b111), m.Waiting())
}

// A dropped player's part is zeros of the same size: layout and length never change.
func TestDroppedPlayerIsZeros(t *testing.T) {
	m := newMixer(t, lockstep.MixerConfig{Connections: []int{2, 2, 2}})
	give(t, m, 0, "A0A1")
	give(t, m, 2, "C0C1")
	m.Drop(1)
	next(t, m, 0, "A0\x00\x00C0A1\x00\x00C1")
	next(t, m, 2, "A0\x00\x00C0A1\x00\x00C1")
	nothing(t, m, 1) // who dropped gets nothing
	give(t, m, 2, "C2C3")
	give(t, m, 0, "A2A3")
	next(t, m, 0, "A2\x00\x00C2A3\x00\x00C3")
}

// What a player sent before it dropped is used first, also where it ends inside another player's group.
func TestDroppedPlayersQueueIsUsedUp(t *testing.T) {
	m := newMixer(t, lockstep.MixerConfig{Connections: []int{3, 1}, FrameDelays: []int{0, 2}})
	give(t, m, 1, "b0")
	give(t, m, 1, "b1")
	m.Drop(1)
	give(t, m, 0, "a0a1a2")
	next(t, m, 0, "a0b0a1b1a2\x00\x00")
	give(t, m, 0, "a3a4a5")
	next(t, m, 0, "a3\x00\x00a4\x00\x00a5\x00\x00")
}

// Each player gets combined frames in groups of its own c: c = 2 gets frames 1 and 2 in one message when frame 2 is
// ready.
func TestEachPlayerHasItsOwnSchedule(t *testing.T) {
	m := newMixer(t, lockstep.MixerConfig{Connections: []int{1, 2}, FrameDelays: []int{1, 0}})
	give(t, m, 1, "B1B2")
	give(t, m, 0, "A1")
	next(t, m, 0, "A1B1")
	nothing(t, m, 0, 1) // frame 1 alone is nothing for the second player
	give(t, m, 0, "A2")
	next(t, m, 0, "A2B2")
	next(t, m, 1, "A1B1A2B2")
	nothing(t, m, 0, 1)
}

// Padding with c = 1, 2, 3: frame 1 = [P0 f1][00][00], frame 2 = [P0 f2][P1 f1][00], frame 3 = [P0 f3][P1 f2][P2 f1].
func TestPaddingOfMixedTypes(t *testing.T) {
	m := newMixer(t, lockstep.MixerConfig{Connections: []int{1, 2, 3}, FrameDelays: []int{5, 2, 1}, Padding: true})
	equal(t, lockstep.PlayerSet(0b001), m.Waiting())
	give(t, m, 0, "a1")
	next(t, m, 0, "a1\x00\x00\x00\x00") // nobody waits for the slower ones' first batch
	nothing(t, m, 0, 1, 2)
	equal(t, lockstep.PlayerSet(0b011), m.Waiting())
	give(t, m, 0, "a2")
	nothing(t, m, 0, 1, 2)
	give(t, m, 1, "b1b2")
	next(t, m, 0, "a2b1\x00\x00")
	next(t, m, 1, "a1\x00\x00\x00\x00a2b1\x00\x00")
	nothing(t, m, 0, 1, 2)
	give(t, m, 0, "a3")
	nothing(t, m, 0, 1, 2)
	equal(t, lockstep.PlayerSet(0b100), m.Waiting())
	give(t, m, 2, "c1c2c3")
	next(t, m, 0, "a3b2c1")
	next(t, m, 2, "a1\x00\x00\x00\x00a2b1\x00\x00a3b2c1")
	nothing(t, m, 0, 1, 2)
	give(t, m, 1, "b3b4")
	give(t, m, 0, "a4")
	next(t, m, 0, "a4b3c2")
	next(t, m, 1, "a3b2c1a4b3c2")
}

// Without padding frame 1 = [P0 f1][P1 f1][P2 f1], and the faster players wait for the slowest batch at the start.
func TestMixedTypesWithoutPadding(t *testing.T) {
	m := newMixer(t, lockstep.MixerConfig{Connections: []int{1, 2, 3}, FrameDelays: []int{5, 2, 1}})
	equal(t, lockstep.PlayerSet(0b111), m.Waiting())
	give(t, m, 0, "a1")
	give(t, m, 0, "a2")
	give(t, m, 1, "b1b2")
	nothing(t, m, 0, 1, 2)
	equal(t, lockstep.PlayerSet(0b100), m.Waiting())
	give(t, m, 2, "c1c2c3")
	next(t, m, 0, "a1b1c1")
	next(t, m, 0, "a2b2c2")
	next(t, m, 1, "a1b1c1a2b2c2")
	nothing(t, m, 0, 1, 2)
	give(t, m, 0, "a3")
	give(t, m, 1, "b3b4")
	next(t, m, 0, "a3b3c3")
	next(t, m, 2, "a1b1c1a2b2c2a3b3c3")
}

// A room of one connection type is the same with padding and without.
func TestPaddingOfOneTypeIsNone(t *testing.T) {
	for _, padding := range []bool{false, true} {
		m := newMixer(t, lockstep.MixerConfig{Connections: []int{3, 3}, Padding: padding})
		give(t, m, 0, "abc")
		nothing(t, m, 0, 1)
		give(t, m, 1, "ABC")
		next(t, m, 0, "aAbBcC")
		next(t, m, 1, "aAbBcC")
	}
}

// The connection type is how many frames are collected: c = 3 with 2 bytes is one game data of 6 bytes every third
// frame, and three combined frames come back at once.
func TestBatching(t *testing.T) {
	b := newBatcher(t, lockstep.BatcherConfig{Connection: 3, Players: 2})
	var dst [4]byte
	for i, input := range []string{"a0", "a1", "a2"} {
		out, send, err := b.Collect([]byte(input))
		must(t, err == nil, "%v", err)
		equal(t, i == 2, send, "call %d", i+1)
		if send {
			equal(t, "a0a1a2", string(out.Payload))
			must(t, !out.Cached)
			break
		}
		n, ok := b.Next(dst[:])
		must(t, ok && n == 0, "call %d is inside the frame delay: %d, %v", i+1, n, ok)
	}
	// D = (0 + 1) × 3 - 1 = 2: the third call waits for the first combined frame.
	must(t, b.Waiting())
	_, ok := b.Next(dst[:])
	must(t, !ok)
	must(t, b.Receive([]byte("a0b0a1b1a2b2")) == nil)
	must(t, !b.Waiting())
	n, ok := b.Next(dst[:])
	must(t, ok)
	equal(t, "a0b0", string(dst[:n]))
	for _, want := range []string{"a1b1", "a2b2"} {
		_, send, err := b.Collect([]byte("a3"))
		must(t, err == nil && !send, "%v", err)
		n, ok = b.Next(dst[:])
		must(t, ok)
		equal(t, want, string(dst[:n]))
	}
}

// D = (d + 1) × c - 1 calls return nothing, whatever has arrived by then. The (D+1)-th call fills batch d + 1, sends
// it, and waits.
func TestFrameDelay(t *testing.T) {
	for _, row := range []struct{ c, d, delay int }{
		{1, 0, 0}, {1, 1, 1}, {1, 5, 5}, {2, 0, 1}, {2, 1, 3}, {3, 0, 2}, {3, 2, 8}, {6, 1, 11}, {6, 4, 29},
	} {
		b := newBatcher(t, lockstep.BatcherConfig{Connection: row.c, FrameDelay: row.d, Players: 1})
		equal(t, row.delay, b.Delay())
		equal(t, row.delay, lockstep.Delay(row.c, row.d))
		var dst [1]byte
		for call := 1; call <= row.delay; call++ {
			_, _, err := b.Collect([]byte{byte(call)})
			must(t, err == nil, "%v", err)
			must(t, !b.Waiting(), "c %d d %d call %d", row.c, row.d, call)
			n, ok := b.Next(dst[:])
			must(t, ok && n == 0, "c %d d %d call %d", row.c, row.d, call)
		}
		equal(t, row.d, b.Batches())
		_, send, err := b.Collect([]byte{99})
		must(t, err == nil && send && b.Waiting(), "c %d d %d: the call after the frame delay", row.c, row.d)
		equal(t, row.d+1, b.Batches())
		_, ok := b.Next(dst[:])
		must(t, !ok)
		must(t, b.Receive(bytes.Repeat([]byte{7}, row.c)) == nil)
		n, ok := b.Next(dst[:])
		must(t, ok && n == 1 && dst[0] == 7)
		equal(t, 1, b.Frames())
	}
}

// Each direction of each client has its own cache: 12 adds, the same payload again is 13 with its position.
func TestCachesOfAClient(t *testing.T) {
	b := newBatcher(t, lockstep.BatcherConfig{Connection: 1, FrameDelay: 200, Players: 1})
	var dst [1]byte
	for i, row := range []struct {
		input    string
		cached   bool
		position uint8
	}{
		{"x", false, 0}, {"y", false, 0}, {"x", true, 0}, {"y", true, 1}, {"z", false, 0}, {"z", true, 2},
		{"x", true, 0},
	} {
		out, send, err := b.Collect([]byte(row.input))
		must(t, err == nil && send, "%v", err)
		equal(t, row.cached, out.Cached, "input %d", i)
		if row.cached {
			equal(t, row.position, out.Position, "input %d", i)
		}
		equal(t, row.input, string(out.Payload), "input %d", i)
		b.Next(dst[:])
	}
	equal(t, 4, b.Cached())
	equal(t, 7, b.Batches())
	// What was sent says nothing about what was received.
	equal(t, lockstep.ErrPosition, b.ReceiveCached(0))
	must(t, b.Receive([]byte("q")) == nil)
	must(t, b.ReceiveCached(0) == nil)
	equal(t, lockstep.ErrPosition, b.ReceiveCached(1))
	// Bytes that are cached already are added again when they come as 12 (n02).
	must(t, b.Receive([]byte("q")) == nil)
	must(t, b.ReceiveCached(1) == nil)
	equal(t, 4, b.Messages())
}

// The server's caches are per player: what was sent to one player says nothing about another, and cached input of one
// beside new input of another is a new combination, so it goes out as 12.
func TestCachesOfTheServer(t *testing.T) {
	m := newMixer(t, lockstep.MixerConfig{Connections: []int{1, 1, 2}, FrameDelays: []int{3, 3, 1}})
	give(t, m, 2, "zz")
	give(t, m, 0, "a")
	give(t, m, 1, "b")
	next(t, m, 0, "abz")
	next(t, m, 1, "abz")
	must(t, m.InputCached(0, 0) == nil)
	must(t, m.InputCached(1, 0) == nil)
	nextCached(t, m, 0, 0, "abz")
	nextCached(t, m, 1, 0, "abz")
	next(t, m, 2, "abzabz") // the first message of a player is never cached
	// A's input comes from its cache, B's is new: a new combination.
	must(t, m.InputCached(2, 0) == nil)
	must(t, m.InputCached(0, 0) == nil)
	give(t, m, 1, "c")
	next(t, m, 0, "acz")
	// Positions are each player's own.
	must(t, m.InputCached(0, 0) == nil)
	equal(t, lockstep.ErrPosition, m.InputCached(0, 1))
	must(t, m.InputCached(1, 1) == nil)
	nextCached(t, m, 0, 1, "acz")
	next(t, m, 1, "acz")
	nextCached(t, m, 1, 1, "acz")
	equal(t, 2, m.Cached(0))
}

// Past 256 different payloads the two numberings part; both ends of a game agree in either.
func TestCachesPast256(t *testing.T) {
	for _, row := range []struct {
		numbering framecache.Numbering
		// After 300 payloads: where the newest one and the oldest one are.
		newest, oldest uint8
	}{{framecache.Window, 255, 0}, {framecache.Ring, 299 - 256, 300 - 256}} {
		m := newMixer(t, lockstep.MixerConfig{Connections: []int{1}, Numbering: row.numbering})
		b := newBatcher(t, lockstep.BatcherConfig{Connection: 1, Players: 1, Numbering: row.numbering})
		play := func(n int) (up, down lockstep.GameData) {
			up, _, err := b.Collect([]byte{byte(n), byte(n >> 8)})
			must(t, err == nil, "%v", err)
			if up.Cached {
				err = m.InputCached(0, up.Position)
			} else {
				err = m.Input(0, up.Payload)
			}
			must(t, err == nil, "%v", err)
			down, ok := m.Next(0)
			must(t, ok)
			if down.Cached {
				err = b.ReceiveCached(down.Position)
			} else {
				err = b.Receive(down.Payload)
			}
			must(t, err == nil, "%v", err)
			var dst [2]byte
			_, ok = b.Next(dst[:])
			must(t, ok)
			equal(t, []byte{byte(n), byte(n >> 8)}, dst[:])
			return up, down
		}
		for n := range 300 {
			up, down := play(n)
			must(t, !up.Cached && !down.Cached)
		}
		for _, end := range []struct {
			n   int
			pos uint8
		}{{299, row.newest}, {300 - 256, row.oldest}} {
			up, down := play(end.n)
			must(t, up.Cached && down.Cached, "%v", row.numbering)
			equal(t, end.pos, up.Position, "%v", row.numbering)
			equal(t, end.pos, down.Position, "%v", row.numbering)
		}
		up, _ := play(43) // the last one that was evicted
		must(t, !up.Cached)
	}
}

// What proves what, counted by hand for c = 2 with d = 1: batch b proves messages up to b - 2, message m proves batch
// m.
func TestProofsCounted(t *testing.T) {
	m := newMixer(t, lockstep.MixerConfig{Connections: []int{1, 2}, FrameDelays: []int{3, 1}, Padding: true})
	equal(t, 0, m.ClientProven(1))
	for i, want := range []int{0, 0, 1, 2, 3} {
		give(t, m, 1, "bb")
		equal(t, i+1, m.Received(1))
		give(t, m, 0, "a")
		give(t, m, 0, "a")
		for p := range 2 {
			for ok := true; ok; {
				_, ok = m.Next(p)
			}
		}
		equal(t, i+1, m.Sent(1))
		equal(t, want, m.ClientProven(1), "after batch %d", i+1)
	}
	m.Drop(1)
	equal(t, 3, m.ClientProven(1))
	equal(t, 0, m.ClientProven(7))

	b := newBatcher(t, lockstep.BatcherConfig{Connection: 1, FrameDelay: 3, Players: 1})
	var dst [1]byte
	for range 3 {
		_, _, err := b.Collect([]byte("a"))
		must(t, err == nil, "%v", err)
		b.Next(dst[:])
	}
	equal(t, 0, b.ServerProven())
	must(t, b.Receive([]byte("a")) == nil)
	must(t, b.ReceiveCached(0) == nil)
	equal(t, 2, b.ServerProven())
	must(t, b.ReceiveCached(0) == nil)
	must(t, b.ReceiveCached(0) == nil) // a fourth one, of three batches: no server can make it
	equal(t, 3, b.ServerProven())
}
