package server_test

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kbridge/kclient/sim/network"
	"kbridge/kclient/wire"
	"kbridge/server"
)

// reader is an agent that knows rooms and users as a client does, and takes down what does not fit.
type reader struct {
	*agent
	mu     sync.Mutex
	users  map[uint16]string
	rooms  map[uint32]wire.GameStatus
	states int
	seen   []wire.Type // of the room's messages
	wrong  []string
}

func (a *arena) reader(name string) *reader {
	r := &reader{agent: a.agent(name), users: map[uint16]string{}, rooms: map[uint32]wire.GameStatus{}}
	r.on = r.read
	return r
}

func (r *reader) read(m wire.Message) {
	r.mu.Lock()
	defer r.mu.Unlock()
	must := func(ok bool, format string, args ...any) {
		if !ok {
			r.wrong = append(r.wrong, fmt.Sprintf(format, args...))
		}
	}
	switch m.Type {
	case wire.TypeServerStatus:
		s, _ := wire.ParseServerStatus(m.Body)
		for _, u := range s.Users {
			r.users[u.UserID] = u.Name
		}
		for _, g := range s.Games {
			r.rooms[g.GameID] = wire.GameStatus{GameID: g.GameID, State: g.State, Players: uint8(g.Players),
				MaxPlayers: 8}
		}
	case wire.TypeUserJoined:
		u, _ := wire.ParseUserJoined(m.Body)
		must(r.users[u.UserID] == "", "user %d comes twice", u.UserID)
		r.users[u.UserID] = u.User
	case wire.TypeUserQuit:
		u, _ := wire.ParseUserQuit(m.Body)
		must(r.users[u.UserID] == u.User, "user %d quits and is not there", u.UserID)
		delete(r.users, u.UserID)
	case wire.TypeCreateGame:
		g, _ := wire.ParseGameCreated(m.Body)
		_, known := r.rooms[g.GameID]
		must(!known, "room %d is opened twice", g.GameID)
		r.rooms[g.GameID] = wire.GameStatus{GameID: g.GameID}
	case wire.TypeGameStatus:
		s, _ := wire.ParseGameStatus(m.Body)
		_, known := r.rooms[s.GameID]
		must(known, "room %d has a state and is not there", s.GameID)
		r.rooms[s.GameID] = s
		r.states++
	case wire.TypeCloseGame:
		g, _ := wire.ParseGameClosed(m.Body)
		_, known := r.rooms[g.GameID]
		must(known, "room %d is closed and was not there", g.GameID)
		delete(r.rooms, g.GameID)
	}
	if m.Type != wire.TypeUserJoined && m.Type != wire.TypeServerMessage {
		r.seen = append(r.seen, m.Type)
	}
}

func (r *reader) take() (users int, rooms []wire.GameStatus, wrong []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.rooms {
		rooms = append(rooms, s)
	}
	return len(r.users), rooms, r.wrong
}

// Row 27: whatever is told late, and whatever is over before it was told: nobody hears of a room's state or end, or of
// a user's, before its beginning, or of a beginning twice.
func TestLateNewsIsInOrder(t *testing.T) {
	for seed := range uint64(6) {
		inArena(t, seed, network.Profile{Delay: 5 * time.Millisecond, Jitter: 5 * time.Millisecond, Loss: 0.01},
			server.Config{}, func(a *arena) {
				readers := []*reader{a.reader("first")}
				readers[0].login()
				time.Sleep(time.Second)
				for _, flood := range floods {
					flood(a, 4) // each form's names are other ones
				}
				for i := range 10 {
					time.Sleep(700 * time.Millisecond)
					r := a.reader(fmt.Sprint("newcomer ", i))
					readers = append(readers, r)
					r.login()
					if i%3 == 0 {
						g := a.reader(fmt.Sprint("stays ", i))
						readers = append(readers, g)
						g.login()
						time.Sleep(200 * time.Millisecond)
						g.send(wire.TypeCreateGame, wire.CreateRequest{Game: "Pong"}.AppendTo(nil))
					}
				}
				time.Sleep(time.Second)
				for _, r := range readers {
					_, _, wrong := r.take()
					assert.Empty(t, wrong, r.name)
				}
			})
	}
}

// Row 27: what is told late is told: when the attackers have gone, everybody knows the same rooms and users, those that
// there are.
func TestNewsArrives(t *testing.T) {
	inArena(t, 3, network.Profile{Delay: 5 * time.Millisecond}, server.Config{}, func(a *arena) {
		var readers []*reader
		for i := range 30 {
			r := a.reader(fmt.Sprint("user ", i))
			readers = append(readers, r)
			r.login()
			if i%2 == 0 {
				time.Sleep(400 * time.Millisecond)
				r.send(wire.TypeCreateGame, wire.CreateRequest{Game: fmt.Sprint("game ", i)}.AppendTo(nil))
			}
			if i == 14 {
				time.Sleep(100 * time.Millisecond)
				readers[4].send(wire.TypeUserQuit, wire.QuitRequest{}.AppendTo(nil))
				readers[6].send(wire.TypeQuitGame, wire.LeaveRequest{}.AppendTo(nil))
				readers[8].send(wire.TypeStartGame, wire.StartRequest{}.AppendTo(nil))
			}
		}
		time.Sleep(40 * time.Second)
		readers = slices.Delete(readers, 4, 5)
		for _, r := range readers {
			users, rooms, wrong := r.take()
			assert.Empty(t, wrong)
			assert.Equal(t, 29, users, r.name)
			assert.Len(t, rooms, 13, r.name)
			for _, s := range rooms {
				assert.Equal(t, uint8(1), s.Players)
			}
			assert.True(t, slices.ContainsFunc(rooms,
				func(s wire.GameStatus) bool { return s.State != wire.GameWaiting }), "the game that runs")
		}
	})
}

// Row 27: who is in a room hears of everything there at once and in order: a start shows its state before it, and
// nothing is left out, however often.
func TestWhoIsInARoomHearsOfEverythingAtOnce(t *testing.T) {
	inArena(t, 4, network.Profile{Delay: time.Millisecond}, server.Config{}, func(a *arena) {
		r := a.reader("owner")
		r.login()
		time.Sleep(time.Second)
		r.send(wire.TypeCreateGame, wire.CreateRequest{Game: "Pong"}.AppendTo(nil))
		time.Sleep(10 * time.Millisecond)
		for range 5 {
			r.mu.Lock()
			r.seen = nil
			r.mu.Unlock()
			for _, m := range []wire.Type{wire.TypeStartGame, wire.TypeReady, wire.TypeDropGame} {
				body := map[wire.Type][]byte{wire.TypeStartGame: wire.StartRequest{}.AppendTo(nil),
					wire.TypeReady:    wire.ReadyRequest{}.AppendTo(nil),
					wire.TypeDropGame: wire.DropRequest{}.AppendTo(nil)}[m]
				r.send(m, body)
				time.Sleep(10 * time.Millisecond)
			}
			r.mu.Lock()
			require.Equal(t, []wire.Type{wire.TypeGameStatus, wire.TypeStartGame, wire.TypeGameStatus, wire.TypeReady,
				wire.TypeGameStatus, wire.TypeDropGame}, r.seen)
			r.mu.Unlock()
		}
	})
}

// Row 27: an impatient owner starts a game several times in a row; one who never stops is denied by a line from
// "Error", which is what clients wait for, and it is counted.
func TestStartsBeyondTheirRateAreDenied(t *testing.T) {
	inArena(t, 5, network.Profile{Delay: time.Millisecond}, server.Config{}, func(a *arena) {
		var started, denied atomic.Int64
		g := a.agent("owner")
		g.on = func(m wire.Message) {
			switch m.Type {
			case wire.TypeStartGame:
				started.Add(1)
				g.say(wire.TypeDropGame, wire.DropRequest{}.AppendTo(nil))
			case wire.TypeGameChat:
				if c, err := wire.ParseChat(m.Body); err == nil && c.User == "Error" {
					denied.Add(1)
				}
			}
		}
		g.login()
		time.Sleep(time.Second)
		g.send(wire.TypeCreateGame, wire.CreateRequest{Game: "Pong"}.AppendTo(nil))
		for range 100 {
			g.send(wire.TypeStartGame, wire.StartRequest{}.AppendTo(nil))
			time.Sleep(200 * time.Millisecond)
		}
		t.Logf("%d starts in 20 s, %d denied", started.Load(), denied.Load())
		require.InDelta(t, 8+5, started.Load(), 1)
		require.EqualValues(t, 100, started.Load()+denied.Load())
		require.EqualValues(t, denied.Load(), a.server.Stats().Refusals[server.RefusedStart])
		time.Sleep(5 * time.Second)
		g.send(wire.TypeStartGame, wire.StartRequest{}.AppendTo(nil))
		time.Sleep(time.Second)
		require.InDelta(t, 8+6, started.Load(), 1)
	})
}
