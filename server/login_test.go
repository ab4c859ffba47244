package server

import (
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/sim/network"
	"kbridge/kclient/wire"
	"kbridge/server/limits"
	"kbridge/server/lobby"
)

var lan = network.Profile{Delay: 10 * time.Millisecond}

func TestLoginOrderAndPing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1, lan, Config{Name: "here", MOTD: "one\ntwo"})
		a := w.dial("anna", wire.LAN)
		a.send(wire.TypeLogin, wire.LoginRequest{User: "anna", Emulator: "emu", Connection: wire.LAN})
		var acks int
		var order []wire.Type
		for len(order) < 5 {
			g := <-a.inbox
			if g.typ == wire.TypeServerAck {
				acks++
				continue
			}
			order = append(order, g.typ)
			switch g.typ {
			case wire.TypeServerStatus:
				require.Empty(t, parse(t, g, wire.ParseServerStatus).Users, "without the receiver")
			case wire.TypeUserJoined:
				m := parse(t, g, wire.ParseUserJoined)
				require.Equal(t, wire.UserJoined{User: "anna", UserID: 1, Ping: 20, Connection: wire.LAN}, m)
			}
		}
		require.GreaterOrEqual(t, acks, limits.LoginRounds)
		require.LessOrEqual(t, acks, 1+3*8, "one, and three rounds of eight at most")
		require.Equal(t, []wire.Type{wire.TypeServerStatus, wire.TypeUserJoined, wire.TypeServerMessage,
			wire.TypeServerMessage, wire.TypeServerMessage}, order)

		b := w.dial("bert", wire.Bad)
		b.send(wire.TypeLogin, wire.LoginRequest{User: "bert", Emulator: "emu", Connection: wire.Bad})
		st := parse(t, b.until(wire.TypeServerStatus), wire.ParseServerStatus)
		require.Equal(t, []wire.StatusUser{{Name: "anna", Ping: 20, State: wire.UserIdle, UserID: 1,
			Connection: wire.LAN}}, st.Users)
		require.Equal(t, "bert", parse(t, a.until(wire.TypeUserJoined), wire.ParseUserJoined).User)
		require.Equal(t, "bert", parse(t, b.until(wire.TypeUserJoined), wire.ParseUserJoined).User)
	})
}

func TestLoginRefusals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 10, lan, Config{MaxUsers: 2, MaxPing: 100 * time.Millisecond})
		w.login("anna", wire.LAN)
		for _, tc := range []struct {
			name   string
			typ    wire.ConnectionType
			reason string
		}{
			{"anna", wire.LAN, "in use"},
			{" ANNA ", wire.LAN, "in use"},
			{"", wire.LAN, "empty"},
			{"Server", wire.LAN, "reserved"},
			{"bert", 0, "Connection type 0"},
			{"bert", 7, "Connection type 7"},
			{"bert", 255, "Connection type 255"},
		} {
			require.Contains(t, w.dial(tc.name, tc.typ).refusedWith(), tc.reason, "%q", tc.name)
		}
		far := w.dial("farah", wire.LAN)
		w.net.SetPath(far.conn.AddrPort().Addr(), w.addr.Addr(), network.Profile{Delay: 60 * time.Millisecond})
		w.net.SetPath(w.addr.Addr(), far.conn.AddrPort().Addr(), network.Profile{Delay: 60 * time.Millisecond})
		require.Equal(t, "Your ping of 120 ms is above the limit of 100 ms", far.refusedWith())
		w.login("bert", wire.LAN)
		require.Contains(t, w.dial("carl", wire.LAN).refusedWith(), "full (2 users)")
		require.Equal(t, 2, w.server.Stats().Users)
		require.Equal(t, 8, w.server.Stats().Refusals[RefusedLogin])
		require.Equal(t, 1, w.server.Stats().Refusals[RefusedFull])
		time.Sleep(time.Minute)
		require.Zero(t, w.server.Stats().Pending)
	})
}

// On a lossy path a round that had to be repeated does not count as ping, so
// that nobody is refused for it.
func TestPingOnALossyPath(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for seed := range uint64(20) {
			w := newWorld(t, 100+seed, network.Profile{Delay: 40 * time.Millisecond, Loss: 0.2},
				Config{MaxPing: 250 * time.Millisecond})
			c, _ := w.login("anna", wire.LAN)
			var ping uint32
			w.server.lobby.Lock.Lock()
			w.server.lobby.Everybody(func(u *lobby.User) { ping = u.Ping })
			w.server.lobby.Unlock(time.Now())
			require.InDelta(t, 80, ping, 10, "seed %d", 100+seed)
			c.close()
		}
	})
}

// A login that stays unfinished is forgotten after ten seconds, and nobody hears
// of it.
func TestUnfinishedLogin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 11, lan, Config{})
		a, _ := w.login("anna", wire.LAN)
		a.drain()
		c := w.dial("carl", wire.LAN)
		c.mute = true
		c.send(wire.TypeLogin, wire.LoginRequest{User: "carl", Emulator: "emu", Connection: wire.LAN})
		time.Sleep(time.Second)
		c.send(wire.TypeClientAck, wire.ClientAck{})
		time.Sleep(time.Second)
		require.Equal(t, 1, w.server.Stats().Pending)
		c.kill()
		time.Sleep(9 * time.Second)
		require.Zero(t, w.server.Stats().Pending)
		a.quiet(time.Second)
	})
}

// The first 05 gets lost, and later ones, and the answers: the login still works.
func TestLoginWithLoss(t *testing.T) {
	for seed := range uint64(30) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, seed, network.Profile{Delay: 20 * time.Millisecond, Loss: 0.3}, Config{})
			w.login("anna", wire.LAN)
		})
	}
}

// A refusal, and the goodbye after a quit, survive loss.
func TestGoodbyesAreRepeated(t *testing.T) {
	for seed := range uint64(20) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, 300+seed, network.Profile{Delay: 20 * time.Millisecond, Loss: 0.2}, Config{})
			require.Contains(t, w.dial("server", wire.LAN).refusedWith(), "reserved")
			a, _ := w.login("anna", wire.LAN)
			a.send(wire.TypeUserQuit, wire.QuitRequest{Message: "bye"})
			a.until(wire.TypeUserQuit)
		})
	}
}

// A name is free again after a quit, and so is the address.
func TestLoginAgainAfterQuit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 12, lan, Config{})
		a, _ := w.login("anna", wire.LAN)
		a.send(wire.TypeUserQuit, wire.QuitRequest{Message: "back soon"})
		a.until(wire.TypeUserQuit)
		addr := a.conn.AddrPort()
		a.close()
		conn, err := w.net.Listen(addr) // the same address, a new session
		require.NoError(t, err)
		w.dialOn(conn, "anna", wire.LAN).login()
	})
}

// n02 says HELLO from another socket than it logs in from; and the game port may
// be another one than the query port.
func TestGamePortOfItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := network.New(13, lan)
		query, err := n.Listen(queryAddr)
		require.NoError(t, err)
		game, err := n.Listen(netip.AddrPortFrom(queryAddr.Addr(), 30000))
		require.NoError(t, err)
		s, err := New(Config{})
		require.NoError(t, err)
		w := &world{t: t, net: n, server: s, addr: game.AddrPort(), welcome: 1}
		served := make(chan error, 1)
		go func() { served <- s.Serve(query, game) }()
		w.closeWith(served)

		probe, err := n.Listen(netip.AddrPort{})
		require.NoError(t, err)
		defer probe.Close()
		ask := func(to netip.AddrPort, d []byte) string {
			_, err := probe.WriteToUDPAddrPort(d, to)
			require.NoError(t, err)
			buf := make([]byte, 100)
			_ = probe.SetReadDeadline(time.Now().Add(time.Second))
			k, from, err := probe.ReadFromUDPAddrPort(buf)
			if err != nil {
				return ""
			}
			require.Equal(t, to, from)
			return string(buf[:k])
		}
		for _, to := range []netip.AddrPort{query.AddrPort(), game.AddrPort()} {
			require.Equal(t, "HELLOD00D30000\x00", ask(to, wire.AppendHello(nil)))
			require.Equal(t, "PONG\x00", ask(to, wire.AppendPing(nil)))
		}
		require.Empty(t, ask(query.AddrPort(),
			wire.AppendMessage(wire.AppendBundleHeader(nil, 1), 0, wire.TypeLogin,
				wire.LoginRequest{User: "anna", Emulator: "emu", Connection: wire.LAN}.AppendTo(nil))),
			"no session at the query port")
		w.login("anna", wire.LAN)
		require.Equal(t, 1, s.Stats().Users)
	})
}

func TestShutdownTellsEveryone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 14, network.Profile{Delay: 10 * time.Millisecond, Loss: 0.05}, Config{})
		gs := started(t, w.room(1, 1))
		together(60, gs...)
		idle, id := w.login("idle", wire.LAN)
		idle.drain()
		begin := time.Now()
		require.NoError(t, w.server.Close("maintenance"))
		require.LessOrEqual(t, time.Since(begin), time.Second)
		require.Equal(t, "The server is shutting down: maintenance",
			parse(t, idle.next(), wire.ParseServerMessage).Text)
		idle.until(wire.TypeCloseGame)
		require.Equal(t, wire.UserQuit{User: "idle", UserID: id, Message: "The server is shutting down: maintenance"},
			parse(t, idle.next(), wire.ParseUserQuit))
		for _, g := range gs {
			g.until(wire.TypeCloseGame) // which ends the game in every client
			g.until(wire.TypeUserQuit)
		}
		require.NoError(t, w.server.Close("again"))
	})
}

func TestServerIsUsedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 15, lan, Config{})
		synctest.Wait()
		conn, err := w.net.Listen(netip.AddrPort{})
		require.NoError(t, err)
		require.ErrorIs(t, w.server.Serve(conn, nil), ErrServing)

		s, err := New(Config{})
		require.NoError(t, err)
		require.NoError(t, s.Close("")) // before it runs
		conn, err = w.net.Listen(netip.AddrPort{})
		require.NoError(t, err)
		require.NoError(t, s.Serve(conn, nil))
	})
}
