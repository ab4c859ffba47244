package link

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/wire"
)

// bundle is a datagram of messages with these seqs, in this order on the wire; each says its seq.
func bundle(seqs ...uint16) []byte {
	b := wire.AppendBundleHeader(nil, len(seqs))
	for _, seq := range seqs {
		b = wire.AppendMessage(b, seq, wire.TypeGameChat, []byte{byte(seq), byte(seq >> 8)})
	}
	return b
}

// take feeds a datagram and returns the seqs that come out.
func take(t *testing.T, l *Link, now time.Time, datagram []byte) (seqs []uint16) {
	t.Helper()
	require.NoError(t, l.Receive(now, datagram))
	for {
		m, ok := l.NextMessage()
		if !ok {
			return seqs
		}
		require.Equal(t, []byte{byte(m.Seq), byte(m.Seq >> 8)}, m.Body)
		seqs = append(seqs, m.Seq)
	}
}

// at is a link that has received everything before this seq.
func at(t *testing.T, server bool, seq int) *Link {
	t.Helper()
	l := New(Config{Server: server}, epoch)
	for i := range seq {
		require.Equal(t, []uint16{uint16(i)}, take(t, l, epoch, bundle(uint16(i))))
	}
	return l
}

func eachSide(t *testing.T, run func(t *testing.T, server bool)) {
	for _, server := range []bool{false, true} {
		t.Run(fmt.Sprintf("server=%v", server), func(t *testing.T) { run(t, server) })
	}
}

func TestReceiveOrders(t *testing.T) {
	eachSide(t, func(t *testing.T, server bool) {
		l := at(t, server, 5)
		require.Equal(t, []uint16{5, 6, 7}, take(t, l, epoch, bundle(7, 6, 5)), "oldest first")
		require.Empty(t, take(t, l, epoch, bundle(7, 6, 5)), "a duplicate")
		require.Equal(t, []uint16{8}, take(t, l, epoch, bundle(8, 7, 6)))
		require.Empty(t, take(t, l, epoch, bundle(12, 11, 10)), "9 is missing")
		require.Empty(t, take(t, l, epoch, bundle(14)), "and 13")
		require.Equal(t, []uint16{9, 10, 11, 12}, take(t, l, epoch, bundle(9, 8)))
		require.Equal(t, []uint16{13, 14}, take(t, l, epoch, bundle(13, 12, 11)))
		require.Equal(t, []uint16{15}, take(t, l, epoch, bundle(15, 15, 15)), "the same one thrice in one datagram")
		require.Equal(t, []uint16{16, 17}, take(t, l, epoch, bundle(16, 17)),
			"a bundle in the wrong order is put right")
		require.Equal(t, []uint16{18, 19, 20}, take(t, l, epoch, bundle(19, 18, 20, 19)))
	})
}

// A message is delivered before the messages of the same datagram that are held.
func TestReceiveHoleInOneDatagram(t *testing.T) {
	eachSide(t, func(t *testing.T, server bool) {
		l := at(t, server, 3)
		require.Equal(t, []uint16{3}, take(t, l, epoch, bundle(7, 5, 3)))
		since, ok := l.Hole()
		require.True(t, ok)
		require.Equal(t, epoch, since)
		require.Equal(t, []uint16{4, 5}, take(t, l, epoch.Add(time.Second), bundle(4)))
		require.Equal(t, []uint16{6, 7}, take(t, l, epoch.Add(2*time.Second), bundle(6)))
		_, ok = l.Hole()
		require.False(t, ok)
	})
}

// Hole says how long the peer has been missing a message, not how long there has been one hole or another:
// whoever gives up on a peer goes by it.
func TestHoleIsSinceTheMessageIsMissing(t *testing.T) {
	l := at(t, false, 3)
	take(t, l, epoch, bundle(4))
	now := epoch
	for seq := uint16(4); seq < 400; seq += 2 {
		now = now.Add(100 * time.Millisecond)
		require.Len(t, take(t, l, now, bundle(seq+2, seq-1)), 2)
		since, ok := l.Hole()
		require.True(t, ok)
		require.Equal(t, now, since)
	}
}

func TestSkip(t *testing.T) {
	l := at(t, false, 3)
	require.Zero(t, l.Skip())
	take(t, l, epoch, bundle(9, 8, 6))
	require.Equal(t, 3, l.Skip(), "3, 4, 5")
	m, ok := l.NextMessage()
	require.True(t, ok)
	require.EqualValues(t, 6, m.Seq)
	_, ok = l.NextMessage()
	require.False(t, ok)
	require.Equal(t, 1, l.Skip(), "7")
	require.Equal(t, []uint16{8, 9, 10}, take(t, l, epoch, bundle(10)))
	require.Equal(t, 4, l.Stats().Lost)
}

func TestReceiveWrap(t *testing.T) {
	eachSide(t, func(t *testing.T, server bool) {
		l := New(Config{Server: server}, epoch)
		l.in.next = 3<<16 - 3
		require.Equal(t, []uint16{65533, 65534}, take(t, l, epoch, bundle(65534, 65533)))
		require.Empty(t, take(t, l, epoch, bundle(1, 0)))
		require.Equal(t, []uint16{65535, 0, 1}, take(t, l, epoch, bundle(0, 65535, 65534)))
		require.Empty(t, take(t, l, epoch, bundle(65535, 65534, 65533)), "old")
		require.Equal(t, []uint16{2}, take(t, l, epoch, bundle(2, 1, 0, 65535)))
	})
	// At the very start 65535 is not the message before 0 but none at all.
	l := New(Config{}, epoch)
	require.Empty(t, take(t, l, epoch, bundle(65535)))
	require.Equal(t, []uint16{0}, take(t, l, epoch, bundle(0)))
}

func TestReceiveRefusesMalformedDatagrams(t *testing.T) {
	eachSide(t, func(t *testing.T, server bool) {
		l := at(t, server, 3)
		before := l.Stats()
		for name, d := range map[string][]byte{
			"empty":             {},
			"count 0":           {0},
			"count 0 and bytes": {0, 3, 0, 2, 0, 9, 0},
			"count 255":         {255, 3, 0, 2, 0, 9, 0},
			"count 33":          append([]byte{33}, bytes.Repeat([]byte{3, 0, 2, 0, 9, 0}, 33)...),
			"count and no more": {2, 3, 0, 2, 0},
			"length 0":          {1, 3, 0, 0, 0, 7},
			"length beyond":     {1, 3, 0, 0xFF, 0xFF, 0x12, 0},
			"a header's half":   {1, 3, 0, 2},
			"text":              []byte("HELLOD00D27888\x00"),
		} {
			require.Error(t, l.Receive(epoch, d), name)
			_, ok := l.NextMessage()
			require.False(t, ok, name)
		}
		require.Equal(t, before, l.Stats(), "nothing was counted")
		require.Equal(t, []uint16{3}, take(t, l, epoch, bundle(3)), "and the session goes on")
	})
}

// EmuLinkerSF counts messages that it left out: a client takes those that are there, and knows from their numbers what
// is missing. A server takes no such datagram (hostile row 13).
func TestADatagramThatCountsMoreThanItHolds(t *testing.T) {
	short := bundle(7, 6, 5, 4)
	short[0] = 9
	client := at(t, false, 3)
	require.Empty(t, take(t, client, epoch, short), "3 is missing")
	_, ok := client.Hole()
	require.True(t, ok)
	require.Equal(t, []uint16{3, 4, 5, 6, 7}, take(t, client, epoch, bundle(3)))
	server := at(t, true, 4)
	require.ErrorIs(t, server.Receive(epoch, short), wire.ErrShort)
}

// Messages that come ahead of a missing one wait in a bounded window; what is beyond it
// is dropped, and the session goes on when the missing one comes.
func TestReceiveWindowIsBounded(t *testing.T) {
	eachSide(t, func(t *testing.T, server bool) {
		l := at(t, server, 3)
		for seq := 4; seq < 3+2*windowMessages; seq++ {
			require.Empty(t, take(t, l, epoch, bundle(uint16(seq))))
		}
		require.Equal(t, windowMessages-1, l.in.waiting)
		require.Len(t, take(t, l, epoch, bundle(3)), windowMessages)
		require.Zero(t, l.in.bytes)
		require.Equal(t, []uint16{3 + windowMessages}, take(t, l, epoch, bundle(3+windowMessages)))
	})
	// Bytes are bounded too.
	l := New(Config{}, epoch)
	big := make([]byte, 40_000)
	for seq := uint16(1); seq < 100; seq++ {
		d := wire.AppendMessage(wire.AppendBundleHeader(nil, 1), seq, wire.TypeGameData, big)
		require.NoError(t, l.Receive(epoch, d))
		_, ok := l.NextMessage()
		require.False(t, ok)
		require.LessOrEqual(t, l.in.bytes, windowBytes)
	}
	require.Equal(t, windowBytes/len(big), l.in.waiting)
	d := wire.AppendMessage(wire.AppendBundleHeader(nil, 1), 0, wire.TypeGameData, big)
	require.NoError(t, l.Receive(epoch, d))
	n := 0
	for {
		if _, ok := l.NextMessage(); !ok {
			break
		}
		n++
	}
	require.Equal(t, 1+windowBytes/len(big), n)
}

// A peer whose messages are far ahead: a server is followed after a while, since it has
// thrown away what is between (EmuLinker keeps nine); a client is not.
func TestFarAhead(t *testing.T) {
	for _, jump := range []int{windowMessages, 30_000, 32_000} {
		for _, server := range []bool{false, true} {
			l := at(t, server, 3)
			now := epoch
			far := uint16(3 + jump)
			followed := time.Duration(-1)
			for n := range uint16(400) {
				if got := take(t, l, now, bundle(far+n, far+n-1)); len(got) > 0 {
					require.Equal(t, []uint16{far + n - 1, far + n}, got)
					followed = now.Sub(epoch)
					break
				}
				now = now.Add(50 * time.Millisecond)
			}
			if server {
				require.EqualValues(t, -1, followed, "jump %d", jump)
				require.Zero(t, l.Stats().Lost)
				require.Equal(t, []uint16{3}, take(t, l, now, bundle(3)), "the session goes on where it was")
				continue
			}
			require.GreaterOrEqual(t, followed, farPatience, "jump %d", jump)
			require.Less(t, followed, 2*farPatience, "jump %d", jump)
			lost := int(uint16(followed/(50*time.Millisecond))) + jump - 1
			require.Equal(t, lost, l.Stats().Lost, "the loss is told")
		}
	}
}

// A few wild datagrams do not move a client, nor do many in a moment.
func TestFarAheadNeedsPatience(t *testing.T) {
	l := at(t, false, 3)
	for range 1000 {
		require.Empty(t, take(t, l, epoch.Add(time.Second), bundle(30_003)))
	}
	require.Empty(t, take(t, l, epoch.Add(2*time.Second), bundle(30_003)))
	require.Equal(t, []uint16{3}, take(t, l, epoch.Add(20*time.Second), bundle(3)), "what was expected came after all")
	for range farMessages - 1 {
		require.Empty(t, take(t, l, epoch.Add(40*time.Second), bundle(30_003)), "the count begins anew")
	}
}

// A replay at 1,000 a second: what it makes us send is bounded, less than comes in, and ends with it.
func TestReplayStorm(t *testing.T) {
	for _, phase := range []Phase{Lobby, Netsync, Play} {
		for _, server := range []bool{false, true} {
			l := at(t, server, 50)
			l.SetPhase(epoch, phase)
			for range 20 {
				l.Send(epoch, wire.TypeGameChat, make([]byte, 100))
			}
			drain(l, epoch)
			old := bundle(49, 48, 47)
			now := epoch
			out := 0
			for range 10_000 {
				now = now.Add(time.Millisecond)
				require.Empty(t, take(t, l, now, old))
				out += len(drain(l, now))
			}
			limit := 5 * 10 // datagrams a second, in 10 s
			if phase == Play {
				limit = (4*10 + 20) * (1 + maxCopies) // some more at first, while it may still help
			}
			require.LessOrEqual(t, out, limit, "server=%v phase=%v: answers to 10,000 datagrams", server, phase)
		}
	}
}

// Our own two ends do not keep each other talking once everything is there.
func TestNoEchoBetweenOurEnds(t *testing.T) {
	for _, phase := range []Phase{Lobby, Play} {
		s, client, server := newPair(t, 1, bad(0))
		client.link.SetPhase(s.now, phase)
		server.link.SetPhase(s.now, phase)
		server.onMessage = func(m wire.Message, _ uint32) { server.send(wire.TypeGameChat) }
		client.onMessage = func(m wire.Message, _ uint32) { client.link.Prove(s.now, uint16(client.numbered-1)) }
		client.send(wire.TypeGameChat)
		client.send(wire.TypeGameChat)
		s.pass(time.Second)
		require.EqualValues(t, 2, client.expected)
		// A replay of the client's, once.
		for range 5 {
			server.receive(bundleOf(0))
		}
		before := client.link.Stats().DatagramsSent
		s.pass(30 * time.Second)
		require.LessOrEqual(t, client.link.Stats().DatagramsSent-before, 3,
			"phase %v: the client does not answer repeats", phase)
	}
}

// bundleOf is a datagram whose messages say their number as the peers of a sim do.
func bundleOf(numbers ...uint32) []byte {
	b := wire.AppendBundleHeader(nil, len(numbers))
	for _, n := range numbers {
		b = wire.AppendMessage(b, uint16(n), wire.TypeGameChat, []byte{byte(n), byte(n >> 8), byte(n >> 16),
			byte(n >> 24)})
	}
	return b
}

// A link that has said nothing yet has nothing to repeat, whatever its peer does.
func TestNothingToRepeatYet(t *testing.T) {
	for _, phase := range []Phase{Lobby, Netsync, Play} {
		eachSide(t, func(t *testing.T, server bool) {
			l := New(Config{Server: server}, epoch)
			l.SetPhase(epoch, phase)
			now := epoch
			for _, d := range [][]byte{bundle(5), bundle(5), bundle(0), bundle(0), bundle(30_000), bundle(7, 5)} {
				take(t, l, now, d)
				require.Empty(t, drain(l, now))
				require.True(t, l.Next().IsZero())
				now = now.Add(10 * time.Second)
				require.Empty(t, drain(l, now))
			}
		})
	}
}

// Any bytes at all, in any phase: no panic, no storm, no error that ends the session, and
// messages come out in order.
func FuzzReceive(f *testing.F) {
	f.Add(bundle(0), bundle(2, 1), uint8(0))
	f.Add(bundle(7, 5, 3), bundle(0), uint8(3))
	f.Add(bundle(30_000), bundle(65535, 0), uint8(5))
	f.Add([]byte{255}, []byte{0}, uint8(4))
	f.Fuzz(func(t *testing.T, first, second []byte, mode uint8) {
		l := New(Config{Server: mode&1 == 1}, epoch)
		l.SetPhase(epoch, Phase(mode>>1%3))
		if mode&8 != 0 {
			for range 20 {
				l.Send(epoch, wire.TypeGameChat, first)
			}
		}
		now := epoch
		next := uint16(0)
		for range 12 {
			for _, d := range [][]byte{first, second} {
				if l.Receive(now, d) == nil {
					for {
						m, ok := l.NextMessage()
						if !ok {
							break
						}
						if m.Seq != next && l.Stats().Lost == 0 {
							t.Fatalf("got %d, expected %d", m.Seq, next)
						}
						next = m.Seq + 1
					}
				}
				if n := len(drain(l, now)); n > 64 {
					t.Fatalf("%d datagrams in one instant", n)
				}
				now = now.Add(400 * time.Millisecond)
			}
		}
	})
}
