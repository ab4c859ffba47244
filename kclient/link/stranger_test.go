package link

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/wire"
)

// on is a client that has received the messages before this number from an old server, and was answered once.
func on(t *testing.T, next int) *Link {
	l := New(Config{}, epoch)
	l.Watch(2500 * millis)
	l.Send(epoch, wire.TypeGlobalChat, []byte{0, 0})
	require.Len(t, drain(l, epoch), 1)
	for i := range next {
		require.Len(t, take(t, l, epoch, bundle(uint16(i))), 1)
	}
	sends(t, l, 0, 1500*millis, nil)
	require.Empty(t, take(t, l, epoch.Add(1500*millis), bundle(uint16(next-1), uint16(next-2))))
	require.True(t, l.AnswersRepeats())
	return l
}

// foreign is a bundle as a restarted server's: its numbers, and something else under them.
func foreign(seqs ...uint16) []byte {
	b := wire.AppendBundleHeader(nil, len(seqs))
	for _, seq := range seqs {
		b = wire.AppendMessage(b, seq, wire.TypeServerMessage, []byte("server\x00Chat Denied: Not logged in\x00"))
	}
	return b
}

// TestAnAnswerToAStrangerIsNone: whatever a server says that has forgotten us, it is not heard, and what was asked
// stays unanswered. The numbers are EmuLinker-K's: from 0 on, wherever the session's were.
func TestAnAnswerToAStrangerIsNone(t *testing.T) {
	for _, next := range []int{6, 40, 30_000, 40_000, 65_537, 70_000} {
		l := on(t, next)
		last := l.LastReceived()
		now := epoch.Add(10 * time.Second)
		asked := len(sends(t, l, 1600*millis, 10*time.Second, nil))
		require.Positive(t, asked)
		stranger := func(d []byte) {
			t.Helper()
			require.ErrorIs(t, l.Receive(now, d), ErrStranger)
			_, ok := l.NextMessage()
			require.False(t, ok)
			require.Equal(t, asked, l.Unanswered())
			require.Equal(t, last, l.LastReceived())
		}
		stranger([]byte{0})
		for i := range 20 { // for every line of ours one of its own, beyond the session's numbers too
			now = now.Add(300 * millis)
			seqs := []uint16{}
			for n := i; n >= 0 && len(seqs) < 5; n-- {
				seqs = append(seqs, uint16(n))
			}
			stranger(foreign(seqs...))
		}
		require.Equal(t, []uint16{uint16(next)}, take(t, l, now, bundle(uint16(next), uint16(next-1))),
			"the session goes on")
		require.Zero(t, l.Unanswered())
	}
}

// TestNobodyIsTakenForAStranger who is none: what fills a hole, what two threads of EmuLinkerSF have put in the wrong
// order, one forged message, and a server of our own, whose resends begin far back.
func TestNobodyIsTakenForAStranger(t *testing.T) {
	l := on(t, 40)
	require.Empty(t, take(t, l, epoch.Add(2*time.Second), bundle(44, 43)))
	require.Equal(t, []uint16{40, 41, 42, 43, 44}, take(t, l, epoch.Add(2*time.Second), bundle(42, 41, 40)),
		"late, not strange")
	require.ErrorIs(t, l.Receive(epoch.Add(2*time.Second), bundle(42, 41, 40)), ErrStranger, "late, and nothing new")
	require.Empty(t, take(t, l, epoch.Add(2*time.Second), bundle(43, 44, 42)), "in the wrong order")

	l = on(t, 40)
	forged := foreign(40)
	require.NoError(t, l.Receive(epoch.Add(2*time.Second), forged))
	_, ok := l.NextMessage()
	require.True(t, ok)
	require.Equal(t, []uint16{41}, take(t, l, epoch.Add(3*time.Second), bundle(41, 40, 39)))

	l = New(Config{}, epoch)
	for i := range 20 {
		require.Len(t, take(t, l, epoch, bundle(uint16(i))), 1)
	}
	require.Empty(t, take(t, l, epoch.Add(time.Second), bundle(8, 7, 6)))
	require.Equal(t, epoch.Add(time.Second), l.LastReceived())
	require.Error(t, l.Receive(epoch, []byte{0}))
}
