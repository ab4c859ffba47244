package link

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/wire"
)

// playing is a link in a running game that has sent a message every pace so far, all of them proven.
func playing(server bool, pace time.Duration) (l *Link, now time.Time) {
	l, now = New(Config{Server: server}, epoch), epoch
	l.SetPhase(now, Netsync)
	l.SetPhase(now, Play)
	for i := range 64 {
		now = now.Add(pace)
		l.SendGame(now, wire.TypeGameData, []byte{byte(i)})
		drain(l, now)
		l.ProveGame(now.Add(40*time.Millisecond), i+1)
	}
	return l, now
}

// datagramsIn is when a link sends, from now on and for so long, with nothing new to say.
func datagramsIn(l *Link, now time.Time, long time.Duration) (at []time.Duration) {
	begin := now
	for {
		next := l.Next()
		if next.IsZero() || next.After(begin.Add(long)) {
			return at
		}
		now = later(now, next)
		for range drain(l, now) {
			at = append(at, now.Sub(begin))
		}
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// hears gives a link the peer's messages with these seqs, one datagram each, so far apart.
func hears(t *testing.T, l *Link, now time.Time, apart time.Duration, seqs ...uint16) {
	t.Helper()
	for _, seq := range seqs {
		d := wire.AppendBundleHeader(nil, 1)
		d = wire.AppendMessage(d, seq, wire.TypeGameData, nil)
		require.NoError(t, l.Receive(now, d))
		for _, ok := l.NextMessage(); ok; _, ok = l.NextMessage() {
		}
		now = now.Add(apart)
	}
}

// With a message every frame a silence of more than two frames is a stall, on both sides.
func TestStallIsNoticedAfterTwoFrames(t *testing.T) {
	const frame = time.Second / 60
	for _, server := range []bool{false, true} {
		l, now := playing(server, frame)
		now = now.Add(frame)
		l.SendGame(now, wire.TypeGameData, nil)
		drain(l, now)
		at := datagramsIn(l, now, time.Second)
		require.NotEmpty(t, at)
		require.InDelta(t, frame*9/4, at[0], float64(time.Millisecond), "server=%v", server)
		require.Less(t, len(at), 40, "server=%v: it backs off", server)
	}
}

// At a slower pace, on a line that loses, one copy follows each message; on a line that does not, none.
func TestCopies(t *testing.T) {
	for _, server := range []bool{false, true} {
		for _, pace := range []time.Duration{time.Second / 60, time.Second / 30, time.Second / 20, time.Second / 10} {
			l, now := playing(server, pace)
			send := func() []time.Duration {
				now = now.Add(pace)
				l.SendGame(now, wire.TypeGameData, nil)
				require.Len(t, drain(l, now), 1)
				return datagramsIn(l, now, 15*time.Millisecond)
			}
			hears(t, l, now, pace, 0, 1, 2)
			require.Empty(t, send(), "server=%v pace=%v: nothing was lost", server, pace)

			hears(t, l, now.Add(2*pace), pace, 3, 5)
			require.Empty(t, send(), "server=%v pace=%v: two messages in a datagram that was in time", server, pace)

			hears(t, l, now.Add(6*pace), 0, 7)
			if pace < everyFrame {
				require.Empty(t, send(), "server=%v: the next frame is soon enough", server)
				continue
			}
			require.Equal(t, []time.Duration{copyAfter}, send(), "server=%v pace=%v: 6 is missing", server, pace)

			now = now.Add(lossMemory + 10*pace)
			require.Empty(t, send(), "server=%v pace=%v: long ago", server, pace)
		}
	}
}

// A copy is no question: the server does not answer it. What comes later without news is one.
func TestCopiesAreNotAnswered(t *testing.T) {
	const pace = time.Second / 20
	l, now := playing(true, pace)
	l.SendGame(now, wire.TypeGameData, nil)
	drain(l, now)
	hears(t, l, now, copyAfter, 0, 0)
	require.Empty(t, datagramsIn(l, now, 40*time.Millisecond))
	hears(t, l, now.Add(45*time.Millisecond), 0, 0)
	require.NotEmpty(t, datagramsIn(l, now.Add(45*time.Millisecond), 5*time.Millisecond),
		"the client waits for something")
}

// While the peer sends copies, a loss shows by a copy that is missing, though every message arrives.
func TestLossBehindCopiesIsSeen(t *testing.T) {
	const pace = time.Second / 20
	l, now := playing(false, pace)
	hears(t, l, now, copyAfter, 0, 0)
	hears(t, l, now.Add(pace), copyAfter, 1, 1)
	hears(t, l, now.Add(2*pace), copyAfter, 2, 2)
	require.True(t, l.heard.missed.IsZero())
	hears(t, l, now.Add(3*pace), 0, 3)
	hears(t, l, now.Add(4*pace), copyAfter, 4, 4)
	require.Equal(t, now.Add(4*pace), l.heard.missed)
}

// The pace is that of the game, whatever stalls do to it.
func TestPaceOfAGame(t *testing.T) {
	const frame = time.Second / 60
	var p pacer
	now := epoch
	for i := range 4000 {
		switch gap := frame; {
		case i%10 == 7: // a stall, after which three frames come at once
			p.observe(now.Add(gap + 100*time.Millisecond))
			now = now.Add(gap + 100*time.Millisecond)
		case i%10 > 7 || i%10 < 2:
			now = now.Add(4 * time.Millisecond)
			p.observe(now)
		default:
			now = now.Add(gap)
			p.observe(now)
		}
	}
	require.InDelta(t, frame, p.mean, float64(5*time.Millisecond))
	p.observe(now.Add(time.Hour))
	require.InDelta(t, frame, p.mean, float64(5*time.Millisecond))
}

// An old client's first messages come together, up to 15 of them: that is no pace, in its first game and in later ones.
// Of a game that really is so fast it is one.
func TestABurstAtTheStartOfAGameIsNoPace(t *testing.T) {
	const batch = 50 * time.Millisecond // type 3
	var p pacer
	now := epoch
	for range 3 {
		p.begin()
		now = now.Add(10 * time.Second)
		for i := range 15 {
			p.observe(now.Add(time.Duration(i) * 100 * time.Microsecond))
		}
		for range 100 {
			now = now.Add(batch)
			p.observe(now)
		}
		require.InDelta(t, batch, p.mean, float64(time.Millisecond))
	}
	p = pacer{}
	for range 200 {
		now = now.Add(4 * time.Millisecond)
		p.observe(now)
	}
	require.Less(t, p.mean, firstPace)
}
