package link

import (
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/sim/peers"
	"kbridge/kclient/wire"
)

// n02 is that client by the rules that are measured on it (package peers), on the simulated line: whatever makes it
// wait for ever, or crash, fails the test. It proves nothing but by playing.
type n02 struct {
	s        *sim
	other    *peer
	end      *peers.ClientEnd
	expected uint32
	sent     uint32
	onGame   func()

	waits bool // for a frame
	timer int  // the one that counts
}

func newN02(s *sim, server *peer) *n02 { return &n02{s: s, other: server, end: peers.NewN02End()} }

func (n *n02) receive(datagram []byte) {
	if err := n.end.Receive(datagram); err != nil {
		n.s.failf("n02 got %x: %v", datagram, err)
	}
	games := 0
	for {
		m, err := n.end.Take()
		if err != nil {
			n.s.failf("n02 misses %d messages after %d, it stalls for ever", n.end.Missing(), n.expected)
		}
		if m == nil {
			break
		}
		if number := binary.LittleEndian.Uint32(m.Body); number != n.expected {
			n.s.failf("n02 got message %d, expected %d", number, n.expected)
		}
		n.expected++
		if m.Type == wire.TypeGameData {
			games++
		}
	}
	for range games {
		if n.onGame != nil {
			n.onGame()
		}
	}
	n.look()
}

func (n *n02) send(t wire.Type) {
	n.s.transmit(n.end.Send(t, binary.LittleEndian.AppendUint32(nil, n.sent)), n.other, true)
	n.sent++
}

// await has it wait for a frame, or no longer.
func (n *n02) await(yes bool) {
	if n.timer++; !yes {
		n.waits = false
		return
	}
	if !n.waits {
		n.end.Wait()
		n.waits = true
	}
	n.look()
}

// look is one look at the clock in a wait.
func (n *n02) look() {
	if !n.waits {
		return
	}
	again, err := n.end.Look(n.s.now)
	if again != nil {
		n.s.transmit(again, n.other, true)
	}
	if n.timer++; err != nil {
		n.waits = false // it gave up
		return
	}
	timer := n.timer
	n.s.after(n.end.NextLook(n.s.now), func() {
		if timer == n.timer {
			n.look()
		}
	})
}

// pairWithN02 is our server against n02.
func pairWithN02(t testing.TB, seed uint64, p path) (*sim, *n02, *peer) {
	s := newSim(t, seed, p)
	server := newPeer(s, true)
	client := newN02(s, server)
	server.other = client
	return s, client, server
}

// n02 in the lobby: it says nothing, so nothing is ever proven.
func TestLobbyWithN02(t *testing.T) {
	forEachLoss(t, 20, func(t *testing.T, seed uint64, loss float64) {
		const messages = 60
		s, client, server := pairWithN02(t, seed, bad(loss))
		for i := range messages {
			s.after(time.Duration(i/4)*3*time.Second, func() { server.send(wire.TypeUserJoined) })
		}
		s.run(10*time.Minute, func() bool { return client.expected == messages })
	})
}

// After an outage that swallowed more than the nine messages ahead that n02 accepts, resends
// climb from what it has.
func TestN02ClimbsOutOfAnOutage(t *testing.T) {
	for _, before := range []int{0, 1, 7, 8, 20} {
		for _, missed := range []int{1, 8, 9, 10, 11, 14, 15, 16, 18, 19, 27, 28, 40, 100} {
			for seed := range uint64(6) {
				t.Run(fmt.Sprintf("%d messages before and %d in the outage, seed %d", before, missed, seed),
					func(t *testing.T) {
						p := path{delay: 30 * time.Millisecond}
						p.down = func(at time.Duration, _ bool) bool {
							return at > 10*time.Second && at < 12*time.Second
						}
						if seed > 0 {
							p.loss = 0.1
						}
						s, client, server := pairWithN02(t, seed, p)
						for i := range before {
							s.after(time.Duration(i)*300*time.Millisecond, func() { server.send(wire.TypeGlobalChat) })
						}
						for i := range missed {
							s.after(10*time.Second+time.Duration(1+i)*10*time.Millisecond,
								func() { server.send(wire.TypeGlobalChat) })
						}
						s.run(2*time.Minute, func() bool { return int(client.expected) == before+missed })
					})
			}
		}
	}
}

// n02 plays: it proves by playing, resends five of its own when it is stalled, and never gets a hole.
func TestPlayWithN02(t *testing.T) {
	for _, loss := range []float64{0, 0.01, 0.05, 0.1, 0.2, 0.3} {
		t.Run(fmt.Sprintf("loss=%v", loss), func(t *testing.T) {
			for seed := range uint64(12) {
				for _, d := range []int{1, 2, 7, 13, 20} {
					playWithN02(t, seed, bad(loss), d)
				}
			}
		})
	}
	for _, outage := range []time.Duration{150 * time.Millisecond, 300 * time.Millisecond, 2 * time.Second} {
		t.Run(fmt.Sprintf("outage=%v", outage), func(t *testing.T) {
			for _, d := range []int{1, 4, 8, 9, 10, 13, 14, 15, 20, 30} {
				p := bad(0)
				p.down = func(at time.Duration, _ bool) bool { return at > 3*time.Second && at < 3*time.Second+outage }
				playWithN02(t, uint64(d), p, d)
			}
		})
	}
}

func playWithN02(t *testing.T, seed uint64, p path, d int) {
	t.Helper()
	const batches = 400
	s, client, server := pairWithN02(t, seed, p)
	sent, got, received := 0, 0, 0
	due := false
	longest, lastGot := time.Duration(0), s.now.Add(time.Second)
	server.onMessage = func(m wire.Message, _ uint32) {
		if m.Type != wire.TypeGameData {
			return
		}
		server.link.SetPhase(s.now, Play)
		received++
		server.link.ProveGame(s.now, received-d-1)
		server.sendGame(24)
	}
	var step func()
	step = func() {
		if !due {
			return
		}
		if sent >= batches || sent > got+d {
			client.await(true)
			return
		}
		due = false
		sent++
		client.send(wire.TypeGameData)
		s.after(time.Second/60, func() { due = true; step() })
	}
	client.onGame = func() {
		got++
		longest, lastGot = max(longest, s.now.Sub(lastGot)), s.now
		client.await(false)
		step()
	}
	server.link.SetPhase(s.now, Netsync)
	s.after(time.Second, func() { due = true; step() })
	s.run(10*time.Minute, func() bool {
		if int(uint32(sent)-server.expected) > 5 && s.now.Sub(lastGot) > 20*time.Second {
			return true // n02 resends no more than five: lost by its own rules
		}
		return got == batches
	})
	if got == batches {
		require.Less(t, longest, 12*time.Second, "seed %d d=%d", seed, d)
	}
}
