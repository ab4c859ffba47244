package server

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/wire"
)

func TestCreateAndJoinOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 2, lan, Config{})
		a, idA := w.login("anna", wire.LAN)
		b, idB := w.login("bert", wire.Good)
		c, _ := w.login("carl", wire.LAN)
		a.drain()
		b.drain()
		c.drain()

		a.send(wire.TypeCreateGame, wire.CreateRequest{Game: "Pong (World)"})
		// To all: 0A, 0E; to the creator then 0D (empty) and 0C.
		g := a.next()
		require.Equal(t, wire.GameCreated{User: "anna", Game: "Pong (World)", Emulator: "emu 1.0", GameID: 1},
			parse(t, g, wire.ParseGameCreated))
		g = a.next()
		require.Equal(t, wire.GameStatus{GameID: 1, State: wire.GameWaiting, Players: 1, MaxPlayers: 8},
			parse(t, g, wire.ParseGameStatus))
		g = a.next()
		require.Equal(t, wire.TypePlayerList, g.typ)
		require.Empty(t, parse(t, g, wire.ParsePlayerList).Players)
		g = a.next()
		require.Equal(t, wire.PlayerJoined{GameID: 1, User: "anna", Ping: 20, UserID: idA, Connection: wire.LAN},
			parse(t, g, wire.ParsePlayerJoined))
		require.Equal(t, []wire.Type{wire.TypeCreateGame, wire.TypeGameStatus}, c.types(2))
		require.Equal(t, []wire.Type{wire.TypeCreateGame, wire.TypeGameStatus}, b.types(2))

		// 0E to all, 0D to the joiner, 0C to everyone in the room.
		b.send(wire.TypeJoinGame, wire.JoinRequest{GameID: 1, Connection: wire.Good})
		require.Equal(t, uint8(2), parse(t, b.next(), wire.ParseGameStatus).Players)
		list := parse(t, b.next(), wire.ParsePlayerList)
		require.Equal(t, []wire.ListPlayer{{Name: "anna", Ping: 20, UserID: idA, Connection: wire.LAN}}, list.Players)
		require.Equal(t, wire.PlayerJoined{GameID: 1, User: "bert", Ping: 20, UserID: idB, Connection: wire.Good},
			parse(t, b.next(), wire.ParsePlayerJoined))
		require.Equal(t, []wire.Type{wire.TypeGameStatus, wire.TypeJoinGame}, a.types(2))
		require.Equal(t, []wire.Type{wire.TypeGameStatus}, c.types(1))
		c.quiet(time.Second)

		// A room that is there shows in the list of who comes later.
		d := w.dial("dora", wire.LAN)
		d.send(wire.TypeLogin, wire.LoginRequest{User: "dora", Emulator: "emu", Connection: wire.LAN})
		st := parse(t, d.until(wire.TypeServerStatus), wire.ParseServerStatus)
		require.Equal(t, []wire.StatusGame{{Name: "Pong (World)", GameID: 1, Emulator: "emu 1.0", Owner: "anna",
			Players: 2, MaxPlayers: 8}}, st.Games)
	})
}

func TestLeaveOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 3, lan, Config{})
		a, idA := w.login("anna", wire.LAN)
		b, idB := w.login("bert", wire.LAN)
		c, _ := w.login("carl", wire.LAN)
		id := a.create("Pong")
		b.join(id)
		for _, x := range []*client{a, b, c} {
			x.drain()
		}
		// A guest: 0E to all, 0B to the room and to the guest.
		b.send(wire.TypeQuitGame, wire.LeaveRequest{})
		for _, x := range []*client{a, b} {
			require.Equal(t, uint8(1), parse(t, x.next(), wire.ParseGameStatus).Players)
			require.Equal(t, wire.PlayerLeft{User: "bert", UserID: idB}, parse(t, x.next(), wire.ParsePlayerLeft))
		}
		require.Equal(t, []wire.Type{wire.TypeGameStatus}, c.types(1))

		// The owner: 10 to all, 0B to the room.
		b.join(id)
		for _, x := range []*client{a, b, c} {
			x.drain()
		}
		a.send(wire.TypeQuitGame, wire.LeaveRequest{})
		for _, x := range []*client{a, b} {
			require.Equal(t, wire.GameClosed{GameID: id}, parse(t, x.next(), wire.ParseGameClosed))
			require.Equal(t, wire.PlayerLeft{User: "anna", UserID: idA}, parse(t, x.next(), wire.ParsePlayerLeft))
		}
		require.Equal(t, []wire.Type{wire.TypeCloseGame}, c.types(1))
		require.Zero(t, w.server.Stats().Rooms)

		// Both are in the lobby again, and the ID is not used again.
		require.Equal(t, id+1, b.create("Pong"))
	})
}

func TestOwnerQuitClosesRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 4, lan, Config{})
		a, idA := w.login("anna", wire.LAN)
		b, _ := w.login("bert", wire.LAN)
		b.join(a.create("Pong"))
		b.drain()
		a.send(wire.TypeUserQuit, wire.QuitRequest{Message: "bye all"})
		require.Equal(t, []wire.Type{wire.TypeCloseGame, wire.TypeQuitGame}, b.types(2))
		require.Equal(t, wire.UserQuit{User: "anna", UserID: idA, Message: "bye all"},
			parse(t, b.next(), wire.ParseUserQuit))
		a.until(wire.TypeUserQuit)
		require.Equal(t, 1, w.server.Stats().Users)
	})
}

func TestKick(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 5, lan, Config{})
		a, idA := w.login("anna", wire.LAN)
		b, idB := w.login("bert", wire.LAN)
		_, idC := w.login("carl", wire.LAN)
		b.join(a.create("Pong"))
		a.drain()
		b.drain()
		warned := func(c *client) string { return parse(t, c.until(wire.TypeGameChat), wire.ParseChat).Text }
		b.send(wire.TypeKick, wire.KickRequest{UserID: idA})
		require.Contains(t, warned(b), "Only the owner")
		a.send(wire.TypeKick, wire.KickRequest{UserID: idA})
		require.Contains(t, warned(a), "yourself")
		a.send(wire.TypeKick, wire.KickRequest{UserID: idC})
		require.Contains(t, warned(a), "not in the room")
		a.send(wire.TypeKick, wire.KickRequest{UserID: idB})
		for _, x := range []*client{a, b} {
			x.until(wire.TypeGameStatus)
			require.Equal(t, wire.PlayerLeft{User: "bert", UserID: idB}, parse(t, x.next(), wire.ParsePlayerLeft))
		}
		b.create("Another")
	})
}

// refusedRoom asserts the form of a refused create or join: 17 with the reason,
// then 0B naming the asker.
func refusedRoom(t *testing.T, c *client, id uint16, reason string) {
	t.Helper()
	m := parse(t, c.until(wire.TypeServerMessage), wire.ParseServerMessage)
	require.Equal(t, "Server", m.From)
	require.Contains(t, m.Text, reason)
	require.Equal(t, wire.PlayerLeft{User: c.name, UserID: id}, parse(t, c.next(), wire.ParsePlayerLeft))
}

func TestRefusalsOfRooms(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 6, lan, Config{MaxGames: 1})
		a, _ := w.login("anna", wire.LAN)
		b, idB := w.login("bert", wire.LAN)
		b.send(wire.TypeJoinGame, wire.JoinRequest{GameID: 77})
		refusedRoom(t, b, idB, "does not exist")
		b.send(wire.TypeCreateGame, wire.CreateRequest{Game: " \t "})
		refusedRoom(t, b, idB, "no name")
		id := a.create("Pong")
		b.send(wire.TypeCreateGame, wire.CreateRequest{Game: "Pong"})
		refusedRoom(t, b, idB, "1 rooms already")
		a.send(wire.TypeStartGame, wire.StartRequest{})
		a.until(wire.TypeStartGame)
		b.send(wire.TypeJoinGame, wire.JoinRequest{GameID: id})
		refusedRoom(t, b, idB, "started already")
		// Whoever is in a room stays there and is told.
		a.send(wire.TypeCreateGame, wire.CreateRequest{Game: "Pong 2"})
		require.Contains(t, parse(t, a.until(wire.TypeServerMessage), wire.ParseServerMessage).Text,
			"in a room already")
		require.Equal(t, 1, w.server.Stats().Rooms)
	})
}

// Row 24: a ninth player joins.
func TestANinthPlayerIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 7, lan, Config{})
		owner, _ := w.login("p1", wire.LAN)
		id := owner.create("Pong")
		for i := 2; i <= 8; i++ {
			c, _ := w.login(fmt.Sprint("p", i), wire.LAN)
			c.join(id)
		}
		ninth, idN := w.login("p9", wire.LAN)
		ninth.send(wire.TypeJoinGame, wire.JoinRequest{GameID: id})
		refusedRoom(t, ninth, idN, "full (8 players)")
		owner.send(wire.TypeStartGame, wire.StartRequest{})
		m := parse(t, owner.until(wire.TypeStartGame), wire.ParseGameStarted)
		require.Equal(t, wire.GameStarted{FrameDelay: 2, Player: 1, Players: 8}, m, "floor(60 x 0.020 + 1) = 2")
	})
}

func TestStartRefusals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 8, lan, Config{})
		a, _ := w.login("anna", wire.LAN)
		b, _ := w.login("bert", wire.LAN)
		b.join(a.create("Pong"))
		b.send(wire.TypeStartGame, wire.StartRequest{})
		m := parse(t, b.until(wire.TypeGameChat), wire.ParseChat)
		require.Equal(t, "Error", m.User)
		require.Contains(t, m.Text, "Only the owner")
		a.send(wire.TypeStartGame, wire.StartRequest{})
		a.until(wire.TypeStartGame)
		a.send(wire.TypeStartGame, wire.StartRequest{})
		require.Contains(t, parse(t, a.until(wire.TypeGameChat), wire.ParseChat).Text, "started already")
	})
}

func TestChats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 9, lan, Config{})
		a, _ := w.login("anna", wire.LAN)
		b, _ := w.login("bert", wire.LAN)
		c, _ := w.login("carl", wire.LAN)
		b.join(a.create("Pong"))
		for _, x := range []*client{a, b, c} {
			x.drain()
		}
		c.send(wire.TypeGlobalChat, wire.ChatRequest{Text: "hello"})
		for _, x := range []*client{a, b, c} {
			g := x.next()
			require.Equal(t, wire.TypeGlobalChat, g.typ)
			require.Equal(t, wire.Chat{User: "carl", Text: "hello"}, parse(t, g, wire.ParseChat))
		}
		b.send(wire.TypeGameChat, wire.ChatRequest{Text: "go?"})
		for _, x := range []*client{a, b} {
			g := x.next()
			require.Equal(t, wire.TypeGameChat, g.typ)
			require.Equal(t, wire.Chat{User: "bert", Text: "go?"}, parse(t, g, wire.ParseChat))
		}
		c.quiet(time.Second)
	})
}

// A room whose name begins with * is for talking, as at EmuLinker; ours says why.
func TestChatRoomsNeverStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 9, lan, Config{})
		a, _ := w.login("anna", wire.LAN)
		a.create("* Chat only")
		a.send(wire.TypeStartGame, wire.StartRequest{})
		m := parse(t, a.until(wire.TypeGameChat), wire.ParseChat)
		require.Equal(t, "Error", m.User)
		require.Contains(t, m.Text, "for chat")
		a.send(wire.TypeGameChat, wire.ChatRequest{Text: "hello"})
		require.Equal(t, "hello", parse(t, a.until(wire.TypeGameChat), wire.ParseChat).Text)
	})
}
