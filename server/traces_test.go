package server

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/wire"
)

// traces are conversations of real clients with an older version of this server, recorded on loopback; they are
// no part of the repository.
const traces = "../../shared/traces/peers"

// traceLine is one datagram of a trace.
type traceLine struct {
	T    float64 `json:"t"`
	C    string  `json:"c"`
	D    string  `json:"d"`
	X    string  `json:"x"`
	Lost bool    `json:"lost"`
}

func readTrace(t *testing.T, path string) (lines []traceLine) {
	t.Helper()
	f, err := os.Open(path)
	require.NoError(t, err)
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		var l traceLine
		require.NoError(t, json.Unmarshal(s.Bytes(), &l))
		if l.X != "" {
			lines = append(lines, l)
		}
	}
	return lines
}

// roomOf is the room that the trace's guest joins.
func roomOf(t *testing.T, lines []traceLine) uint32 {
	t.Helper()
	for _, l := range lines {
		d, err := hex.DecodeString(l.X)
		require.NoError(t, err)
		if bundle, err := wire.ParseBundle(d, nil); err == nil && l.D == "c>s" && bundle[0].Type == wire.TypeJoinGame {
			join, err := wire.ParseJoinRequest(bundle[0].Body)
			require.NoError(t, err)
			return join.GameID
		}
	}
	require.Fail(t, "nobody joins")
	return 0
}

// What real clients have said is said again to this server: all of it is parsed, they log in, and play their
// three games; nothing of theirs is missing at the end, and nothing was given up.
func TestWhatRealClientsSayIsUnderstood(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join(traces, "*-on-kbridge-*.jsonl"))
	require.NoError(t, err)
	if len(paths) == 0 {
		t.Skipf("no traces in %s", traces)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".jsonl"), func(t *testing.T) {
			b := newBox(t, Config{})
			addrs := map[string]addrPort{"p1": hostAddr(1), "p2": hostAddr(2)}
			begun := b.now
			logins, games, input := map[string]bool{}, 0, map[string]int{}
			playing := map[string]bool{}
			lines := readTrace(t, path)
			b.s.lastRoom = roomOf(t, lines) - 1
			for _, l := range lines {
				if l.D != "c>s" || l.Lost {
					continue
				}
				d, err := hex.DecodeString(l.X)
				require.NoError(t, err)
				b.pass(begun.Add(time.Duration(l.T * float64(time.Second))).Sub(b.now))
				b.raw(addrs[l.C], d)
				require.Zero(t, b.s.Stats().Refusals[RefusedMalformed], "%s at %v: %s", l.C, l.T, l.X)
				se := b.s.sessions[addrs[l.C]]
				if se == nil {
					continue
				}
				logins[l.C] = logins[l.C] || se.loggedIn()
				if se.loggedIn() && !se.reached {
					se.reach(b.now) // by answers to what this server asks, which no recording has
				}
				require.Zero(t, se.link.Stats().Lost, "%s at %v: messages given up", l.C, l.T)
				if now := se.state == statePlaying; now != playing[l.C] {
					playing[l.C] = now
					if now {
						games++
						input[l.C] = 0
					}
				}
				if se.state == statePlaying {
					got := se.room.mixer.Received(se.player)
					require.GreaterOrEqual(t, got, input[l.C])
					input[l.C] = got
				}
				_, hole := se.link.Hole()
				if !strings.Contains(path, "lossy") {
					require.False(t, hole, "%s at %v: %s", l.C, l.T, l.X)
				}
			}
			require.Equal(t, map[string]bool{"p1": true, "p2": true}, logins)
			t.Logf("%d plays of a game, the last with %v batches; %d frames, %d messages in a wrong state", games, input, b.s.Stats().Frames, b.s.Stats().Refusals[RefusedMisplaced])
			require.Equal(t, 6, games, "two players in three games")
			require.LessOrEqual(t, b.s.Stats().Refusals[RefusedMisplaced], 10, "but for input that crosses with the drop")
			for who, addr := range addrs {
				if se := b.s.sessions[addr]; se != nil && se.link != nil {
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
	paths, err := filepath.Glob(filepath.Join(traces, "*-on-kbridge-*.jsonl"))
	require.NoError(t, err)
	if len(paths) == 0 {
		t.Skipf("no traces in %s", traces)
	}
	most := map[string]int{}
	for _, path := range paths {
		name, _, _ := strings.Cut(filepath.Base(path), "-")
		for _, l := range readTrace(t, path) {
			d, err := hex.DecodeString(l.X)
			require.NoError(t, err)
			if bundle, err := wire.ParseBundle(d, nil); err == nil && l.D == "c>s" {
				most[name] = max(most[name], len(bundle))
			}
		}
	}
	require.Equal(t, map[string]int{"n02": 5, "supra": 3}, most)
}
