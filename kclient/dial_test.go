package kclient_test

import (
	"context"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient"
	"kbridge/kclient/link"
	"kbridge/kclient/wire"
)

// answersLogin refuses a login unless its name is short enough, and returns the name.
func (s *scripted) answersLogin(from string, longest int) string {
	s.serve(50 * time.Millisecond)
	m, err := wire.ParseLoginRequest(s.last(wire.TypeLogin))
	require.NoError(s.t, err)
	if len(m.User) <= longest {
		s.say(wire.TypeServerStatus, wire.ServerStatus{}.AppendTo(nil))
		s.say(wire.TypeUserJoined, wire.UserJoined{User: m.User, UserID: 7, Connection: 1}.AppendTo(nil))
		return m.User
	}
	l := s.link
	s.link, s.got = link.New(link.Config{Server: true}, time.Now()), nil // for the next socket
	l.Send(time.Now(), wire.TypeLoginRefused, wire.LoginRefused{User: from, UserID: 7,
		Message: "the operator's words"}.AppendTo(nil))
	s.conn.WriteToUDPAddrPort(l.NextDatagram(time.Now(), nil), s.client)
	return m.User
}

// TestA31ByteNameIsCutWhereEmuLinkerTakes30: asked once more with 30 bytes, from a new socket;
// not on another server, and not for a shorter name.
func TestA31ByteNameIsCutWhereEmuLinkerTakes30(t *testing.T) {
	long := strings.Repeat("n", 40)
	for name, c := range map[string]struct {
		from    string
		user    string
		longest int
		logins  []string
		refused bool
	}{
		"EmuLinker-K":      {"server", long, 30, []string{long[:31], long[:30]}, false},
		"EmuLinkerSF":      {"server", long, 31, []string{long[:31]}, false},
		"refused for good": {"server", long, 0, []string{long[:31], long[:30]}, true},
		"a name of 30":     {"server", long[:30], 0, []string{long[:30]}, true},
		"no EmuLinker":     {long[:31], long, 30, []string{long[:31]}, true},
		"two bytes at once": {"server", strings.Repeat("n", 29) + "żż", 30, []string{strings.Repeat("n", 29) + "ż",
			strings.Repeat("n", 29)}, false},
	} {
		t.Run(name, func(t *testing.T) {
			script(t, func(t *testing.T, s *scripted) {
				var logins []string
				sockets := 0
				dialled := make(chan error, 1)
				var l *kclient.Client
				go func() {
					var err error
					l, err = s.dial(func(cfg *kclient.Config) {
						cfg.User, cfg.Charset = c.user, "utf-8"
						listen := cfg.Listen
						cfg.Listen = func(a netip.AddrPort) (kclient.PacketConn, error) {
							sockets++
							return listen(a)
						}
					})
					dialled <- err
				}()
				for range c.logins {
					logins = append(logins, s.answersLogin(c.from, c.longest))
				}
				err := <-dialled
				require.Equal(t, c.logins, logins)
				require.Equal(t, len(c.logins), sockets, "a socket for each")
				if c.refused {
					require.Equal(t, &kclient.RefusedError{What: "login", Reason: "the operator's words"}, err)
					return
				}
				require.NoError(t, err)
				require.Equal(t, c.logins[len(c.logins)-1], l.User().Name)
				ctx, cancel := context.WithTimeout(context.Background(), time.Second)
				defer cancel()
				_, err = l.NextEvent(ctx)
				require.NoError(t, err)
			})
		})
	}
}

// A port is soon used again, by a socket or by a router: what a server still sends to the session before is neither the
// answer to HELLO nor a word to the new session.
func TestWhatIsLeftOfAnotherSessionIsNoAnswer(t *testing.T) {
	script(t, func(t *testing.T, s *scripted) {
		before := link.New(link.Config{Server: true, Sent: 4}, time.Now())
		before.Send(time.Now(), wire.TypeUserQuit, wire.UserQuit{User: "ann", UserID: 7, Message: "bye"}.AppendTo(nil))
		before.Send(time.Now(), wire.TypeServerMessage, wire.ServerMessage{From: "Server",
			Text: "You are logged out"}.AppendTo(nil))
		left := before.NextDatagram(time.Now(), nil)
		dialled := make(chan error, 1)
		hello := s.hello
		s.hello = left
		go func() {
			_, err := s.dial(nil)
			dialled <- err
		}()
		s.serve(30 * time.Millisecond)
		s.hello = hello
		s.serve(600 * time.Millisecond) // HELLO is said again
		s.conn.WriteToUDPAddrPort(left, s.client)
		s.serve(20 * time.Millisecond)
		for range 4 {
			s.say(wire.TypeServerAck, wire.ServerAck{}.AppendTo(nil))
		}
		s.say(wire.TypeServerStatus, wire.ServerStatus{Users: []wire.StatusUser{{Name: "bob", UserID: 3,
			Connection: 1}}}.AppendTo(nil))
		s.say(wire.TypeUserJoined, wire.UserJoined{User: "ann", UserID: 7, Connection: 1}.AppendTo(nil))
		require.NoError(t, <-dialled)
		s.serve(50 * time.Millisecond)
		require.NoError(t, s.lobbies[0].Err())
		require.Len(t, s.lobbies[0].Users(), 2)
	})
}
