package kclient_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient"
	"kbridge/kclient/wire"
)

// raw lets a datagram arrive that the link has no part in.
func (s *scripted) raw(d []byte) {
	s.conn.WriteToUDPAddrPort(d, s.client)
	s.serve(20 * time.Millisecond)
}

// chats is a bundle of chat lines with these numbers, as they stand on the wire;
// each line says its number less base.
func chats(base uint16, numbers ...uint16) []byte {
	d := wire.AppendBundleHeader(nil, len(numbers))
	for _, n := range numbers {
		d = wire.AppendMessage(d, base+n, wire.TypeGlobalChat,
			wire.Chat{User: "x", Text: strings.Repeat("|", int(n))}.AppendTo(nil))
	}
	return d
}

// heard are the numbers of the chat lines that came, and how many messages were
// reported lost, in order, the latter negative.
func heard(t *testing.T, l *kclient.Client) (numbers []int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	for {
		e, err := l.NextEvent(ctx)
		if err != nil {
			return numbers
		}
		switch e := e.(type) {
		case kclient.GlobalChat:
			numbers = append(numbers, len(e.Text))
		case kclient.MessagesLost:
			numbers = append(numbers, -e.Count)
		}
	}
}

// Elsewhere a hole in the numbers spins for ever, a gap of
// ten deafens, and their wrap breaks the session. Here the order holds, and what
// never comes is reported.
func TestMessagesKeepTheirOrderAndLossIsReported(t *testing.T) {
	scene := func(name string, f func(t *testing.T, s *scripted, l *kclient.Client, base uint16)) {
		t.Run(name, func(t *testing.T) {
			script(t, func(t *testing.T, s *scripted) {
				l := s.login()
				s.until(l)
				f(t, s, l, uint16(s.link.Stats().MessagesSent))
				l.Quit("")
			})
		})
	}
	scene("malformed bundles", func(t *testing.T, s *scripted, l *kclient.Client, base uint16) {
		whole := chats(base, 1, 0)
		crowd := []byte{wire.MaxBundle + 1}
		for n := range uint16(wire.MaxBundle + 1) {
			crowd = append(crowd, chats(base, wire.MaxBundle-n)[1:]...)
		}
		for _, d := range [][]byte{
			{}, {0}, {255}, {33}, {1}, {1, 0, 0, 0, 0, 7},
			append([]byte{0}, whole[1:]...), append([]byte{255}, whole[1:]...),
			whole[:len(whole)-1], whole[:5], crowd, []byte(strings.Repeat("\xFF", 60_000)),
		} {
			s.raw(d)
			require.Empty(t, heard(t, l))
		}
		s.raw(whole)
		require.Equal(t, []int{0, 1}, heard(t, l))
	})
	// EmuLinkerSF counts what it leaves out (protocol notes, 2): what is there is taken, what is not is a hole.
	scene("a count beyond what is there", func(t *testing.T, s *scripted, l *kclient.Client, base uint16) {
		s.raw(append([]byte{9}, chats(base, 1, 0)[1:]...))
		require.Equal(t, []int{0, 1}, heard(t, l))
		s.raw(append([]byte{9}, chats(base, 4, 3)[1:]...))
		require.Empty(t, heard(t, l), "2 was left out")
		s.raw(chats(base, 2))
		require.Equal(t, []int{2, 3, 4}, heard(t, l))
	})
	scene("a hole that is filled", func(t *testing.T, s *scripted, l *kclient.Client, base uint16) {
		s.raw(chats(base, 2, 0))
		require.Equal(t, []int{0}, heard(t, l), "n+2 waits")
		s.raw(chats(base, 12))
		require.Empty(t, heard(t, l), "and so does what is ten ahead")
		s.raw(chats(base, 3, 1))
		require.Equal(t, []int{1, 2, 3}, heard(t, l))
		s.raw(chats(base, 11, 10, 9, 8, 7, 6, 5, 4))
		require.Equal(t, []int{4, 5, 6, 7, 8, 9, 10, 11, 12}, heard(t, l))
	})
	scene("a hole that stays", func(t *testing.T, s *scripted, l *kclient.Client, base uint16) {
		s.raw(chats(base, 10))
		require.Empty(t, heard(t, l))
		s.serve(7 * time.Second)
		require.Equal(t, []int{-10, 10}, heard(t, l), "the loss is reported, and the session goes on")
		s.raw(chats(base, 11))
		require.Equal(t, []int{11}, heard(t, l))
	})
	scene("a gap that is too wide to wait in", func(t *testing.T, s *scripted, l *kclient.Client, base uint16) {
		for i := range uint16(20) { // four seconds of a server that has gone on without us
			s.raw(chats(base+20_000, i))
			s.serve(200 * time.Millisecond)
		}
		got := heard(t, l)
		require.NotEmpty(t, got, "it is followed in the end")
		require.Less(t, got[0], -19_999, "and what is lost is reported first: %v", got)
		s.raw(chats(base+20_000, 20))
		require.Equal(t, []int{20}, heard(t, l))
	})
	scene("stale and twice", func(t *testing.T, s *scripted, l *kclient.Client, base uint16) {
		s.raw(chats(base, 1, 0))
		require.Equal(t, []int{0, 1}, heard(t, l))
		s.raw(chats(base, 1, 0))
		s.raw(chats(base, 1, 1))
		s.raw(chats(base-30_000, 3))
		s.raw(chats(0, 0))
		require.Empty(t, heard(t, l))
		for range 20 { // four seconds of them do not count as a server that has gone on
			s.raw(chats(base-5000, 3))
			s.serve(200 * time.Millisecond)
		}
		require.Empty(t, heard(t, l))
		s.raw(chats(base, 3, 3, 2, 2))
		require.Equal(t, []int{2, 3}, heard(t, l), "each once")
	})
	scene("FFFF to 0, twice", func(t *testing.T, s *scripted, l *kclient.Client, base uint16) {
		const others = wire.Type(0x1E) // a type that nobody knows
		for n := uint64(base); n < 2<<16; {
			left := (1<<16 - 2) - n%(1<<16) // until the last two numbers before the wrap
			d := wire.AppendBundleHeader(nil, int(min(left, wire.MaxBundle)))
			for i := min(left, wire.MaxBundle); i > 0; i-- {
				d = wire.AppendMessage(d, uint16(n+i-1), others, nil)
			}
			s.raw(d)
			if n += min(left, wire.MaxBundle); left > wire.MaxBundle {
				continue
			}
			s.raw(chats(uint16(n), 3, 2))
			require.Empty(t, heard(t, l), "they wait on the other side of the wrap")
			s.raw(chats(uint16(n), 1, 0))
			require.Equal(t, []int{0, 1, 2, 3}, heard(t, l))
			s.raw(chats(uint16(n), 4, 3, 2, 1))
			require.Equal(t, []int{4}, heard(t, l))
			n += 5
		}
	})
}

// A game cannot go on without a message of its own; it
// ends, and says why.
func TestALostMessageOfTheGameEndsItAndSaysWhy(t *testing.T) {
	frame := wire.AppendGameData(nil, []byte{1, 2, 3, 4})
	one := func(seq uint16) []byte {
		return wire.AppendMessage(wire.AppendBundleHeader(nil, 1), seq, wire.TypeGameData, frame)
	}
	for name, gap := range map[string]uint16{"a hole": 1, "ten ahead": 10, "beyond the window": 5000} {
		t.Run(name, func(t *testing.T) {
			script(t, func(t *testing.T, s *scripted) {
				l, g := s.playing(1)
				next := uint16(s.link.Stats().MessagesSent) + gap
				for i := range uint16(40) {
					s.raw(one(next + i))
					s.serve(200 * time.Millisecond)
				}
				_, err := g.Exchange(context.Background(), make([]byte, 16), 2)
				require.ErrorIs(t, err, kclient.ErrLost)
				require.NoError(t, l.Err())
				s.last(wire.TypeDropGame)
				l.Quit("")
			})
		})
	}
}
