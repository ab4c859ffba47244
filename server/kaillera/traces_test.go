package kaillera

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/sim/recordings"
	"kbridge/kclient/wire"
	"kbridge/server/stats"
)

// roomOf is the room that the trace's guest joins.
func roomOf(t *testing.T, lines []recordings.Line) uint32 {
	t.Helper()
	for _, l := range lines {
		if bundle, err := wire.ParseBundle(l.Datagram, nil); err == nil && l.ToServer &&
			bundle[0].Type == wire.TypeJoinGame {
			join, err := wire.ParseJoinRequest(bundle[0].Body)
			require.NoError(t, err)
			return join.GameID
		}
	}
	require.Fail(t, "nobody joins")
	return 0
}

// The conversations are of real clients with an older version of this server, recorded on loopback.

// What real clients have said is said again to this server: all of it is parsed, they log in, and play their
// three games; nothing of theirs is missing at the end, and nothing was given up.
func TestWhatRealClientsSayIsUnderstood(t *testing.T) {
	for _, name := range recordings.Conversations(t, "*-on-kbridge-*") {
		t.Run(name, func(t *testing.T) {
			b := newBox(t, Config{})
			addrs := map[string]addrPort{"p1": hostAddr(1), "p2": hostAddr(2)}
			begun := b.now
			logins, games, input := map[string]bool{}, 0, map[string]int{}
			playing := map[string]bool{}
			lines := recordings.ReadConversation(t, name).Lines
			b.s.lobby.Number(0, roomOf(t, lines)-1)
			for _, l := range lines {
				if !l.ToServer || l.Lost {
					continue
				}
				who := fmt.Sprint("p", l.Client+1)
				b.pass(begun.Add(l.At).Sub(b.now))
				b.raw(addrs[who], l.Datagram)
				require.Zero(t, b.refused(stats.RefusedMalformed), "%s at %v: %x", who, l.At, l.Datagram)
				se := b.s.sessions.find(addrs[who])
				if se == nil {
					continue
				}
				logins[who] = logins[who] || se.loggedIn()
				if se.loggedIn() && !se.reached {
					se.reach(b.now) // by answers to what this server asks, which no recording has
				}
				require.Zero(t, se.link.Stats().Lost, "%s at %v: messages given up", who, l.At)
				if now := se.stands() == standsInPlay; now != playing[who] {
					playing[who] = now
					if now {
						games++
						input[who] = 0
					}
				}
				if se.stands() == standsInPlay {
					got := se.seat().Batches()
					require.GreaterOrEqual(t, got, input[who])
					input[who] = got
				}
				_, hole := se.link.Hole()
				if !strings.Contains(name, "lossy") {
					require.False(t, hole, "%s at %v: %x", who, l.At, l.Datagram)
				}
			}
			require.Equal(t, map[string]bool{"p1": true, "p2": true}, logins)
			t.Logf("%d plays of a game, the last with %v batches; %d frames, %d messages in a wrong state", games,
				input, b.s.count.Frames.Load(), b.refused(stats.RefusedMisplaced))
			require.Equal(t, 6, games, "two players in three games")
			require.LessOrEqual(t, b.refused(stats.RefusedMisplaced), 10,
				"but for input that crosses with the drop")
			for who, addr := range addrs {
				if se := b.s.sessions.find(addr); se != nil && se.link != nil {
					_, hole := se.link.Hole()
					require.False(t, hole, who)
					require.Less(t, se.link.Unproven(), 64, who)
				}
			}
		})
	}
}

// What classic clients show of themselves is what the server goes by: n02 repeats five messages, SupraClient three, and
// none sends more. See the package's limits.
func TestRealClientsRepeatNoMoreThanFive(t *testing.T) {
	most := map[string]int{}
	for _, name := range recordings.Conversations(t, "*-on-kbridge-*") {
		program, _, _ := strings.Cut(name, "-")
		for _, l := range recordings.ReadConversation(t, name).Lines {
			if bundle, err := wire.ParseBundle(l.Datagram, nil); err == nil && l.ToServer {
				most[program] = max(most[program], len(bundle))
			}
		}
	}
	require.Equal(t, map[string]int{"n02": 5, "supra": 3}, most)
}
