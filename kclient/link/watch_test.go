package link

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/wire"
)

// quietClient is a client that has said one thing, has had it proven and has received one, at epoch: nothing is
// outstanding.
func quietClient(t *testing.T, quiet time.Duration) *Link {
	l := New(Config{}, epoch)
	l.Watch(quiet)
	seq := l.Send(epoch, wire.TypeGlobalChat, []byte{0, 0})
	require.Len(t, drain(l, epoch), 1)
	l.Prove(epoch, seq)
	require.Equal(t, []uint16{0}, take(t, l, epoch, bundle(0)))
	return l
}

// sends drives the link for a while and returns when it sent, as durations after epoch. heard gets every datagram.
func sends(t *testing.T, l *Link, from, to time.Duration, heard func(at time.Duration)) (at []time.Duration) {
	for now := epoch.Add(from); now.Before(epoch.Add(to)); {
		for _, d := range drain(l, now) {
			require.LessOrEqual(t, len(parse(t, d)), usualRedundancy)
			at = append(at, now.Sub(epoch))
			if heard != nil {
				heard(now.Sub(epoch))
			}
		}
		next := l.Next()
		if next.IsZero() {
			return at
		}
		require.True(t, next.After(now), "Next is in the future when nothing is due")
		now = next
	}
	return at
}

const millis = time.Millisecond

// direlera-rs answers no repeats: three after each news, then silence; and none at all once that is known.
func TestAQuietServerIsAskedThreeTimesInARow(t *testing.T) {
	l := quietClient(t, 5*time.Second)
	row := []time.Duration{1000 * millis, 1600 * millis, 2200 * millis}
	require.Equal(t, row, sends(t, l, 0, time.Hour, nil))
	require.False(t, l.AnswersRepeats())
	require.Equal(t, 3, l.Unanswered())
	for i := 1; i < 2*deafRows; i++ {
		at := time.Duration(i) * time.Hour
		require.Len(t, take(t, l, epoch.Add(at), bundle(uint16(i), uint16(i-1))), 1)
		require.Zero(t, l.Unanswered())
		var want []time.Duration
		if i < deafRows {
			for _, d := range row {
				want = append(want, at+d)
			}
		}
		require.Equal(t, want, sends(t, l, at, at+time.Hour, nil), "row %d", i)
	}
}

// What we say is news too: a keep-alive draws what was lost since.
func TestAQuietServerIsAskedAfterAKeepAlive(t *testing.T) {
	l := quietClient(t, 5*time.Second)
	sends(t, l, 0, time.Minute, nil)
	l.Send(epoch.Add(time.Minute), wire.TypeKeepAlive, []byte{0})
	require.Len(t, sends(t, l, time.Minute, 2*time.Minute, nil), 1+3)
}

// TestAKeepAliveIsRepeatedWhateverIsOutstanding: EmuLinker logs out who has said nothing new for 190 s, and nothing
// ever proves a keep-alive.
func TestAKeepAliveIsRepeatedWhateverIsOutstanding(t *testing.T) {
	l := quietClient(t, 5*time.Second)
	for i := range 500 {
		at := epoch.Add(time.Duration(i) * time.Minute)
		l.Send(at, wire.TypeKeepAlive, []byte{0})
		drain(l, at)
		for _, ask := range []time.Duration{1100 * millis, 6300 * millis, 11500 * millis} {
			d := drain(l, at.Add(ask))
			require.Len(t, d, 1)
			require.LessOrEqual(t, len(parse(t, d[0])), maxToServer)
			require.Equal(t, uint16(i+1), parse(t, d[0])[0].Seq, "the newest")
			require.Empty(t, take(t, l, at.Add(ask+100*millis), bundle(0)))
		}
	}
}

// A server of our own repeats by itself, and an old one in a game is asked by its resends.
func TestNobodyIsAskedInVain(t *testing.T) {
	require.Empty(t, sends(t, quietClient(t, 0), 0, time.Hour, nil))
	for _, phase := range []Phase{Netsync, Play} {
		l := quietClient(t, 5*time.Second)
		l.SetPhase(epoch, phase)
		require.Empty(t, sends(t, l, 0, time.Hour, nil))
	}
}

// One answer ends the row: EmuLinker's newest message is in each of its datagrams. From then on the server is asked
// whenever it has been quiet, in every phase, since it is known to answer.
func TestAServerThatAnswersIsAskedWhenQuiet(t *testing.T) {
	for _, phase := range []Phase{Lobby, Netsync, Play} {
		l := quietClient(t, 5*time.Second)
		answer := func(at time.Duration) {
			require.Empty(t, take(t, l, epoch.Add(at+100*millis), bundle(0)))
		}
		require.Equal(t, []time.Duration{1000 * millis, 6100 * millis, 11200 * millis}, sends(t, l, 0, 12*time.Second,
			answer))
		require.True(t, l.AnswersRepeats())
		l.SetPhase(epoch.Add(12*time.Second), phase)
		l.watch.complete = true // what the change of phase asks for is another test's matter
		require.Equal(t, []time.Duration{16300 * millis, 21400 * millis}, sends(t, l, 12*time.Second, 25*time.Second,
			answer))
		require.Zero(t, l.Unanswered())
		// It falls silent: often at first, then seldom.
		at := sends(t, l, 25*time.Second, 10*time.Minute, nil)
		require.Equal(t, 26500*millis, at[0])
		require.Equal(t, at[0]+9*time.Second, at[18])
		require.Equal(t, slowProbe, at[maxProbes+1]-at[maxProbes])
		require.Less(t, len(at), maxProbes+10*60/4)
		require.Equal(t, len(at), l.Unanswered())
	}
}

// A copy that the network made of news is no answer, nor is what a server repeats before it was asked.
func TestACopyIsNoAnswer(t *testing.T) {
	l := quietClient(t, 5*time.Second)
	require.Empty(t, take(t, l, epoch.Add(300*millis), bundle(0)))
	require.Empty(t, take(t, l, epoch.Add(900*millis), bundle(0)))
	require.False(t, l.AnswersRepeats(), "nothing was asked")
	sends(t, l, 900*millis, 1100*millis, nil)
	require.Equal(t, []uint16{1}, take(t, l, epoch.Add(1100*millis), bundle(1, 0)))
	l.watch.row = 1 // a resend of our own, at the same moment
	require.Empty(t, take(t, l, epoch.Add(1150*millis), bundle(1, 0)))
	require.False(t, l.AnswersRepeats(), "a copy of what came just before")
}

// Asking is no sign of a line that loses: what comes after it was said after it.
func TestAskingDoesNotLookLikeLoss(t *testing.T) {
	l := quietClient(t, 5*time.Second)
	sends(t, l, 0, 3*time.Second, nil)
	require.Equal(t, []uint16{1}, take(t, l, epoch.Add(10*time.Second), bundle(1, 0)))
	require.True(t, l.heard.missed.IsZero())
	require.Zero(t, l.resends)
}
