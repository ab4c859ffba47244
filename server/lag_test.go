package server_test

import (
	"context"
	"fmt"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient"
	"kbridge/kclient/sim/network"
	"kbridge/kclient/wire"
	"kbridge/server"
)

// laggard is a player of a lagTable: how far away, and what is wrong with it.
type laggard struct {
	typ   wire.ConnectionType
	away  time.Duration
	pause func(played time.Duration) time.Duration // before each call; nil is sixty a second

	host  netip.Addr
	lobby *kclient.Client
	room  *kclient.Room
	mu    sync.Mutex
	heard []string // from Server, in the room
	began time.Time
	calls counter // of its emulator
}

// lagTable is a game of our own clients, which has begun.
func (a *arena) lagTable(players ...*laggard) {
	a.t.Helper()
	for i, p := range players {
		p.host = netip.AddrFrom4([4]byte{203, 0, 113, byte(i + 1)})
		line := network.Profile{Delay: p.away}
		a.net.SetPath(p.host, a.addr.Addr(), line)
		a.net.SetPath(a.addr.Addr(), p.host, line)
		var err error
		p.lobby, err = a.ours(fmt.Sprint("player", i+1), func(c *kclient.Config) {
			c.Connection = p.typ
			c.Listen = func(netip.AddrPort) (kclient.PacketConn, error) {
				return a.net.Listen(netip.AddrPortFrom(p.host, 0))
			}
		})
		require.NoError(a.t, err)
		if i == 0 {
			p.room, err = p.lobby.Create(a.t.Context(), "Pong")
		} else {
			time.Sleep(2 * time.Second)
			p.room, err = p.lobby.Join(a.t.Context(), p.lobby.Games()[0].ID)
		}
		require.NoError(a.t, err)
		a.play(func(ctx context.Context) {
			for {
				e, err := p.lobby.NextEvent(ctx)
				if err != nil {
					return
				}
				if c, ok := e.(kclient.RoomChat); ok && c.User == "Server" {
					p.mu.Lock()
					p.heard = append(p.heard, c.Text)
					p.mu.Unlock()
				}
			}
		})
	}
	time.Sleep(2 * time.Second)
	require.NoError(a.t, players[0].room.Start(a.t.Context()))
	for _, p := range players {
		a.play(func(ctx context.Context) {
			if g, err := p.room.WaitStart(ctx); err == nil {
				p.plays(ctx, g)
			}
		})
	}
}

func (p *laggard) plays(ctx context.Context, g *kclient.Game) {
	p.began = time.Now()
	values := make([]byte, 4*wire.MaxPlayers)
	for next := p.began; ctx.Err() == nil; {
		pause := time.Second / 60
		if p.pause != nil {
			pause = p.pause(time.Since(p.began))
		}
		if next = next.Add(pause); time.Now().After(next) {
			next = time.Now()
		} else {
			time.Sleep(time.Until(next))
		}
		values[0]++
		p.calls.n.Add(1)
		if _, err := g.Exchange(ctx, values, 4); err != nil {
			return
		}
	}
}

// lag is what /lagstat says of each player, by number less 1, and of the game.
type lag struct {
	players []float64 // seconds
	waits   []int
	game    float64
	lines   []string
}

var (
	lagOfPlayer = regexp.MustCompile(`P(\d) [^:]*: (\d+\.\d\d)s(?: in (\d+) wait)?`)
	lagOfGame   = regexp.MustCompile(`waited (\d+\.\d\d)s`)
)

// asks says /lagstat.
func (p *laggard) asks(t *testing.T) (l lag) {
	t.Helper()
	p.mu.Lock()
	p.heard = nil
	p.mu.Unlock()
	require.NoError(t, p.room.Chat("/lagstat"))
	time.Sleep(time.Second)
	p.mu.Lock()
	defer p.mu.Unlock()
	l.lines = p.heard
	require.NotEmpty(t, l.lines, "nobody answered")
	l.game, _ = strconv.ParseFloat(lagOfGame.FindStringSubmatch(l.lines[0])[1], 64)
	for _, line := range l.lines[1:] {
		if strings.HasPrefix(line, "In ") || strings.HasPrefix(line, "The game waits") {
			break
		}
		for _, m := range lagOfPlayer.FindAllStringSubmatch(line, -1) {
			sec, _ := strconv.ParseFloat(m[2], 64)
			n, _ := strconv.Atoi(m[3])
			l.players, l.waits = append(l.players, sec), append(l.waits, n)
		}
	}
	return l
}

// stall holds back what a player sends for a while, again and again: it comes late, all at once.
func (a *arena) stall(p *laggard, every, long time.Duration, times int) {
	for range times {
		time.Sleep(every - long)
		a.net.SetPath(p.host, a.addr.Addr(), network.Profile{Delay: p.away + long})
		time.Sleep(long)
		a.net.SetPath(p.host, a.addr.Addr(), network.Profile{Delay: p.away})
	}
}

// Players at unequal distances, of one type and of several; one player's line stands still for half a second every
// five. It is charged with what the others' emulators have lost, within a batch and two frames a wait, and the others
// with next to nothing, although they too send nothing for as long.
func TestLagIsThePlayersWhoseLineStandsStill(t *testing.T) {
	for name, types := range map[string][]wire.ConnectionType{
		"type 1": {1, 1, 1}, "type 3": {3, 3, 3}, "type 6": {6, 6, 6},
		"types 1, 2 and 4": {1, 2, 4}, "types 6, 1 and 1": {6, 1, 1},
	} {
		for n := range 6 {
			victim, far := n%3, n >= 3
			t.Run(fmt.Sprintf("%s, player %d, all far: %v", name, victim+1, far), func(t *testing.T) {
				t.Parallel()
				inArena(t, 1, network.Profile{Delay: time.Millisecond}, server.Config{}, func(a *arena) {
					players := lagPlayers(nil, types...)
					if far { // then all wait at once for what the first frame after it brings
						players[0].away, players[1].away = 90*time.Millisecond, 90*time.Millisecond
					}
					a.lagTable(players...)
					time.Sleep(7 * time.Second)
					other := players[(victim+1)%3]
					began, before := time.Now(), other.calls.get()
					a.stall(players[victim], 5*time.Second, 500*time.Millisecond, 10)
					time.Sleep(2 * time.Second)
					lost := time.Since(began).Seconds() - float64(other.calls.get()-before)/60
					l := players[0].asks(t)
					t.Log(lost, l.lines)
					within := 10 * float64(types[victim]+2) / 60
					for i := range players {
						if i == victim {
							require.InDelta(t, lost, l.players[i], within, "what another one has lost")
							require.Equal(t, 10, l.waits[i])
						} else {
							require.Less(t, l.players[i], 0.2, "player %d", i+1)
						}
					}
					require.InDelta(t, l.players[victim], l.game, 0.2)
				})
			})
		}
	}
}

// Nobody lags for a minute: nobody is charged.
func TestNobodyLagsInAGameThatRunsWell(t *testing.T) {
	games := map[string][]wire.ConnectionType{
		"types 1 to 4": {1, 2, 3, 4}, "types 6 and 1": {6, 1}, "types 5, 3 and 2": {5, 3, 2},
	}
	for typ := wire.LAN; typ <= wire.Bad; typ++ {
		games[fmt.Sprint("type ", typ)] = []wire.ConnectionType{typ, typ, typ}
	}
	for name, types := range games {
		for _, jitter := range []time.Duration{0, 5 * time.Millisecond} {
			t.Run(fmt.Sprintf("%s, jitter %v", name, jitter), func(t *testing.T) {
				t.Parallel()
				inArena(t, 1, network.Profile{Delay: time.Millisecond}, server.Config{}, func(a *arena) {
					var players []*laggard
					for i, typ := range types {
						players = append(players, &laggard{typ: typ, away: time.Duration(3+30*i) * time.Millisecond})
					}
					a.lagTable(players...)
					for _, p := range players {
						line := network.Profile{Delay: p.away, Jitter: jitter}
						a.net.SetPath(p.host, a.addr.Addr(), line)
						a.net.SetPath(a.addr.Addr(), p.host, line)
					}
					time.Sleep(65 * time.Second)
					l := players[0].asks(t)
					t.Log(l.lines)
					require.Len(t, l.players, len(players))
					for i := range players {
						require.Less(t, l.players[i], 0.1, "player %d", i+1)
					}
				})
			})
		}
	}
}

// lagPlayers are players at 5, 40 and 90 ms.
func lagPlayers(pause func(time.Duration) time.Duration, types ...wire.ConnectionType) (players []*laggard) {
	for i, typ := range types {
		away := []time.Duration{5, 40, 90}[i] * time.Millisecond
		players = append(players, &laggard{typ: typ, away: away, pause: pause})
	}
	return players
}

// lagGame is a lagTable of them.
func (a *arena) lagGame(types ...wire.ConnectionType) []*laggard {
	players := lagPlayers(nil, types...)
	a.lagTable(players...)
	return players
}

// The game runs at its own pace, whatever that is, and nobody is to blame for it.
func TestTheGamesOwnPaceIsNobodysLag(t *testing.T) {
	for _, rate := range []int{50, 30, 25, 15} {
		for _, types := range [][]wire.ConnectionType{{1, 1, 1}, {6, 6, 6}, {1, 3, 6}} {
			t.Run(fmt.Sprint(rate, types), func(t *testing.T) {
				t.Parallel()
				inArena(t, 1, network.Profile{Delay: time.Millisecond}, server.Config{}, func(a *arena) {
					players := lagPlayers(every(time.Second/time.Duration(rate)), types...)
					a.lagTable(players...)
					time.Sleep(65 * time.Second)
					l := players[0].asks(t)
					t.Log(l.lines)
					for i := range players {
						require.Less(t, l.players[i], 0.1, "player %d", i+1)
					}
				})
			})
		}
	}
}

// A computer that becomes slow in the midst of a game makes everybody wait a little for each frame: that is its lag,
// without a wait that is long.
func TestAComputerThatBecomesSlowIsWaitedFor(t *testing.T) {
	for _, types := range [][]wire.ConnectionType{{1, 1, 1}, {3, 3, 3}, {1, 2, 4}} {
		t.Run(fmt.Sprint(types), func(t *testing.T) {
			t.Parallel()
			inArena(t, 1, network.Profile{Delay: time.Millisecond}, server.Config{}, func(a *arena) {
				players := lagPlayers(nil, types...)
				players[1].pause = func(played time.Duration) time.Duration {
					if played > 15*time.Second {
						return time.Second / 50
					}
					return time.Second / 60
				}
				a.lagTable(players...)
				time.Sleep(65 * time.Second)
				l := players[0].asks(t)
				t.Log(l.lines)
				require.InDelta(t, 50.0/6, l.players[1], 2.5, "a sixth of fifty seconds")
				require.Less(t, l.players[0]+l.players[2], 0.2)
			})
		})
	}
}

// When the server itself has stood still nobody has lagged, and nobody where everybody is late at once.
func TestTheServersOwnStandstillIsNobodysLag(t *testing.T) {
	for _, ms := range []time.Duration{150, 240, 1000, 5000} {
		stood := ms * time.Millisecond
		inArena(t, 1, network.Profile{Delay: time.Millisecond}, server.Config{}, func(a *arena) {
			players := a.lagGame(1, 1, 1)
			time.Sleep(20 * time.Second)
			for range 5 {
				a.conn.pause.Store(int64(stood))
				time.Sleep(stood + 5*time.Second)
			}
			l := players[0].asks(t)
			t.Log(stood, l.lines)
			for i := range players {
				require.Less(t, l.players[i], 0.1, "player %d", i+1)
			}
		})
	}
}

// Who loses the connection is waited for until it is away; then nobody waits, and it rejoins
// without more lag.
func TestWhoIsAwayIsChargedUntilZerosStandForIt(t *testing.T) {
	inArena(t, 1, network.Profile{Delay: time.Millisecond}, server.Config{}, func(a *arena) {
		players := a.lagGame(1, 1, 1)
		time.Sleep(20 * time.Second)
		a.net.Partition(players[1].host, a.addr.Addr(), true)
		time.Sleep(4 * time.Second)
		l := players[0].asks(t)
		require.Contains(t, l.lines[len(l.lines)-1], "The game waits for P2 player2", "while it lasts")
		time.Sleep(15 * time.Second)
		a.net.Partition(players[1].host, a.addr.Addr(), false)
		time.Sleep(15 * time.Second)
		l = players[0].asks(t)
		t.Log(l.lines)
		require.InDelta(t, 10, l.players[1], 1, "Config.ComebackWait")
		require.Less(t, l.players[0]+l.players[2], 0.2)
	})
}

// /lagreset counts anew, whoever says it.
func TestLagIsCountedAnewAfterLagreset(t *testing.T) {
	inArena(t, 1, network.Profile{Delay: time.Millisecond}, server.Config{}, func(a *arena) {
		players := a.lagGame(1, 1, 1)
		time.Sleep(7 * time.Second)
		a.stall(players[2], 5*time.Second, 500*time.Millisecond, 3)
		time.Sleep(time.Second)
		require.Greater(t, players[0].asks(t).players[2], 1.0)
		require.NoError(t, players[1].room.Chat("/lagreset"))
		time.Sleep(time.Second)
		players[2].mu.Lock()
		require.Contains(t, players[2].heard, "player2 has lag counted anew")
		players[2].mu.Unlock()
		l := players[0].asks(t)
		require.Zero(t, l.players[2])
		require.Zero(t, l.game)
		a.stall(players[1], 5*time.Second, 500*time.Millisecond, 2)
		time.Sleep(time.Second)
		l = players[0].asks(t)
		require.InDelta(t, 1, l.players[1], 0.2)
		require.Zero(t, l.players[2])
	})
}
