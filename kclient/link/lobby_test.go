package link

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/wire"
)

var losses = []float64{0, 0.05, 0.1, 0.2, 0.3}

// forEachLoss runs a test at every loss with several seeds.
func forEachLoss(t *testing.T, seeds uint64, run func(t *testing.T, seed uint64, loss float64)) {
	for _, loss := range losses {
		t.Run(fmt.Sprintf("loss=%v", loss), func(t *testing.T) {
			for seed := range seeds {
				run(t, seed, loss)
			}
		})
	}
}

// Requests are proven by their answers, answers by the next request.
func TestLobbyDeliversEverythingOnceAndInOrder(t *testing.T) {
	forEachLoss(t, 20, func(t *testing.T, seed uint64, loss float64) {
		const rounds = 100
		s, client, server := newPair(t, seed, bad(loss))
		var question uint16
		var answer uint16
		asked := 0
		server.onMessage = func(wire.Message, uint32) {
			if asked > 1 {
				server.link.Prove(s.now, answer)
			}
			answer = server.send(wire.TypeGlobalChat)
		}
		ask := func() {
			question = client.send(wire.TypeGlobalChat)
			asked++
		}
		client.onMessage = func(wire.Message, uint32) {
			client.link.Prove(s.now, question)
			if asked < rounds {
				s.after(time.Duration(s.rng.Int64N(int64(time.Second))), ask)
			}
		}
		ask()
		s.run(30*time.Minute, func() bool { return client.expected == rounds })
		require.EqualValues(t, rounds, server.expected, "seed %d", seed)
		require.Zero(t, client.link.Stats().Lost, "seed %d", seed)
		require.Zero(t, server.link.Stats().Forgotten, "seed %d", seed)
	})
}

// What a server tells everyone is never answered. It must arrive all the same, from resends.
func TestLobbyDeliversWhatNobodyAnswers(t *testing.T) {
	forEachLoss(t, 20, func(t *testing.T, seed uint64, loss float64) {
		const messages = 60
		s, client, server := newPair(t, seed, bad(loss))
		client.onMessage = func(wire.Message, uint32) {}
		for i := range messages {
			// Some come alone, some in a burst.
			s.after(time.Duration(i/4)*3*time.Second, func() { server.send(wire.TypeUserJoined) })
		}
		s.run(10*time.Minute, func() bool { return client.expected == messages })
	})
}

// An idle session is silent: the resends of what was never proven end.
func TestLobbyFallsSilent(t *testing.T) {
	for _, isServer := range []bool{false, true} {
		s, client, server := newPair(t, 1, bad(0))
		sender := client
		if isServer {
			sender = server
		}
		for range 3 {
			sender.send(wire.TypeGlobalChat)
		}
		s.pass(10 * time.Minute)
		require.True(t, sender.link.Next().IsZero() || s.now.Sub(sender.link.Next()) > time.Minute,
			"server=%v still has something to send", isServer)
		sent := client.link.Stats().DatagramsSent + server.link.Stats().DatagramsSent
		s.pass(10 * time.Minute)
		require.Equal(t, sent, client.link.Stats().DatagramsSent+server.link.Stats().DatagramsSent,
			"server=%v", isServer)
		require.LessOrEqual(t, sent, 3+2*lobbyResends+4, "server=%v: a few resends, and the answers to them", isServer)
	}
}

// A long backlog that no one proves is resent from its start until the end of it has gone out, and
// not for ever.
func TestLobbyBacklogAfterAnOutage(t *testing.T) {
	for seed := range uint64(20) {
		p := bad(0.1)
		p.down = func(at time.Duration, _ bool) bool { return at < 10*time.Second }
		s, client, server := newPair(t, seed, p)
		for i := range 40 {
			s.after(time.Duration(i)*200*time.Millisecond, func() { server.send(wire.TypeGlobalChat) })
		}
		s.run(time.Minute, func() bool { return client.expected == 40 })
	}
}

// Netsync: n02 neither proves nor asks, so the server repeats itself until the game begins.
func TestNetsyncDeliversWithoutProofs(t *testing.T) {
	forEachLoss(t, 20, func(t *testing.T, seed uint64, loss float64) {
		s, client, server := newPair(t, seed, bad(loss))
		server.link.SetPhase(s.now, Netsync)
		server.send(wire.TypeStartGame)
		client.onMessage = func(m wire.Message, _ uint32) {
			if m.Type == wire.TypeStartGame {
				client.link.SetPhase(s.now, Netsync)
				s.after(3*time.Second, func() { client.send(wire.TypeReady) })
			}
		}
		for i := range 5 {
			s.after(time.Duration(i)*700*time.Millisecond, func() { server.send(wire.TypeGameChat) })
		}
		server.onMessage = func(m wire.Message, _ uint32) {
			if m.Type == wire.TypeReady {
				s.after(2*time.Second, func() { server.send(wire.TypeReady) })
			}
		}
		s.run(2*time.Minute, func() bool { return client.expected == 7 && server.expected == 1 })
	})
}

// n02 handles one message for each datagram that arrives, so the server sends
// one every 200 ms for as long as netsync lasts, even with nothing to say.
func TestNetsyncRepeatsEvery200ms(t *testing.T) {
	s, _, server := newPair(t, 1, bad(0))
	server.link.SetPhase(s.now, Netsync)
	server.send(wire.TypeStartGame)
	before := server.link.Stats().DatagramsSent
	s.pass(60 * time.Second)
	require.InDelta(t, 60*5, server.link.Stats().DatagramsSent-before, 2)
}
