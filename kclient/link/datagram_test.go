package link

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/wire"
)

// watchDatagrams fails the test at the first datagram that a deployed receiver could not bear.
func watchDatagrams(s *sim) {
	check := func(name string, limit int, server bool) func(time.Duration, []byte) {
		next := uint64(0)
		return func(_ time.Duration, d []byte) {
			m, err := wire.ParseBundle(d, nil)
			if err != nil {
				s.failf("to the %s: %v", name, err)
			}
			if len(m) > limit {
				s.failf("to the %s: %d messages in a datagram, at most %d", name, len(m), limit)
			}
			if len(m) > 1 && len(d) > wire.MaxDatagram {
				s.failf("to the %s: %d messages in %d bytes", name, len(m), len(d))
			}
			for i := 1; i < len(m); i++ {
				if m[i].Seq != m[i-1].Seq-1 {
					s.failf("to the %s: a hole in a datagram, %d after %d", name, m[i].Seq, m[i-1].Seq)
				}
			}
			if server && len(m) == 1 && m[0].Seq == 0 && next > 1 {
				s.failf("to the %s: seq 0 alone in a datagram, at which direlera-rs counts from 0 again", name)
			}
			if fresh := int16(m[0].Seq-uint16(next)) + 1; fresh > 0 {
				if server && fresh > 1 {
					s.failf("to the %s: %d new messages in one datagram", name, fresh)
				}
				if fresh > aheadForClient {
					s.failf("to the %s: %d new messages in one datagram", name, fresh)
				}
				next += uint64(fresh)
			}
		}
	}
	s.path.sawServer = check("server", maxToServer, true)
	s.path.sawClient = check("client", maxToClient, false)
}

// parse is the bundle of a datagram of ours.
func parse(t *testing.T, datagram []byte) []wire.Message {
	t.Helper()
	m, err := wire.ParseBundle(datagram, nil)
	require.NoError(t, err)
	return m
}

// drain is every datagram that is due now.
func drain(l *Link, now time.Time) (datagrams [][]byte) {
	for {
		d := l.NextDatagram(now, nil)
		if len(d) == 0 {
			return datagrams
		}
		datagrams = append(datagrams, d)
	}
}

// The worked example of the protocol notes: newest first, seq, length with the type byte, type, body.
func TestDatagramBytes(t *testing.T) {
	l := New(Config{}, epoch)
	l.Send(epoch, wire.TypeQuitGame, []byte{0x00, 0xFF, 0xFF})
	require.Equal(t, []byte{1, 0, 0, 4, 0, 0x0B, 0, 0xFF, 0xFF}, l.NextDatagram(epoch, nil))
	l.Send(epoch, wire.TypeKeepAlive, []byte{0})
	require.Equal(t, []byte{2, 1, 0, 2, 0, 0x09, 0, 0, 0, 4, 0, 0x0B, 0, 0xFF, 0xFF}, l.NextDatagram(epoch, nil))
	require.Empty(t, l.NextDatagram(epoch, nil))
}

// An idle session costs one datagram per keep-alive: no server proves that it has come, so it would be repeated in
// vain.
func TestKeepAliveIsNotRepeated(t *testing.T) {
	l := New(Config{}, epoch)
	l.Send(epoch, wire.TypeKeepAlive, []byte{0})
	require.Len(t, drain(l, epoch), 1)
	require.Zero(t, l.Next())
	l.Send(epoch, wire.TypeGlobalChat, []byte{0, 'x', 0})
	require.Len(t, drain(l, epoch), 1)
	require.NotZero(t, l.Next())
}

// Outside of play, and from a client always, each new message has a datagram of its own: n02 in netsync and
// direlera-rs take no more from one.
func TestOneNewMessageInADatagram(t *testing.T) {
	for _, server := range []bool{false, true} {
		for _, phase := range []Phase{Lobby, Netsync, Play} {
			l := New(Config{Server: server}, epoch)
			l.SetPhase(epoch, phase)
			for range 30 {
				l.Send(epoch, wire.TypeGameChat, []byte{0})
			}
			datagrams := drain(l, epoch)
			if server && phase == Play {
				require.Len(t, datagrams, 4, "nine new ones in each")
				continue
			}
			require.Len(t, datagrams, 30, "server=%v phase=%v", server, phase)
			for i, d := range datagrams {
				require.EqualValues(t, i, parse(t, d)[0].Seq)
			}
		}
	}
}

// A datagram carries everything that is not proven, and the usual three at least, within the count that
// the other side takes.
func TestDatagramCarriesWhatIsNotProven(t *testing.T) {
	for _, tc := range []struct {
		server bool
		limit  int
	}{{false, 32}, {true, 15}} {
		l := New(Config{Server: tc.server}, epoch)
		for i := range 100 {
			seq := l.Send(epoch, wire.TypeGameChat, []byte{0})
			require.EqualValues(t, i, seq)
			require.Len(t, parse(t, l.NextDatagram(epoch, nil)), min(i+1, tc.limit))
		}
		l.Prove(epoch, 94)
		l.Send(epoch, wire.TypeGameChat, []byte{0})
		require.Len(t, parse(t, l.NextDatagram(epoch, nil)), 6, "95 to 100")
		l.Prove(epoch, 100)
		l.Send(epoch, wire.TypeGameChat, []byte{0})
		require.Len(t, parse(t, l.NextDatagram(epoch, nil)), 3, "as classic clients")
	}
}

func TestDatagramSize(t *testing.T) {
	for _, server := range []bool{false, true} {
		for _, phase := range []Phase{Lobby, Netsync, Play} {
			l := New(Config{Server: server}, epoch)
			l.SetPhase(epoch, phase)
			now := epoch
			for i := range 200 {
				size := []int{0, 3, 700, 1393, 1394, 1395, 2000, 300, 24}[i%9]
				l.Send(now, wire.TypeGameChat, make([]byte, size))
				for range 3 {
					for _, d := range drain(l, now) {
						if m := parse(t, d); len(m) > 1 {
							require.LessOrEqual(t, len(d), 1400)
						}
					}
					now = now.Add(300 * time.Millisecond)
				}
			}
		}
	}
}

// A client's messages of a game go out one by one, as direlera-rs needs it, or together where the server is known to
// take them.
func TestAClientPacksSeveralNewMessagesOnlyWhereItMay(t *testing.T) {
	for _, packs := range []bool{false, true} {
		l := New(Config{}, epoch)
		if packs {
			l.Pack()
		}
		for phase, want := range map[Phase]int{Lobby: 4, Netsync: 4, Play: 4} {
			if packs && phase == Play {
				want = 1
			}
			l.SetPhase(epoch, phase)
			l.SendGame(epoch, wire.TypeGameData, make([]byte, 8))
			for range 3 {
				l.Send(epoch, wire.TypeGameChat, make([]byte, 120))
			}
			require.Len(t, drain(l, epoch), want, "packs %v, phase %v", packs, phase)
		}
	}
}

// Prove: what proves something, and what does not.
func TestProve(t *testing.T) {
	l := New(Config{}, epoch)
	l.Prove(epoch, 0)
	l.Prove(epoch, 65535)
	require.Zero(t, l.Unproven(), "nothing was sent")

	for range 5 {
		l.Send(epoch, wire.TypeGlobalChat, nil)
	}
	l.Prove(epoch, 2)
	require.Equal(t, 5, l.Unproven(), "what was not even sent cannot have arrived")
	drain(l, epoch)
	l.Prove(epoch, 5)
	require.Equal(t, 5, l.Unproven(), "seq 5 does not exist yet")
	l.Prove(epoch, 40_000)
	require.Equal(t, 5, l.Unproven(), "nor does that")
	l.Prove(epoch, 2)
	require.Equal(t, 2, l.Unproven())
	l.Prove(epoch, 1)
	require.Equal(t, 2, l.Unproven(), "an older proof takes nothing back")
	l.Prove(epoch, 4)
	require.Zero(t, l.Unproven())
	_, outstanding := l.OldestUnproven()
	require.False(t, outstanding)
	require.True(t, l.Next().IsZero(), "there is nothing to resend")
}

func TestProveGame(t *testing.T) {
	l := New(Config{}, epoch)
	l.Send(epoch, wire.TypeReady, nil)
	l.SetPhase(epoch, Netsync)
	l.ProveGame(epoch, 1)
	l.ProveGame(epoch, -1)
	drain(l, epoch)
	require.Equal(t, 1, l.Unproven(), "no game message was sent")

	l.SetPhase(epoch, Play)
	for range 3 {
		l.SendGame(epoch, wire.TypeGameData, []byte{1})
		l.Send(epoch, wire.TypeGameChat, []byte{2})
		drain(l, epoch)
	}
	l.ProveGame(epoch, 4)
	require.Equal(t, 7, l.Unproven(), "there is no fourth game message")
	l.ProveGame(epoch, 2)
	require.Equal(t, 3, l.Unproven(),
		"the second one, and all before it: the chat after it, the third, its chat are left")
	l.ProveGame(epoch, 1)
	l.ProveGame(epoch, 2)
	require.Equal(t, 3, l.Unproven())

	// The next game counts from 1 again; the counts of the last one prove nothing.
	l.SetPhase(epoch, Netsync)
	l.ProveGame(epoch, 3)
	require.Equal(t, 3, l.Unproven())
	l.SetPhase(epoch, Play)
	l.SendGame(epoch, wire.TypeGameData, []byte{1})
	drain(l, epoch)
	l.ProveGame(epoch, 1)
	require.Zero(t, l.Unproven())

	// More game messages outstanding than are remembered.
	for range keepGames + 10 {
		l.SendGame(epoch, wire.TypeGameData, []byte{1})
		drain(l, epoch)
	}
	l.ProveGame(epoch, 5)
	require.Equal(t, keepGames+10, l.Unproven(), "too long ago to say which message that was")
	l.ProveGame(epoch, keepGames+11)
	require.Zero(t, l.Unproven())
}

// A peer that proves nothing, such as one that has vanished, costs a bounded amount of memory.
func TestUnprovenMessagesAreBounded(t *testing.T) {
	l := New(Config{Server: true}, epoch)
	for i := range 3 * keepMessages {
		l.Send(epoch, wire.TypeGlobalChat, []byte{byte(i)})
		drain(l, epoch)
		require.LessOrEqual(t, l.Unproven(), keepMessages)
	}
	require.Equal(t, 2*keepMessages, l.Stats().Forgotten)

	l = New(Config{Server: true}, epoch)
	for range 100 {
		l.Send(epoch, wire.TypeGlobalChat, make([]byte, 20_000))
		drain(l, epoch)
	}
	require.Equal(t, keepBytes/20_000, l.Unproven())
}

// The same while nothing is written to the socket: what goes out in the end are the newest messages under their own
// numbers.
func TestForgottenBeforeTheyWereSent(t *testing.T) {
	for _, server := range []bool{false, true} {
		l := New(Config{Server: server}, epoch)
		const messages = 20_000
		for i := range messages {
			l.Send(epoch, wire.TypeGlobalChat, []byte{byte(i), byte(i >> 8)})
		}
		var newest uint16
		for _, d := range drain(l, epoch) {
			for _, m := range parse(t, d) {
				require.Equal(t, []byte{byte(m.Seq), byte(m.Seq >> 8)}, m.Body,
					"server=%v: message %d says what it said when it was sent", server, m.Seq)
				newest = max(newest, m.Seq)
			}
		}
		require.EqualValues(t, messages-1, newest)
	}
}
