package kclient_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient"
	"kbridge/kclient/sim/network"
	"kbridge/kclient/sim/peers"
	"kbridge/kclient/wire"
)

// ear is what a player of a room has heard in it so far.
type ear struct {
	mu    sync.Mutex
	lines []string
	at    []time.Time
	lost  []kclient.ChatLost
}

// listen reads a session's events until it ends.
func listen(l *kclient.Client) *ear {
	e := &ear{}
	go func() {
		for {
			event, err := l.NextEvent(context.Background())
			if err != nil {
				return
			}
			e.mu.Lock()
			switch event := event.(type) {
			case kclient.RoomChat:
				if !strings.HasPrefix(event.Text, "!") {
					break // EmuLinker's greeting
				}
				e.lines = append(e.lines, event.Text)
				e.at = append(e.at, time.Now())
			case kclient.ChatLost:
				e.lost = append(e.lost, event)
			}
			e.mu.Unlock()
		}
	}()
	return e
}

func (e *ear) heard() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]string(nil), e.lines...)
}

// until waits until n lines were heard, at most for d.
func (e *ear) until(n int, d time.Duration) []string {
	for end := time.Now().Add(d); len(e.heard()) < n && time.Now().Before(end); {
		time.Sleep(10 * time.Millisecond) // virtual
	}
	return e.heard()
}

func say(t *testing.T, r *kclient.Room, lines []string) {
	t.Helper()
	for _, l := range lines {
		require.NoError(t, r.Chat(l))
	}
}

// atDistances gives each player a line of its own: 5, 50 and 90 ms one way; the second one loses 5 %.
func atDistances(w *world, seats []*seat) {
	host := netip.MustParseAddrPort(w.addr).Addr()
	for i, p := range []network.Profile{{Delay: 5 * time.Millisecond}, {Delay: 50 * time.Millisecond, Loss: 0.05},
		{Delay: 90 * time.Millisecond}} {
		if i < len(seats) {
			own := seats[i].conn.AddrPort().Addr()
			w.net.SetPath(own, host, p)
			w.net.SetPath(host, own, p)
		}
	}
}

func TestASaveSaidAtOnceBeforeTheGameArrivesCompleteAndInOrder(t *testing.T) {
	m := match{seed: 21, profile: network.Cable(), types: []wire.ConnectionType{1, 1, 1}, size: 4}
	bubble(t, m, func(t *testing.T, w *world) {
		ctx := context.Background()
		var seats []*seat
		var ears []*ear
		for i := range m.types {
			s := &seat{w: w, name: fmt.Sprintf("player%d", i+1)}
			s.login(ctx, 1, nil)
			require.NoError(t, s.err)
			if i == 0 {
				s.room, s.err = s.lobby.Create(ctx, "Duel")
			} else {
				waitFor(t, s.lobby, func() bool { return len(s.lobby.Games()) == 1 })
				s.room, s.err = s.lobby.Join(ctx, s.lobby.Games()[0].ID)
			}
			require.NoError(t, s.err)
			seats, ears = append(seats, s), append(ears, listen(s.lobby))
		}
		atDistances(w, seats)
		lines, begun := peers.SaveLines(500), time.Now()
		say(t, seats[0].room, lines)
		for i, e := range ears {
			require.Equal(t, lines, e.until(len(lines), 30*time.Second), "player %d", i+1)
			require.Empty(t, e.lost)
		}
		t.Logf("%d lines took %v", len(lines), time.Since(begun))
		require.Less(t, time.Since(begun), 12*time.Second)
	})
}

func TestASaveSaidAtOnceInPlayArrivesCompleteAndInOrder(t *testing.T) {
	m := match{seed: 22, profile: network.Cable(), types: []wire.ConnectionType{1, 2, 1}, size: 4, frames: 1500}
	m.scene(t, func(ctx context.Context, t *testing.T, w *world, seats []*seat) {
		var ears []*ear
		for _, s := range seats {
			ears = append(ears, listen(s.lobby))
		}
		for seats[0].count() < 60 {
			time.Sleep(frameTime)
		}
		atDistances(w, seats)
		lines, begun := peers.SaveLines(500), time.Now()
		say(t, seats[1].room, lines)
		for i, e := range ears {
			require.Equal(t, lines, e.until(len(lines), 25*time.Second), "player %d", i+1)
			require.Empty(t, e.lost)
		}
		t.Logf("%d lines took %v", len(lines), time.Since(begun))
		require.Less(t, time.Since(begun), 12*time.Second)
	})
}

// A pair at a round trip of 100 ms and 5 % loss, with and without a save of 300 lines that goes through.
func TestAGameGoesOnUndisturbedWhileASaveGoesThrough(t *testing.T) {
	type outcome struct {
		stall, longest, took time.Duration
		sent, received       int // bytes of the first player's
		datagrams            int
	}
	const frames = 900
	play := func(t *testing.T, seed uint64, lines []string) (all []outcome) {
		m := match{seed: seed, profile: network.Profile{Delay: 50 * time.Millisecond, Loss: 0.05},
			types: []wire.ConnectionType{1, 1}, size: 4, frames: frames}
		m.scene(t, func(ctx context.Context, t *testing.T, w *world, seats []*seat) {
			far := listen(seats[1].lobby)
			for seats[0].count() < 60 {
				time.Sleep(frameTime)
			}
			begun := time.Now()
			before := seats[0].lobby.LinkStats()
			say(t, seats[0].room, lines)
			got := far.until(len(lines), 12*time.Second)
			took := time.Since(begun)
			require.Equal(t, len(lines), len(got))
			for seats[0].count() < frames-10 || seats[1].count() < frames-10 {
				time.Sleep(frameTime)
			}
			after := seats[0].lobby.LinkStats()
			for _, s := range seats {
				st := s.game.Stats()
				all = append(all, outcome{st.Stall, st.LongestStall, took, after.BytesSent - before.BytesSent,
					after.BytesReceived - before.BytesReceived, after.DatagramsSent - before.DatagramsSent})
			}
		})
		return all
	}
	var quiet, busy time.Duration
	var worst [2]time.Duration
	var lines [2]outcome
	for seed := range uint64(24) {
		without, with := play(t, 100+seed, nil), play(t, 100+seed, peers.SaveLines(300))
		for p := range without {
			quiet, busy = quiet+without[p].stall, busy+with[p].stall
			lines[0], lines[1] = without[p], with[p]
			worst[0], worst[1] = max(worst[0], without[p].longest), max(worst[1], with[p].longest)
		}
	}
	t.Logf("stalls: %v without, %v with; longest %v", quiet, busy, worst)
	for i, o := range lines {
		t.Logf("%s: the one who says it sends %d KB and gets %d KB in a game of 15 s, in %d datagrams",
			[]string{"without", "with"}[i], o.sent>>10, o.received>>10, o.datagrams)
	}
	require.Less(t, busy, quiet*3/2, "3 s more for each when the lines went out at once")
	require.Less(t, worst[1], worst[0]+400*time.Millisecond)
}

func TestALineBeyondTheQueueIsRefusedAndNothingAcceptedIsLost(t *testing.T) {
	bubble(t, match{seed: 24, profile: network.Cable(), types: []wire.ConnectionType{1, 1}},
		func(t *testing.T, w *world) {
			lobbies, rooms := w.lobbies(context.Background())
			far := listen(lobbies[1])
			var accepted []string
			for i, l := range peers.SaveLines(4000) {
				err := rooms[0].Chat(l)
				if err != nil {
					require.ErrorIs(t, err, kclient.ErrChatFull)
					require.Greater(t, i, 2200, "the largest save fits")
					break
				}
				accepted = append(accepted, l)
			}
			require.Less(t, len(accepted), 3000)
			require.Equal(t, accepted, far.until(len(accepted), 2*time.Minute))
			require.NoError(t, rooms[0].Chat("!there is room again"))
			far.until(len(accepted)+1, time.Minute)
		})
}

// inRoom is a client alone in a room of a scripted server.
func (s *scripted) inRoom() (*kclient.Client, *kclient.Room) {
	l := s.login()
	s.say(wire.TypeCreateGame, wire.GameCreated{User: "bob", Game: "Duel", Emulator: "test", GameID: 1}.AppendTo(nil))
	var r *kclient.Room
	join := s.asks(func(ctx context.Context) (err error) { r, err = l.Join(ctx, 1); return err })
	s.letIn()
	require.NoError(s.t, <-join)
	return l, r
}

func (s *scripted) repeat(text string) {
	s.say(wire.TypeGameChat, wire.Chat{User: "ann", Text: text}.AppendTo(nil))
}

// A server of old says nothing of a line that it drops, but it repeats those that it does not drop, in order.
func TestALineThatTheServerDropsIsToldAsLost(t *testing.T) {
	lost := func(l *kclient.Client) (all []kclient.ChatLost) {
		for e := range events(l) {
			if e, ok := e.(kclient.ChatLost); ok {
				all = append(all, e)
			}
		}
		return all
	}
	told := func(lines ...string) []kclient.ChatLost {
		e := kclient.ChatLost{Dropped: true}
		for _, text := range lines {
			e.Lines = append(e.Lines, kclient.LostLine{Room: true, Text: text})
		}
		return []kclient.ChatLost{e}
	}
	t.Run("before one that it passes on", func(t *testing.T) {
		script(t, func(t *testing.T, s *scripted) {
			l, r := s.inRoom()
			say(t, r, []string{"one", "two", "/command", "three", "four"})
			s.serve(100 * time.Millisecond)
			s.repeat("one")
			require.Empty(t, lost(l))
			s.repeat("four")
			require.Equal(t, told("two", "three"), lost(l))
		})
	})
	t.Run("the last one", func(t *testing.T) {
		script(t, func(t *testing.T, s *scripted) {
			l, r := s.inRoom()
			say(t, r, []string{"one", "two"})
			s.serve(100 * time.Millisecond)
			s.repeat("one")
			s.serve(16 * time.Second)
			require.Empty(t, lost(l), "nothing at all comes from the server")
			s.say(wire.TypeServerMessage, wire.ServerMessage{From: "server", Text: "hello"}.AppendTo(nil))
			require.Equal(t, told("two"), lost(l))
		})
	})
	t.Run("one that it changes is not lost", func(t *testing.T) {
		script(t, func(t *testing.T, s *scripted) {
			l, r := s.inRoom()
			say(t, r, []string{"one", "t w o", "three"})
			s.serve(100 * time.Millisecond)
			for _, text := range []string{"one", "two", "three"} {
				s.repeat(text)
			}
			s.serve(16 * time.Second)
			s.say(wire.TypeServerMessage, wire.ServerMessage{From: "server", Text: "hello"}.AppendTo(nil))
			require.Empty(t, lost(l))
		})
	})
	t.Run("what was not sent when the room was closed", func(t *testing.T) {
		script(t, func(t *testing.T, s *scripted) {
			l, r := s.inRoom()
			lines := peers.SaveLines(100)
			say(t, r, lines)
			s.say(wire.TypeCloseGame, wire.GameClosed{GameID: 1}.AppendTo(nil))
			require.ErrorIs(t, r.Err(), kclient.ErrRoomClosed)
			all := lost(l)
			require.Len(t, all, 1)
			require.True(t, all[0].Dropped)
			require.Greater(t, len(all[0].Lines), 60)
			require.Equal(t, "!!!StartGame!!!", all[0].Lines[len(all[0].Lines)-1].Text)
			require.ErrorIs(t, r.Chat("late"), kclient.ErrRoomClosed)
		})
	})
}

// Old clients and servers know nothing of this. One of 1964's players has n02, the other one our library, and the save
// comes from n02, at once, on our server.
func TestASaveOfAnOldClientArrivesOnOurServer(t *testing.T) {
	const frames = 900
	bubble(t, match{seed: 27, profile: network.Profile{Delay: 20 * time.Millisecond}}, func(t *testing.T, w *world) {
		ctx := context.Background()
		old, err := peers.DialN02(w.net, netip.MustParseAddrPort(w.addr), peers.Options{User: "old",
			Emulator: "test 1.0", Connection: 1})
		require.NoError(t, err)
		defer old.Close()
		require.NoError(t, old.Create("Duel"))
		ours := &seat{w: w, name: "ours"}
		w.m.size, w.m.frames = 4, frames
		ours.login(ctx, 1, nil)
		require.NoError(t, ours.err)
		ours.room, ours.err = ours.lobby.Join(ctx, ours.lobby.Games()[0].ID)
		require.NoError(t, ours.err)
		ear := listen(ours.lobby)
		require.NoError(t, old.AwaitPlayers(2))
		require.NoError(t, old.Start())
		var all sync.WaitGroup
		defer all.Wait()
		all.Go(func() { ours.play(ctx, frames) })
		all.Go(func() { old.Play(4, frames, func(f int, b []byte) { w.m.input(1, f, b) }) })
		for len(old.Frames()) < 60 {
			time.Sleep(frameTime)
		}
		lines := peers.SaveLines(300)
		for i, l := range lines {
			if i%100 == 99 {
				time.Sleep(frameTime) // or they do not fit into the simulated socket
			}
			old.Chat(l)
		}
		require.Equal(t, lines, ear.until(len(lines), 20*time.Second))
		require.Eventually(t, func() bool { return len(old.Chats()) == len(lines) }, 5*time.Second, 20*time.Millisecond)
		require.NoError(t, old.Err())
	})
}

func TestASaveOfOursArrivesOnOldServers(t *testing.T) {
	for _, on := range []string{onEmuLinker, onDirelera} {
		t.Run(on, func(t *testing.T) {
			onOldServer(t, 28, on, 250*time.Millisecond, network.Profile{Delay: 20 * time.Millisecond},
				func(t *testing.T, o *oldServer) {
					ctx := context.Background()
					w := &world{m: match{size: 4}, t: t}
					seats := []*seat{{w: w, name: "ann"}, {w: w, name: "bob"}}
					for _, s := range seats {
						s.lobby, s.conn = o.dial(s.name)
					}
					var err error
					seats[0].room, err = seats[0].lobby.Create(ctx, "Duel")
					require.NoError(t, err)
					waitFor(t, seats[1].lobby, func() bool { return len(seats[1].lobby.Games()) == 1 })
					seats[1].room, err = seats[1].lobby.Join(ctx, seats[1].lobby.Games()[0].ID)
					require.NoError(t, err)
					own, far := listen(seats[0].lobby), listen(seats[1].lobby)
					lines := peers.SaveLines(300)
					say(t, seats[0].room, lines)
					require.Equal(t, lines, far.until(len(lines), 20*time.Second))
					require.Equal(t, lines, own.until(len(lines), 5*time.Second))

					require.NoError(t, seats[0].room.Start(ctx))
					var all sync.WaitGroup
					for _, s := range seats {
						all.Go(func() { s.play(ctx, 600) })
					}
					for seats[0].count() < 60 {
						time.Sleep(frameTime)
					}
					say(t, seats[0].room, lines)
					all.Wait()
					require.NoError(t, seats[0].err)
					require.NoError(t, seats[1].err)
					requireSame(t, seats...)
					require.Equal(t, append(peers.SaveLines(300), lines...), far.heard())
					require.Equal(t, append(peers.SaveLines(300), lines...), own.heard())
					require.Empty(t, own.lost)
					require.Less(t, seats[1].game.Stats().LongestStall, 100*time.Millisecond)
				})
		})
	}
}

// Nobody reads while a save comes: it is all there afterwards. Without end, the oldest goes, and the log says so once.
func TestASaveWaitsForASlowReaderOfEvents(t *testing.T) {
	var log bytes.Buffer
	m := match{seed: 29, profile: network.LAN(), types: []wire.ConnectionType{1, 1}, server: unlimited,
		config: func(c *kclient.Config) { c.Logger = slog.New(slog.NewTextHandler(&log, nil)) }}
	bubble(t, m, func(t *testing.T, w *world) {
		lobbies, rooms := w.lobbies(context.Background())
		lines := peers.SaveLines(2200)
		say(t, rooms[0], lines)
		time.Sleep(50 * time.Second)
		require.Zero(t, lobbies[1].DroppedEvents())
		var heard []string
		for e := range events(lobbies[1]) {
			if e, ok := e.(kclient.RoomChat); ok {
				heard = append(heard, e.Text)
			}
		}
		require.Equal(t, lines, heard)
		for range events(lobbies[0]) {
		}
		for range 3 {
			say(t, rooms[0], lines)
			time.Sleep(50 * time.Second)
			for range events(lobbies[0]) {
			}
		}
		require.Greater(t, lobbies[1].DroppedEvents(), 1000)
		require.Less(t, lobbies[1].DroppedEvents(), 3000)
		require.Equal(t, 1, strings.Count(log.String(), "nobody reads the session's events"))
	})
}
