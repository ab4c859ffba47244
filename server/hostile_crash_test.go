package server_test

import (
	"context"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient"
	"kbridge/kclient/sim/network"
	"kbridge/kclient/sim/peers"
	"kbridge/kclient/wire"
	"kbridge/server"
)

// crasher is a client of some kind at an address, which may vanish without a word.
type crasher struct {
	at    netip.AddrPort
	plain *plainClient
	old   *peers.Client
	ours  *kclient.Client
	conn  *network.Conn // of ours
}

func (c *crasher) crash() {
	switch {
	case c.plain != nil:
		c.plain.conn.Close()
	case c.old != nil:
		c.old.Close()
	default:
		c.conn.Close()
	}
}

var crasherKinds = []string{"plain", "n02", "SupraClient", "ours"}

// login tries once.
func (a *arena) login(kind, user string, at netip.AddrPort, back *kclient.Ticket) (*crasher, error) {
	c := &crasher{at: at}
	var err error
	switch kind {
	case "plain":
		if c.plain, err = a.plainLogin(user, at); err != nil {
			return nil, err
		}
	case "n02", "n02 with a set ping", "SupraClient":
		o := peers.Options{User: user, Emulator: "emu", Connection: wire.LAN, Host: at.Addr(), Port: at.Port(),
			Tries: 1}
		if kind == "n02 with a set ping" {
			o.SetPing = 20 * time.Millisecond
		}
		c.old, err = a.old(kind == "SupraClient", o)
	default:
		c.ours, err = a.ours(user, func(cfg *kclient.Config) {
			cfg.Comeback = back
			cfg.Listen = func(netip.AddrPort) (kclient.PacketConn, error) {
				conn, err := a.net.Listen(at)
				c.conn = conn
				return conn, err
			}
		})
		if err != nil && c.conn != nil {
			c.conn.Close()
		}
	}
	return c, err
}

// plainLogin waits as long as n02 does.
func (a *arena) plainLogin(user string, at netip.AddrPort) (*plainClient, error) {
	c := a.plain(at)
	c.send(wire.TypeLogin, wire.LoginRequest{User: user, Emulator: "emu", Connection: wire.LAN}.AppendTo(nil))
	err := fmt.Errorf("no answer")
	c.read(10*time.Second, func(m wire.Message) bool {
		switch m.Type {
		case wire.TypeUserJoined:
			err = nil
			return true
		case wire.TypeLoginRefused:
			r, _ := wire.ParseLoginRefused(m.Body)
			err = fmt.Errorf("refused: %s", r.Message)
			return true
		}
		return false
	})
	if err != nil {
		c.conn.Close()
	}
	return c, err
}

// read takes what comes for a while, or until done.
func (c *plainClient) read(d time.Duration, done func(wire.Message) bool) {
	buf := make([]byte, 4096)
	c.conn.SetReadDeadline(time.Now().Add(d))
	for {
		n, _, err := c.conn.ReadFromUDPAddrPort(buf)
		if err != nil {
			return
		}
		if buf[0] > wire.MaxBundle {
			continue
		}
		c.receive(buf[:n])
		for len(c.got) > 0 {
			m := c.got[0]
			c.got = c.got[1:]
			if done != nil && done(m) {
				return
			}
		}
	}
}

// idle lets time pass.
func (c *crasher) idle(d time.Duration) {
	if c.plain != nil {
		c.plain.read(d, nil)
	} else {
		time.Sleep(d)
	}
}

// Row 36: a client that has crashed is in again within the time that its old session has to answer, from the same
// address and port, and under its own name from another port.
func TestACrashedClientIsSoonInAgain(t *testing.T) {
	for _, kind := range crasherKinds {
		for _, port := range []uint16{5000, 5001} {
			name := fmt.Sprintf("%s, same port %v", kind, port == 5000)
			t.Run(name, func(t *testing.T) {
				inArena(t, 36, network.Profile{Delay: 30 * time.Millisecond}, server.Config{}, func(a *arena) {
					at := netip.MustParseAddrPort("198.51.100.7:5000")
					c, err := a.login(kind, "anna", at, nil)
					require.NoError(t, err)
					guest, err := a.ours("guest", nil)
					require.NoError(t, err)
					for n := range 6 { // the session is some messages old
						require.NoError(t, guest.Chat(fmt.Sprint("line ", n)))
						c.idle(2 * time.Second)
					}
					c.crash()
					time.Sleep(time.Second)
					begun := time.Now()
					tries := 0
					for {
						tries++
						again, err := a.login(kind, "anna", netip.AddrPortFrom(at.Addr(), port), nil)
						if err == nil {
							c = again
							break
						}
						t.Logf("after %v: %v", time.Since(begun).Round(time.Millisecond), err)
						require.Less(t, time.Since(begun), 5*time.Minute)
						time.Sleep(time.Second)
					}
					took := time.Since(begun).Round(time.Millisecond)
					t.Logf("figure: %s: in again after %v, %d tries", name, took, tries)
					most := 4 * time.Second
					if kind == "plain" && port == at.Port() {
						// it takes the question for a message of its own, waits in vain and tries again
						most = 12 * time.Second
					}
					require.LessOrEqual(t, took, most)
					c.idle(10 * time.Second)
					require.Equal(t, 2, a.server.Stats().Users)
				})
			})
		}
	}
}

// Row 36: a player of our own client's that crashed rejoins its game from the same address and port; the login that has
// no ticket gets neither the place nor the name.
func TestACrashedPlayerRejoinsFromTheSamePort(t *testing.T) {
	inArena(t, 37, network.Profile{Delay: 30 * time.Millisecond}, server.Config{}, func(a *arena) {
		table := a.ourGame(2)
		time.Sleep(5 * time.Second)
		ticket, ok := table[1].c.ours.Ticket()
		require.True(t, ok)
		table[1].c.crash()
		time.Sleep(time.Second)
		begun := time.Now()
		_, err := a.login("ours", table[1].name, table[1].c.at, nil)
		require.Error(t, err, "without the ticket")
		require.ErrorContains(t, err, "seat in a game is kept")
		_, err = a.login("ours", table[1].name, netip.AddrPortFrom(table[1].c.at.Addr(), 777), nil)
		require.ErrorContains(t, err, "seat in a game is kept")
		again, err := a.login("ours", table[1].name, table[1].c.at, &ticket)
		require.NoError(t, err)
		require.NotNil(t, again.ours.Room())
		t.Logf("figure: back in the game after %v", time.Since(begun))
		table[1].again(again)
		time.Sleep(10 * time.Second)
		require.Zero(t, table[1].game().Behind())
		require.Equal(t, 2, a.server.Stats().Users)
	})
}

// Row 36: whoever really is there answers, so nobody ends a session with logins that name its address, whatever the
// client is and wherever it stands; and little goes to it that it did not ask for.
func TestForgedLoginsEndNobodysSession(t *testing.T) {
	for _, kind := range []string{"plain", "n02", "n02 with a set ping", "SupraClient", "ours"} {
		for _, where := range []string{"lobby", "loading", "game"} {
			if kind == "plain" && where != "lobby" {
				continue // it plays no games
			}
			t.Run(kind+" in the "+where, func(t *testing.T) {
				inArena(t, 38, network.Profile{Delay: 30 * time.Millisecond}, server.Config{}, func(a *arena) {
					at := netip.MustParseAddrPort("198.51.100.7:5000")
					c, err := a.login(kind, "anna", at, nil)
					require.NoError(t, err)
					frames := a.put(c, where)
					c.idle(10 * time.Second)
					before, in := a.to(at.Addr()).bytes, 0
					forged := [][]byte{
						message(0, wire.TypeLogin, wire.LoginRequest{User: "anna", Emulator: "emu",
							Connection: wire.LAN}.AppendTo(nil)),
						message(0, wire.TypeLogin, []byte{'a', 0, 0, 1}),
					}
					withAck := wire.AppendMessage([]byte{2}, 1, wire.TypeClientAck, wire.ClientAck{}.AppendTo(nil))
					forged = append(forged, append(withAck, forged[0][1:]...))
					for n := range 300 {
						d := forged[n%len(forged)]
						a.forge(at, d)
						in += len(d)
						c.idle(100 * time.Millisecond)
					}
					out := a.to(at.Addr()).bytes - before
					t.Logf("figure: %d bytes forged, %d bytes to the victim", in, out)
					if where == "lobby" {
						require.LessOrEqual(t, out, 3*in)
					}
					if where == "game" {
						n := frames()
						time.Sleep(2 * time.Second)
						require.Greater(t, frames(), n+60, "its game goes on")
					}
					c.idle(5 * time.Second)
					users := 1
					if where != "lobby" {
						users = 2
					}
					require.Equal(t, users, a.server.Stats().Users)
				})
			})
		}
	}
}

// Row 36: nobody behind the same router throws a user out by claiming its name.
func TestANameIsNotTakenFromWhoIsThere(t *testing.T) {
	for _, kind := range []string{"plain", "n02", "n02 with a set ping", "SupraClient", "ours"} {
		for _, where := range []string{"lobby", "loading", "game"} {
			if kind == "plain" && where != "lobby" {
				continue
			}
			t.Run(kind+" in the "+where, func(t *testing.T) {
				inArena(t, 39, network.Profile{Delay: 30 * time.Millisecond}, server.Config{}, func(a *arena) {
					at := netip.MustParseAddrPort("198.51.100.7:5000")
					c, err := a.login(kind, "anna", at, nil)
					require.NoError(t, err)
					frames := a.put(c, where)
					c.idle(5 * time.Second)
					claims := make(chan error)
					go func() {
						for n := range 20 {
							if _, err := a.login("ours", "anna", netip.AddrPortFrom(at.Addr(), uint16(6000+n)),
								nil); err == nil {
								claims <- fmt.Errorf("somebody got the name in try %d", n)
								return
							}
							time.Sleep(500 * time.Millisecond)
						}
						claims <- nil
					}()
					for over := false; !over; {
						select {
						case err := <-claims:
							require.NoError(t, err)
							over = true
						default:
							c.idle(time.Second)
						}
					}
					if where == "game" {
						n := frames()
						time.Sleep(2 * time.Second)
						require.Greater(t, frames(), n+60, "its game goes on")
					}
				})
			})
		}
	}
}

// put takes a client into a room of its own with another player, whose game loads or runs. frames is how many the
// client has had.
func (a *arena) put(c *crasher, where string) (frames func() int) {
	if where == "lobby" {
		return nil
	}
	ctx := a.t.Context()
	guest, err := a.ours("guest", nil)
	require.NoError(a.t, err)
	join := func() {
		for len(guest.Games()) == 0 {
			time.Sleep(100 * time.Millisecond)
		}
		room, err := guest.Join(ctx, guest.Games()[0].ID)
		require.NoError(a.t, err)
		a.play(func(ctx context.Context) { playOurs(ctx, room, nil) })
	}
	if c.old != nil {
		require.NoError(a.t, c.old.Create("Duel"))
		join()
		require.NoError(a.t, c.old.AwaitPlayers(1))
		require.NoError(a.t, c.old.Start())
		if where == "game" {
			a.play(func(ctx context.Context) {
				stop := context.AfterFunc(ctx, c.old.Close)
				defer stop()
				c.old.Play(2, 1<<30, func(f int, b []byte) { b[0] = byte(f) })
			})
		}
		return func() int { return len(c.old.Frames()) }
	}
	room, err := c.ours.Create(ctx, "Duel")
	require.NoError(a.t, err)
	join()
	time.Sleep(time.Second)
	require.NoError(a.t, room.Start(ctx))
	count := new(counter)
	if where == "game" {
		a.play(func(ctx context.Context) { playOurs(ctx, room, count) })
	}
	return count.get
}
