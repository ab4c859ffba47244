package server_test

import (
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/lockstep"
	"kbridge/kclient/sim/network"
	"kbridge/kclient/sim/peers"
	"kbridge/kclient/wire"
	"kbridge/server"
)

// forgetful plays as SupraClient does: three messages in a datagram, and when it has waited a second for
// a frame, its last three once more. Nothing older can ever come from it. It plays until it is dropped, or
// has so many frames.
func (c *plainClient) forgetful(typ wire.ConnectionType, frames int) (dropped bool) {
	c.t.Helper()
	start, err := wire.ParseGameStarted(c.await(wire.TypeStartGame).Body)
	require.NoError(c.t, err)
	c.send(wire.TypeReady, wire.ReadyRequest{}.AppendTo(nil))
	c.await(wire.TypeReady)
	b, err := lockstep.NewBatcher(lockstep.BatcherConfig{Connection: typ.Frames(), FrameDelay: int(start.FrameDelay),
		Players: int(start.Players)})
	require.NoError(c.t, err)
	buf := make([]byte, 2048)
	for next, f := time.Now(), 0; f < frames; next = next.Add(time.Second / 60) {
		if wait := time.Until(next); wait > 0 {
			time.Sleep(wait)
		} else {
			next = time.Now()
		}
		out, full, err := b.Collect([]byte{byte(f), byte(f >> 8)})
		require.NoError(c.t, err)
		if full {
			c.send(wire.TypeGameData, wire.AppendGameData(nil, out.Payload))
		}
		combined := make([]byte, b.FrameSize())
		sent := time.Now()
		for {
			for len(c.got) > 0 {
				m := c.got[0]
				c.got = c.got[1:]
				switch m.Type {
				case wire.TypeGameData:
					payload, err := wire.ParseGameData(m.Body)
					require.NoError(c.t, err)
					require.NoError(c.t, b.Receive(payload))
				case wire.TypeGameCache:
					pos, err := wire.ParseGameCache(m.Body)
					require.NoError(c.t, err)
					require.NoError(c.t, b.ReceiveCached(pos))
				case wire.TypeDropGame:
					if d, err := wire.ParsePlayerDropped(m.Body); err == nil && d.Player == start.Player {
						return true
					}
				}
			}
			n, ok := b.Next(combined)
			if ok {
				if n > 0 {
					f++
				}
				break
			}
			c.conn.SetReadDeadline(sent.Add(time.Second))
			k, _, err := c.conn.ReadFromUDPAddrPort(buf)
			if err != nil {
				sent = time.Now()
				c.again()
				continue
			}
			c.receive(buf[:k])
		}
	}
	return false
}

// lossScene is a game of n02, the owner, with a second player who is further away.
type lossScene struct {
	seed    uint64
	profile network.Profile // of the second player's line
	forget  bool            // the second player is forgetful, else n02
	typ     wire.ConnectionType
	// whether a datagram of the second player's is lost; fresh: the batch is new in it
	lose  func(batch int, fresh bool) bool
	cut   time.Duration // its line is dead for so long once its n-th batch has come
	cutAt int

	frames   int
	dropped  bool          // the second player
	stall    time.Duration // the longest of the owner's
	stalled  time.Duration // all of its stalls above 50 ms
	asked    int           // new 05 to the second player since its first input
	finished bool          // the owner
}

func (s *lossScene) play(t *testing.T) {
	t.Helper()
	if s.typ == 0 {
		s.typ = wire.LAN
	}
	s.frames = max(s.frames, 600)
	synctest.Test(t, func(t *testing.T) {
		net := network.New(s.seed, network.Profile{Delay: time.Millisecond})
		addr := netip.MustParseAddrPort("10.0.0.1:27888")
		far := netip.MustParseAddrPort("10.0.0.2:5000")
		_, stop := serveOn(t, net, addr, server.Config{MaxPing: time.Second, Random: seeded(s.seed)})
		near, err := n02(net, addr, peers.Options{User: "near", Emulator: "emu", Connection: s.typ})
		require.NoError(t, err)
		require.NoError(t, near.Create("Pong"))

		var second *peers.Client
		plain := plainClient{t: t, to: addr, last: 0xFFFF}
		farHost := far.Addr()
		calm := s.profile
		calm.Loss = 0 // until the game runs
		if s.forget {
			plain.conn, err = net.Listen(far)
			require.NoError(t, err)
			defer plain.conn.Close()
			net.SetPath(addr.Addr(), farHost, calm)
			net.SetPath(farHost, addr.Addr(), calm)
			plain.send(wire.TypeLogin, wire.LoginRequest{User: "far", Emulator: "emu", Connection: s.typ}.AppendTo(nil))
			plain.await(wire.TypeUserJoined)
			plain.send(wire.TypeJoinGame, wire.JoinRequest{GameID: 1, Connection: s.typ}.AppendTo(nil))
			plain.await(wire.TypeJoinGame)
		} else {
			net.SetProfile(calm)
			second, err = n02(net, addr, peers.Options{User: "far", Emulator: "emu", Connection: s.typ})
			require.NoError(t, err)
			defer second.Close()
			farHost = second.AddrPort().Addr()
			net.SetPath(addr.Addr(), farHost, calm)
			net.SetPath(farHost, addr.Addr(), calm)
			net.SetProfile(network.Profile{Delay: time.Millisecond})
			require.NoError(t, second.Join("Pong"))
		}
		require.NoError(t, near.AwaitPlayers(2))

		var mu sync.Mutex
		batch, newest, cutUntil, told := 0, -1, time.Time{}, -1
		net.Filter(func(from, to netip.AddrPort, d []byte) bool {
			bundle, err := wire.ParseBundle(d, nil)
			if err != nil || from.Addr() != farHost && to.Addr() != farHost {
				return true
			}
			mu.Lock()
			defer mu.Unlock()
			if time.Now().Before(cutUntil) {
				return false
			}
			if from == addr {
				if m := bundle[0]; batch > 0 && int(m.Seq) > told && m.Type == wire.TypeServerAck {
					s.asked++
				}
				told = max(told, int(bundle[0].Seq))
				return true
			}
			fresh := int(bundle[0].Seq) > newest
			newest = max(newest, int(bundle[0].Seq))
			fresh = fresh && (bundle[0].Type == wire.TypeGameData || bundle[0].Type == wire.TypeGameCache)
			if fresh {
				if batch++; batch == 1 {
					net.SetPath(addr.Addr(), farHost, s.profile)
					net.SetPath(farHost, addr.Addr(), s.profile)
				}
			}
			if s.cutAt > 0 && batch == s.cutAt && cutUntil.IsZero() {
				cutUntil = time.Now().Add(s.cut)
			}
			return batch == 0 || s.lose == nil || !s.lose(batch, fresh)
		})
		require.NoError(t, near.Start())
		var all sync.WaitGroup
		all.Go(func() {
			if s.forget {
				s.dropped = plain.forgetful(s.typ, s.frames+60)
				plain.send(wire.TypeDropGame, []byte{0, 0, 0})
				return
			}
			_ = second.Play(2, s.frames+60, func(f int, b []byte) { b[0], b[1] = byte(f), byte(f>>8) })
			s.dropped = second.Err() != nil || len(second.Frames()) < s.frames
			second.Drop()
		})
		last := time.Time{}
		s.stall, s.stalled = 0, 0
		err = near.Play(2, s.frames, func(f int, b []byte) {
			if gap := time.Since(last); !last.IsZero() && f > 30 {
				s.stall = max(s.stall, gap)
				if gap > 50*time.Millisecond {
					s.stalled += gap
				}
			}
			last = time.Now()
			b[0] = byte(f / 7)
		})
		require.NoError(t, err)
		s.finished = len(near.Frames()) >= s.frames
		near.Drop()
		all.Wait()
		near.Quit()
		stop()
	})
}

// loseBatches has the datagrams lost in which so many batches from the first one on came first.
func loseBatches(first, n int) func(int, bool) bool {
	return func(batch int, fresh bool) bool { return fresh && batch >= first && batch < first+n }
}

// SupraClient sends each batch three times and never again. When all three are lost the others play on
// without it as soon as that is certain, and not after five seconds.
func TestWhatCanNeverComeIsNotWaitedFor(t *testing.T) {
	for _, rtt := range []time.Duration{40, 60, 100, 200} {
		t.Run(fmt.Sprintf("rtt %d ms", rtt), func(t *testing.T) {
			s := lossScene{profile: network.Profile{Delay: rtt * time.Millisecond / 2}, forget: true,
				lose: loseBatches(100, 3)}
			s.play(t)
			t.Logf("the other player's longest wait: %v", s.stall)
			require.True(t, s.dropped)
			require.True(t, s.finished)
			require.Less(t, s.stall, 1500*time.Millisecond)
		})
	}
}

// n02 answers with its last five: up to a frame delay of 4 nothing of it is ever lost for good.
func TestWhatCanStillComeIsWaitedFor(t *testing.T) {
	for _, tc := range []struct {
		rtt  time.Duration
		lost int
		cut  time.Duration
	}{{10, 2, 0}, {25, 2, 0}, {40, 3, 0}, {60, 3, 0}, {60, 4, 0}, {40, 3, 3 * time.Second}, {60, 3, 3 * time.Second},
		{60, 3, 4500 * time.Millisecond}} {
		t.Run(fmt.Sprintf("%+v", tc), func(t *testing.T) {
			s := lossScene{profile: network.Profile{Delay: tc.rtt * time.Millisecond / 2},
				lose: loseBatches(100, tc.lost)}
			if tc.cut > 0 {
				s.cut, s.cutAt = tc.cut, 100+tc.lost+1
			}
			s.play(t)
			require.False(t, s.dropped)
			require.True(t, s.finished)
			require.Less(t, s.stall, tc.cut+200*time.Millisecond)
		})
	}
}

// Where two batches at most can be missing a 05 brings them before SupraClient would, a second later.
func TestAnAnswerInPlayBringsLostInput(t *testing.T) {
	for _, tc := range []struct {
		typ  wire.ConnectionType
		lost int
	}{{1, 1}, {1, 2}, {3, 1}, {3, 2}, {6, 1}, {6, 2}} {
		s := lossScene{profile: network.Profile{Delay: 6 * time.Millisecond}, forget: true, typ: tc.typ,
			lose: loseBatches(100/tc.typ.Frames(), tc.lost)}
		s.play(t)
		t.Logf("type %d, %d lost in a row: the other player's longest wait %v, %d asked", tc.typ, tc.lost, s.stall,
			s.asked)
		require.False(t, s.dropped)
		require.True(t, s.finished)
		require.Less(t, s.stall, 500*time.Millisecond)
	}
}

// From a frame delay of 2 on a 05 can cost what the client still repeats.
func TestNothingIsAskedInPlayThatCouldHarm(t *testing.T) {
	for _, rtt := range []time.Duration{20, 40, 100} {
		s := lossScene{profile: network.Profile{Delay: rtt * time.Millisecond / 2, Loss: 0.05}, forget: true, seed: 4}
		s.play(t)
		require.Zero(t, s.asked, "rtt %d ms", rtt)
	}
}

// Nothing that SupraClient has sent is lost for good at a frame delay of 1, whatever is lost, asked and answered.
func TestAskingInPlayLosesNothing(t *testing.T) {
	stalled := time.Duration(0)
	asked := 0
	for seed := range uint64(20) {
		s := lossScene{seed: seed, profile: network.Profile{Delay: 5 * time.Millisecond, Loss: 0.1,
			Jitter: 2 * time.Millisecond}, forget: true}
		s.play(t)
		require.False(t, s.dropped, "seed %d", seed)
		require.True(t, s.finished, "seed %d", seed)
		stalled += s.stalled
		asked += s.asked
	}
	t.Logf("the other player waited %v in 200 s, %d asked", stalled, asked)
	require.Positive(t, asked)
	require.Less(t, stalled, 40*time.Second, "without a 05 in play it waits 100 s")
}
