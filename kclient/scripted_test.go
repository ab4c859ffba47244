package kclient_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient"
	"kbridge/kclient/link"
	"kbridge/kclient/netsim"
	"kbridge/kclient/wire"
)

// scripted is a server that says what the test tells it to, right or wrong.
type scripted struct {
	t      *testing.T
	net    *netsim.Network
	conn   *netsim.Conn
	client netip.AddrPort
	link   *link.Link
	hello  []byte // answers HELLO; nil is silence
	got    []wire.Message
}

var scriptedAddr = netip.MustParseAddrPort("10.0.0.1:27888")

// script runs a test under virtual time against a scripted server.
func script(t *testing.T, f func(t *testing.T, s *scripted)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &scripted{t: t, net: netsim.New(1, netsim.Profile{Delay: 5 * time.Millisecond}), hello: wire.AppendHelloReply(nil, 27888)}
		var err error
		s.conn, err = s.net.Listen(scriptedAddr)
		require.NoError(t, err)
		defer s.conn.Close()
		s.link = link.New(link.Config{Server: true}, time.Now())
		f(t, s)
	})
}

// serve reads for d and answers HELLO.
func (s *scripted) serve(d time.Duration) {
	until := time.Now().Add(d)
	buf := make([]byte, 2048)
	for {
		s.conn.SetReadDeadline(until)
		n, from, err := s.conn.ReadFromUDPAddrPort(buf)
		if errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, net.ErrClosed) {
			return
		}
		require.NoError(s.t, err)
		if _, ok := wire.ParseHello(buf[:n]); ok {
			s.client = from
			if s.hello != nil {
				s.conn.WriteToUDPAddrPort(s.hello, from)
			}
			continue
		}
		if wire.IsPing(buf[:n]) {
			continue
		}
		s.client = from
		require.NoError(s.t, s.link.Receive(time.Now(), append([]byte(nil), buf[:n]...)))
		for {
			m, ok := s.link.Message()
			if !ok {
				break
			}
			m.Body = bytes.Clone(m.Body)
			s.got = append(s.got, m)
		}
	}
}

// say sends one message and lets it arrive.
func (s *scripted) say(t wire.Type, body []byte) {
	s.link.Send(time.Now(), t, body)
	for {
		d := s.link.Datagram(time.Now(), nil)
		if len(d) == 0 {
			break
		}
		s.conn.WriteToUDPAddrPort(d, s.client)
	}
	s.serve(20 * time.Millisecond)
}

func (s *scripted) dial(change func(*kclient.Config)) (*kclient.Lobby, error) {
	cfg := kclient.Config{User: "ann", Emulator: "test", Listen: func(netip.AddrPort) (kclient.PacketConn, error) { return s.net.Listen(netip.AddrPort{}) }}
	if change != nil {
		change(&cfg)
	}
	return kclient.Dial(context.Background(), scriptedAddr.String(), cfg)
}

// login lets a client log in as user 7.
func (s *scripted) login() *kclient.Lobby {
	result := make(chan *kclient.Lobby)
	go func() {
		l, err := s.dial(nil)
		require.NoError(s.t, err)
		result <- l
	}()
	s.serve(50 * time.Millisecond)
	s.say(wire.TypeServerStatus, wire.ServerStatus{}.AppendTo(nil))
	s.say(wire.TypeUserJoined, wire.UserJoined{User: "ann", UserID: 7, Connection: 1}.AppendTo(nil))
	return <-result
}

// room lets a client that is logged in create room 1.
func (s *scripted) room(l *kclient.Lobby) *kclient.Room {
	result := make(chan *kclient.Room)
	go func() {
		r, err := l.Create(context.Background(), "Duel")
		require.NoError(s.t, err)
		result <- r
	}()
	s.serve(20 * time.Millisecond)
	s.say(wire.TypeCreateGame, wire.GameCreated{User: "ann", Game: "Duel", Emulator: "test", GameID: 1}.AppendTo(nil))
	s.say(wire.TypePlayerList, wire.PlayerList{}.AppendTo(nil))
	s.say(wire.TypeJoinGame, wire.PlayerJoined{GameID: 1, User: "ann", UserID: 7, Connection: 1}.AppendTo(nil))
	return <-result
}

// game starts a game of n players in the room, with our client as the first.
func (s *scripted) game(r *kclient.Room, players uint8) *kclient.Game {
	s.say(wire.TypeStartGame, wire.GameStarted{FrameDelay: 1, Player: 1, Players: players}.AppendTo(nil))
	g, err := r.WaitStart(context.Background())
	require.NoError(s.t, err)
	return g
}

// TestHandshakeFailures is HOSTILE 9: every answer to HELLO but a good one, and
// silence, ends with an error of its own and within the bound.
func TestHandshakeFailures(t *testing.T) {
	for _, c := range []struct {
		name  string
		reply []byte
		want  error
	}{
		{"full", []byte("TOO\x00"), kclient.ErrServerFull},
		{"version", []byte("VER\x00"), kclient.ErrVersion},
		{"port 0", []byte("HELLOD00D0\x00"), wire.ErrHandshake},
		{"port 99999", []byte("HELLOD00D99999\x00"), wire.ErrHandshake},
		{"port abc", []byte("HELLOD00Dabc\x00"), wire.ErrHandshake},
		{"empty", []byte{}, wire.ErrHandshake},
	} {
		t.Run(c.name, func(t *testing.T) {
			script(t, func(t *testing.T, s *scripted) {
				s.hello = c.reply
				go s.serve(time.Second)
				_, err := s.dial(nil)
				require.ErrorIs(t, err, c.want)
				require.Contains(t, err.Error(), scriptedAddr.String(), "the error names the server")
				time.Sleep(2 * time.Second)
			})
		})
	}
	t.Run("silence", func(t *testing.T) {
		script(t, func(t *testing.T, s *scripted) {
			begun := time.Now()
			_, err := s.dial(nil)
			var timeout *kclient.TimeoutError
			require.ErrorAs(t, err, &timeout)
			require.Equal(t, 15*time.Second, time.Since(begun))
		})
	})
	t.Run("cancelled", func(t *testing.T) {
		script(t, func(t *testing.T, s *scripted) {
			ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
			defer cancel()
			begun := time.Now()
			_, err := kclient.Dial(ctx, scriptedAddr.String(), kclient.Config{User: "ann",
				Listen: func(netip.AddrPort) (kclient.PacketConn, error) { return s.net.Listen(netip.AddrPort{}) }})
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.Equal(t, 3*time.Second, time.Since(begun))
		})
	})
}

// TestHelloFromStranger is HOSTILE 8: only the server's own address counts, for
// the handshake and for the session.
func TestHelloFromStranger(t *testing.T) {
	script(t, func(t *testing.T, s *scripted) {
		stranger := netip.MustParseAddrPort("10.6.6.6:27888")
		l := s.login()
		s.net.Inject(stranger, s.client, chatBundle(3, "evil"))
		s.net.Inject(netip.AddrPortFrom(scriptedAddr.Addr(), 1), s.client, chatBundle(3, "evil"))
		s.serve(50 * time.Millisecond)
		s.say(wire.TypeGlobalChat, wire.Chat{User: "bob", Text: "good"}.AppendTo(nil))
		for {
			e, err := l.NextEvent(context.Background())
			require.NoError(t, err)
			if chat, ok := e.(kclient.GlobalChat); ok {
				require.Equal(t, "good", chat.Text)
				break
			}
		}
		l.Quit("")
	})
	script(t, func(t *testing.T, s *scripted) {
		s.hello = nil
		go func() {
			s.serve(100 * time.Millisecond)
			s.net.Inject(netip.MustParseAddrPort("10.6.6.6:27888"), s.client, wire.AppendHelloReply(nil, 666))
		}()
		_, err := s.dial(func(c *kclient.Config) { c.HelloTimeout = time.Second })
		var timeout *kclient.TimeoutError
		require.ErrorAs(t, err, &timeout, "a stranger's answer is none")
	})
}

func chatBundle(seq uint16, text string) []byte {
	return wire.AppendMessage(wire.AppendBundleHeader(nil, 1), seq, wire.TypeGlobalChat, wire.Chat{User: "x", Text: text}.AppendTo(nil))
}

func TestLoginRefused(t *testing.T) {
	script(t, func(t *testing.T, s *scripted) {
		go func() {
			s.serve(50 * time.Millisecond)
			s.say(wire.TypeLoginRefused, wire.LoginRefused{User: "ann", Message: "bad \x01name"}.AppendTo(nil))
		}()
		_, err := s.dial(nil)
		var refused *kclient.RefusedError
		require.ErrorAs(t, err, &refused)
		require.Equal(t, &kclient.RefusedError{What: "login", Reason: "bad name"}, refused)
		time.Sleep(time.Second)
	})
}

// TestSilenceEverywhere is HOSTILE 9 after the handshake: login, create, join,
// leave, kick and start against a server that has fallen silent.
func TestSilenceEverywhere(t *testing.T) {
	var timeout *kclient.TimeoutError
	script(t, func(t *testing.T, s *scripted) {
		go s.serve(30 * time.Second)
		begun := time.Now()
		_, err := s.dial(nil)
		require.ErrorAs(t, err, &timeout)
		require.Less(t, time.Since(begun), 16*time.Second)
		time.Sleep(time.Minute)
	})
	script(t, func(t *testing.T, s *scripted) {
		ctx := context.Background()
		l := s.login()
		_, err := l.Create(ctx, "Duel")
		require.ErrorAs(t, err, &timeout)
		_, err = l.Join(ctx, 1)
		require.ErrorAs(t, err, &timeout)
		s.serve(time.Second)
		r := s.room(l)
		require.ErrorAs(t, r.Start(ctx), &timeout)
		require.ErrorAs(t, r.Kick(ctx, 9), &timeout)
		require.ErrorAs(t, r.Leave(ctx), &timeout)
		require.ErrorIs(t, r.Err(), kclient.ErrNotInRoom, "after Leave we are out, whatever the server says")
		begun := time.Now()
		<-l.Done()
		require.ErrorAs(t, l.Err(), &timeout)
		require.Less(t, time.Since(begun), 200*time.Second, "a dead server is noticed in the lobby too")
		require.ErrorIs(t, l.Chat("anyone?"), kclient.ErrClosed)
		require.ErrorAs(t, l.Chat("anyone?"), &timeout, "and the reason is kept")
	})
}

// TestSilenceInGame: -1 for the emulator after 120 s in netsync and after 15 s in
// play, never a frozen window.
func TestSilenceInGame(t *testing.T) {
	script(t, func(t *testing.T, s *scripted) {
		l := s.login()
		r := s.room(l)
		g := s.game(r, 2)
		values := make([]byte, 16)
		begun := time.Now()
		_, err := g.Exchange(context.Background(), values, 2)
		var timeout *kclient.TimeoutError
		require.ErrorAs(t, err, &timeout)
		require.Equal(t, 120*time.Second, time.Since(begun))
		l.Quit("")
	})
	script(t, func(t *testing.T, s *scripted) {
		l := s.login()
		r := s.room(l)
		g := s.game(r, 2)
		values := make([]byte, 16)
		s.say(wire.TypeReady, wire.Ready{}.AppendTo(nil)) // before ours, as direlera-rs sends it
		n, err := g.Exchange(context.Background(), values, 2)
		require.NoError(t, err)
		require.Zero(t, n, "inside the frame delay")
		begun := time.Now()
		_, err = g.Exchange(context.Background(), values, 2)
		var timeout *kclient.TimeoutError
		require.ErrorAs(t, err, &timeout)
		require.InDelta(t, 15*time.Second, time.Since(begun), float64(time.Second))
		require.NoError(t, r.Err(), "the room is still there")
		l.Quit("")
	})
}

// TestBadGameData is HOSTILE 2 and 3: the game ends cleanly with a reason, and
// the session lives.
func TestBadGameData(t *testing.T) {
	for name, m := range map[string]struct {
		t    wire.Type
		body []byte
	}{
		"length beyond the body": {wire.TypeGameData, []byte{0, 0xFF, 0xFF, 1, 2}},
		"length 0":               {wire.TypeGameData, []byte{0, 0, 0}},
		"not a frame's length":   {wire.TypeGameData, []byte{0, 3, 0, 1, 2, 3}},
		"empty cache position":   {wire.TypeGameCache, []byte{0, 0xFF}},
	} {
		t.Run(name, func(t *testing.T) {
			script(t, func(t *testing.T, s *scripted) {
				l := s.login()
				g := s.game(s.room(l), 2)
				s.say(wire.TypeReady, wire.Ready{}.AppendTo(nil))
				values := make([]byte, 16)
				_, err := g.Exchange(context.Background(), values, 2)
				require.NoError(t, err)
				s.say(m.t, m.body)
				_, err = g.Exchange(context.Background(), values, 2)
				require.ErrorContains(t, err, "cannot be used")
				require.NoError(t, l.Err())
				s.serve(50 * time.Millisecond)
				require.Equal(t, wire.TypeDropGame, s.got[len(s.got)-1].Type, "the others are told")
				l.Quit("")
			})
		})
	}
}

// TestStartOutOfPlace is HOSTILE 10.
func TestStartOutOfPlace(t *testing.T) {
	script(t, func(t *testing.T, s *scripted) {
		l := s.login()
		s.say(wire.TypeStartGame, wire.GameStarted{FrameDelay: 1, Player: 1, Players: 2}.AppendTo(nil)) // in the lobby
		r := s.room(l)
		for _, player := range []byte{0, 9, 255, 3} {
			s.say(wire.TypeStartGame, []byte{0, 1, 0, player, 2})
		}
		s.say(wire.TypeStartGame, []byte{0, 1, 0, 1, 9})
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_, err := r.WaitStart(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded, "none of these is a game")
		require.NotNil(t, s.game(r, 2))
		l.Quit("")
	})
}
