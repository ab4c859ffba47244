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
	"kbridge/kclient/netsim"
	"kbridge/server"
)

// person is somebody who types: one of our own clients, with all that it hears.
type person struct {
	a     *arena
	name  string
	lobby *kclient.Lobby
	room  *kclient.Room
	mu    sync.Mutex
	heard []string // "where from: text"
}

// unhurried is a server on which nobody types too fast.
var unhurried = server.Config{Flood: server.Flood{Chat: server.Rate{Burst: -1}, GameChat: server.Rate{Burst: -1}, Start: server.Rate{Burst: -1},
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

// What every command answers to whom, by who types it and where: owner, guest, both in a running game, somebody silenced, and somebody outside. "" is nobody.
func TestCommandsAreAnsweredToWhomTheyConcern(t *testing.T) {
	const (
		notOwner = "Only the owner of the room may say"
		notHere  = "is for the chat of a room"
	)
	commands := []struct {
		line                 string
		owner, guest, lobby  string // what the one who types it is answered
		all                  string // what everybody in the room is told, if an owner, or where guest is "" a guest, types it
		game, silenced, args string // where it is otherwise: in a game; when silenced; with wrong arguments
	}{
		{line: "/help", owner: "/kick <player number>", guest: "/lagstat", lobby: "/msg <user ID> <text>"},
		{line: "/version", owner: "VERSION: kbridge", guest: "VERSION: kbridge", lobby: "VERSION: kbridge"},
		{line: "/myip", owner: "Your IP Address is: 198.51.100.1", guest: "Your IP Address is: 198.51.100.2", lobby: "Your IP Address is: 198.51.100.9"},
		{line: "/finduser UES", owner: "UserID: 2, Nick: <guest>, Access: Normal, GameID: 1, Game: Pong", guest: "UserID: 2, Nick: <guest>", lobby: "UserID: 2, Nick: <guest>, Access: Normal, GameID: 1, Game: Pong", args: "/finduser"},
		{line: "/me dances", all: "dances", lobby: "*outsider dances", silenced: "lets you say nothing", args: "/me"},
		{line: "/msgoff", owner: "no private messages now", guest: "no private messages now", lobby: "no private messages now"},
		{line: "/msgon", owner: "private messages now", guest: "private messages now", lobby: "private messages now"},
		{line: "/msg 3 psst", owner: "TO: <other>(3) <owner> (1): psst", guest: "TO: <other>(3) <guest> (2): psst", lobby: "private outsider to other: psst", silenced: "lets you say nothing", args: "/msg"},
		{line: "/num", owner: "3 in the room: 1 owner, 2 guest, 3 other", guest: "3 in the room: 1 owner, 2 guest, 3 other", lobby: notHere},
		{line: "/lagstat", owner: "No game has begun", guest: "No game has begun", lobby: notHere, game: "In the last"},
		{line: "/lagreset", owner: "No game runs", guest: "No game runs", lobby: notHere, game: "counted anew"},
		{line: "/maxusers 5", all: "5 players at most", guest: notOwner, lobby: notHere, args: "/maxusers 101"},
		{line: "/maxping 900", all: "900 ms at most", guest: notOwner, lobby: notHere, args: "/maxping 0"},
		{line: "/startn 4", all: "when 4 have joined", guest: notOwner, lobby: notHere, game: "started already", args: "/startn x"},
		{line: "/swap 123", all: "1 owner, 2 guest, 3 other", guest: notOwner, lobby: notHere, args: "/swap 113"},
		{line: "/samedelay true", all: "Everybody has the longest", guest: notOwner, lobby: notHere, args: "/samedelay maybe"},
		{line: "/mute 3", all: "other can say nothing", guest: notOwner, lobby: notHere, args: "/mute me"},
		{line: "/unmute 3", all: "other can talk again", guest: notOwner, lobby: notHere, args: "/unmute"},
		{line: "/muteall", all: "Nobody but the owner", guest: notOwner, lobby: notHere, args: "/muteall 3"},
		{line: "/unmuteall", all: "Everybody can talk", guest: notOwner, lobby: notHere, args: "/unmuteall 3"},
		{line: "/kick 1", owner: "cannot kick yourself", guest: notOwner, lobby: notHere, args: "/kick all"},
		{line: "/kickall", guest: notOwner, lobby: notHere, args: "/kickall now"},
		{line: "/start", guest: notOwner, lobby: notHere, game: "started already", args: "/start now"},
		{line: "/ignoreall", owner: "There is no command /ignoreall", guest: "There is no command /ignoreall", lobby: "There is no command /ignoreall"},
		{line: "/lagstatx", owner: "There is no command /lagstatx", guest: "There is no command /lagstatx", lobby: "There is no command /lagstatx"},
	}
	for _, role := range []string{"owner", "guest", "owner in a game", "guest in a game", "silenced", "outside"} {
		t.Run(role, func(t *testing.T) {
			t.Parallel()
			inArena(t, 1, netsim.Profile{Delay: 5 * time.Millisecond}, unhurried, func(a *arena) {
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
					if c.line == "/kickall" && strings.HasPrefix(role, "owner") || c.line == "/start" && role == "owner" {
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
	inArena(t, 1, netsim.Profile{Delay: 5 * time.Millisecond}, unhurried, func(a *arena) {
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
	inArena(t, 1, netsim.Profile{Delay: 5 * time.Millisecond}, server.Config{}, func(a *arena) {
		all := a.people("owner", "guest")
		time.Sleep(20 * time.Second)
		a.quiet(all...)
		before := a.to(hostN(1)).bytes
		for range 100 {
			require.NoError(t, all[1].room.Chat("/me floods"))
		}
		time.Sleep(10 * time.Second)
		require.InDelta(t, 5, len(all[0].news()), 1, "five at once; the others came at the room's pace, which is faster than one in two seconds")
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
	inArena(t, 1, netsim.Profile{Delay: 5 * time.Millisecond}, unhurried, func(a *arena) {
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

// A private message without an ID goes to whom one has talked to last; in a room it goes to nobody outside; and who wants none gets none.
func TestPrivateMessagesGoWhereTheyMay(t *testing.T) {
	inArena(t, 1, netsim.Profile{Delay: 5 * time.Millisecond}, unhurried, func(a *arena) {
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

// What the owner says holds for those who join, and the refusal says the number.
func TestRoomsRefuseBeyondWhatTheirOwnerHasSaid(t *testing.T) {
	inArena(t, 1, netsim.Profile{Delay: 5 * time.Millisecond}, unhurried, func(a *arena) {
		owner := a.people("owner")[0]
		guest := a.person("guest", hostN(2))
		far := netsim.Profile{Delay: 60 * time.Millisecond}
		a.net.SetPath(hostN(3), a.addr.Addr(), far)
		a.net.SetPath(a.addr.Addr(), hostN(3), far)
		distant := a.person("distant", hostN(3))

		owner.types("/maxping 100")
		require.ErrorContains(t, distant.joins(owner), "Your ping is 120 ms, and that room takes 100 ms at most")
		require.NoError(t, guest.joins(owner))
		owner.types("/maxping 200")
		owner.types("/maxusers 2")
		time.Sleep(2 * time.Second)
		require.Equal(t, 2, distant.lobby.Games()[0].MaxPlayers, "the list shows it")
		later := a.person("later", hostN(4))
		require.Equal(t, 2, later.lobby.Games()[0].MaxPlayers, "who logs in later sees it too")
		require.ErrorContains(t, distant.joins(owner), "That room is full (2 players)")
		owner.types("/maxusers 100")
		require.Contains(t, strings.Join(guest.news(), "\n"), "takes 8 players, which is all that a room can hold")
		owner.types("/maxusers 7")
		require.Contains(t, strings.Join(owner.news(), "\n"), "once in 3s is enough")
		require.NoError(t, distant.joins(owner))

		// Another room's owner need not wait for this one.
		later.opens("Chess")
		owner.types("/maxusers 6")
		later.types("/maxusers 3")
		require.Contains(t, strings.Join(later.news(), "\n"), "3 players at most")
		require.Equal(t, 3, later.room.Info().MaxPlayers)
	})
}

// /startn starts the game when so many are there, now or later, and for one game.
func TestTheGameStartsWhenSoManyHaveJoined(t *testing.T) {
	inArena(t, 1, netsim.Profile{Delay: 5 * time.Millisecond}, unhurried, func(a *arena) {
		all := a.people("owner", "guest")
		all[0].types("/startn 9")
		require.Contains(t, strings.Join(all[0].news(), "\n"), "it would never start")
		all[0].types("/startn 3")
		third := a.person("third", hostN(3))
		require.Zero(t, a.server.Stats().Games)
		require.NoError(t, third.joins(all[0]))
		time.Sleep(time.Second)
		require.Equal(t, 1, a.server.Stats().Games)
		everybody := append(all, third)
		var games []*kclient.Game
		for _, p := range everybody {
			g, err := p.room.WaitStart(a.t.Context())
			require.NoError(t, err)
			require.Equal(t, 3, g.Players())
			games = append(games, g)
		}
		for _, g := range games {
			require.NoError(t, g.Drop())
		}
		time.Sleep(2 * time.Second)
		require.Zero(t, a.server.Stats().Games)
		fourth := a.person("fourth", hostN(4))
		require.NoError(t, fourth.joins(all[0]))
		time.Sleep(time.Second)
		require.Zero(t, a.server.Stats().Games, "it counts for one game")
		all[0].types("/startn 2")
		require.Equal(t, 1, a.server.Stats().Games, "they are there already")
	})
}

// /start starts it, and says why it does not.
func TestTheOwnerStartsByTyping(t *testing.T) {
	inArena(t, 1, netsim.Profile{Delay: 5 * time.Millisecond}, unhurried, func(a *arena) {
		all := a.people("owner", "guest")
		all[0].types("/start")
		require.Equal(t, 1, a.server.Stats().Games)
		all[0].types("/start")
		require.Equal(t, []string{"room Server: The game has started already"}, all[0].news())
		g, err := all[0].room.WaitStart(a.t.Context())
		require.NoError(t, err)
		require.NoError(t, g.Drop())
		time.Sleep(2 * time.Second)
		all[1].types("/num")
		require.Contains(t, strings.Join(all[1].news(), "\n"), "2 in the room: 2 guest, owner (does not play)", "numbers are the game's")
		chat := a.person("talker", hostN(7))
		chat.opens("*Chat")
		a.quiet(chat)
		chat.types("/start")
		require.Contains(t, chat.news()[0], "is for chat")
	})
}

// /swap gives each place a new player number, at the next start, and in the list of who joins.
func TestSwappedPlayersHaveTheirNewNumbers(t *testing.T) {
	inArena(t, 1, netsim.Profile{Delay: 5 * time.Millisecond}, unhurried, func(a *arena) {
		all := a.people("owner", "guest", "other")
		for _, wrong := range []string{"/swap 2", "/swap 1", "/swap 012", "/swap 223", "/swap 124", "/swap 1234", "/swap 3 2"} {
			all[0].types(wrong)
		}
		require.Empty(t, all[1].news())
		all[0].news()
		all[0].types("/swap 312") // owner is 3, guest is 1, other is 2
		require.Equal(t, []string{"room Server: Players from the next start on: 1 guest, 2 other, 3 owner"}, all[1].news())
		fourth := a.person("fourth", hostN(4))
		require.NoError(t, fourth.joins(all[0]))
		var names []string
		for _, p := range fourth.room.Players() {
			names = append(names, p.Name)
		}
		require.Equal(t, []string{"guest", "other", "owner", "fourth"}, names)
		require.NoError(t, all[0].room.Start(a.t.Context()), "the owner is who has opened it")
		for i, want := range []int{3, 1, 2} {
			g, err := all[i].room.WaitStart(a.t.Context())
			require.NoError(t, err)
			require.Equal(t, want, g.Player(), all[i].name)
		}
	})
}

// Who is silenced says nothing in that room, and may leave and come again; others of the address neither; nor does the game mind.
func TestWhoIsSilencedSaysNothingInTheRoom(t *testing.T) {
	inArena(t, 1, netsim.Profile{Delay: 5 * time.Millisecond}, unhurried, func(a *arena) {
		all := a.people("owner", "guest", "other")
		mate := a.person("mate", hostN(2))
		all[0].types("/mute 2")
		a.quiet(all...)
		all[1].types("hello")
		require.Empty(t, all[0].news())
		require.Contains(t, strings.Join(all[1].news(), "\n"), "lets you say nothing here")
		require.NoError(t, all[1].lobby.Chat("hello lobby"))
		time.Sleep(time.Second)
		require.Equal(t, []string{"lobby guest: hello lobby"}, all[0].news(), "the lobby is not the owner's")
		require.NoError(t, all[1].room.Leave(a.t.Context()))
		require.NoError(t, all[1].joins(all[0]))
		require.NoError(t, mate.joins(all[0]))
		a.quiet(all...)
		all[1].types("hello")
		mate.types("hello")
		require.Empty(t, all[0].news())
		all[0].types("/unmute 2")
		a.quiet(all...)
		mate.types("hello")
		require.Equal(t, []string{"room mate: hello"}, all[0].news(), "the address")
		all[0].types("/muteall")
		all[0].news()
		all[2].types("hello")
		require.Empty(t, all[0].news())
		all[0].types("hush")
		require.Contains(t, strings.Join(all[2].news(), "\n"), "room owner: hush")
		all[0].types("/unmuteall")
		all[0].news()
		all[2].types("hello")
		require.Equal(t, []string{"room other: hello"}, all[0].news())
	})
}

// Commands in a running game disturb no frame.
func TestCommandsInAGameDisturbNoFrame(t *testing.T) {
	inArena(t, 1, netsim.Profile{Delay: 5 * time.Millisecond}, unhurried, func(a *arena) {
		all := a.people("owner", "guest", "other")
		counts := []counter{{}, {}, {}}
		require.NoError(t, all[0].room.Start(a.t.Context()))
		for i, p := range all {
			room := p.room
			a.play(func(ctx context.Context) { playOurs(ctx, room, &counts[i]) })
		}
		time.Sleep(3 * time.Second)
		before := counts[1].get()
		for i := range 60 {
			all[i%3].types([]string{"/lagstat", "/swap 231", "/help", "/me plays", "/mute 3", "/unmuteall", "/num"}[i%7])
		}
		require.InDelta(t, 30*60, counts[1].get()-before, 5)
		all[0].types("/lagstat")
		require.Contains(t, strings.Join(all[2].news(), "\n"), "P1 owner: 0.00s, P2 guest: 0.00s, P3 other: 0.00s")
		require.Equal(t, 1, a.server.Stats().Games)
	})
}
