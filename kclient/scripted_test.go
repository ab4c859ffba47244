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
	"kbridge/kclient/sim/network"
	"kbridge/kclient/wire"
)

// scripted is a server that says what the test tells it to, right or wrong.
type scripted struct {
	t       *testing.T
	net     *network.Network
	conn    *network.Conn
	client  netip.AddrPort
	link    *link.Link
	hello   []byte // answers HELLO; nil is silence
	got     []wire.Message
	marks   int // harmless lines said so far
	lobbies []*kclient.Client
}

var scriptedAddr = netip.MustParseAddrPort("10.0.0.1:27888")

// script runs a test under virtual time against a scripted server.
func script(t *testing.T, f func(t *testing.T, s *scripted)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &scripted{t: t, net: network.New(1, network.Profile{Delay: 5 * time.Millisecond}),
			hello: wire.AppendHelloReply(nil, 27888)}
		var err error
		s.conn, err = s.net.Listen(scriptedAddr)
		require.NoError(t, err)
		defer s.conn.Close()
		defer func() { // also when the test fails, or the bubble would never end
			for _, l := range s.lobbies {
				l.Quit("")
			}
		}()
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
			m, ok := s.link.NextMessage()
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
		d := s.link.NextDatagram(time.Now(), nil)
		if len(d) == 0 {
			break
		}
		s.conn.WriteToUDPAddrPort(d, s.client)
	}
	s.serve(20 * time.Millisecond)
}

// last is the body of the client's last message of a type.
func (s *scripted) last(t wire.Type) []byte {
	s.t.Helper()
	for i := len(s.got) - 1; i >= 0; i-- {
		if s.got[i].Type == t {
			return s.got[i].Body
		}
	}
	s.t.Fatalf("the client has sent no %v", t)
	return nil
}

func (s *scripted) dial(change func(*kclient.Config)) (*kclient.Client, error) {
	cfg := kclient.Config{User: "ann", Emulator: "test", Listen: func(netip.AddrPort) (kclient.PacketConn,
		error) {
		return s.net.Listen(netip.AddrPort{})
	}}
	if change != nil {
		change(&cfg)
	}
	l, err := kclient.Dial(context.Background(), scriptedAddr.String(), cfg)
	if err == nil {
		s.lobbies = append(s.lobbies, l)
	}
	return l, err
}

// login lets a client log in as user 7.
func (s *scripted) login() *kclient.Client { return s.loginAs(nil) }

func (s *scripted) loginAs(change func(*kclient.Config)) *kclient.Client {
	result := make(chan *kclient.Client)
	go func() {
		l, err := s.dial(change)
		require.NoError(s.t, err)
		result <- l
	}()
	s.serve(50 * time.Millisecond)
	s.say(wire.TypeServerStatus, wire.ServerStatus{}.AppendTo(nil))
	s.say(wire.TypeUserJoined, wire.UserJoined{User: "ann", UserID: 7, Connection: 1}.AppendTo(nil))
	return <-result
}

// room lets a client that is logged in create room 1.
func (s *scripted) room(l *kclient.Client) *kclient.Room {
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

// TestLoginRefused: the server's reason reaches the caller, made printable.
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

// TestFramesBeforeTheEnd: frames that arrived before the server ended the game are
// handed out before its end is reported.
func TestFramesBeforeTheEnd(t *testing.T) {
	script(t, func(t *testing.T, s *scripted) {
		l := s.login()
		r := s.room(l)
		g := s.game(r, 2)
		s.say(wire.TypeReady, wire.Ready{}.AppendTo(nil))
		ctx, values := context.Background(), make([]byte, 16)
		_, err := g.Exchange(ctx, values[:3], 2)
		require.ErrorIs(t, err, kclient.ErrBuffer, "no room for two players: refused, and nothing lost")
		_, err = g.Exchange(ctx, values, 2)
		require.NoError(t, err)
		s.say(wire.TypeGameData, wire.AppendGameData(nil, []byte{1, 2, 3, 4}))
		s.say(wire.TypeGameData, wire.AppendGameData(nil, []byte{5, 6, 7, 8}))
		s.say(wire.TypeCloseGame, wire.GameClosed{GameID: 1}.AppendTo(nil))
		require.ErrorIs(t, r.Err(), kclient.ErrRoomClosed)
		for _, want := range [][]byte{{1, 2, 3, 4}, {5, 6, 7, 8}} {
			n, err := g.Exchange(ctx, values, 2)
			require.NoError(t, err)
			require.Equal(t, want, values[:n])
		}
		_, err = g.Exchange(ctx, values, 2)
		require.ErrorIs(t, err, kclient.ErrRoomClosed)
		l.Quit("")
	})
}
