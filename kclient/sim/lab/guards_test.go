package lab

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/sim/peers"
	"kbridge/kclient/wire"
)

// broken is an end whose stream of messages is not what was sent.
type broken struct {
	end
	n     int
	wrong func(n int, m wire.Message) (wire.Message, bool)
}

func (b *broken) message() (wire.Message, bool) {
	for {
		m, ok := b.end.message()
		if !ok {
			return m, false
		}
		b.n++
		if m, ok = b.wrong(b.n, m); ok {
			return m, true
		}
	}
}

// The laboratory sees what it is there to see: it is tried on ends that are wrong.
func TestFaultsAreSeen(t *testing.T) {
	play := func(wrong func(n int, m wire.Message) (wire.Message, bool)) Result {
		g := newGame(Config{Strategy: Ours, Weather: weathers("loss5")[0], Connections: []int{1, 1}, Seed: 1,
			Length: 20 * time.Second})
		require.NoError(t, g.begin())
		if wrong != nil {
			pl := &g.players[1].client
			pl.end = &broken{end: pl.end, wrong: wrong}
		}
		require.NoError(t, g.run())
		return g.result
	}
	fine := play(nil)
	require.Zero(t, fine.Desyncs+fine.Lost+fine.GamesLost)
	require.Empty(t, fine.Failures)

	swallowed := play(func(n int, m wire.Message) (wire.Message, bool) { return m, n != 100 })
	require.NotZero(t, swallowed.Desyncs, "a game message is missing")
	require.NotEmpty(t, swallowed.Failures)

	changed := play(func(n int, m wire.Message) (wire.Message, bool) {
		if n > 10 && m.Type == wire.TypeGameData {
			m.Body = append([]byte(nil), m.Body...)
			m.Body[len(m.Body)-1] ^= 1
		}
		return m, true
	})
	require.NotZero(t, changed.Desyncs, "a bit is wrong")

	silent := play(func(_ int, m wire.Message) (wire.Message, bool) { return m, m.Type != wire.TypeGameChat })
	require.Zero(t, silent.Desyncs)
	gap := play(func() func(int, wire.Message) (wire.Message, bool) {
		chats := 0
		return func(_ int, m wire.Message) (wire.Message, bool) {
			if m.Type == wire.TypeGameChat {
				chats++
				return m, chats != 2
			}
			return m, true
		}
	}())
	require.NotZero(t, gap.Lost, "a chat line is missing")

	stuck := play(func(n int, m wire.Message) (wire.Message, bool) { return m, n < 100 })
	require.NotZero(t, stuck.GamesLost, "nothing comes any more")
	require.GreaterOrEqual(t, stuck.Stalls.Max(), stallLimit)
}

func TestQueueOrder(t *testing.T) {
	var q queue
	x := uint64(1)
	for i := range 2000 {
		x = x*6364136223846793005 + 1
		q.push(event{at: time.Duration(x >> 60), player: int32(i)})
	}
	last := q.pop()
	for range 1999 {
		e := q.pop()
		require.True(t, last.before(&e), "%v after %v", e, last)
		require.True(t, e.at > last.at || e.player > last.player, "events of one time in the order of scheduling")
		last = e
	}
	require.Empty(t, q.events)
}

func TestHistogram(t *testing.T) {
	var h, sum Histogram
	require.Zero(t, h.Quantile(0.5))
	for i := range 100 {
		h.observe(time.Duration(i) * time.Millisecond)
	}
	require.InDelta(t, 50*time.Millisecond, h.Quantile(0.5), float64(time.Millisecond))
	require.InDelta(t, 99*time.Millisecond, h.Quantile(0.99), float64(time.Millisecond))
	require.Equal(t, 99*time.Millisecond, h.Quantile(1))
	h.observe(20 * time.Second)
	sum.add(&h)
	sum.add(&h)
	require.Equal(t, 202, sum.Count())
	require.Equal(t, 20*time.Second, sum.Max())
	require.Equal(t, 20*time.Second, sum.Quantile(1))
}

// An emulator on time is never late; after a stall it catches up, but forgets what is beyond 100 ms.
func TestTimetable(t *testing.T) {
	tt := NewTimetable(0, 0)
	at := time.Duration(0)
	for range 10 {
		next, late := tt.Finish(at)
		require.Zero(t, late)
		require.Equal(t, at+frameTime, next)
		at = next
	}
	next, late := tt.Finish(at + 50*time.Millisecond)
	require.Equal(t, 50*time.Millisecond, late)
	require.Equal(t, at+50*time.Millisecond+workTime, next, "it hurries")
	frames := 0
	for now := next; ; frames++ {
		next, late = tt.Finish(now)
		require.Zero(t, late)
		if next-now > workTime {
			break
		}
		now = next
	}
	require.InDelta(t, 3, frames, 1, "50 ms are three frames, made up for in a few")

	tt = NewTimetable(0, 0)
	tt.Finish(2 * time.Second)
	now, calls := 2*time.Second, 0
	for ; calls < 100; calls++ {
		if next, _ := tt.Finish(now); next-now > workTime {
			break
		} else {
			now = next
		}
	}
	require.Less(t, calls, 12, "100 ms are six frames")
}

func TestPressed(t *testing.T) {
	dst, want := make([]byte, 8), make([]byte, 4)
	for _, mixed := range []Mixed{MixedPlain, MixedPadded} {
		lags := NewLags([]int{1, 3}, []int{1, 5}, mixed)
		own := map[Mixed]int{MixedPlain: 5, MixedPadded: 7}[mixed]
		for call := range 20 {
			lags.Pressed(1, call, 4, dst)
			clear(want)
			if call >= 5 {
				Input(1, 0, call-1, want)
			}
			require.Equal(t, want, dst[:4], "player 0, call %d", call)
			clear(want)
			if call >= own {
				Input(1, 1, call-own, want)
			}
			require.Equal(t, want, dst[4:], "player 1, call %d", call)
		}
	}
}

// The classic ends keep the rules that are measured on the programs.
func TestClassicRules(t *testing.T) {
	const (
		clientUsual = 3 // messages in a datagram
		serverUsual = 5
		pollSends   = 5 // messages of a repeat
		pollEvery   = 11 * time.Millisecond
	)
	now := epoch
	bundle := func(newest uint16, count int) []byte {
		b := wire.AppendBundleHeader(nil, count)
		for i := range count {
			b = wire.AppendMessage(b, newest-uint16(i), wire.TypeGameChat, []byte{1})
		}
		return b
	}
	took := func(e end) (n int) {
		for {
			if _, ok := e.message(); !ok {
				return n
			}
			n++
		}
	}
	c := newClassicClient()
	require.NoError(t, c.receive(now, bundle(11, 12)))
	require.Zero(t, took(c), "ten ahead or more is ignored")
	require.NoError(t, c.receive(now, bundle(2, 3)))
	require.NoError(t, c.receive(now, bundle(4, 3)))
	require.Equal(t, 5, took(c))
	require.NoError(t, c.over())
	require.NoError(t, c.receive(now, bundle(9, 3)))
	require.Zero(t, took(c))
	require.ErrorIs(t, c.over(), peers.ErrHole)
	lost, _ := c.counts()
	require.Equal(t, 2, lost)

	c = newClassicClient()
	for range 6 {
		c.send(now, wire.TypeGameChat, []byte{1}, false)
		require.LessOrEqual(t, int(c.datagram(now, nil)[0]), clientUsual)
	}
	c.waits(now, true)
	require.Empty(t, c.datagram(now, nil))
	require.Equal(t, now.Add(pollEvery), c.next())
	require.EqualValues(t, pollSends, c.datagram(now.Add(pollEvery), nil)[0])
	c.waits(now, false)
	require.True(t, c.next().IsZero())
	c.waits(now, true)
	for c.over() == nil {
		now = c.next()
		require.NotEmpty(t, c.datagram(now, nil))
	}
	require.ErrorIs(t, c.over(), peers.ErrGaveUp)
	require.InDelta(t, 125*time.Second, now.Sub(epoch), float64(time.Second))

	s := newClassicServer()
	for range 12 {
		s.send(now, wire.TypeGameChat, []byte{1}, false)
		require.LessOrEqual(t, int(s.datagram(now, nil)[0]), serverUsual)
	}
	require.NoError(t, s.receive(now, bundle(0, 1)))
	require.Equal(t, 1, took(s))
	require.Empty(t, s.datagram(now, nil))
	for i, want := range []int{3, 0, 9, 9, 9} { // what comes too early for a repeat counts too
		require.NoError(t, s.receive(now, bundle(0, 1)))
		d := append(s.datagram(now, nil), 0)
		require.EqualValues(t, want, d[0], "repeat %d", i)
		if i > 0 {
			now = now.Add(maxPing + time.Millisecond)
		}
	}
	require.NoError(t, s.receive(now, bundle(5, 3)))
	require.Zero(t, took(s))
	require.ErrorIs(t, s.over(), peers.ErrDesynchronised)
	lost, _ = s.counts()
	require.Equal(t, 2, lost)
}
