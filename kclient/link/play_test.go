package link

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/wire"
)

// The heart of it: whatever the loss, a game goes on, with every message in order and once, and without
// a stall that would end it.
func TestPlayDeliversEverythingOnceAndInOrder(t *testing.T) {
	forEachLoss(t, 12, func(t *testing.T, seed uint64, loss float64) {
		s, client, server := newPair(t, seed, bad(loss))
		c, d := 1+int(seed)%6, 1+int(seed/2)%7
		g := newGame(s, client, server, c, d, 24*c, 600/c)
		g.chat = 20
		s.after(time.Second, g.begin)
		s.run(5*time.Minute, g.over)
		require.Less(t, g.longest, 5*time.Second, "seed %d: the longest wait", seed)
		for _, p := range []*peer{client, server} {
			require.Zero(t, p.link.Stats().Lost, "seed %d", seed)
			require.Zero(t, p.link.Stats().Forgotten, "seed %d", seed)
		}
	})
}

// Redundancy is free when nothing is lost: one datagram each way for each game message.
func TestPlayWithoutLossSendsNoResends(t *testing.T) {
	for _, d := range []int{2, 4, 8} { // 40 ms there and back are three frames of 16.7 ms
		s, client, server := newPair(t, 1, bad(0))
		g := newGame(s, client, server, 1, d, 24, 600)
		s.after(time.Second, g.begin)
		s.run(time.Minute, g.over)
		require.Less(t, client.link.Stats().Resends, 12, "d=%d", d)
		require.Less(t, server.link.Stats().Resends, 12, "d=%d", d)
	}
}

// Messages of a size that fits several to a datagram only just, or not even once.
func TestPlayWithBigMessages(t *testing.T) {
	for _, size := range []int{300, 690, 1390, 1396, 4800} {
		for seed := range uint64(4) {
			s, client, server := newPair(t, seed, bad(0.1))
			watchDatagrams(s)
			g := newGame(s, client, server, 1, 4, size, 300)
			g.chat = 7
			for range 3 { // as after a login
				client.send(wire.TypeClientAck)
			}
			s.after(time.Second, g.begin)
			s.run(5*time.Minute, g.over)
		}
	}
}

// Seqs are 16 bits wide, a long game has more messages than that.
func TestPlayBeyondSeq65535(t *testing.T) {
	const batches = 66_000
	s, client, server := newPair(t, 7, bad(0.02))
	watchDatagrams(s)
	g := newGame(s, client, server, 1, 4, 8, batches)
	g.chat = 1000
	s.after(time.Second, g.begin)
	s.run(3*time.Hour, g.over)
	require.Greater(t, client.expected, uint32(65_536), "the server's seq wrapped")
	require.Greater(t, server.expected, uint32(65_536), "the client's seq wrapped")
	require.Zero(t, client.link.Stats().Lost+server.link.Stats().Lost)
}

// A path that is down for a while stalls the game, no more.
func TestPlaySurvivesOutages(t *testing.T) {
	for _, outage := range []time.Duration{100 * time.Millisecond, 500 * time.Millisecond, 3 * time.Second,
		9 * time.Second} {
		for _, d := range []int{1, 9, 14, 30} {
			p := bad(0.02)
			p.down = func(at time.Duration, _ bool) bool { return at > 3*time.Second && at < 3*time.Second+outage }
			s, client, server := newPair(t, uint64(d), p)
			g := newGame(s, client, server, 1, d, 24, 600)
			s.after(time.Second, g.begin)
			s.run(time.Minute, g.over)
			require.Less(t, g.longest, outage+2*time.Second, "d=%d outage=%v", d, outage)
		}
	}
}

// While nothing is heard, what is sent is bounded: at most one resend (and its few copies) in a round trip, and no more
// than a handful a second in the end.
func TestPlayResendsAreBounded(t *testing.T) {
	for _, silent := range []bool{true, false} { // both directions, or only that to the server
		p := bad(0)
		at := map[bool][]time.Duration{}
		p.sawServer = func(when time.Duration, _ []byte) { at[true] = append(at[true], when) }
		p.sawClient = func(when time.Duration, _ []byte) { at[false] = append(at[false], when) }
		p.down = func(at time.Duration, toServer bool) bool { return at > 3*time.Second && (silent || toServer) }
		s, client, server := newPair(t, 1, p)
		g := newGame(s, client, server, 1, 4, 24, 10_000)
		s.after(time.Second, g.begin)
		s.pass(23 * time.Second)
		require.Less(t, g.got, g.batches)
		for toServer, times := range at {
			var after, inWindow int
			var windowStart time.Duration
			for _, when := range times {
				if when <= 3*time.Second+200*time.Millisecond {
					continue // the last new messages
				}
				after++
				if when-windowStart >= 40*time.Millisecond { // the round trip
					windowStart, inWindow = when, 0
				}
				inWindow++
				require.LessOrEqual(t, inWindow, 1+maxCopies, "toServer=%v: datagrams in a round trip at %v", toServer,
					when)
			}
			require.Less(t, after, 20*4*(1+maxCopies), "toServer=%v: datagrams in 20 s of silence", toServer)
			require.Greater(t, after, 20, "toServer=%v: it goes on trying", toServer)
		}
	}
}
