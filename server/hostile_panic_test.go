package server_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
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

// faultySocket panics when it is told to. The server uses it with its lock held.
type faultySocket struct {
	server.PacketConn

	mu        sync.Mutex
	writes    map[netip.AddrPort]bool // to these addresses panic
	reads     int                     // so many of the next ones
	deadlines int
	closes    bool
	panics    int
}

func (s *faultySocket) fault(yes bool, what string) {
	if yes {
		s.panics++
		panic("injected: " + what)
	}
}

func (s *faultySocket) WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault(s.writes[to], "write")
	return s.PacketConn.WriteToUDPAddrPort(b, to)
}

func (s *faultySocket) ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error) {
	s.mayPanic(&s.reads, "read")
	return s.PacketConn.ReadFromUDPAddrPort(b)
}

func (s *faultySocket) SetReadDeadline(at time.Time) error {
	s.mayPanic(&s.deadlines, "deadline")
	return s.PacketConn.SetReadDeadline(at)
}

func (s *faultySocket) mayPanic(left *int, what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if *left > 0 {
		*left--
		s.fault(true, what)
	}
}

func (s *faultySocket) Close() error {
	err := s.PacketConn.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault(s.closes, "close")
	return err
}

func (s *faultySocket) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

// errorLog keeps the lines at the error level.
type errorLog struct {
	mu    sync.Mutex
	lines []string
}

func (l *errorLog) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, string(b))
	return len(b), nil
}

func (l *errorLog) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelError}))
}

// inFaultyArena runs f beside two rooms in which two each play ten seconds, and then asserts that nobody there has
// noticed anything, that there was one line in the log and nothing is left but those four, and that whoever was the
// victim can log in again.
func inFaultyArena(t *testing.T, f func(a *arena, s *faultySocket)) {
	t.Helper()
	socket := &faultySocket{writes: map[netip.AddrPort]bool{}}
	var log errorLog
	put := func(c server.PacketConn) server.PacketConn { socket.PacketConn = c; return socket }
	inArenaOn(t, 26, network.Profile{Delay: 10 * time.Millisecond}, server.Config{Logger: log.logger()}, put,
		func(a *arena) {
			t := a.t
			others := []<-chan []run{bystanders(a, 1), bystanders(a, 2)}
			f(a, socket)
			a.faults = 1
			for _, room := range others {
				requirePlayed(t, <-room)
			}
			socket.set(func() { clear(socket.writes) })
			time.Sleep(20 * time.Second) // what was pending is over
			st := a.server.Stats()
			require.Equal(t, 4, st.Users, "the victim is gone")
			require.Equal(t, 2, st.Rooms)
			require.Zero(t, st.Pending)
			require.Equal(t, 1, st.InternalErrors)
			require.Equal(t, 1, socket.panics, "nothing more is tried with the victim")
			require.Len(t, log.lines, 1, "%s", strings.Join(log.lines, ""))
			require.Contains(t, log.lines[0], `level=ERROR msg="internal error"`)
			require.Contains(t, log.lines[0], "injected: ")
			require.Contains(t, log.lines[0], "faultySocket", "the stack")
			victim := a.plain(netip.MustParseAddrPort("10.0.8.2:5000"))
			victim.login("again")
			require.Equal(t, 5, a.server.Stats().Users)
			t.Logf("1 fault: the others ran 4 × 600 frames; users %d, rooms %d, pending %d, lines in the log %d", st.Users,
				st.Rooms, st.Pending, len(log.lines))
		})
}

// bystanders are two who play ten seconds in a room of their own.
func bystanders(a *arena, room uint32) <-chan []run {
	var seats []*kclient.Room
	for i := range 2 {
		lobby, err := a.ours(fmt.Sprintf("room%d player%d", room, i), nil)
		require.NoError(a.t, err)
		seats = append(seats, enterRoom(a.t, lobby, room))
	}
	require.NoError(a.t, seats[0].Start(a.t.Context()))
	return playAll(a, seats, 600)
}

func requirePlayed(t *testing.T, results []run) {
	t.Helper()
	for i, r := range results {
		require.NoError(t, r.err, "player %d after %d frames", i, len(r.frames))
		require.Equal(t, results[0].frames, r.frames, "in step")
		require.InDelta(t, float64(len(r.frames))/60, r.took.Seconds(), 0.1, "at 60 frames a second")
	}
}

var victimAddr = netip.MustParseAddrPort("10.0.8.1:5000")

func (c *plainClient) login(name string) {
	c.send(wire.TypeLogin, wire.LoginRequest{User: name, Emulator: "emu", Connection: wire.LAN}.AppendTo(nil))
	c.await(wire.TypeUserJoined)
}

// Row 26: a panic while something is sent to a user, with the server's lock held, ends that user's session and nothing
// else, wherever it is and whoever had it sent.
func TestAPanicWhileAUserIsWrittenToEndsThatUserOnly(t *testing.T) {
	for _, scene := range []struct {
		name  string
		stage int    // how far the victim gets: lobby, room, netsync, play
		cause string // what has something sent to it
	}{
		{"in the lobby, when somebody chats", 0, "chat"},
		{"in the lobby, when a timer asks for proof", 0, ""},
		{"in a room, when somebody chats", 1, "chat"},
		{"in a room, when a timer asks for proof", 1, ""},
		{"in netsync, when a timer repeats the start", 2, ""},
		{"in netsync, when somebody chats", 2, "chat"},
		{"in a game, with a frame", 3, ""},
	} {
		t.Run(scene.name, func(t *testing.T) {
			inFaultyArena(t, func(a *arena, s *faultySocket) {
				t := a.t
				lobby, err := a.ours("peer", nil)
				require.NoError(t, err)
				victim := a.plain(victimAddr)
				victim.login("victim")
				var seat *kclient.Room
				var plays <-chan []run
				if scene.stage >= 1 {
					seat = enterRoom(a.t, lobby, 3)
					victim.send(wire.TypeJoinGame, wire.JoinRequest{GameID: 3, Connection: wire.LAN}.AppendTo(nil))
					victim.await(wire.TypeJoinGame)
				}
				if scene.stage >= 2 {
					require.NoError(t, seat.Start(a.t.Context()))
					plays = playAll(a, []*kclient.Room{seat}, 200)
					victim.await(wire.TypeStartGame)
				}
				if scene.stage >= 3 {
					victim.send(wire.TypeReady, wire.ReadyRequest{}.AppendTo(nil))
					victim.await(wire.TypeReady)
					for f := range byte(3) {
						victim.send(wire.TypeGameData, wire.AppendGameData(nil, []byte{9, f, 0, 1}))
					}
				}
				s.set(func() { s.writes[victimAddr] = true })
				if scene.cause == "chat" {
					require.NoError(t, lobby.Chat("hello"))
				}
				if plays != nil { // the one who plays with it goes on without it
					result := <-plays
					require.NoError(t, result[0].err)
					require.Len(t, result[0].frames, 200)
				}
				time.Sleep(3 * time.Second)
				require.Equal(t, 5, a.server.Stats().Users)
				if seat != nil {
					require.NoError(t, seat.Err(), "the room lives on")
					require.Len(t, seat.Players(), 1)
				}
				require.NoError(t, lobby.Quit(""))
			})
		})
	}
}

// Row 26: a panic while a login is answered, or asked once more by a timer, ends that login.
func TestAPanicInALoginUnderWayEndsThatLoginOnly(t *testing.T) {
	login := message(0, wire.TypeLogin, wire.LoginRequest{User: "victim", Emulator: strings.Repeat("e", 100),
		Connection: wire.LAN}.AppendTo(nil))
	t.Run("when it is answered", func(t *testing.T) {
		inFaultyArena(t, func(a *arena, s *faultySocket) {
			t := a.t
			s.set(func() { s.writes[victimAddr] = true })
			a.forge(victimAddr, login)
			time.Sleep(time.Second)
			require.Zero(t, a.server.Stats().Pending)
		})
	})
	t.Run("when a timer asks again", func(t *testing.T) {
		inFaultyArena(t, func(a *arena, s *faultySocket) {
			t := a.t
			a.forge(victimAddr, login)
			time.Sleep(100 * time.Millisecond)
			require.Equal(t, 1, a.server.Stats().Pending)
			s.set(func() { s.writes[victimAddr] = true })
			time.Sleep(time.Second)
			require.Zero(t, a.server.Stats().Pending)
		})
	})
	t.Run("when its address has answered", func(t *testing.T) {
		inFaultyArena(t, func(a *arena, s *faultySocket) {
			t := a.t
			c := a.plain(victimAddr)
			c.send(wire.TypeLogin, wire.LoginRequest{User: "victim", Emulator: "emu",
				Connection: wire.LAN}.AppendTo(nil))
			c.await(wire.TypeServerAck)
			s.set(func() { s.writes[victimAddr] = true })
			time.Sleep(time.Second)
			require.Zero(t, a.server.Stats().Pending)
		})
	})
}

// Row 26: where nobody is to blame one datagram is lost, and nothing else.
func TestAPanicWithNobodyToBlameLosesOneDatagram(t *testing.T) {
	inFaultyArena(t, func(a *arena, s *faultySocket) {
		s.set(func() { s.writes[victimAddr] = true })
		a.forge(victimAddr, wire.AppendHello(nil))
		time.Sleep(time.Second)
	})
	inFaultyArena(t, func(_ *arena, s *faultySocket) { s.set(func() { s.reads = 1 }) })
	inFaultyArena(t, func(_ *arena, s *faultySocket) { s.set(func() { s.deadlines = 1 }) })
}

// Row 26: a panic while the server says goodbye keeps nobody else from hearing it.
func TestAPanicDuringTheShutdownKeepsNobodyFromTheGoodbye(t *testing.T) {
	socket := &faultySocket{writes: map[netip.AddrPort]bool{}, closes: true}
	put := func(c server.PacketConn) server.PacketConn { socket.PacketConn = c; return socket }
	inArenaOn(t, 26, network.Profile{Delay: 10 * time.Millisecond}, server.Config{}, put, func(a *arena) {
		t := a.t
		victim := a.plain(victimAddr)
		victim.login("victim")
		var lobbies []*kclient.Client
		for i := range 3 {
			lobby, err := a.ours(fmt.Sprint("user", i), nil)
			require.NoError(t, err)
			enterRoom(a.t, lobby, uint32(i+1))
			lobbies = append(lobbies, lobby)
		}
		socket.set(func() { socket.writes[victimAddr] = true })
		begun := time.Now()
		require.NoError(t, a.server.Close("maintenance"))
		require.LessOrEqual(t, time.Since(begun), time.Second)
		for _, lobby := range lobbies {
			heard := false
			for !heard {
				e, err := lobby.NextEvent(a.t.Context())
				require.NoError(t, err, "the goodbye was not heard")
				if m, ok := e.(kclient.ServerMessage); ok {
					heard = strings.Contains(m.Text, "maintenance")
				}
			}
		}
		require.Zero(t, a.server.Stats().Users)
		require.Zero(t, a.server.Stats().Rooms)
		a.faults = a.server.Stats().InternalErrors
		require.Positive(t, a.faults)
	})
}

// faultyRandom panics while it is told to.
type faultyRandom struct {
	io.Reader
	mu  sync.Mutex
	bad bool
}

func (r *faultyRandom) Read(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.bad {
		panic("injected: no random bytes")
	}
	return r.Reader.Read(b)
}

// Row 26: a login in which the source of random bytes panics fails; those who play go on, and later logins get in.
func TestAPanicOfTheRandomSourceEndsThatLoginOnly(t *testing.T) {
	random := &faultyRandom{Reader: (&arena{seed: 1}).random()}
	inArena(t, 26, network.Profile{Delay: 10 * time.Millisecond}, server.Config{Random: random}, func(a *arena) {
		t := a.t
		others := bystanders(a, 1)
		random.mu.Lock()
		random.bad = true
		random.mu.Unlock()
		_, err := a.ours("victim", func(c *kclient.Config) { c.LoginTimeout = 3 * time.Second })
		require.Error(t, err)
		random.mu.Lock()
		random.bad = false
		random.mu.Unlock()
		_, err = a.ours("victim", nil)
		require.NoError(t, err)
		requirePlayed(t, <-others)
		time.Sleep(20 * time.Second)
		st := a.server.Stats()
		require.Equal(t, 3, st.Users)
		require.Zero(t, st.Pending)
		a.faults = st.InternalErrors
		require.Positive(t, a.faults)
		t.Logf("%d faults; users %d, pending %d", a.faults, st.Users, st.Pending)
	})
	_, err := server.New(server.Config{Random: &faultyRandom{bad: true}})
	require.ErrorContains(t, err, "injected", "and New says so")
}

// faultyLog panics at each line that holds a word.
type faultyLog struct {
	slog.Handler
	word string
}

func (l faultyLog) Handle(_ context.Context, r slog.Record) error {
	if strings.Contains(r.Message, l.word) {
		panic("injected: no disk")
	}
	return nil
}
func (faultyLog) Enabled(context.Context, slog.Level) bool { return true }

// Row 26: a log that panics, under the server's lock, costs its lines and nothing else.
func TestALogThatPanicsCostsItsLinesOnly(t *testing.T) {
	for _, word := range []string{"", "login", "game begins", "dropped", "left", "shutting down", "internal error"} {
		inArena(t, 26, network.Profile{Delay: 10 * time.Millisecond},
			server.Config{Logger: slog.New(faultyLog{word: word})}, func(a *arena) {
				t := a.t
				requirePlayed(t, <-bystanders(a, 1))
				c := a.plain(victimAddr)
				c.login("another")
				require.Equal(t, 3, a.server.Stats().Users)
				require.Equal(t, 1, a.server.Stats().Rooms)
				require.NoError(t, a.server.Close(""))
				a.faults = a.server.Stats().InternalErrors
			})
	}
}
