package kaillera

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/sim/peers"
	"kbridge/kclient/wire"
	"kbridge/server/limits"
	"kbridge/server/rate"
	"kbridge/server/stats"
)

// boxRoom is a box with clients in one room; the first one owns it.
func boxRoom(t *testing.T, cfg Config, n int) (*box, []*boxClient) {
	b := newBox(t, cfg)
	return b, b.room(n, 0)
}

func (b *box) room(n, from int) (cs []*boxClient) {
	for i := range n {
		c := b.client(from+1+i, fmt.Sprint("user", from+i))
		c.login()
		if i == 0 {
			c.send(wire.TypeCreateGame, wire.CreateRequest{Game: "Pong"})
		} else {
			c.send(wire.TypeJoinGame, wire.JoinRequest{GameID: cs[0].session().room.Load().ID})
		}
		cs = append(cs, c)
	}
	for _, c := range cs {
		c.inbox = nil
	}
	return cs
}

func (c *boxClient) say(lines ...string) {
	for _, l := range lines {
		c.send(wire.TypeGameChat, wire.ChatRequest{Text: l})
	}
}

// heard are the lines of the room that have come from somebody.
func (c *boxClient) heard(from string) (lines []string) {
	for _, g := range c.inbox {
		if g.typ == wire.TypeGameChat {
			if m, err := wire.ParseChat(g.body); err == nil && m.User == from {
				lines = append(lines, m.Text)
			}
		}
	}
	return lines
}

func TestRoomChatThatComesTooFastIsDelayedAndNotDropped(t *testing.T) {
	b, cs := boxRoom(t, Config{}, 3)
	lines := peers.SaveLines(500)
	cs[0].say(lines...)
	require.Len(t, cs[1].heard("user0"), 10, "the first ones at once")
	b.pass(4 * time.Second)
	require.Greater(t, len(cs[1].heard("user0")), 200, "some hundred lines take some seconds")
	b.pass(7 * time.Second)
	for _, c := range cs {
		require.Equal(t, lines, c.heard("user0"))
		require.Empty(t, c.heard("Server"))
	}
	require.Zero(t, b.refused(stats.RefusedRoomChat))
	require.Zero(t, b.s.lobby.LineBytes())
}

// One line more than the general rate lets through, among other messages that it counts.
func TestTheRateOfMessagesDropsNoRoomChat(t *testing.T) {
	b, cs := boxRoom(t, Config{Flood: limits.Flood{Message: rate.Rate{Every: time.Second, Burst: 3}}}, 2)
	b.pass(10 * time.Second)
	lines := peers.SaveLines(20)
	cs[0].say(lines...)
	for range 5 {
		cs[0].send(wire.TypeKick, wire.KickRequest{UserID: 9})
	}
	b.pass(time.Second)
	require.Equal(t, lines, cs[1].heard("user0"))
	require.Equal(t, 2, b.refused(stats.RefusedMessage), "it does count the others")
}

func TestRoomChatWaitsThroughAGamesStartAndEnd(t *testing.T) {
	b, cs := boxRoom(t, Config{}, 2)
	lines := peers.SaveLines(300)
	cs[0].say(lines...)
	b.pass(time.Second)
	cs[0].send(wire.TypeStartGame, wire.StartRequest{})
	b.pass(time.Second)
	for _, c := range cs {
		c.send(wire.TypeReady, wire.ReadyRequest{})
	}
	b.pass(time.Second)
	require.Equal(t, standsInPlay, cs[0].session().stands())
	for _, c := range cs {
		c.send(wire.TypeDropGame, wire.DropRequest{})
	}
	b.pass(3 * time.Second)
	require.Equal(t, lines, cs[1].heard("user0"))
}

func TestWaitingLinesOfOneSenderDoNotHoldUpAnothers(t *testing.T) {
	b, cs := boxRoom(t, Config{}, 3)
	cs[0].say(peers.SaveLines(500)...)
	b.pass(time.Second)
	cs[1].say("what is that?")
	require.Equal(t, []string{"what is that?"}, cs[2].heard("user1"), "somebody types")
	lines := peers.SaveLines(60)
	cs[2].say(lines...)
	b.pass(2500 * time.Millisecond)
	require.Equal(t, lines, cs[1].heard("user2"), "and somebody else has a save, too")
	require.Less(t, len(cs[1].heard("user0")), 400)
}

// The lines of one who has left were said: 1964's player 1 may leave as soon as it has said the last one.
func TestWhatWasSaidBeforeLeavingIsHeard(t *testing.T) {
	for name, leave := range map[string]func(c *boxClient){
		"leaves the room":   func(c *boxClient) { c.send(wire.TypeQuitGame, wire.LeaveRequest{}) },
		"leaves the server": func(c *boxClient) { c.send(wire.TypeUserQuit, wire.QuitRequest{}) },
	} {
		t.Run(name, func(t *testing.T) {
			b, cs := boxRoom(t, Config{}, 3)
			lines := peers.SaveLines(100)
			cs[1].say(lines...)
			leave(cs[1])
			b.pass(3 * time.Second)
			require.Equal(t, lines, cs[2].heard("user1"))
			require.Less(t, len(cs[1].heard("user1")), 20, "it is not there any more")
			require.Zero(t, b.s.lobby.LineBytes())
		})
	}
	t.Run("and comes back", func(t *testing.T) {
		b, cs := boxRoom(t, Config{}, 3)
		lines := peers.SaveLines(100)
		cs[1].say(lines...)
		cs[1].send(wire.TypeQuitGame, wire.LeaveRequest{})
		b.pass(300 * time.Millisecond)
		cs[1].send(wire.TypeJoinGame, wire.JoinRequest{GameID: cs[0].session().room.Load().ID})
		cs[1].say("back")
		b.pass(3 * time.Second)
		require.Equal(t, append(lines, "back"), cs[2].heard("user1"))
	})
}

func TestWaitingLinesGoWithTheKickedAndWithTheRoom(t *testing.T) {
	b, cs := boxRoom(t, Config{}, 3)
	cs[1].say(peers.SaveLines(100)...)
	cs[0].send(wire.TypeKick, wire.KickRequest{UserID: cs[1].session().who.ID})
	before := len(cs[2].heard("user1"))
	b.pass(3 * time.Second)
	require.Len(t, cs[2].heard("user1"), before)
	require.Zero(t, b.s.lobby.LineBytes())

	cs[2].say(peers.SaveLines(100)...)
	cs[0].send(wire.TypeQuitGame, wire.LeaveRequest{})
	require.Zero(t, b.s.lobby.LineBytes())
	before = len(cs[0].heard("user2"))
	cs[2].send(wire.TypeCreateGame, wire.CreateRequest{Game: "Pong"})
	b.pass(3 * time.Second)
	cs[0].send(wire.TypeJoinGame, wire.JoinRequest{GameID: cs[2].session().room.Load().ID})
	b.pass(3 * time.Second)
	require.Len(t, cs[0].heard("user2"), before, "what was said in one room is not heard in another")
}

func TestACommandInRoomChatKeepsItsPlaceAmongTheLines(t *testing.T) {
	b, cs := boxRoom(t, Config{}, 2)
	cs[0].say(peers.SaveLines(100)...)
	cs[0].say("/samedelay on", "after it")
	b.pass(time.Second)
	require.Empty(t, cs[0].heard("Server"))
	b.pass(2 * time.Second)
	all := append(peers.SaveLines(100), "after it")
	require.Equal(t, all, cs[1].heard("user0"))
	require.Len(t, cs[1].heard("Server"), 1, "everybody is told of it once")
	from := []string{}
	for _, g := range cs[1].inbox {
		if m, err := wire.ParseChat(g.body); g.typ == wire.TypeGameChat && err == nil {
			from = append(from, m.User)
		}
	}
	require.Equal(t, []string{"user0", "Server", "user0"}, from[len(from)-3:])

	// One who has left commands nothing.
	cs[0].say(peers.SaveLines(30)...)
	cs[1].say(peers.SaveLines(30)...)
	cs[1].say("/samedelay off")
	cs[1].send(wire.TypeQuitGame, wire.LeaveRequest{})
	b.pass(5 * time.Second)
	require.Len(t, cs[0].heard("user1"), 30)
	require.Len(t, cs[0].heard("Server"), 1)
}

// Beyond the bounds lines are dropped, counted, and the sender is told, though not each time. What waits already is
// heard.
func TestRoomChatBeyondTheBoundsIsDroppedAndToldToItsSender(t *testing.T) {
	b, cs := boxRoom(t, Config{}, 2)
	lines := peers.SaveLines(4000)
	cs[0].say(lines...)
	waiting, _ := cs[0].session().seat().Waiting()
	fits := limits.MaxSessionLines / (max(len(lines[1000]), limits.LeastLine) + limits.LineOverhead)
	require.InDelta(t, fits, waiting, 0.02*float64(fits))
	require.LessOrEqual(t, b.s.lobby.LineBytes(), limits.MaxSessionLines)
	require.Greater(t, waiting, 2200, "what the largest saves come to")
	require.Equal(t, 4000-10-waiting, b.refused(stats.RefusedRoomChat))
	require.Len(t, cs[0].heard("Server"), 1)
	require.Contains(t, cs[0].heard("Server")[0], "not passed on")
	require.Empty(t, cs[1].heard("Server"), "nobody else is")
	b.pass(time.Minute)
	require.Equal(t, lines[:10+waiting], cs[1].heard("user0"))
	cs[0].say("still here?")
	require.Equal(t, "still here?", cs[1].heard("user0")[10+waiting])
}

func TestWhatWaitsIsBoundedInARoomAndInTheServer(t *testing.T) {
	b := newBox(t, Config{MaxUsers: 1000})
	own := 0 // what those have waiting who have no more than their own
	body := wire.ChatRequest{Text: strings.Repeat("x", 300)}.AppendTo(nil)
	for r := range 60 {
		cs := b.room(4, 10*r)
		for _, c := range cs {
			for range 3000 {
				c.session().handle(b.now, wire.Message{Type: wire.TypeGameChat, Body: body})
			}
		}
		require.LessOrEqual(t, cs[0].session().room.Load().LineBytes(), limits.MaxRoomLines)
		for _, c := range cs {
			_, bytes := c.session().seat().Waiting()
			roomFull := c.session().room.Load().LineBytes() > limits.MaxRoomLines-1000
			require.True(t, roomFull || bytes > limits.OwnLines-1000, "each may have its own")
			require.LessOrEqual(t, bytes, limits.MaxSessionLines)
			if bytes <= limits.OwnLines {
				own += bytes
			}
			b.remove(c)
		}
		require.LessOrEqual(t, b.s.lobby.LineBytes()-own, limits.MaxServerLines)
	}
	require.Greater(t, b.s.lobby.LineBytes(), limits.MaxServerLines-1000)
	b.s.inLobby(b.now, "", work{}, func() {
		for b.s.lobby.CloseNext(b.now) {
		}
	})
	require.Zero(t, b.s.lobby.LineBytes())
}

// MAME32k's lines of data begin with a new line, which is no way to write below the name of somebody else.
func TestALineOfDataKeepsTheNewLineThatItIsKnownBy(t *testing.T) {
	b, cs := boxRoom(t, Config{}, 2)
	said := []string{"\r\nDA0c000000ffffffff", "\r\nDB\x80\x81\x8d\xff", "\r\nServer> hi", "\r\nDA\r\nServer> hi",
		"x\r\nDA00"}
	cs[0].say(said...)
	require.Equal(t, []string{said[0], said[1], "Server> hi", "\r\nDAServer> hi", "xDA00"}, cs[1].heard("user0"))
	cs[0].say("\r\nDA" + strings.Repeat("0", 400))
	require.Len(t, cs[1].heard("user0")[5], limits.MaxGameChat)
	b.pass(time.Second)
}

// Who never stops is not given the pace for ever, and not beyond it at any time.
func TestRoomChatWithoutEndGetsAShareOfThePace(t *testing.T) {
	b, cs := boxRoom(t, Config{}, 2)
	line := strings.Repeat("x", 300)
	bytes := func(d time.Duration) int {
		before := len(cs[1].heard("user0"))
		for end := b.now.Add(d); b.now.Before(end); b.pass(20 * time.Millisecond) {
			cs[0].say(line)
		}
		return (len(cs[1].heard("user0")) - before) * (len(line) + 13)
	}
	require.LessOrEqual(t, bytes(10*time.Second), 10*limits.LineRate+10*313+limits.LineBurst)
	bytes(80 * time.Second)
	require.LessOrEqual(t, bytes(20*time.Second), 20*(limits.WaitedRate+2*313)*11/10)
}
