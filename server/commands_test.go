package server_test

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient"
	"kbridge/kclient/sim/network"
	"kbridge/server"
)

// person is somebody who types: one of our own clients, with all that it hears.
type person struct {
	a     *arena
	name  string
	lobby *kclient.Client
	room  *kclient.Room
	mu    sync.Mutex
	heard []string // "where from: text"
}

// unhurried is a server on which nobody types too fast.
var unhurried = server.Config{Flood: server.Flood{
	Chat: server.Rate{Burst: -1}, GameChat: server.Rate{Burst: -1}, Start: server.Rate{Burst: -1},
	Join: server.Rate{Burst: -1}, Create: server.Rate{Burst: -1}}}

func hostN(n byte) netip.Addr { return netip.AddrFrom4([4]byte{198, 51, 100, n}) }

// person logs somebody in from a host.
func (a *arena) person(name string, host netip.Addr, change ...func(*kclient.Config)) *person {
	a.t.Helper()
	p := &person{a: a, name: name}
	var err error
	p.lobby, err = a.ours(name, func(c *kclient.Config) {
		c.Listen = func(netip.AddrPort) (kclient.PacketConn, error) { return a.net.Listen(netip.AddrPortFrom(host, 0)) }
		for _, f := range change {
			f(c)
		}
	})
	require.NoError(a.t, err)
	a.play(func(ctx context.Context) {
		for {
			e, err := p.lobby.NextEvent(ctx)
			if err != nil {
				return
			}
			switch e := e.(type) {
			case kclient.ServerMessage:
				p.hears("lobby %s: %s", e.From, e.Text)
			case kclient.GlobalChat:
				p.hears("lobby %s: %s", e.User, e.Text)
			case kclient.RoomChat:
				p.hears("room %s: %s", e.User, e.Text)
			case kclient.PrivateChat:
				p.hears("private %s to %s: %s", e.From, e.To, e.Text)
			}
		}
	})
	return p
}

func (p *person) hears(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.heard = append(p.heard, fmt.Sprintf(format, args...))
}

// news is what came since it was asked last.
func (p *person) news() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := p.heard
	p.heard = nil
	return n
}

func (p *person) opens(game string) {
	p.a.t.Helper()
	var err error
	p.room, err = p.lobby.Create(p.a.t.Context(), game)
	require.NoError(p.a.t, err)
}

// joins the room that somebody has opened.
func (p *person) joins(owner *person) (err error) {
	p.a.t.Helper()
	time.Sleep(2 * time.Second)
	p.room, err = p.lobby.Join(p.a.t.Context(), owner.room.Info().ID)
	return err
}

// table is a room of so many people, each of a host of its own; the first one has opened it.
func (a *arena) people(names ...string) (all []*person) {
	a.t.Helper()
	for i, name := range names {
		p := a.person(name, hostN(byte(i+1)))
		if i == 0 {
			p.opens("Pong")
		} else {
			require.NoError(a.t, p.joins(all[0]))
		}
		all = append(all, p)
	}
	a.quiet(all...)
	return all
}

// quiet lets everybody forget what was said.
func (a *arena) quiet(all ...*person) {
	time.Sleep(2 * time.Second)
	for _, p := range all {
		p.news()
	}
}

// types says a line in the room, or in the lobby if somebody is in none, and waits for what comes of it.
func (p *person) types(line string) {
	p.a.t.Helper()
	if p.room != nil && p.room.Err() == nil {
		require.NoError(p.a.t, p.room.Chat(line))
	} else {
		require.NoError(p.a.t, p.lobby.Chat(line))
	}
	time.Sleep(500 * time.Millisecond)
}

// starts the game; everybody plays it.
func (p *person) starts(all ...*person) {
	p.a.t.Helper()
	require.NoError(p.a.t, p.room.Start(p.a.t.Context()))
	p.a.playing(all...)
}

func (a *arena) playing(all ...*person) {
	for _, p := range all {
		room := p.room
		a.play(func(ctx context.Context) { playOurs(ctx, room, nil) })
	}
	time.Sleep(2 * time.Second)
}

// What every command answers to whom, by who types it and where: owner, guest, both in a running game, somebody
// silenced, and somebody outside. "" is nobody.
func TestCommandsAreAnsweredToWhomTheyConcern(t *testing.T) {
	const (
		notOwner = "Only the owner of the room may say"
		notHere  = "is for the chat of a room"
		myIP     = "Your IP Address is: 198.51.100."
		found    = "UserID: 2, Nick: <guest>, Access: Normal, GameID: 1, Game: Pong"
		members  = "3 in the room: 1 owner, 2 guest, 3 other"
		none     = "There is no command /"
	)
	commands := []struct {
		line                 string
		owner, guest, lobby  string // what the one who types it is answered
		all                  string // what all in the room are told if the owner types it, or a guest who may
		game, silenced, args string // where it is otherwise: in a game; when silenced; with wrong arguments
	}{
		{line: "/help", owner: "/kick <player number>", guest: "/lagstat", lobby: "/msg <user ID> <text>"},
		{line: "/version", owner: "VERSION: kbridge", guest: "VERSION: kbridge", lobby: "VERSION: kbridge"},
		{line: "/myip", owner: myIP + "1", guest: myIP + "2", lobby: myIP + "9"},
		{line: "/finduser UES", owner: found, guest: found, lobby: found, args: "/finduser"},
		{line: "/me dances", all: "dances", lobby: "*outsider dances", silenced: "lets you say nothing", args: "/me"},
		{line: "/msgoff", owner: "no private", guest: "no private", lobby: "no private"},
		{line: "/msgon", owner: "private messages now", guest: "private messages now", lobby: "private messages now"},
		{line: "/msg 3 psst", owner: "TO: <other>(3) <owner> (1): psst", guest: "TO: <other>(3) <guest> (2): psst",
			lobby: "private outsider to other: psst", silenced: "lets you say nothing", args: "/msg"},
		{line: "/num", owner: members, guest: members, lobby: notHere},
		{line: "/lagstat", owner: "No game has begun", guest: "No game has begun", lobby: notHere, game: "In the last"},
		{line: "/lagreset", owner: "No game runs", guest: "No game runs", lobby: notHere, game: "counted anew"},
		{line: "/maxusers 5", all: "5 players at most", guest: notOwner, lobby: notHere, args: "/maxusers 101"},
		{line: "/maxping 900", all: "900 ms at most", guest: notOwner, lobby: notHere, args: "/maxping 0"},
		{line: "/startn 4", all: "when 4 have joined", guest: notOwner, lobby: notHere, game: "started already",
			args: "/startn x"},
		{line: "/swap 123", all: "1 owner, 2 guest, 3 other", guest: notOwner, lobby: notHere, args: "/swap 113"},
		{line: "/samedelay true", all: "Everybody has the longest", guest: notOwner, lobby: notHere,
			args: "/samedelay maybe"},
		{line: "/mute 3", all: "other can say nothing", guest: notOwner, lobby: notHere, args: "/mute me"},
		{line: "/unmute 3", all: "other can talk again", guest: notOwner, lobby: notHere, args: "/unmute"},
		{line: "/muteall", all: "Nobody but the owner", guest: notOwner, lobby: notHere, args: "/muteall 3"},
		{line: "/unmuteall", all: "Everybody can talk", guest: notOwner, lobby: notHere, args: "/unmuteall 3"},
		{line: "/kick 1", owner: "cannot kick yourself", guest: notOwner, lobby: notHere, args: "/kick all"},
		{line: "/kickall", guest: notOwner, lobby: notHere, args: "/kickall now"},
		{line: "/start", guest: notOwner, lobby: notHere, game: "started already", args: "/start now"},
		{line: "/ignoreall", owner: none + "ignoreall", guest: none + "ignoreall", lobby: none + "ignoreall"},
		{line: "/lagstatx", owner: none + "lagstatx", guest: none + "lagstatx", lobby: none + "lagstatx"},
	}
	for _, role := range []string{"owner", "guest", "owner in a game", "guest in a game", "silenced", "outside"} {
		t.Run(role, func(t *testing.T) {
			t.Parallel()
			inArena(t, 1, network.Profile{Delay: 5 * time.Millisecond}, unhurried, func(a *arena) {
				all := a.people("owner", "guest", "other")
				outside := a.person("outsider", hostN(9))
				in := strings.HasSuffix(role, "in a game")
				if in {
					all[0].starts(all...)
				}
				who, others := all[1], []*person{all[0], all[2], outside}
				switch {
				case role == "outside":
					who, others = outside, all
				case strings.HasPrefix(role, "owner"):
					who, others = all[0], []*person{all[1], all[2], outside}
				case role == "silenced":
					all[0].types("/mute 2")
				}
				for _, c := range commands {
					owns := strings.HasPrefix(role, "owner")
					if owns && c.line == "/kickall" || role == "owner" && c.line == "/start" {
						continue // they have tests of their own
					}
					a.quiet(append(all, outside)...)
					who.types(c.line)
					own, toAll := c.guest, c.guest == ""
					switch {
					case role == "outside":
						own, toAll = c.lobby, c.line == "/me dances"
					case strings.HasPrefix(role, "owner"):
						own, toAll = c.owner, c.owner == ""
					}
					if toAll {
						own = c.all
					}
					switch {
					case role == "outside" && toAll:
						own = c.lobby
					case in && c.game != "" && (role != "guest in a game" || c.guest != notOwner):
						own, toAll = c.game, strings.HasPrefix(c.line, "/lag")
					case role == "silenced" && c.silenced != "":
						own, toAll = c.silenced, false
					}
					require.NotEmpty(t, own, c.line)
					heard := strings.Join(who.news(), "\n")
					require.Contains(t, heard, own, "%s to %s", c.line, role)
					require.NotContains(t, heard, who.name+": /", "it is no chat")
					for _, o := range others {
						heard := strings.Join(o.news(), "\n")
						switch {
						case o == outside && role != "outside":
							require.Empty(t, heard, "%s, to somebody outside", c.line)
						case toAll:
							require.Contains(t, heard, own, "%s to %s", c.line, o.name)
							require.NotContains(t, heard, ": /", "it is no chat")
						case strings.HasPrefix(c.line, "/msg 3") && o.name == "other" && own != c.silenced:
							require.Contains(t, heard, "psst")
						default:
							require.Empty(t, heard, "%s, to %s", c.line, o.name)
						}
					}
					if c.args == "" || role == "outside" || role == "silenced" || own == notOwner || own == notHere {
						continue
					}
					time.Sleep(4 * time.Second) // /maxusers may not be said as often
					who.types(c.args)
					heard = strings.Join(who.news(), "\n")
					require.Contains(t, heard, " takes ", c.args)
					for _, o := range others {
						require.Empty(t, o.news(), "%s, to %s", c.args, o.name)
					}
				}
			})
		})
	}
}

// A command is one whatever its case; what is not a slash and a letter is chat, and so is data, whatever it looks like.
func TestWhatIsACommandAndWhatIsChat(t *testing.T) {
	inArena(t, 1, network.Profile{Delay: 5 * time.Millisecond}, unhurried, func(a *arena) {
		all := a.people("owner", "guest")
		for _, line := range []string{"/", "/ 1", "//", "/1 2", "/?", "1/help", "\r\nDA/help", "\r\nDB/kick 2"} {
			all[0].types(line)
			require.Equal(t, []string{"room owner: " + line}, all[1].news(), line)
			all[0].news()
		}
		for _, line := range []string{"/NUM", "/Num", "  /num "} {
			all[0].types(line)
			if strings.HasPrefix(line, " ") {
				require.Equal(t, []string{"room owner: " + line}, all[1].news(), "it does not begin with a slash")
				continue
			}
			require.Contains(t, strings.Join(all[0].news(), ""), "2 in the room")
			require.Empty(t, all[1].news())
		}
	})
}

// Who types commands as fast as it can is answered as often as it may talk in the lobby, and told once why no more.
func TestCommandsCountAsChat(t *testing.T) {
	inArena(t, 1, network.Profile{Delay: 5 * time.Millisecond}, server.Config{}, func(a *arena) {
		all := a.people("owner", "guest")
		time.Sleep(20 * time.Second)
		a.quiet(all...)
		before := a.to(hostN(1)).bytes
		for range 100 {
			require.NoError(t, all[1].room.Chat("/me floods"))
		}
		time.Sleep(10 * time.Second)
		require.InDelta(t, 5, len(all[0].news()), 1,
			"five at once; the others came at the room's pace, which is faster than one in two seconds")
		require.Less(t, a.to(hostN(1)).bytes-before, 16<<10)
		require.Contains(t, strings.Join(all[1].news(), "\n"), "You say commands too fast")

		a.quiet(all...)
		time.Sleep(20 * time.Second)
		for range 20 {
			require.NoError(t, all[1].lobby.Chat("/finduser u"))
		}
		time.Sleep(2 * time.Second)
		require.LessOrEqual(t, len(all[1].news()), 2*6+1)
	})
}

// However many are found, ten are named.
func TestFinduserNamesTen(t *testing.T) {
	inArena(t, 1, network.Profile{Delay: 5 * time.Millisecond}, unhurried, func(a *arena) {
		for i := range 15 {
			c, err := a.plainLogin(fmt.Sprint("some", i), netip.AddrPortFrom(hostN(byte(100+i)), 5000))
			require.NoError(t, err)
			_ = c
		}
		p := a.person("anna", hostN(1))
		a.quiet(p)
		p.types("/finduser some")
		heard := p.news()
		require.Len(t, heard, 11)
		require.Contains(t, heard[10], "And 5 more")
		p.types("/finduser nobody")
		require.Contains(t, p.news()[0], "Nobody here has a name with")
	})
}

// A private message without an ID goes to whom one has talked to last; in a room it goes to nobody outside; and who
// wants none gets none.
func TestPrivateMessagesGoWhereTheyMay(t *testing.T) {
	inArena(t, 1, network.Profile{Delay: 5 * time.Millisecond}, unhurried, func(a *arena) {
		all := a.people("owner", "guest")
		outside := a.person("outsider", hostN(9))
		a.quiet(append(all, outside)...)
		all[1].types("/msg hello")
		require.Contains(t, all[1].news()[0], "/msg takes")
		all[0].types("/msg 2 hello")
		require.Equal(t, []string{"room Server: <owner> (1): hello"}, all[1].news())
		all[1].types("/msg hello too")
		require.Contains(t, strings.Join(all[0].news(), "\n"), "room Server: <guest> (2): hello too")
		all[0].types("/msg 3 are you there")
		require.Contains(t, strings.Join(all[0].news(), "\n"), "outsider is not in this room")
		require.Empty(t, outside.news())
		require.NoError(t, outside.lobby.Chat("/msg 1 from outside"))
		time.Sleep(time.Second)
		require.Equal(t, []string{"private outsider to owner: from outside"}, all[0].news())
		all[0].types("/msgoff")
		require.NoError(t, outside.lobby.Chat("/msg again"))
		time.Sleep(time.Second)
		require.Contains(t, strings.Join(outside.news(), "\n"), "owner takes no private messages")
		require.NotContains(t, strings.Join(all[0].news(), "\n"), "outsider")
		require.NoError(t, all[0].lobby.Quit("bye"))
		time.Sleep(time.Second)
		require.NoError(t, outside.lobby.Chat("/msg anybody"))
		time.Sleep(time.Second)
		require.Contains(t, strings.Join(outside.news(), "\n"), "There is no user with the ID 1")
	})
}
