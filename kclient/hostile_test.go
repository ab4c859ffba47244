package kclient_test

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"net/netip"
	"os/exec"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"kbridge/kclient"
	"kbridge/kclient/wire"
)

// What deployed clients fell over, one test for each kind of fault: rows 1 to 12 of server/HOSTILE.md, in the files
// hostile_*_test.go. The server's are in its own package.

// fields is a message's body by its fields: string, uint8, uint16 or uint32.
type fields []any

func (f fields) bytes() (b []byte) {
	for _, v := range f {
		switch v := v.(type) {
		case string:
			b = append(append(b, v...), 0)
		case uint8:
			b = append(b, v)
		case uint16:
			b = binary.LittleEndian.AppendUint16(b, v)
		case uint32:
			b = binary.LittleEndian.AppendUint32(b, v)
		default:
			panic(fmt.Sprintf("no field: %T", v))
		}
	}
	return b
}

// until has everything happen that the server has said, and returns it: it says
// something harmless and takes the events before that. So the session lives, too.
func (s *scripted) until(l *kclient.Client) (before []kclient.Event) {
	s.t.Helper()
	s.marks++
	text := fmt.Sprint("mark ", s.marks)
	s.say(wire.TypeGlobalChat, wire.Chat{User: "mark", Text: text}.AppendTo(nil))
	return s.eventsUntil(l, text)
}

func (s *scripted) eventsUntil(l *kclient.Client, text string) (before []kclient.Event) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for {
		e, err := l.NextEvent(ctx)
		require.NoError(s.t, err, "the session does not go on")
		if chat, ok := e.(kclient.GlobalChat); ok && chat.Text == text {
			return before
		}
		before = append(before, e)
	}
}

// Strings of 5,000 bytes and strings without an end, in
// every field of every message that has some, overflow buffers elsewhere. Ours
// leaves such a message out.
func TestAMessageWithAStringTooLongOrEndlessIsLeftOut(t *testing.T) {
	messages := map[wire.Type]fields{
		wire.TypeUserQuit:   {"bob", uint16(9), "bye"},
		wire.TypeUserJoined: {"carl", uint16(10), uint32(10), uint8(1)},
		wire.TypeServerStatus: {"", uint32(1), uint32(1), "dora", uint32(10), uint8(1), uint16(11), uint8(1), "Maze",
			uint32(5), "test", "dora", "1/8", uint8(0)},
		wire.TypeGlobalChat:    {"bob", "hi"},
		wire.TypeGameChat:      {"bob", "hi"},
		wire.TypeCreateGame:    {"bob", "Maze", "test", uint32(6)},
		wire.TypeQuitGame:      {"bob", uint16(9)},
		wire.TypeJoinGame:      {"", uint32(1), "carl", uint32(10), uint16(10), uint8(1)},
		wire.TypePlayerList:    {"", uint32(1), "carl", uint32(10), uint16(10), uint8(1)},
		wire.TypeDropGame:      {"bob", uint8(2)},
		wire.TypeLoginRefused:  {"ann", uint16(7), "no"},
		wire.TypeServerMessage: {"Server", "hi"},
	}
	// spoilt calls f with every way to spoil a body.
	spoilt := func(good fields, f func(name string, body []byte)) {
		for at, v := range good {
			if _, ok := v.(string); !ok {
				continue
			}
			before, after := good[:at].bytes(), good[at+1:].bytes()
			join := func(parts ...[]byte) (b []byte) {
				for _, p := range parts {
					b = append(b, p...)
				}
				return b
			}
			long := []byte(strings.Repeat("A", 5000))
			f(fmt.Sprintf("field %d too long", at), join(before, long, []byte{0}, after))
			f(fmt.Sprintf("field %d too long and without NUL", at), join(before, long))
			f(fmt.Sprintf("field %d without NUL", at), join(before, long[:40]))
			f(fmt.Sprintf("field %d missing", at), before)
		}
	}
	script(t, func(t *testing.T, s *scripted) {
		l := s.login()
		s.say(wire.TypeUserJoined, wire.UserJoined{User: "bob", UserID: 9, Connection: 1}.AppendTo(nil))
		r := s.room(l)
		s.say(wire.TypeJoinGame, wire.PlayerJoined{GameID: 1, User: "bob", UserID: 9, Connection: 1}.AppendTo(nil))
		g := s.game(r, 2)
		s.until(l)
		users, games, players := l.Users(), l.Games(), r.Players()
		require.Len(t, users, 2)
		require.Len(t, games, 1)
		require.Len(t, players, 2)
		for typ, good := range messages {
			spoilt(good, func(name string, body []byte) {
				s.say(typ, body)
				require.Empty(t, s.until(l), "%v, %s: it is left out", typ, name)
				require.Equal(t, users, l.Users(), "%v, %s", typ, name)
				require.Equal(t, games, l.Games(), "%v, %s", typ, name)
				require.Equal(t, players, r.Players(), "%v, %s", typ, name)
				require.NoError(t, g.Err(), "%v, %s", typ, name)
			})
		}
		for _, typ := range []wire.Type{wire.TypeServerMessage, wire.TypeDropGame, wire.TypeQuitGame,
			wire.TypeServerStatus, wire.TypeUserQuit} {
			s.say(typ, messages[typ].bytes()) // they were as they should be but for the string
		}
		require.Len(t, s.until(l), 4)
		require.NotEqual(t, users, l.Users())
		require.NotEqual(t, players, r.Players())
		l.Quit("")
	})
	// A refusal means something only while a login is under way.
	spoilt(messages[wire.TypeLoginRefused], func(name string, body []byte) {
		script(t, func(t *testing.T, s *scripted) {
			go func() {
				s.serve(30 * time.Millisecond)
				s.say(wire.TypeLoginRefused, body)
				s.say(wire.TypeUserJoined, wire.UserJoined{User: "ann", UserID: 7, Connection: 1}.AppendTo(nil))
			}()
			l, err := s.dial(nil)
			require.NoError(t, err, name)
			l.Quit("")
			time.Sleep(time.Second)
		})
	})
}

// Counts of lists are not believed beyond the bytes that
// are there, and what is there is bounded.
func TestCountsOfListsAreNotBelieved(t *testing.T) {
	script(t, func(t *testing.T, s *scripted) {
		l := s.login()
		r := s.room(l)
		users, games, players := l.Users(), l.Games(), r.Players()
		s.until(l)
		for _, m := range []struct {
			t    wire.Type
			body fields
		}{
			{wire.TypeServerStatus, fields{"", uint32(math.MaxUint32), uint32(math.MaxUint32)}},
			{wire.TypeServerStatus, fields{"", uint32(math.MaxUint32), uint32(0)}},
			{wire.TypeServerStatus, fields{"", uint32(0), uint32(math.MaxUint32)}},
			{wire.TypeServerStatus, fields{"", uint32(2), uint32(0), "dora", uint32(10), uint8(1), uint16(11),
				uint8(1)}},
			{wire.TypePlayerList, fields{"", uint32(math.MaxUint32)}},
			{wire.TypePlayerList, fields{"", uint32(2), "dora", uint32(10), uint16(11), uint8(1)}},
		} {
			s.say(m.t, m.body.bytes())
			require.Empty(t, s.until(l))
			require.Equal(t, users, l.Users())
			require.Equal(t, games, l.Games())
			require.Equal(t, players, r.Players())
		}

		// 1,001 users are taken; users and games without end are not.
		var status wire.ServerStatus
		for id := range uint16(1001) {
			status.Users = append(status.Users, wire.StatusUser{Name: "u", UserID: 1000 + id, Connection: 1})
		}
		s.say(wire.TypeServerStatus, status.AppendTo(nil))
		s.until(l)
		require.Len(t, l.Users(), len(users)+1001)
		for part := range 20 {
			status = wire.ServerStatus{}
			for id := range 1000 {
				status.Users = append(status.Users, wire.StatusUser{Name: "u", UserID: uint16(1000*(2+part) + id),
					Connection: 1})
				status.Games = append(status.Games, wire.StatusGame{Name: "g", GameID: uint32(1000*(2+part) + id)})
			}
			s.say(wire.TypeServerStatus, status.AppendTo(nil))
			s.say(wire.TypeUserJoined, wire.UserJoined{User: "u", UserID: uint16(30_000 + part)}.AppendTo(nil))
			s.say(wire.TypeCreateGame, wire.GameCreated{User: "u", Game: "g",
				GameID: uint32(900_000 + part)}.AppendTo(nil))
		}
		s.until(l)
		require.Len(t, l.Users(), 4096)
		require.Len(t, l.Games(), 4096)

		// A room of nine and more.
		var list wire.PlayerList
		for id := range uint16(12) {
			list.Players = append(list.Players, wire.ListPlayer{Name: "p", UserID: 100 + id, Connection: 1})
		}
		s.say(wire.TypePlayerList, list.AppendTo(nil))
		s.say(wire.TypeJoinGame, wire.PlayerJoined{GameID: 1, User: "p", UserID: 200, Connection: 1}.AppendTo(nil))
		s.until(l)
		require.Len(t, r.Players(), wire.MaxPlayers)
		l.Quit("")
	})
}

// Connection types, states and pings that are none.
func TestOddConnectionsStatesAndPingsHarmNothing(t *testing.T) {
	script(t, func(t *testing.T, s *scripted) {
		l := s.login()
		r := s.room(l)
		for i, odd := range []uint8{0, 7, 255} {
			id := uint16(20 + i)
			s.say(wire.TypeServerStatus, fields{"", uint32(2), uint32(1),
				"odd", uint32(math.MaxUint32), uint8(255), id, odd,
				"even", uint32(20), uint8(1), id + 100, uint8(1),
				"Maze", uint32(id), "test", "odd", "4294967296/-3", uint8(255)}.bytes())
			s.say(wire.TypeUserJoined, fields{"odd", id + 200, uint32(math.MaxUint32), odd}.bytes())
			s.say(wire.TypePlayerList, fields{"", uint32(1), "odd", uint32(math.MaxUint32), id, odd}.bytes())
			s.say(wire.TypeJoinGame, fields{"", uint32(1), "odd", uint32(math.MaxUint32), id + 200, odd}.bytes())
			s.until(l)
			for _, g := range l.Games() {
				require.LessOrEqual(t, g.Players, 255)
				require.GreaterOrEqual(t, g.MaxPlayers, 0)
			}
			s.say(wire.TypeGameStatus, fields{"", uint32(id), uint8(255), uint8(255), uint8(255)}.bytes())
			s.until(l)
			byID := map[uint16]kclient.User{}
			for _, u := range l.Users() {
				byID[u.ID] = u
			}
			require.Equal(t, 20*time.Millisecond, byID[id+100].Ping, "one odd user does not hide the others")
			for _, id := range []uint16{id, id + 200} {
				require.Contains(t, byID, id)
				require.Equal(t, time.Minute, byID[id].Ping)
				require.False(t, byID[id].Connection.Valid())
				require.Equal(t, 1, byID[id].Connection.Frames(), "nothing divides by it")
			}
			require.Len(t, r.Players(), 2)
			for _, p := range r.Players() {
				require.Equal(t, time.Minute, p.Ping)
				require.False(t, p.Connection.Valid())
			}
			for _, g := range l.Games() {
				require.Equal(t, g.ID == 1, g.State.Joinable())
			}
		}
		l.Quit("")
	})
	for _, odd := range []wire.ConnectionType{7, 255} {
		_, err := kclient.Dial(context.Background(), "10.0.0.1", kclient.Config{User: "ann", Connection: odd})
		var config *kclient.ConfigError
		require.ErrorAs(t, err, &config, "ours is checked before it is sent")
	}
}

// Whoever answers first becomes the server elsewhere. Here
// only the address that was asked counts, and after HELLO its session port.
func TestOnlyTheServerThatWasAskedIsHeard(t *testing.T) {
	script(t, func(t *testing.T, s *scripted) {
		stranger := netip.MustParseAddrPort("10.6.6.6:27888")
		l := s.login()
		next := uint16(s.link.Stats().MessagesSent)
		s.net.Inject(stranger, s.client, chatBundle(next, "evil"))
		s.net.Inject(netip.AddrPortFrom(scriptedAddr.Addr(), 1), s.client, chatBundle(next, "evil"))
		s.serve(50 * time.Millisecond)
		require.NotContains(t, s.until(l), kclient.GlobalChat{User: "x", Text: "evil"})
		l.Quit("")
	})
	for name, from := range map[string]netip.AddrPort{
		"another address": netip.MustParseAddrPort("10.6.6.6:27888"),
		"another port":    netip.AddrPortFrom(scriptedAddr.Addr(), 27889),
	} {
		t.Run(name, func(t *testing.T) {
			script(t, func(t *testing.T, s *scripted) {
				s.hello = nil
				go func() {
					s.serve(100 * time.Millisecond)
					s.net.Inject(from, s.client, wire.AppendHelloReply(nil, 666))
				}()
				_, err := s.dial(func(c *kclient.Config) { c.HelloTimeout = time.Second })
				var timeout *kclient.TimeoutError
				require.ErrorAs(t, err, &timeout)
				require.Equal(t, "the answer to HELLO", timeout.Waiting, "a stranger's answer is none")
			})
		})
	}
}

func chatBundle(seq uint16, text string) []byte {
	return wire.AppendMessage(wire.AppendBundleHeader(nil, 1), seq, wire.TypeGlobalChat,
		wire.Chat{User: "x", Text: text}.AppendTo(nil))
}

// Elsewhere a link in chat opens whatever it names, and the
// name of a server reaches a shell.
func TestLinksAreTextAndHostsReachNoShell(t *testing.T) {
	script(t, func(t *testing.T, s *scripted) {
		l := s.login()
		s.until(l)
		for _, link := range []string{"file:///etc/passwd", `\\server\share\x.exe`, "javascript:alert(1)",
			"http://a/?b&c"} {
			s.say(wire.TypeGlobalChat, wire.Chat{User: "bob", Text: link}.AppendTo(nil))
			require.Equal(t, []kclient.Event{kclient.GlobalChat{User: "bob", Text: link}}, s.until(l),
				"it is text, and nothing else")
		}
		s.say(wire.TypeGlobalChat, wire.Chat{User: "b\x1b]0;x\x07ob",
			Text: "\x1b]8;;file:///etc/passwd\x1b\\here"}.AppendTo(nil))
		require.Equal(t, []kclient.Event{kclient.GlobalChat{User: "b]0;xob", Text: `]8;;file:///etc/passwd\here`}},
			s.until(l),
			"a terminal sees no link either")
		l.Quit("")
	})
	for _, host := range []string{"a&calc", "a&calc:27888", "$(reboot)", "a;b", "`a`", `a"b`, "a|b",
		"file:///etc/passwd", "http://example.org", "a\nb", "--help\x00"} {
		_, err := kclient.Dial(context.Background(), host, kclient.Config{User: "ann"})
		var config *kclient.ConfigError
		require.ErrorAs(t, err, &config, "%q does not get as far as the resolver", host)
	}
}

// Nothing that ends up inside an emulator starts programs.
func TestNothingInAnEmulatorStartsPrograms(t *testing.T) {
	cmd := exec.Command("go", "list", "-deps", "-json=ImportPath,Imports", "./cabi", "./server")
	cmd.Dir = ".."
	out, err := cmd.Output()
	require.NoError(t, err)
	seen := 0
	for dec := json.NewDecoder(strings.NewReader(string(out))); dec.More(); {
		var p struct {
			ImportPath string
			Imports    []string
		}
		require.NoError(t, dec.Decode(&p))
		if p.ImportPath == "kbridge/bridge/lobby/browser" {
			continue // opens our own address and nothing else, as its test shows
		}
		if strings.HasPrefix(p.ImportPath, "kbridge/") {
			seen++
			require.NotContains(t, p.Imports, "os/exec", "%s can start programs with what came from the network",
				p.ImportPath)
		}
	}
	require.Greater(t, seen, 5)
}

// Names and texts of any length from the emulator and its
// user are cut at a character.
func TestLongTextsAreCutAtACharacter(t *testing.T) {
	script(t, func(t *testing.T, s *scripted) {
		const é = "\u00e9"
		long := strings.Repeat(é, 200)
		result := make(chan *kclient.Client)
		go func() {
			l, err := s.dial(func(c *kclient.Config) { c.User, c.Emulator, c.Charset = long, long, "utf-8" })
			require.NoError(t, err)
			result <- l
		}()
		s.serve(50 * time.Millisecond)
		login, err := wire.ParseLoginRequest(s.last(wire.TypeLogin))
		require.NoError(t, err)
		require.Equal(t, strings.Repeat(é, 15), login.User)
		require.Equal(t, strings.Repeat(é, 63), login.Emulator)
		s.say(wire.TypeUserJoined, wire.UserJoined{User: login.User, UserID: 7, Connection: 1}.AppendTo(nil))
		l := <-result

		type entered struct {
			r   *kclient.Room
			err error
		}
		room := make(chan entered)
		go func() {
			r, err := l.Create(context.Background(), long)
			room <- entered{r, err}
		}()
		s.serve(20 * time.Millisecond)
		create, err := wire.ParseCreateRequest(s.last(wire.TypeCreateGame))
		require.NoError(t, err)
		require.Equal(t, strings.Repeat(é, 63), create.Game)
		s.say(wire.TypeCreateGame, wire.GameCreated{User: login.User, Game: create.Game, Emulator: login.Emulator,
			GameID: 1}.AppendTo(nil))
		s.say(wire.TypeJoinGame, wire.PlayerJoined{GameID: 1, User: login.User, UserID: 7, Connection: 1}.AppendTo(nil))
		in := <-room
		require.NoError(t, in.err)

		chat := strings.Repeat(é, 32<<10)
		require.NoError(t, l.Chat(chat))
		require.NoError(t, in.r.Chat(chat))
		s.serve(20 * time.Millisecond)
		for typ, limit := range map[wire.Type]int{wire.TypeGlobalChat: wire.MaxChat,
			wire.TypeGameChat: wire.MaxGameChat} {
			c, err := wire.ParseChatRequest(s.last(typ))
			require.NoError(t, err)
			require.Equal(t, chat[:limit], c.Text)
			require.True(t, utf8.ValidString(c.Text))
		}
		go l.Quit(chat)
		s.serve(20 * time.Millisecond)
		quit, err := wire.ParseQuitRequest(s.last(wire.TypeUserQuit))
		require.NoError(t, err)
		require.Equal(t, chat[:wire.MaxQuitMessage], quit.Message)
		time.Sleep(2 * time.Second)
	})
}
