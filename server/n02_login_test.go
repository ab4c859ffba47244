package server_test

import (
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/sim/network"
	"kbridge/kclient/sim/peers"
	"kbridge/kclient/wire"
	"kbridge/server"
)

// loginScene is one login of n02, which sends its login once, answers each 05 once and
// repeats nothing.
type loginScene struct {
	seed    uint64
	profile network.Profile
	opts    peers.Options
	keep    func(toServer bool, bundle []wire.Message, datagram []byte) bool // nil keeps everything

	err     error
	ping    uint32 // that the server has measured
	in, out int    // bytes before the first 06 came
}

func (s *loginScene) play(t *testing.T, dial dialModel) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		network := network.New(s.seed, s.profile)
		addr := netip.MustParseAddrPort("10.0.0.1:27888")
		_, stop := serveOn(t, network, addr, server.Config{MaxPing: time.Second, Random: seeded(s.seed)})
		answered := false
		var mu sync.Mutex // both ends send at once
		network.Filter(func(from, to netip.AddrPort, d []byte) bool {
			mu.Lock()
			defer mu.Unlock()
			bundle, err := wire.ParseBundle(d, nil)
			if err != nil {
				return true // HELLO and its answer
			}
			for _, m := range bundle {
				if m.Type == wire.TypeUserJoined && from == addr {
					joined, err := wire.ParseUserJoined(m.Body)
					require.NoError(t, err)
					s.ping = joined.Ping
				}
			}
			kept := s.keep == nil || s.keep(to == addr, bundle, d)
			if answered = answered || to == addr && kept && bundle[0].Type == wire.TypeClientAck; !answered {
				if to == addr && kept {
					s.in += len(d)
				} else if to != addr {
					s.out += len(d)
				}
			}
			return kept
		})
		if s.opts.Tries == 0 {
			s.opts.Tries = 1
		}
		if s.opts.Emulator == "" {
			s.opts.Emulator = "Project 64k 0.13"
		}
		s.opts.User = "anna"
		var c *peers.Client
		if c, s.err = dial(network, addr, s.opts); s.err == nil {
			time.Sleep(3 * time.Second)
			c.Quit()
		}
		stop()
	})
}

// Repeating a 05 draws nothing from n02: a new one does, and its 06 brings the lost one along.
func TestLoginGoesOnWhenOneAnswerOfN02IsLost(t *testing.T) {
	for k := range 4 {
		t.Run(fmt.Sprintf("the answer to 05 number %d", k+1), func(t *testing.T) {
			dropped := 0
			s := loginScene{profile: network.Profile{Delay: 20 * time.Millisecond}, keep: func(toServer bool,
				bundle []wire.Message, _ []byte) bool {
				if toServer && bundle[0].Type == wire.TypeClientAck && int(bundle[0].Seq) == k+1 {
					dropped++
					return false
				}
				return true
			}}
			s.play(t, n02)
			require.NoError(t, s.err)
			require.Equal(t, 1, dropped)
			require.Equal(t, uint32(40), s.ping)
			require.LessOrEqual(t, s.out, 3*s.in, "before the first 06")
		})
	}
}

// Whoever is far away answers every 05, also those that were sent because the answer to the
// one before took long. The k-th 06 belongs to the k-th 05.
func TestALongRoundTripIsMeasuredAsLong(t *testing.T) {
	for _, rtt := range []time.Duration{300, 490, 510, 600, 750, 900, 960} {
		for _, dial := range []dialModel{n02, supra} {
			s := loginScene{profile: network.Profile{Delay: rtt * time.Millisecond / 2}}
			s.play(t, dial)
			require.NoError(t, s.err, "%d ms", rtt)
			require.Equal(t, uint32(rtt), s.ping)
			for k := range 4 {
				dropped := false
				s.keep = func(toServer bool, bundle []wire.Message, _ []byte) bool {
					if toServer && !dropped && bundle[0].Type == wire.TypeClientAck && int(bundle[0].Seq) == k+1 {
						dropped = true
						return false
					}
					return true
				}
				s.play(t, dial)
				require.NoError(t, s.err, "%d ms, without 06 number %d", rtt, k+1)
				require.InDelta(t, uint32(rtt), s.ping, float64(rtt)/5, "without 06 number %d", k+1)
				require.GreaterOrEqual(t, s.ping, uint32(rtt), "never too short")
			}
		}
	}
}

// Nothing is lost but what comes and goes after the login itself, which n02 sends once. What fails are logins whose
// first two 05, or their answers, were lost, or three later ones in a row: three times the bytes that came are no more.
func TestLoginsOfN02OnLossyLines(t *testing.T) {
	for _, tc := range []struct {
		loss float64
		min  int // of a hundred
	}{{0.05, 98}, {0.1, 95}, {0.2, 84}} {
		logins, late := 0, 0
		const seeds = 400
		for seed := range uint64(seeds) {
			path := network.NewPath(seed, netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.2"),
				network.Profile{Loss: tc.loss})
			begun, n := time.Time{}, 0
			s := loginScene{seed: seed, profile: network.Profile{Delay: 25 * time.Millisecond}}
			s.keep = func(toServer bool, bundle []wire.Message, _ []byte) bool {
				if begun.IsZero() {
					begun = time.Now()
				}
				if toServer && bundle[0].Type == wire.TypeLogin {
					return true
				}
				n++
				return !path.Lost(time.Since(begun) + time.Duration(n)*10*time.Millisecond)
			}
			s.play(t, n02)
			require.LessOrEqual(t, s.out, 3*s.in, "seed %d, before the first 06", seed)
			if s.err == nil {
				logins++
				require.GreaterOrEqual(t, s.ping, uint32(50), "seed %d", seed)
				if s.ping > 100 {
					late++
				}
			}
		}
		t.Logf("loss %v: %d of %d logins, %d measured as twice as far or more", tc.loss, logins, seeds, late)
		require.GreaterOrEqual(t, logins*100, tc.min*seeds)
		require.LessOrEqual(t, late*100, seeds, "all four answers of a login were late")
	}
}
