package peers

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/sim/network"
	"kbridge/kclient/sim/recordings"
	"kbridge/kclient/wire"
)

// A model of a server, fed with what the real one was sent, says what the real one said.
func TestServersSayWhatTheRealOnesSaid(t *testing.T) {
	for _, name := range []string{
		"emulinker-k-starts", "emulinker-k-unequal-11", "emulinker-k-unequal-33", "emulinker-k-lossy-11",
		"emulinker-sf-starts", "emulinker-sf-unequal-11", "emulinker-sf-unequal-33", "emulinker-sf-lossy-11",
		"direlera-starts", "direlera-unequal-11", "direlera-unequal-33", "direlera-unequal-13",
	} {
		t.Run(name, func(t *testing.T) {
			r := load(t, name)
			c := &comparer{names: r.users(t), ignoreInRoom: r.Server == "emulinker-sf"}
			heard := r.replay(t, c)
			for client := range heard {
				real := []said{}
				for _, l := range r.Lines {
					if l.Client == client && !l.ToServer && !isText(l.Datagram) {
						real = append(real, c.say(t, l.At, l.Datagram))
					}
				}
				newReal, oldReal := fresh(real)
				newModel, oldModel := fresh(r.cut(heard[client], len(newReal)))
				requireSame(t, r.Server+" to p"+string(rune('1'+client)), newReal, newModel)
				requireRepeats(t, r, oldReal, oldModel)
			}
		})
	}
}

// users are the names that logged in.
func (r recording) users(t *testing.T) map[string]bool {
	names := map[string]bool{}
	for _, l := range r.Lines {
		if !l.ToServer || isText(l.Datagram) {
			continue
		}
		bundle, err := wire.ParseBundle(l.Datagram, nil)
		require.NoError(t, err)
		for _, m := range bundle {
			if m.Type == wire.TypeLogin {
				login, err := wire.ParseLoginRequest(m.Body)
				require.NoError(t, err)
				names[login.User] = true
			}
		}
	}
	return names
}

// requireRepeats compares what was said again. EmuLinkerSF's is said by the thread that reads the client while the
// thread that sends is at work: which of the messages that leave in the same milliseconds it comes after was chance, up
// to four of them in the recordings.
func requireRepeats(t *testing.T, r recording, real, model []said) {
	t.Helper()
	require.Len(t, model, len(real), "datagrams said again")
	for i := range real {
		if r.Server != "emulinker-sf" {
			require.Equal(t, lines(real[i]), lines(model[i]), "repeat %d, at %v and %v", i, real[i].at, model[i].at)
			continue
		}
		require.Len(t, model[i].messages, len(real[i].messages), "repeat %d, at %v and %v", i, real[i].at, model[i].at)
		require.InDelta(t, real[i].messages[0].seq, model[i].messages[0].seq, 4, "repeat %d", i)
	}
}

// cut leaves out what the model says at the very end, where the recorder was stopped before the real one had said it.
func (r recording) cut(model []said, count int) []said {
	end := r.Lines[len(r.Lines)-1].At - 10*time.Millisecond
	news := 0
	next := uint16(0)
	return slices.DeleteFunc(model, func(s said) bool {
		if ahead := s.messages[0].seq - next; ahead < 0x8000 {
			next = s.messages[0].seq + 1
			news++
		}
		return news > count && s.at > end
	})
}

// strangers are the quits of users of an earlier recording, whom the server forgot in this one: when, and what was
// said.
func (r recording) strangers(t *testing.T, names map[string]bool) map[string]stranger {
	found := map[string]stranger{}
	for _, l := range r.Lines {
		if l.ToServer || isText(l.Datagram) {
			continue
		}
		bundle, err := wire.ParseBundle(l.Datagram, nil)
		require.NoError(t, err)
		if bundle[0].Type != wire.TypeUserQuit {
			continue
		}
		q, err := wire.ParseUserQuit(bundle[0].Body)
		require.NoError(t, err)
		if _, ok := found[q.User]; !ok && !names[q.User] {
			found[q.User] = stranger{l.At, q}
		}
	}
	return found
}

type stranger struct {
	at   time.Duration
	quit wire.UserQuit
}

var recordedServer = netip.MustParseAddrPort("10.0.0.1:27888")

// replay feeds a model what the real server was sent, when it was, and returns what each client heard.
func (r recording) replay(t *testing.T, c *comparer) (heard [][]said) {
	heard = make([][]said, r.Clients())
	synctest.Test(t, func(t *testing.T) {
		net := network.New(1, network.Profile{})
		s, toAll := r.model(t, net)
		defer s.Close()
		for _, stranger := range r.strangers(t, c.names) {
			time.AfterFunc(stranger.at, func() {
				s.mu.Lock()
				defer s.mu.Unlock()
				toAll(stranger.quit)
			})
		}
		type arrival struct {
			recordings.Line
			due time.Duration
		}
		var due []arrival
		for _, l := range r.Lines {
			if l.ToServer && !l.Lost {
				due = append(due, arrival{l, l.At + r.Delay(l.Client)})
			}
		}
		slices.SortStableFunc(due, func(a, b arrival) int { return cmp.Compare(a.due, b.due) })

		var mu sync.Mutex
		conns := make([]*network.Conn, len(heard))
		ports := make([]uint16, len(heard))
		var readers sync.WaitGroup
		begun := time.Now()
		for i := range conns {
			conn, err := net.Listen(netip.AddrPort{})
			require.NoError(t, err)
			conns[i] = conn
			readers.Go(func() {
				buf := make([]byte, 64<<10)
				for {
					n, _, err := conn.ReadFromUDPAddrPort(buf)
					if err != nil {
						return
					}
					mu.Lock()
					if isText(buf[:n]) {
						ports[i], _ = wire.ParseHelloReply(buf[:n])
					} else {
						heard[i] = append(heard[i], c.say(t, time.Since(begun), buf[:n]))
					}
					mu.Unlock()
				}
			})
		}
		for _, l := range due {
			time.Sleep(l.due - time.Since(begun))
			to := recordedServer
			if !isText(l.Datagram) {
				mu.Lock()
				to = netip.AddrPortFrom(recordedServer.Addr(), ports[l.Client])
				mu.Unlock()
			}
			conns[l.Client].WriteToUDPAddrPort(l.Datagram, to)
			synctest.Wait()
		}
		time.Sleep(time.Second)
		for _, conn := range conns {
			conn.Close()
		}
		readers.Wait()
		require.NoError(t, s.Err())
	})
	return heard
}

// model starts what the recording is of. The first numbers of users and rooms are the recorded ones.
func (r recording) model(t *testing.T, network *network.Network) (s *Server, toAll func(wire.UserQuit)) {
	user, room := r.firstIDs(t)
	if strings.HasPrefix(r.Server, "emulinker") {
		e := newEmulinker(network, EmuLinker{SF: r.Server == "emulinker-sf", Admins: true})
		e.lastUser, e.lastRoom = user-1, room-1
		require.NoError(t, e.start(recordedServer))
		return e.Server, func(q wire.UserQuit) {
			e.toAll(func(u *elUser) { e.send(u, wire.TypeUserQuit, q) })
			e.flush()
		}
	}
	d, err := newDirelera(network, recordedServer, recordedServer.Port()+1)
	require.NoError(t, err)
	d.lastUser, d.lastRoom = user-1, room-1
	return d.Server, func(q wire.UserQuit) { d.toAll(wire.TypeUserQuit, q) }
}

func (r recording) firstIDs(t *testing.T) (user uint16, room uint32) {
	for _, l := range r.Lines {
		if l.ToServer || isText(l.Datagram) {
			continue
		}
		bundle, err := wire.ParseBundle(l.Datagram, nil)
		require.NoError(t, err)
		switch m := bundle[0]; {
		case m.Type == wire.TypeUserJoined && user == 0:
			u, err := wire.ParseUserJoined(m.Body)
			require.NoError(t, err)
			user = u.UserID
		case m.Type == wire.TypeCreateGame && room == 0:
			g, err := wire.ParseGameCreated(m.Body)
			require.NoError(t, err)
			room = g.GameID
		}
	}
	return user, max(room, 1)
}
